// RFC 3261 §17.1.2, figure 6: non-INVITE client transaction.
import type { SipResponse } from '../message.ts';
import type { OutgoingMessage } from '../response.ts';
import type { TimerEntry, Timers, TimerTarget } from '../timer-wheel.ts';
import { T1, T2, T4, TIMER_64_T1 } from './timer-values.ts';

/** `idle` until {@link NonInviteClientTransaction.start}.  @see RFC 3261 §17.1.2 figure 6 */
export type NonInviteClientState = 'idle' | 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Told what became of a request. Exactly one of a final `onResponse`, `onTimeout` and `onTransportError`, then `onTerminated`; of an
 *  INVITE every 2xx. */
export interface ClientTransactionUser {
  /** A provisional response, any number of times, or the one final response. */
  onResponse(response: SipResponse): void;
  /** Timer F or B: no final response within 64·T1. To be treated as a 408 (RFC 3261 §8.1.3.1), but never sent on as one (RFC 4320 §4.2). */
  onTimeout(): void;
  /** The flow broke. To be treated as a 503 (RFC 3261 §8.1.3.1). */
  onTransportError(): void;
  /** The transaction is over and must be forgotten. */
  onTerminated(): void;
}

/** What a client transaction is made of; kept by reference for its life. */
export type NonInviteClientOptions = {
  /** Its top Via carries the branch of this transaction. */
  readonly message: OutgoingMessage;
  /** Whether the flow retransmits by itself: TCP, TLS, SCTP, WebSocket. */
  readonly reliable: boolean;
  readonly timers: Timers;
  readonly user: ClientTransactionUser;
  /** Sends over the flow to the next hop; may call `transportError` at once. */
  send(message: OutgoingMessage): void;
};

const TIMER_E = 1;
const TIMER_F = 2;
const TIMER_K = 3;

const LEGAL_EDGES: Readonly<Record<NonInviteClientState, readonly NonInviteClientState[]>> = {
  idle: ['trying', 'terminated'],
  trying: ['proceeding', 'completed', 'terminated'],
  proceeding: ['completed', 'terminated'],
  completed: ['terminated'],
  terminated: [],
};

/** One non-INVITE request on its way to one next hop (RFC 3261 §17.1.2). */
export class NonInviteClientTransaction implements TimerTarget {
  readonly #options: NonInviteClientOptions;
  #state: NonInviteClientState = 'idle';
  #retransmitAfterMs = T1;
  #timerE: TimerEntry | undefined;
  /** Timer F, then Timer K. */
  #timerEnd: TimerEntry | undefined;

  constructor(options: NonInviteClientOptions) {
    this.#options = options;
  }

  get state(): NonInviteClientState {
    return this.#state;
  }

  /** Sends the request and starts the timers. Once only. */
  start(): void {
    const { timers, reliable, message } = this.#options;
    this.#transition('trying');
    // Timers first: send() may report a transport error at once, which stops them.
    this.#timerEnd = timers.start(this, TIMER_F, TIMER_64_T1);
    if (!reliable) this.#timerE = timers.start(this, TIMER_E, T1);
    this.#options.send(message);
  }

  /** A response that matched by branch of the top Via and method of the CSeq (RFC 3261 §17.1.3). */
  receiveResponse(response: SipResponse): void {
    // RFC 3261 §17.1.2.2: Completed only absorbs what is retransmitted.
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    if (response.status < 200) {
      if (this.#state === 'trying') this.#transition('proceeding');
      this.#options.user.onResponse(response);
      return;
    }
    this.#stopTimers();
    this.#transition('completed');
    // Timer K is 0 on a reliable transport. Armed before the user is told, who may end the transaction.
    if (!this.#options.reliable) {
      this.#timerEnd = this.#options.timers.start(this, TIMER_K, T4);
    }
    this.#options.user.onResponse(response);
    if (this.#options.reliable) this.#terminate();
  }

  /** The flow to the next hop broke, or refused the request. */
  transportError(): void {
    if (this.#state === 'terminated') return;
    const answered = this.#state === 'completed';
    this.#stopTimers();
    this.#transition('terminated');
    if (!answered) this.#options.user.onTransportError();
    this.#options.user.onTerminated();
  }

  /** Called by the timer wheel. */
  onTimer(timer: number): void {
    switch (timer) {
      case TIMER_E:
        this.#onTimerE();
        break;
      case TIMER_F:
        this.#timerEnd = undefined;
        this.#onTimerF();
        break;
      case TIMER_K:
        this.#timerEnd = undefined;
        this.#terminate();
        break;
      default:
        throw new Error(`unknown timer ${timer}`);
    }
  }

  // RFC 3261 §17.1.2.2: T1, 2·T1, 4·T1 … T2; always T2 once a provisional response has come.
  #onTimerE(): void {
    const doubled = this.#retransmitAfterMs * 2;
    this.#retransmitAfterMs = this.#state === 'proceeding' || doubled > T2 ? T2 : doubled;
    this.#timerE = this.#options.timers.start(this, TIMER_E, this.#retransmitAfterMs);
    this.#options.send(this.#options.message);
  }

  #onTimerF(): void {
    this.#stopTimers();
    this.#transition('terminated');
    this.#options.user.onTimeout();
    this.#options.user.onTerminated();
  }

  #terminate(): void {
    if (this.#state === 'terminated') return;
    this.#stopTimers();
    this.#transition('terminated');
    this.#options.user.onTerminated();
  }

  #stopTimers(): void {
    this.#options.timers.stop(this.#timerE);
    this.#options.timers.stop(this.#timerEnd);
    this.#timerE = undefined;
    this.#timerEnd = undefined;
  }

  #transition(next: NonInviteClientState): void {
    if (!LEGAL_EDGES[this.#state].includes(next)) {
      throw new Error(`illegal transition ${this.#state} → ${next}`);
    }
    this.#state = next;
  }
}
