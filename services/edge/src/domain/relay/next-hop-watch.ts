import type { NeighbourLimits } from '@hermod/congestion';
import {
  type Clock,
  H,
  type SipResponse,
  type TimerEntry,
  type Timers,
  type TimerTarget,
} from '@hermod/sip';
import type { Hop } from '../../ports.ts';
import type { BranchUser } from '../proxy/proxy-branch.ts';
import { type NextHopHealth, neighbourOf } from './next-hop-health.ts';

/** How long a hop may say nothing at all before the next is tried, ms: over UDP it has been asked four times by then. */
const SILENT_MS = 4_000;

/** What a {@link NextHopWatch} is made with. */
export type NextHopWatchOptions = {
  /** Undefined: a flow of a device, of whose health nothing is kept. */
  readonly hop: Hop | undefined;
  /** Who waits for this branch. */
  readonly user: BranchUser;
  readonly parts: {
    readonly clock: Clock;
    readonly timers: Timers;
    readonly health: NextHopHealth;
    readonly limits: NeighbourLimits;
  };
  /** It is waited for as long as its transaction lasts. */
  readonly isPatient: boolean;
};

/** The user of a branch to a next hop, or to one of several flows of a device: it learns from what becomes of it, and leaves a silent one (RFC 3263 §4.3, RFC 4321 §1.3). */
export class NextHopWatch implements BranchUser, TimerTarget {
  readonly #options: NextHopWatchOptions;
  #timer: TimerEntry | undefined;
  #hasAnswered = false;
  /** The next hop is being tried instead. */
  #isLeft = false;

  constructor(options: NextHopWatchOptions) {
    this.#options = options;
    const { parts, isPatient } = options;
    if (!isPatient) this.#timer = parts.timers.start(this, 0, SILENT_MS);
  }

  onProvisional(response: SipResponse): void {
    const { hop, user, parts } = this.#options;
    this.#onAnswer(response);
    if (hop !== undefined) parts.health.onAnswer(hop);
    if (!this.#isLeft) user.onProvisional(response);
  }

  onFinal(response: SipResponse): void {
    const { hop, user, parts } = this.#options;
    this.#onAnswer(response);
    if (hop !== undefined && response.status === 503) {
      parts.health.onOverload(hop, parts.clock.nowMs(), retryAfterMs(response));
    } else if (hop !== undefined) parts.health.onAnswer(hop);
    // A 2xx is a delivery, however late.
    if (!this.#isLeft || response.status < 300) user.onFinal(response);
  }

  onFailed(status: number): void {
    const { user } = this.#options;
    this.#stopTimer();
    if (this.#isLeft) return;
    if (!this.#hasAnswered) this.#onSilence();
    user.onFailed(status);
  }

  onTimer(): void {
    this.#timer = undefined;
    this.#isLeft = true;
    this.#onSilence();
    this.#options.user.onFailed(408);
  }

  #onSilence(): void {
    const { hop, parts } = this.#options;
    if (hop !== undefined) parts.health.onSilence(hop, parts.clock.nowMs());
  }

  #onAnswer({ topVia }: SipResponse): void {
    this.#hasAnswered = true;
    this.#stopTimer();
    const { hop, parts } = this.#options;
    if (hop === undefined || !topVia.ok) return;
    // RFC 7339 §5.4: in whatever response, in the Via that is ours.
    parts.limits.receive(neighbourOf(hop), topVia.value.params, parts.clock.nowMs());
  }

  #stopTimer(): void {
    this.#options.parts.timers.stop(this.#timer);
    this.#timer = undefined;
  }
}

// Retry-After = delta-seconds [ comment ] *( SEMI retry-param )
function retryAfterMs(response: SipResponse): number | undefined {
  const seconds = /^\d{1,10}/.exec(response.get(H.RETRY_AFTER) ?? '')?.[0];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
