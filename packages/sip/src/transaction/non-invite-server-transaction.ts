// RFC 3261 §17.2.2, figure 8: non-INVITE server transaction, as amended by RFC 4320 (100 only, and only late; never 408).
import type { SipRequest } from '../message.ts';
import { buildResponse, type OutgoingMessage } from '../response.ts';
import type { TimerEntry, Timers, TimerTarget } from '../timer-wheel.ts';
import { TIMER_64_T1, TRYING_AFTER_MS } from './timer-values.ts';

/** @see RFC 3261 §17.2.2 figure 8 */
export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Told about the end of a server transaction. */
export interface ServerTransactionUser {
  /** The transaction is over and must be forgotten. Called once, also from within `respond` on a reliable transport. */
  onTerminated(): void;
}

/** What a server transaction is made of; kept by reference for its life. */
export type NonInviteServerOptions = {
  readonly request: SipRequest;
  /** Whether the flow it came by retransmits by itself: TCP, TLS, SCTP, WebSocket. */
  readonly reliable: boolean;
  readonly timers: Timers;
  readonly user: ServerTransactionUser;
  /** Replaces the top Via in the 100 the transaction makes itself (received, rport). */
  readonly via?: string;
  /** Sends over the flow the request came by. */
  send(message: OutgoingMessage): void;
};

const TIMER_TRYING = 1;
const TIMER_SILENT_END = 2;
const TIMER_J = 3;

const LEGAL_EDGES: Readonly<Record<NonInviteServerState, readonly NonInviteServerState[]>> = {
  trying: ['proceeding', 'completed', 'terminated'],
  proceeding: ['completed', 'terminated'],
  completed: ['terminated'],
  terminated: [],
};

/** One non-INVITE request being answered (RFC 3261 §17.2.2, RFC 4320). */
export class NonInviteServerTransaction implements TimerTarget {
  readonly #options: NonInviteServerOptions;
  #state: NonInviteServerState = 'trying';
  #lastResponse: OutgoingMessage | undefined;
  #timer: TimerEntry | undefined;

  constructor(options: NonInviteServerOptions) {
    this.#options = options;
    this.#timer = options.timers.start(this, TIMER_TRYING, TRYING_AFTER_MS);
  }

  get state(): NonInviteServerState {
    return this.#state;
  }

  /** The same request again: answered with the last response, dropped while there is none. */
  receiveRetransmission(): void {
    // RFC 3261 §17.2.2: Trying discards retransmissions; Proceeding and Completed repeat the last response.
    if (this.#state === 'terminated' || this.#lastResponse === undefined) return;
    this.#options.send(this.#lastResponse);
  }

  /** Sends the final response.
   *  @param message status 200–699, never 408 (RFC 4320 §4.2)
   *  @returns false when nothing was sent: a final response went out already, or 64·T1 have passed */
  respond(message: OutgoingMessage): boolean {
    // RFC 3261 §17.2.2: Completed discards every further final response of the TU. RFC 4320 §4.2: late ones are not sent either.
    if (this.#state === 'completed' || this.#state === 'terminated') return false;
    this.#stopTimer();
    this.#lastResponse = message;
    this.#transition('completed');
    // Timer J is 0 on a reliable transport: nothing will be retransmitted. It is armed before the send, which may end the transaction.
    if (!this.#options.reliable) {
      this.#timer = this.#options.timers.start(this, TIMER_J, TIMER_64_T1);
    }
    this.#options.send(message);
    if (this.#options.reliable) this.#terminate();
    return true;
  }

  /** The flow of the request is gone: nothing can be answered any more (RFC 3261 §17.2.4). */
  transportError(): void {
    this.#terminate();
  }

  /** Called by the timer wheel. */
  onTimer(timer: number): void {
    this.#timer = undefined;
    switch (timer) {
      case TIMER_TRYING:
        this.#onTryingDue();
        break;
      case TIMER_SILENT_END: // RFC 4320 §4.2: expires without a word; the client's Timer F has fired by now.
      case TIMER_J:
        this.#terminate();
        break;
      default:
        throw new Error(`unknown timer ${timer}`);
    }
  }

  // RFC 4320 §4.1: on every transport, a 100 MUST go out now if nothing else has. (Never earlier: over an unreliable one it MUST NOT.)
  #onTryingDue(): void {
    const { request, via, timers } = this.#options;
    this.#timer = timers.start(this, TIMER_SILENT_END, TIMER_64_T1 - TRYING_AFTER_MS);
    const message = buildResponse(request, 100, { via });
    this.#lastResponse = message;
    this.#transition('proceeding');
    this.#options.send(message);
  }

  #terminate(): void {
    if (this.#state === 'terminated') return;
    this.#stopTimer();
    this.#lastResponse = undefined;
    this.#transition('terminated');
    this.#options.user.onTerminated();
  }

  #stopTimer(): void {
    this.#options.timers.stop(this.#timer);
    this.#timer = undefined;
  }

  #transition(next: NonInviteServerState): void {
    if (!LEGAL_EDGES[this.#state].includes(next)) {
      throw new Error(`illegal transition ${this.#state} → ${next}`);
    }
    this.#state = next;
  }
}
