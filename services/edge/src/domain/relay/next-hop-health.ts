import { forgetOldest } from '@hermod/sip';
import type { Hop } from '../../ports.ts';

/** How long a hop that did not answer is left alone, ms; doubled each time it fails again. */
const HOLD_MS = 10_000;
const MAX_HOLD_MS = 160_000;
/** What a hop may ask for with Retry-After, ms: nobody can be made to forget it for ever. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** A request that tries a hop whose hold is over does so alone for this long, ms. */
const PROBE_MS = 5_000;
/** Hops remembered; the one that failed first goes when there are more. */
const MAX_HOPS = 4_096;

type Failed = {
  /** Nobody is to try it before. */
  untilMs: number;
  /** Of the next hold. */
  holdMs: number;
};

/**
 * Next hops of other domains that did not answer, remembered from one transaction to the next: a non-INVITE has no time to find out
 * (RFC 4321 §1.3). What is not in the table is well.
 */
export class NextHopHealth {
  readonly #failed = new Map<string, Failed>();

  /** Hops that are left alone, or on probation: a gauge. */
  get size(): number {
    return this.#failed.size;
  }

  /** May this hop be tried now? After its hold one request may find out, for all others. */
  mayTry(hop: Hop, nowMs: number): boolean {
    const failed = this.#failed.get(keyOf(hop));
    if (failed === undefined) return true;
    if (nowMs < failed.untilMs) return false;
    failed.untilMs = nowMs + PROBE_MS;
    return true;
  }

  /** It answered, whatever it said but 503. */
  onAnswer(hop: Hop): void {
    if (this.#failed.size > 0) this.#failed.delete(keyOf(hop));
  }

  /** It could not be reached, or said nothing in time. */
  onSilence(hop: Hop, nowMs: number): void {
    const holdMs = this.#failed.get(keyOf(hop))?.holdMs ?? HOLD_MS;
    this.#hold(hop, { untilMs: nowMs + holdMs, holdMs: Math.min(2 * holdMs, MAX_HOLD_MS) });
  }

  /**
   * It answered 503: nothing more for it before Retry-After.
   * @param retryAfterMs undefined: it did not say; RFC 3261 §21.5.4 makes that a 500, which tells nothing about the next request
   */
  onOverload(hop: Hop, nowMs: number, retryAfterMs: number | undefined): void {
    if (retryAfterMs === undefined) {
      this.onAnswer(hop);
      return;
    }
    const untilMs = nowMs + Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
    this.#hold(hop, { untilMs, holdMs: HOLD_MS });
  }

  #hold(hop: Hop, failed: Failed): void {
    const key = keyOf(hop);
    this.#failed.delete(key);
    if (this.#failed.size >= MAX_HOPS) forgetOldest(this.#failed);
    this.#failed.set(key, failed);
  }
}

/** The server at a hop, by whatever transport and name it is reached.  @see RFC 7339 §5.4 */
export function neighbourOf({ address, port }: Hop): string {
  return `${address}:${port}`;
}

function keyOf({ transport, address, port, domain }: Hop): string {
  // A certificate that does not name one domain may name another.
  return transport === 'TLS'
    ? `${transport} ${address}:${port} ${domain}`
    : `${transport} ${address}:${port}`;
}
