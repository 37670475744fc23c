// RFC 3261 §17.2.1, figure 7: INVITE server transaction, with the Accepted state and Timer L of RFC 6026 §7.1.
import type { SipRequest } from '../message.ts';
import { buildResponse, type OutgoingMessage } from '../response.ts';
import type { TimerEntry, TimerTarget } from '../timer-wheel.ts';
import type {
  NonInviteServerOptions,
  ServerTransactionUser,
} from './non-invite-server-transaction.ts';
import { T1, T2, T4, TIMER_64_T1 } from './timer-values.ts';

/** @see RFC 6026 §7.1, the figure that replaces RFC 3261's figure 7 */
export type InviteServerState =
  | 'proceeding'
  | 'completed'
  | 'confirmed'
  | 'accepted'
  | 'terminated';

/** Told about the ACK of a 2xx, and about the end. */
export interface InviteServerUser extends ServerTransactionUser {
  /** An ACK that matches the transaction of an INVITE that got a 2xx: it is end to end, so it is forwarded (RFC 6026 §7.1). */
  onAck(ack: SipRequest): void;
}

/** As for a non-INVITE transaction; `request` is the INVITE. */
export type InviteServerOptions = Omit<NonInviteServerOptions, 'user'> & {
  readonly user: InviteServerUser;
};

const TIMER_G = 1;
const TIMER_H = 2;
const TIMER_I = 3;
const TIMER_L = 4;

const LEGAL_EDGES: Readonly<Record<InviteServerState, readonly InviteServerState[]>> = {
  proceeding: ['completed', 'accepted', 'terminated'],
  completed: ['confirmed', 'terminated'],
  confirmed: ['terminated'],
  accepted: ['terminated'],
  terminated: [],
};

/** One INVITE being answered (RFC 3261 §17.2.1, RFC 6026). A flow that breaks does not end it (RFC 6026 §7.1): the timers do. */
export class InviteServerTransaction implements TimerTarget {
  readonly #options: InviteServerOptions;
  #state: InviteServerState = 'proceeding';
  #lastResponse: OutgoingMessage | undefined;
  #retransmitAfterMs = T1;
  #timerG: TimerEntry | undefined;
  /** Timer H, then I; or L. */
  #timerEnd: TimerEntry | undefined;

  constructor(options: InviteServerOptions) {
    this.#options = options;
  }

  get state(): InviteServerState {
    return this.#state;
  }

  /** Sends 100: a proxy does not know that it will have anything better within 200 ms (RFC 3261 §17.2.1). */
  trying(): void {
    this.provisional(buildResponse(this.#options.request, 100, { via: this.#options.via }));
  }

  /** Sends a provisional response; after a final one it is dropped.  @param message status 100–199 */
  provisional(message: OutgoingMessage): void {
    if (this.#state !== 'proceeding') return;
    this.#lastResponse = message;
    this.#options.send(message);
  }

  /** Sends a 2xx, of which there may be several: each is another dialog, or a repeat (RFC 6026 §7.1).
   *  @returns false when nothing was sent: it was refused already, or 64·T1 have passed since the first 2xx */
  accept(message: OutgoingMessage): boolean {
    if (this.#state === 'proceeding') {
      this.#lastResponse = undefined;
      this.#transition('accepted');
      this.#timerEnd = this.#options.timers.start(this, TIMER_L, TIMER_64_T1);
    } else if (this.#state !== 'accepted') return false;
    this.#options.send(message);
    return true;
  }

  /** Sends the final response, again and again over an unreliable transport, until its ACK comes.
   *  @param message status 300–699  @returns false when nothing was sent: a final response went out before */
  refuse(message: OutgoingMessage): boolean {
    if (this.#state !== 'proceeding') return false;
    const { timers, reliable } = this.#options;
    this.#lastResponse = message;
    this.#transition('completed');
    this.#timerEnd = timers.start(this, TIMER_H, TIMER_64_T1);
    if (!reliable) this.#timerG = timers.start(this, TIMER_G, T1);
    this.#options.send(message);
    return true;
  }

  /** The same INVITE again: answered with the last response; absorbed in Accepted and Confirmed, where nobody waits for one. */
  receiveRetransmission(): void {
    if (this.#lastResponse !== undefined) this.#options.send(this.#lastResponse);
  }

  /** An ACK that matched (RFC 3261 §17.2.3): the end of a refusal, or the user's business after a 2xx. */
  receiveAck(ack: SipRequest): void {
    if (this.#state === 'accepted') {
      this.#options.user.onAck(ack);
      return;
    }
    if (this.#state !== 'completed') return;
    this.#stopTimers();
    this.#lastResponse = undefined;
    this.#transition('confirmed');
    // Timer I is 0 on a reliable transport.
    if (this.#options.reliable) this.#terminate();
    else this.#timerEnd = this.#options.timers.start(this, TIMER_I, T4);
  }

  /** Called by the timer wheel. */
  onTimer(timer: number): void {
    switch (timer) {
      case TIMER_G:
        this.#onTimerG();
        break;
      case TIMER_H: // No ACK in 64·T1: nothing depends on it for a proxy.
      case TIMER_I:
      case TIMER_L:
        this.#timerEnd = undefined;
        this.#terminate();
        break;
      default:
        throw new Error(`unknown timer ${timer}`);
    }
  }

  // RFC 3261 §17.2.1: T1, doubling up to T2.
  #onTimerG(): void {
    this.#retransmitAfterMs = Math.min(this.#retransmitAfterMs * 2, T2);
    this.#timerG = this.#options.timers.start(this, TIMER_G, this.#retransmitAfterMs);
    this.receiveRetransmission();
  }

  #terminate(): void {
    this.#stopTimers();
    this.#lastResponse = undefined;
    this.#transition('terminated');
    this.#options.user.onTerminated();
  }

  #stopTimers(): void {
    this.#options.timers.stop(this.#timerG);
    this.#options.timers.stop(this.#timerEnd);
    this.#timerG = undefined;
    this.#timerEnd = undefined;
  }

  #transition(next: InviteServerState): void {
    if (!LEGAL_EDGES[this.#state].includes(next)) {
      throw new Error(`illegal transition ${this.#state} → ${next}`);
    }
    this.#state = next;
  }
}
