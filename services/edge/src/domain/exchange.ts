import type { Span } from '@hermod/contracts';
import {
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
import { flowState } from './flow-state.ts';
import { PendingRequest, type Replies } from './pending-request.ts';
import type { EdgeLimits } from './settings.ts';

/** One request and its server transaction. */
export class Exchange extends PendingRequest {
  readonly timers: Timers;
  readonly user: Exchange;
  readonly transaction: NonInviteServerTransaction;
  /** Ends with its final response; undefined: not traced. */
  span: Span | undefined;
  readonly #table: ExchangeTable;
  #heldBytes = 0;

  constructor(
    table: ExchangeTable,
    key: string,
    flow: Flow,
    request: SipRequest,
    topVia: Via,
    arrivedAtMs: number,
  ) {
    super(table.replies, key, flow, request, topVia, arrivedAtMs);
    this.timers = table.timers;
    this.user = this;
    this.#table = table;
    this.#hold(request.head.length + request.body.length);
    this.transaction = new NonInviteServerTransaction(this);
  }

  /** Sends a final response built from the request. @returns false when one went out before */
  respond(status: number, options: ResponseOptions): boolean {
    return this.forward(this.build(status, options));
  }

  /** Sends a final response as it is. @returns false when one went out before */
  forward(message: OutgoingMessage): boolean {
    const status = statusOf(message);
    if (this.settle(status)) {
      this.#hold(message.head.length + message.body.length);
      this.span?.end(status);
    }
    const isFirst = this.transaction.respond(message);
    this.closeEnded();
    return isFirst;
  }

  /** Called by the transaction. */
  onTerminated(): void {
    this.leave();
    this.closeEnded();
    this.#hold(0);
    this.#table.forget(this);
  }

  /** @param bytes of the request, and then of the response that is repeated */
  #hold(bytes: number): void {
    this.#table.heldBytes += bytes - this.#heldBytes;
    this.#heldBytes = bytes;
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
