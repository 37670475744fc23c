import {
  buildResponse,
  InviteServerTransaction,
  type InviteServerUser,
  type OutgoingMessage,
  type ResponseOptions,
  type SipRequest,
  type Timers,
  type Via,
} from '@hermod/sip';
import type { Flow } from '../../ports.ts';
import type { Replies } from '../exchange.ts';
import { type FlowState, flowState } from '../flow-state.ts';
import { stampVia } from '../stamped-via.ts';

/** What an INVITE exchange is made with. */
export type InviteExchangeOptions = {
  readonly key: string;
  readonly flow: Flow;
  readonly request: SipRequest;
  readonly topVia: Via;
  /** Epoch milliseconds. */
  readonly arrivedAtMs: number;
  readonly timers: Timers;
  readonly replies: Replies;
  /** The transaction is over. */
  readonly onOver: (exchange: InviteExchange) => void;
  /** An ACK of a 2xx that has the INVITE's own branch. */
  readonly onAck: (ack: SipRequest) => void;
};

const ignore = (): void => undefined;

/** One INVITE and its server transaction. */
export class InviteExchange implements InviteServerUser {
  readonly key: string;
  readonly flow: Flow;
  /** Until the final response is built: the transaction lives on for 64·T1, and must not hold on to bodies. */
  #request: SipRequest | undefined;
  readonly topVia: Via;
  /** The client's Via with `received` and `rport`. */
  readonly via: string;
  readonly reliable: boolean;
  readonly timers: Timers;
  readonly user: InviteExchange;
  readonly transaction: InviteServerTransaction;
  /** The CANCEL of this INVITE (RFC 3261 §16.10); set by whoever forwards it. */
  onCancel: () => void = ignore;
  readonly #onOver: InviteExchangeOptions['onOver'];
  readonly #onAck: InviteExchangeOptions['onAck'];
  readonly #replies: Replies;
  readonly #arrivedAtMs: number;
  readonly #flowState: FlowState;
  #isPending = true;

  constructor(options: InviteExchangeOptions) {
    this.#onOver = options.onOver;
    this.#onAck = options.onAck;
    this.#replies = options.replies;
    this.#arrivedAtMs = options.arrivedAtMs;
    this.key = options.key;
    this.flow = options.flow;
    this.#request = options.request;
    this.topVia = options.topVia;
    this.via = stampVia(options.topVia, options.flow);
    this.reliable = options.flow.reliable;
    this.timers = options.timers;
    this.user = this;
    this.#flowState = flowState(options.flow);
    this.#flowState.pending += 1;
    this.transaction = new InviteServerTransaction(this);
  }

  /** Not to be asked for behind the final response. */
  get request(): SipRequest {
    if (this.#request === undefined) throw new Error('the INVITE was answered');
    return this.#request;
  }

  /** Used by the transaction. */
  send(message: OutgoingMessage): void {
    this.#replies.send(this.flow, this.topVia, message);
  }

  /** A response to this INVITE, with the completed Via; its To tag must come in `options`. */
  build(status: number, options: ResponseOptions): OutgoingMessage {
    return buildResponse(this.request, status, { ...options, via: this.via });
  }

  /** Sends a response as it is. @param status of it */
  forward(message: OutgoingMessage, status: number): void {
    if (status < 200) {
      this.transaction.provisional(message);
      return;
    }
    this.#settle();
    // Several 2xx of one INVITE go back, from as many devices (RFC 3261 §13.2.2.4): its caller has the first of them.
    if (this.#request !== undefined) this.#replies.onFinal('INVITE', status, this.#arrivedAtMs);
    if (status < 300) this.transaction.accept(message);
    else this.transaction.refuse(message);
    this.#request = undefined;
    this.onCancel = ignore;
    if (this.#flowState.peerEnded && this.#flowState.pending === 0) this.flow.close();
  }

  onAck(ack: SipRequest): void {
    this.#onAck(ack);
  }

  onTerminated(): void {
    this.#onOver(this);
  }

  /** It no longer counts against its flow's cap. */
  #settle(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#flowState.pending -= 1;
  }
}
