import type { Span } from '@hermod/contracts';
import {
  type ClientTransactionUser,
  NonInviteClientTransaction,
  type OutgoingMessage,
  type SipResponse,
  type TimerEntry,
  type Timers,
  type TimerTarget,
} from '@hermod/sip';
import type { EdgeDelivery, Flow, OnFinal } from '../ports.ts';
import type { NextHop } from './next-hop.ts';

/** What a delivery reports to its table. */
export interface DeliveryOwner {
  readonly timers: Timers;
  onDeviceAnswered(pending: PendingDelivery, response: SipResponse): void;
  /** The device was silent until Timer F (RFC 3261 §17.1.2.2). */
  onTimeout(pending: PendingDelivery): void;
  /** @param status 430 or 503, made up here */
  onFailed(pending: PendingDelivery, status: number): void;
  /** Its transaction is over and must be forgotten. */
  onOver(pending: PendingDelivery): void;
  /** The connection it waits for takes too long. */
  onConnectDue(pending: PendingDelivery): void;
}

const CONNECT = 0;

/** One request on its way to one device: options and user of its client transaction, so that a delivery costs no closure. */
export class PendingDelivery implements ClientTransactionUser, TimerTarget {
  readonly delivery: EdgeDelivery;
  /** When it was asked for, epoch milliseconds. */
  readonly askedAtMs: number;
  readonly owner: DeliveryOwner;
  readonly timers: Timers;
  readonly user: PendingDelivery;
  /** Whoever asked first; repeats that joined follow. */
  readonly #first: OnFinal;
  /** Undefined: not traced. */
  readonly span: Span | undefined;
  /** Of its client transaction. */
  #sending: Span | undefined;
  #joined: OnFinal[] | undefined;
  /** Where it was sent, or whose connection it waits for. */
  flow: Flow | undefined;
  /** This and what follows is set by {@link sendOver}. */
  uaBranch = '';
  sentBy = '';
  message: OutgoingMessage;
  reliable = true;
  #transaction: NonInviteClientTransaction | undefined;
  /** Where it goes when the connection that it waits for does not come about; undefined: it waits for none. */
  otherwise: Flow | NextHop | undefined;
  connectTimer: TimerEntry | undefined;
  isFinal = false;
  /** Neighbours among the deliveries of its flow; kept by FlowState. */
  previous: PendingDelivery | undefined;
  next: PendingDelivery | undefined;

  constructor(
    owner: DeliveryOwner,
    delivery: EdgeDelivery,
    askedAtMs: number,
    onFinal: OnFinal,
    span: Span | undefined,
  ) {
    this.owner = owner;
    this.askedAtMs = askedAtMs;
    this.timers = owner.timers;
    this.user = this;
    this.delivery = delivery;
    this.message = delivery.request;
    this.#first = onFinal;
    this.span = span;
  }

  /** A repeat of the request waits for the same final. @returns false at the cap */
  join(onFinal: OnFinal, maxJoined: number): boolean {
    this.#joined ??= [];
    if (this.#joined.length >= maxJoined) return false;
    this.#joined.push(onFinal);
    return true;
  }

  /** Starts the client transaction. `message`'s top Via carries `uaBranch` and `sentBy`. */
  sendOver(flow: Flow, message: OutgoingMessage, uaBranch: string, sentBy: string): void {
    this.flow = flow;
    this.message = message;
    this.uaBranch = uaBranch;
    this.sentBy = sentBy;
    this.reliable = flow.reliable;
    this.#sending = this.span?.child('device');
    this.#sending?.note('transport', flow.transport);
    this.#transaction = new NonInviteClientTransaction(this);
    this.#transaction.start();
  }

  /** Tells everybody who asked, once. */
  finish(status: number, response: SipResponse | undefined): void {
    if (this.isFinal) return;
    this.isFinal = true;
    this.#sending?.end(status);
    this.span?.end(status);
    this.#first(status, response);
    const joined = this.#joined;
    if (joined === undefined) return;
    // The response carries the Vias of the first request; a repeat may have come another way, so its answer is built from it.
    for (let i = 0; i < joined.length; i += 1) joined[i]?.(status, undefined);
  }

  receiveResponse(response: SipResponse): void {
    this.#transaction?.receiveResponse(response);
  }

  /** The flow closed. */
  flowClosed(): void {
    this.#transaction?.transportError();
  }

  // --- called by the transaction ---

  send(message: OutgoingMessage): void {
    // A closed flow or a full queue is a transport error: RFC 3261 §8.1.3.1 makes it a 503.
    if (this.flow?.send(message) !== true) this.#transaction?.transportError();
  }

  onResponse(response: SipResponse): void {
    if (response.status >= 200) this.owner.onDeviceAnswered(this, response);
  }

  onTimeout(): void {
    this.owner.onTimeout(this);
  }

  onTransportError(): void {
    this.owner.onFailed(this, 503);
  }

  onTerminated(): void {
    this.owner.onOver(this);
  }

  onTimer(timer: number): void {
    if (timer !== CONNECT) return;
    this.connectTimer = undefined;
    this.owner.onConnectDue(this);
  }
}
