// RFC 3261 §17.1.1, figure 5: INVITE client transaction, with the Accepted state and Timer M of RFC 6026 §7.2.
import type { SipResponse } from '../message.ts';
import type { OutgoingMessage } from '../response.ts';
import type { TimerEntry, TimerTarget } from '../timer-wheel.ts';
import { buildAck } from './hop-by-hop.ts';
import type { NonInviteClientOptions } from './non-invite-client-transaction.ts';
import { T1, TIMER_64_T1, TIMER_D_MS } from './timer-values.ts';

/** `idle` until {@link InviteClientTransaction.start}.  @see RFC 6026 §7.2, the figure that replaces RFC 3261's figure 5 */
export type InviteClientState =
  | 'idle'
  | 'calling'
  | 'proceeding'
  | 'completed'
  | 'accepted'
  | 'terminated';

/** As for a non-INVITE transaction; `message` is the INVITE. Its user gets every 2xx, not only the first. */
export type InviteClientOptions = NonInviteClientOptions;

const TIMER_A = 1;
const TIMER_B = 2;
const TIMER_D = 3;
const TIMER_M = 4;

const LEGAL_EDGES: Readonly<Record<InviteClientState, readonly InviteClientState[]>> = {
  idle: ['calling', 'terminated'],
  calling: ['proceeding', 'completed', 'accepted', 'terminated'],
  proceeding: ['completed', 'accepted', 'terminated'],
  completed: ['terminated'],
  accepted: ['terminated'],
  terminated: [],
};

/** One INVITE on its way to one next hop (RFC 3261 §17.1.1, RFC 6026). Acknowledges every final response but 2xx itself. */
export class InviteClientTransaction implements TimerTarget {
  readonly #options: InviteClientOptions;
  #state: InviteClientState = 'idle';
  #retransmitAfterMs = T1;
  /** Made for the first non-2xx final response, sent again for its repeats. */
  #ack: OutgoingMessage | undefined;
  #timerA: TimerEntry | undefined;
  /** Timer B, then Timer D or M. */
  #timerEnd: TimerEntry | undefined;

  constructor(options: InviteClientOptions) {
    this.#options = options;
  }

  get state(): InviteClientState {
    return this.#state;
  }

  /** Sends the INVITE and starts the timers. Once only. */
  start(): void {
    const { timers, reliable, message } = this.#options;
    this.#transition('calling');
    // Timers first: send() may report a transport error at once, which stops them.
    this.#timerEnd = timers.start(this, TIMER_B, TIMER_64_T1);
    if (!reliable) this.#timerA = timers.start(this, TIMER_A, T1);
    this.#options.send(message);
  }

  /** A response that matched by branch of the top Via and method of the CSeq (RFC 3261 §17.1.3). */
  receiveResponse(response: SipResponse): void {
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        if (response.status < 200) this.#onProvisional(response);
        else if (response.status < 300) this.#onAccepted(response);
        else this.#onRefused(response);
        return;
      case 'accepted':
        // RFC 6026 §7.2: every 2xx, of this device again or of another one behind a forking proxy, is the user's.
        if (response.status >= 200 && response.status < 300)
          this.#options.user.onResponse(response);
        return;
      case 'completed':
        // RFC 3261 §17.1.1.2: a repeated final response has not seen our ACK.
        if (response.status >= 300 && this.#ack !== undefined) this.#options.send(this.#ack);
        return;
      case 'idle':
      case 'terminated':
        return;
    }
  }

  /** The flow to the next hop broke, or refused the INVITE. Once it is answered that makes no difference: an ACK that could not be sent
   *  is asked for again by a repeat of the final response. */
  transportError(): void {
    if (this.#state !== 'calling' && this.#state !== 'proceeding') return;
    this.#stopTimers();
    this.#transition('terminated');
    this.#options.user.onTransportError();
    this.#options.user.onTerminated();
  }

  /** Gives up without telling the user anything but `onTerminated`. */
  abandon(): void {
    if (this.#state === 'terminated') return;
    this.#stopTimers();
    this.#transition('terminated');
    this.#options.user.onTerminated();
  }

  /** Called by the timer wheel. */
  onTimer(timer: number): void {
    switch (timer) {
      case TIMER_A:
        // RFC 3261 §17.1.1.2: T1, 2·T1, 4·T1 … without a cap, until Timer B.
        this.#retransmitAfterMs *= 2;
        this.#timerA = this.#options.timers.start(this, TIMER_A, this.#retransmitAfterMs);
        this.#options.send(this.#options.message);
        break;
      case TIMER_B:
        this.#timerEnd = undefined;
        this.#stopTimers();
        this.#transition('terminated');
        this.#options.user.onTimeout();
        this.#options.user.onTerminated();
        break;
      case TIMER_D:
      case TIMER_M:
        this.#timerEnd = undefined;
        this.abandon();
        break;
      default:
        throw new Error(`unknown timer ${timer}`);
    }
  }

  // Proceeding has no timer: how long a called user is let ring is the transaction user's business (Timer C, RFC 3261 §16.8).
  #onProvisional(response: SipResponse): void {
    if (this.#state === 'calling') {
      this.#stopTimers();
      this.#transition('proceeding');
    }
    this.#options.user.onResponse(response);
  }

  #onAccepted(response: SipResponse): void {
    this.#stopTimers();
    this.#transition('accepted');
    this.#timerEnd = this.#options.timers.start(this, TIMER_M, TIMER_64_T1);
    this.#options.user.onResponse(response);
  }

  // RFC 3261 §17.1.1.2: the ACK goes to the same next hop, and before the user is told, who may end the transaction.
  #onRefused(response: SipResponse): void {
    const { timers, reliable, message, user } = this.#options;
    this.#stopTimers();
    this.#transition('completed');
    // Timer D is 0 on a reliable transport.
    if (!reliable) this.#timerEnd = timers.start(this, TIMER_D, TIMER_D_MS);
    this.#ack = buildAck(message, response);
    this.#options.send(this.#ack);
    user.onResponse(response);
    if (reliable) this.abandon();
  }

  #stopTimers(): void {
    this.#options.timers.stop(this.#timerA);
    this.#options.timers.stop(this.#timerEnd);
    this.#timerA = undefined;
    this.#timerEnd = undefined;
  }

  #transition(next: InviteClientState): void {
    if (!LEGAL_EDGES[this.#state].includes(next)) {
      throw new Error(`illegal transition ${this.#state} → ${next}`);
    }
    this.#state = next;
  }
}
