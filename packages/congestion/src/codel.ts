/** What a queue of requests that nobody has accepted yet may do to them: half of what a message may take (250 ms), and as long to be sure. */
export const QUEUE_TARGET_MS = 100;
export const QUEUE_INTERVAL_MS = 100;
/** Whatever waited for as long as this is refused: its client has sent it again by now (RFC 3261 §17.1.2.1, T1), or given up. */
export const QUEUE_LIMIT_MS = 500;
/** A queue that is late again within this many intervals starts at the pace at which it left. */
const RECENT_INTERVALS = 16;

/**
 * Tells which requests at the head of a queue are to be refused rather than served, so that it never stands: the first when every
 * request has waited longer than the target for a whole interval, then ever more of them until one has not.
 *
 * Not for messages that were accepted: those are delivered, however late.  @see RFC 8289 §5
 */
export class Codel {
  readonly #targetMs: number;
  readonly #intervalMs: number;
  readonly #limitMs: number;
  /** When the target will have been missed for an interval; undefined while it is not missed. */
  #dueMs: number | undefined;
  #nextMs = 0;
  #count = 0;
  #lastCount = 0;
  #isDropping = false;

  constructor(
    targetMs = QUEUE_TARGET_MS,
    intervalMs = QUEUE_INTERVAL_MS,
    limitMs = QUEUE_LIMIT_MS,
  ) {
    this.#targetMs = targetMs;
    this.#intervalMs = intervalMs;
    this.#limitMs = limitMs;
  }

  /** Called for each request as it is taken from the queue, in order.
   *  @param sojournMs how long it was in there  @param isLast nothing is behind it
   *  @returns whether to refuse it */
  refuses(sojournMs: number, isLast: boolean, nowMs: number): boolean {
    const isLate = this.#isLate(sojournMs, isLast, nowMs);
    if (!isLate) {
      this.#isDropping = false;
      return sojournMs >= this.#limitMs;
    }
    if (!this.#isDropping) {
      this.#begin(nowMs);
      return true;
    }
    if (nowMs < this.#nextMs) return sojournMs >= this.#limitMs;
    this.#count += 1;
    this.#nextMs += this.#pace();
    return true;
  }

  #isLate(sojournMs: number, isLast: boolean, nowMs: number): boolean {
    if (sojournMs < this.#targetMs || isLast) {
      this.#dueMs = undefined;
      return false;
    }
    this.#dueMs ??= nowMs + this.#intervalMs;
    return nowMs >= this.#dueMs;
  }

  // RFC 8289 §5.5: back soon, it goes on about where it stopped.
  #begin(nowMs: number): void {
    const isRecent = nowMs - this.#nextMs < RECENT_INTERVALS * this.#intervalMs;
    const delta = this.#count - this.#lastCount;
    this.#count = isRecent && delta > 1 ? delta : 1;
    this.#lastCount = this.#count;
    this.#isDropping = true;
    this.#nextMs = nowMs + this.#pace();
  }

  #pace(): number {
    return this.#intervalMs / Math.sqrt(this.#count);
  }
}
