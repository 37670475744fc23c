import { roomFor, type TrafficClass } from './traffic-class.ts';

/** What waits to be appended is to be served within so much, above what an append takes when nothing waits. */
const WINDOW_MS = 75;
/** So many may wait at any rate. */
const MIN_SIZE = 8;
/** Ticks for which it is what holds the queue, after it was full. */
const HELD_TICKS = 20;

/** `full`: since the last tick it was why requests were refused. `held`: so it was lately. */
export type WindowState = 'open' | 'held' | 'full';

/**
 * How many requests may wait for their append: by Little's law those that are appended in the time that they may wait.
 *
 * Every message passes its append whether devices are slow or not, and the process gets to the answer of an append no sooner than to anything else: what
 * waits here tells how long everything waits. It is known at the moment of arrival, while a rate takes some ticks to follow.
 */
export class AppendWindow {
  #size = Infinity;
  #wasFull = false;
  #heldTicks = 0;

  /** Requests that may wait for their append. */
  get size(): number {
    return this.#size;
  }

  /** May one more of this class wait?  @param appending requests whose append has no answer */
  hasRoom(trafficClass: TrafficClass, appending: number): boolean {
    if (appending < roomFor(trafficClass, this.#size)) return true;
    this.#wasFull = true;
    return false;
  }

  /** @returns how it was since the last call */
  take(): WindowState {
    const wasFull = this.#wasFull;
    this.#wasFull = false;
    this.#heldTicks = wasFull ? HELD_TICKS : Math.max(0, this.#heldTicks - 1);
    if (wasFull) return 'full';
    return this.#heldTicks > 0 ? 'held' : 'open';
  }

  /** @param perSec requests that can be served  @param baseMs what an append takes when nothing waits */
  resize(perSec: number, baseMs: number): void {
    this.#size = Math.max(MIN_SIZE, (perSec * (WINDOW_MS + baseMs)) / 1_000);
  }
}
