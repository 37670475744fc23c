import {
  buildResponse,
  NonInviteServerTransaction,
  type OutgoingMessage,
  type ResponseOptions,
  type SipRequest,
  serverTransactionKey,
  type Timers,
  TurnoverMap,
  type Via,
} from '@hermod/sip';
import type { Flow } from '../ports.ts';
import type { EdgeStats } from './edge-stats.ts';
import { type FlowState, flowState } from './flow-state.ts';
import type { EdgeLimits } from './settings.ts';
import { stampVia } from './stamped-via.ts';

/** Sends responses to where their requests came from. */
export interface Replies {
  /** @param via the client's topmost Via as received; undefined when it has none that parses */
  send(flow: Flow, via: Via | undefined, response: OutgoingMessage): void;
  /** A request got its final response; repeats of it are not told.
   *  @param arrivedAtMs of the request; undefined where it was answered at once, without a transaction */
  onFinal(method: string, status: number, arrivedAtMs: number | undefined): void;
}

/** One request and its server transaction. It is the transaction's options and user itself, so that a request costs no closure. */
export class Exchange {
  readonly key: string;
  readonly flow: Flow;
  /** Until the final response is built: over UDP the transaction lives on for 64·T1, and must not hold on to bodies. */
  #request: SipRequest | undefined;
  readonly topVia: Via;
  /** Epoch milliseconds. */
  readonly arrivedAtMs: number;
  /** The client's Via with `received` and `rport`. */
  readonly via: string;
  readonly reliable: boolean;
  readonly timers: Timers;
  readonly user: Exchange;
  readonly transaction: NonInviteServerTransaction;
  readonly #table: ExchangeTable;
  readonly #flowState: FlowState;
  #isPending = true;
  #heldBytes = 0;

  constructor(
    table: ExchangeTable,
    key: string,
    flow: Flow,
    request: SipRequest,
    topVia: Via,
    arrivedAtMs: number,
  ) {
    this.key = key;
    this.flow = flow;
    this.#request = request;
    this.topVia = topVia;
    this.arrivedAtMs = arrivedAtMs;
    this.via = stampVia(topVia, flow);
    this.reliable = flow.reliable;
    this.timers = table.timers;
    this.user = this;
    this.#table = table;
    this.#flowState = flowState(flow);
    this.#flowState.pending += 1;
    this.#hold(request.head.length + request.body.length);
    this.transaction = new NonInviteServerTransaction(this);
  }

  /** Not to be asked for behind the final response. */
  get request(): SipRequest {
    if (this.#request === undefined) throw new Error('the request was answered');
    return this.#request;
  }

  /** Used by the transaction. */
  send(message: OutgoingMessage): void {
    this.#table.replies.send(this.flow, this.topVia, message);
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

  /** Sends a final response built from the request. @returns false when one went out before */
  respond(status: number, options: ResponseOptions): boolean {
    return this.forward(this.build(status, options));
  }

  /** Sends a final response as it is. @returns false when one went out before */
  forward(message: OutgoingMessage): boolean {
    this.#settle();
    if (this.#request !== undefined) {
      this.#hold(message.head.length + message.body.length);
      const { method } = this.#request;
      this.#table.replies.onFinal(method, statusOf(message), this.arrivedAtMs);
    }
    const isFirst = this.transaction.respond(message);
    this.#request = undefined;
    this.#closeEnded();
    return isFirst;
  }

  /** Called by the transaction. */
  onTerminated(): void {
    this.#settle();
    this.#closeEnded();
    this.#hold(0);
    this.#table.forget(this);
  }

  /** @param bytes of the request, and then of the response that is repeated */
  #hold(bytes: number): void {
    this.#table.heldBytes += bytes - this.#heldBytes;
    this.#heldBytes = bytes;
  }

  /** It no longer counts against its flow's cap. */
  #settle(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#flowState.pending -= 1;
  }

  /** A stream whose peer has ended its half is of no more use behind its last answer. */
  #closeEnded(): void {
    if (this.#flowState.peerEnded && this.#flowState.pending === 0) this.flow.close();
  }
}

/** Every server transaction of this edge (RFC 3261 §17.2.3), by {@link serverTransactionKey}. */
export class ExchangeTable {
  readonly timers: Timers;
  readonly replies: Replies;
  /** Bytes of the requests and responses held; changed by exchanges alone. */
  heldBytes = 0;
  readonly #limits: EdgeLimits;
  readonly #stats: EdgeStats;
  readonly #byKey = new TurnoverMap<string, Exchange>();

  constructor(timers: Timers, replies: Replies, limits: EdgeLimits, stats: EdgeStats) {
    this.timers = timers;
    this.replies = replies;
    this.#limits = limits;
    this.#stats = stats;
  }

  /** Transactions held: a gauge. */
  get size(): number {
    return this.#byKey.size;
  }

  find(key: string): Exchange | undefined {
    return this.#byKey.get(key);
  }

  /** Is there room for one more request of this flow? Counts the refusal when there is none. */
  hasRoom(flow: Flow): boolean {
    const { maxTransactions, maxTransactionBytes } = this.#limits;
    if (this.#byKey.size >= maxTransactions || this.heldBytes >= maxTransactionBytes) {
      this.#stats.rejectedTransactionCap += 1;
      return false;
    }
    if (flowState(flow).pending >= this.#limits.maxPendingPerFlow) {
      this.#stats.rejectedFlowCap += 1;
      return false;
    }
    return true;
  }

  /** Opens the server transaction of a request that {@link find} did not know. */
  open(key: string, flow: Flow, request: SipRequest, topVia: Via, arrivedAtMs: number): Exchange {
    const exchange = new Exchange(this, key, flow, request, topVia, arrivedAtMs);
    this.#byKey.set(key, exchange);
    return exchange;
  }

  /** The exchange that a CANCEL means, if it is still known.  @see RFC 3261 §9.2 */
  findCancelled(cancel: SipRequest): Exchange | undefined {
    return this.#byKey.get(serverTransactionKey(cancel, 'MESSAGE'));
  }

  /** Called by the exchange when its transaction is over. */
  forget(exchange: Exchange): void {
    this.#byKey.delete(exchange.key);
  }
}

/** Of a response, whose status line says it at the same place always: `SIP/2.0 200 OK`. */
function statusOf({ head }: OutgoingMessage): number {
  return Number(head.slice(8, 11));
}
