import { OcAdvice } from '@hermod/congestion';

/** How far behind a router may be before it asks for less, and when it asks for nothing any more, seconds. */
const BEHIND_SEC = 0.25;
const HOPELESS_SEC = 1.25;
/** The same for how full it is, 0–1. */
const FULL = 0.8;
const BRIMFUL = 1;
/** So few records are on their way, and no queue. */
const ON_THEIR_WAY = 64;
/** How often it looks; weight of the last look in the pace. */
const LOOK_MS = 100;
const WEIGHT = 0.3;

/** What is looked at: a router. */
export type BusyRouter = {
  /** Records read and not started, and not read. */
  readonly waiting: number;
  readonly unread: number;
  /** Records started and not finished, of as many as may be, 0–1. */
  readonly fill: number;
  /** Records started so far. */
  readonly stats: { readonly records: number };
};

/**
 * What edges are to leave out, in proportion to how far behind the router is: the records that are not started, at the pace at which it starts
 * them. Their number answers a change at once, while their age answers it only as much later; so the queue settles where what comes is what is
 * done, and never runs empty meanwhile.  @see RFC 7339 §5.5, RFC 6357 §9.2
 */
export class EdgeAdvice {
  readonly #router: BusyRouter;
  readonly #advice = new OcAdvice();
  #lookedMs: number;
  #records: number;
  /** Records started per second, of the last looks. */
  #perSec = 0;
  /** As of the look before: a queue that empties in between is none (RFC 8289 §4.2). */
  #behindSec = 0;
  #loss = 0;

  constructor(router: BusyRouter, nowMs: number) {
    this.#router = router;
    this.#lookedMs = nowMs;
    this.#records = router.stats.records;
  }

  /** Per cent, whole, 0–100.  @param nowMs a clock that may step back */
  percent(nowMs: number): number {
    if (Math.abs(nowMs - this.#lookedMs) >= LOOK_MS) this.#look(nowMs);
    return this.#loss;
  }

  /** For the Via of an edge: parameters with their leading ";". */
  text(nowMs: number): string {
    return this.#advice.text(this.percent(nowMs), nowMs);
  }

  #look(nowMs: number): void {
    const { waiting, unread, fill, stats } = this.#router;
    const elapsedSec = (nowMs - this.#lookedMs) / 1_000;
    const started = stats.records - this.#records;
    this.#lookedMs = nowMs;
    this.#records = stats.records;
    if (elapsedSec < 0) return;
    this.#perSec += WEIGHT * (started / elapsedSec - this.#perSec);
    const queued = waiting + unread;
    const behindSec = queued <= ON_THEIR_WAY ? 0 : queued / Math.max(1, this.#perSec);
    const standing = Math.min(behindSec, this.#behindSec);
    this.#behindSec = behindSec;
    const part = Math.max(partOf(standing, BEHIND_SEC, HOPELESS_SEC), partOf(fill, FULL, BRIMFUL));
    this.#loss = Math.round(100 * part);
  }
}

/** How far a value is on its way from one to another, 0–1. */
function partOf(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}
