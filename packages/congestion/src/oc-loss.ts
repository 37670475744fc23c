import { NeighbourLimit } from './neighbour-limit.ts';
import type { Random } from './ports.ts';
import type { TrafficClass } from './traffic-class.ts';

/** Weight of the last tick in what servers sent lately, and in what of it was admitted. */
const WEIGHT = 0.5;
/** Step by which they may send more again, per tick; the exponent halves the step down, since its effect is seen one tick late. */
const STEP_UP = 1.05;
const MIN_KEEP = 0.01;
/** Far longer than from one tick to the next. */
const VALIDITY_MS = 60_000;

/**
 * What the servers that send to us are to leave out: so much that what they still send is admitted. One share for all of them, so that nobody
 * need be remembered. Those that do not obey `oc` have as much refused as they would have left out: to be deaf is no advantage.
 * @see RFC 7339 §5.10.2, RFC 6357 §9.2
 */
export class OcLoss {
  /** Of those that do not obey. */
  readonly #deaf: NeighbourLimit;
  /** Share of their requests that servers may send. */
  #keep = 1;
  #ticks = 0;
  /** Since the last tick. */
  #offered = 0;
  #admitted = 0;
  /** Per tick. */
  #offeredLately = 0;
  #admittedLately = 0;

  constructor(random: Random, nowMs: number) {
    this.#deaf = new NeighbourLimit(random, nowMs);
  }

  /** Per cent of their requests, whole, 0–99. */
  get percent(): number {
    return Math.round(100 * (1 - this.#keep));
  }

  /** May a request be looked at that came from a server that does not obey?  @see RFC 7339 §7.2 */
  permits(trafficClass: TrafficClass, nowMs: number): boolean {
    return this.#deaf.permits(trafficClass, nowMs);
  }

  /** A request of a server was admitted, or refused for another reason than the above. */
  count(isAdmitted: boolean): void {
    this.#offered += 1;
    if (isAdmitted) this.#admitted += 1;
  }

  /** To be called as often as {@link CongestionController.tick}. */
  tick(nowMs: number): void {
    this.#offeredLately += WEIGHT * (this.#offered - this.#offeredLately);
    this.#admittedLately += WEIGHT * (this.#admitted - this.#admittedLately);
    if (this.#offered > this.#admitted) {
      const admitted = this.#admittedLately / this.#offeredLately;
      this.#keep = Math.max(MIN_KEEP, this.#keep * Math.sqrt(admitted));
    } else this.#keep = Math.min(1, this.#keep * STEP_UP);
    this.#offered = 0;
    this.#admitted = 0;
    this.#ticks += 1;
    const { percent: value } = this;
    const seq = [this.#ticks, 0] as const;
    this.#deaf.receive({ algorithm: 'loss', value, validityMs: VALIDITY_MS, seq }, nowMs);
  }
}
