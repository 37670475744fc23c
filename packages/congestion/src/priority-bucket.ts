import { roomFor, type TrafficClass } from './traffic-class.ts';

/** Milliseconds' worth of requests that the bucket holds. A text may so come in bursts of 0.8 of this while nothing is wrong:
 *  shallower buckets refuse bursts of a system that has nothing to do. */
const DEPTH_MS = 150;
/** Under overload such bursts would be queues. */
const OVERLOADED_DEPTH_MS = 40;
/** At small rates a bucket still holds this many requests, or its thresholds would all be the same. */
const MIN_DEPTH = 16;

/** Requests per second in order of class: a leaky bucket with one threshold per class.  @see RFC 7415 §3.5.1, §3.5.2 */
export class PriorityBucket {
  #perMs = 0;
  #depth = MIN_DEPTH;
  /** Requests in the bucket, which leaks; below 0 never. */
  #level = 0;
  #atMs: number;

  /** @param perSec above 0 */
  constructor(perSec: number, nowMs: number) {
    this.#atMs = nowMs;
    this.setRate(perSec, false);
  }

  /** Requests that it holds. */
  get depth(): number {
    return this.#depth;
  }

  /** What leaks out per second, from now on.  @param perSec above 0 */
  setRate(perSec: number, isOverloaded: boolean): void {
    this.#perMs = perSec / 1_000;
    const depthMs = isOverloaded ? OVERLOADED_DEPTH_MS : DEPTH_MS;
    this.#depth = Math.max(MIN_DEPTH, this.#perMs * depthMs);
  }

  /** Does one more of this class go in?  @param nowMs a clock that may step back */
  hasRoom(trafficClass: TrafficClass, nowMs: number): boolean {
    const elapsedMs = nowMs - this.#atMs;
    this.#atMs = nowMs;
    if (elapsedMs > 0) this.#level = Math.max(0, this.#level - elapsedMs * this.#perMs);
    return this.#level + 1 <= roomFor(trafficClass, this.#depth);
  }

  /** One request more. */
  take(): void {
    this.#level += 1;
  }
}
