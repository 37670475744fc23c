import { roomFor, type TrafficClass } from './traffic-class.ts';

/** A source is refused only where all of its bins are full: a light one that shares a bin with a heavy one has others. */
const ROWS = 3;
/** Bins per row, a power of two. All of them take 196 KB, however many sources there are. */
const WIDTH = 4_096;
const MASK = WIDTH - 1;
/** Two numbers per bin: requests in it, and when that was so. */
const STRIDE = 2;
/** A bin holds this many seconds of the fair share … */
const DEPTH_SEC = 0.5;
/** … and so many requests at least: whoever sends a few now and then never meets its share. */
const MIN_DEPTH = 8;
/** … but no more than this part of the bucket behind: whoever sends in bursts must not leave it full for the others. */
const BUCKET_PART = 0.5;
/** While some are held to their share, all together get this much of the rate: what is left keeps the bucket behind, which knows
 *  classes but no sources, from refusing those who stay below theirs. */
const TARGET = 0.94;
/** Steps go half of the way (in logarithms): what came through in one tick is a small sample. */
const MAX_STEP_DOWN = 0.5;
const MAX_STEP_UP = 1.25;
/** Where the search begins when overload does: at so many equal parts. */
const FIRST_PART = 2;
/** How long sources are counted: nobody is owed less than an equal part. */
const COUNT_MS = 1_000;

/**
 * Max-min fairness between sources in bounded memory: nobody gets more than the fair share while somebody gets less than he asks for.
 *
 * Every source has a leaky bucket per row of a table, found by hash, so memory does not depend on how many there are. All leak at the
 * same rate, the fair share. It is not computed but found, as in core-stateless fair queueing (Stoica et al., SIGCOMM 1998): down while
 * more comes through than may, up while less does. Within a source the order of classes holds, by thresholds as in RFC 7415 §3.5.2.
 */
export class FairShare {
  readonly #bins = new Float64Array(ROWS * WIDTH * STRIDE);
  readonly #salt: number;
  /** Fair share: requests per second and source. */
  #perSec: number;
  #depth: number;
  /** Requests that came through, and those that did not, since the last {@link FairShare.adapt}. */
  #passed = 0;
  #held = 0;
  /** For each bin of the first row, the stretch in which it was counted last. */
  readonly #countedIn = new Uint32Array(WIDTH);
  #stretch = 1;
  #countedFromMs: number;
  #counting = 0;
  #sources = 1;

  /** @param perSec what all sources may send together
   *  @param bucketDepth requests that the bucket behind holds
   *  @param salt integer that no sender can know: else he could choose a source that fills the bins of another */
  constructor(perSec: number, bucketDepth: number, salt: number, nowMs: number) {
    this.#perSec = perSec;
    this.#depth = depthFor(perSec, bucketDepth);
    this.#salt = salt | 0;
    this.#countedFromMs = nowMs;
  }

  /** Requests per second that one source gets at most. */
  get perSec(): number {
    return this.#perSec;
  }

  /** Sources that sent something within the last second; with more than some thousands an underestimate. */
  get sources(): number {
    return this.#sources;
  }

  /** There is nobody to share with. */
  get isAlone(): boolean {
    return this.#sources <= 1 && this.#counting <= 1;
  }

  /** Is this source below its share? Charges nothing.  @param source 32-bit integer, the same for the same source
   *  @param nowMs a clock that may step back */
  hasRoom(trafficClass: TrafficClass, source: number, nowMs: number): boolean {
    return this.waitMs(trafficClass, source, nowMs) === 0 || this.isAlone;
  }

  /** Of every request that is decided about: was its source below its share? */
  count(source: number, hadRoom: boolean): void {
    if (hadRoom) this.#passed += 1;
    else this.#held += 1;
    const bin = mix(source ^ this.#salt) & MASK;
    if (this.#countedIn[bin] === this.#stretch) return;
    this.#countedIn[bin] = this.#stretch;
    this.#counting += 1;
  }

  /** Charges a request that was admitted. */
  charge(source: number): void {
    const bins = this.#bins;
    let hash = mix(source ^ this.#salt);
    for (let row = 0; row < ROWS; row += 1) {
      const at = (row * WIDTH + (hash & MASK)) * STRIDE;
      // A full bin gets no fuller by a light source that was let in by another: it would take the heavy one ever longer to come back.
      bins[at] = Math.min((bins[at] ?? 0) + 1, 2 * this.#depth);
      hash = mix(hash);
    }
  }

  /** How long until this source may send a text again.  @returns milliseconds, 0 when it may now */
  waitMs(trafficClass: TrafficClass, source: number, nowMs: number): number {
    const room = roomFor(trafficClass, this.#depth);
    let hash = mix(source ^ this.#salt);
    let excess = Infinity;
    for (let row = 0; row < ROWS; row += 1) {
      const at = (row * WIDTH + (hash & MASK)) * STRIDE;
      excess = Math.min(excess, this.#leak(at, nowMs) + 1 - room);
      hash = mix(hash);
    }
    return excess <= 0 ? 0 : (excess * 1_000) / this.#perSec;
  }

  /** Moves the share to where all together get what may be admitted. Called every tick.
   *  @param ratePerSec what may be admitted  @param bucketDepth requests that the bucket behind holds now  @param isRefusing anything was refused since the last call, here or behind
   *  @param elapsedSec since the last call, above 0 */
  adapt(
    ratePerSec: number,
    bucketDepth: number,
    isRefusing: boolean,
    elapsedSec: number,
    nowMs: number,
  ): void {
    const passed = this.#passed;
    const hasHeld = this.#held > 0;
    this.#passed = 0;
    this.#held = 0;
    if (nowMs - this.#countedFromMs >= COUNT_MS || nowMs < this.#countedFromMs) {
      this.#sources = Math.max(1, this.#counting);
      this.#counting = 0;
      this.#stretch += 1;
      this.#countedFromMs = nowMs;
    }
    const equalPart = ratePerSec / this.#sources;
    if (!isRefusing) this.#perSec *= MAX_STEP_UP;
    else {
      // Too much, and nobody is held to anything: do not find the share from far above while light sources suffer.
      if (!hasHeld) this.#perSec = Math.min(this.#perSec, FIRST_PART * equalPart);
      const step = (TARGET * ratePerSec * elapsedSec) / Math.max(1, passed);
      this.#perSec *= Math.min(MAX_STEP_UP, Math.max(MAX_STEP_DOWN, Math.sqrt(step)));
    }
    this.#perSec = Math.min(ratePerSec, Math.max(equalPart, this.#perSec));
    this.#depth = depthFor(this.#perSec, bucketDepth * BUCKET_PART);
  }

  /** @returns requests in the bin now */
  #leak(at: number, nowMs: number): number {
    const bins = this.#bins;
    const level = bins[at] ?? 0;
    const elapsedMs = nowMs - (bins[at + 1] ?? 0);
    bins[at + 1] = nowMs;
    if (level === 0 || elapsedMs <= 0) return level;
    const left = Math.max(0, level - (elapsedMs * this.#perSec) / 1_000);
    bins[at] = left;
    return left;
  }
}

/** Requests that a bin holds at that share. */
function depthFor(perSec: number, bucketPart: number): number {
  return Math.max(MIN_DEPTH, Math.min(perSec * DEPTH_SEC, bucketPart));
}

/** Spreads the bits of an integer.  @see https://github.com/skeeto/hash-prospector (lowbias32) */
function mix(value: number): number {
  let h = value;
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return h ^ (h >>> 16);
}
