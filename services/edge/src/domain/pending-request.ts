import {
  buildResponse,
  type OutgoingMessage,
  type ResponseOptions,
  type SipRequest,
  type Via,
} from '@hermod/sip';
import type { Flow } from '../ports.ts';
import { type FlowState, flowState } from './flow-state.ts';
import { stampVia } from './stamped-via.ts';

/** Sends responses to where their requests came from. */
export interface Replies {
  /** @param via the client's topmost Via as received; undefined when it has none that parses */
  send(flow: Flow, via: Via | undefined, response: OutgoingMessage): void;
  /** A request got its final response; repeats of it are not told.
   *  @param arrivedAtMs of the request; undefined where it was answered at once, without a transaction */
  onFinal(method: string, status: number, arrivedAtMs: number | undefined): void;
}

/** One request that waits for its final response, and counts against the cap of its flow until then. Those who extend it are the options and
 *  the user of their server transaction themselves, so that a request costs no closure. */
export abstract class PendingRequest {
  readonly key: string;
  readonly flow: Flow;
  readonly topVia: Via;
  /** Epoch milliseconds. */
  readonly arrivedAtMs: number;
  /** The client's Via with `received` and `rport`. */
  readonly via: string;
  readonly reliable: boolean;
  readonly #replies: Replies;
  readonly #flowState: FlowState;
  /** Until the final response: the transaction lives on for 64·T1, and must not hold on to bodies. */
  #request: SipRequest | undefined;
  #isPending = true;

  protected constructor(
    replies: Replies,
    key: string,
    flow: Flow,
    request: SipRequest,
    topVia: Via,
    arrivedAtMs: number,
  ) {
    this.#replies = replies;
    this.key = key;
    this.flow = flow;
    this.#request = request;
    this.topVia = topVia;
    this.arrivedAtMs = arrivedAtMs;
    this.via = stampVia(topVia, flow);
    this.reliable = flow.reliable;
    this.#flowState = flowState(flow);
    this.#flowState.pending += 1;
  }

  /** Not to be asked for behind the final response. */
  get request(): SipRequest {
    if (this.#request === undefined) throw new Error('the request was answered');
    return this.#request;
  }

  /** Used by the transaction. */
  send(message: OutgoingMessage): void {
    this.#replies.send(this.flow, this.topVia, message);
  }

  /** A response to this request, with the completed Via; its To tag must come in `options`. */
  build(status: number, options: ResponseOptions): OutgoingMessage {
    return buildResponse(this.request, status, {
      reason: options.reason,
      toTag: options.toTag,
      headers: options.headers,
      via: this.via,
    });
  }

  /** It has a final response.  @returns false when it had one before */
  protected settle(status: number): boolean {
    this.leave();
    if (this.#request === undefined) return false;
    this.#replies.onFinal(this.#request.method, status, this.arrivedAtMs);
    this.#request = undefined;
    return true;
  }

  /** It no longer counts against its flow's cap. */
  protected leave(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#flowState.pending -= 1;
  }

  /** A stream whose peer has ended its half is of no more use behind its last answer. */
  protected closeEnded(): void {
    if (this.#flowState.peerEnded && this.#flowState.pending === 0) this.flow.close();
  }
}
