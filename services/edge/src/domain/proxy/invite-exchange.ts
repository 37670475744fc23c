import {
  InviteServerTransaction,
  type InviteServerUser,
  type OutgoingMessage,
  type SipRequest,
  type Timers,
  type Via,
} from '@hermod/sip';
import type { Flow } from '../../ports.ts';
import { PendingRequest, type Replies } from '../pending-request.ts';

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
export class InviteExchange extends PendingRequest implements InviteServerUser {
  readonly timers: Timers;
  readonly user: InviteExchange;
  readonly transaction: InviteServerTransaction;
  /** The CANCEL of this INVITE (RFC 3261 §16.10); set by whoever forwards it. */
  onCancel: () => void = ignore;
  readonly #onOver: InviteExchangeOptions['onOver'];
  readonly #onAck: InviteExchangeOptions['onAck'];

  constructor(options: InviteExchangeOptions) {
    const { replies, key, flow, request, topVia, arrivedAtMs } = options;
    super(replies, key, flow, request, topVia, arrivedAtMs);
    this.#onOver = options.onOver;
    this.#onAck = options.onAck;
    this.timers = options.timers;
    this.user = this;
    this.transaction = new InviteServerTransaction(this);
  }

  /** Sends a response as it is. @param status of it */
  forward(message: OutgoingMessage, status: number): void {
    if (status < 200) {
      this.transaction.provisional(message);
      return;
    }
    // Several 2xx of one INVITE go back, from as many devices (RFC 3261 §13.2.2.4): its caller has the first of them.
    this.settle(status);
    if (status < 300) this.transaction.accept(message);
    else this.transaction.refuse(message);
    this.onCancel = ignore;
    this.closeEnded();
  }

  onAck(ack: SipRequest): void {
    this.#onAck(ack);
  }

  onTerminated(): void {
    this.#onOver(this);
  }
}
