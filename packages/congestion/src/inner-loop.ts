import type { WindowState } from './append-window.ts';
import type { LocalLoad } from './ports.ts';

/** Where each signal is to stay. */
export type InnerTargets = {
  /** 0–1, below 1: a loop that is never idle leaves what it has not read in the kernel's buffers, where nobody sees it grow old. */
  readonly utilisation: number;
  readonly loopDelayMs: number;
  /** Above what an append takes when nothing waits, which is 1 ms on a disk and up to 100 at three brokers. */
  readonly appendMs: number;
  readonly sojournMs: number;
  /** 0–1. */
  readonly inFlight: number;
};

/** Half of what a message may take at the 99th percentile (250 ms) goes to queues at most. */
export const INNER_TARGETS: InnerTargets = {
  utilisation: 0.98,
  loopDelayMs: 30,
  appendMs: 60,
  sojournMs: 50,
  inFlight: 0.8,
};

/** The signals, as they appear in metrics. */
export const INNER_SIGNALS = [
  'utilisation',
  'loop_delay',
  'append',
  'sojourn',
  'in_flight',
] as const;
export type InnerSignal = (typeof INNER_SIGNALS)[number];

/** Change of the rate per tick, for an error of 1 (twice the target) … */
const GAIN = 0.02;
/** … and for one of −1 (no delay at all). */
const GAIN_UP = 0.04;
/** Change of the rate per tick while the delay grows by a second per second, which is what a rate of twice the capacity does to it. */
const DAMPING = 0.5;
const MAX_ERROR = 4;
/** So many ticks with a full window, beyond those without, are no accident: a process that stood still for a moment finds all at once what came meanwhile. */
const FULL_TICKS = 3;
/** While the window of appends is full, the rate follows what goes in, and leaves the window this much room … */
const FOLLOWING_HEADROOM = 1.1;
/** … by this part of the way per tick; while there is room in it, up by this factor, until a burst has room: what may wait grows with the rate. */
const FOLLOWING_STEP = 0.3;
const FOLLOWING_GROWTH = 1.1;
/** A delay that falls by so many times {@link DAMPING} seconds per second belongs to a queue that empties. */
const DRAINING = 0.01;
/** While nothing is wrong the step up grows by this factor every tick, up to {@link MAX_BOOST} times the gain … */
const BOOST_STEP = 1.25;
const MAX_BOOST = 4;
/** … but never beyond this part of what the loop's idle time has room for, and a little more, so that the capacity is found. */
const IDLE_PART = 0.5;
const PROBE = 0.01;
/** A signal counts as the least of so many ticks: a collection of garbage, or a period in which the process was throttled, delays what comes then and
 *  no more; a queue stands (RFC 8289 §4.2). */
const WINDOW = 2;
/** A loop that is never idle is busy, and may still be on time. */
const MAX_UTILISATION_ERROR = 0.5;
/** A tick that comes so much later than the one before it says that the process stood still: for a collection of garbage, or because others had
 *  the processor. What it measures then the rate has not caused … */
const STALL_SEC = 0.18;
/** … unless it goes on like that. */
const MAX_STALLS = 2;
/** What an append takes when nothing waits is the least seen; it is forgotten by this factor per tick, and never thought to be more than that. */
const BASE_DRIFT = 1.0005;
const MAX_BASE_MS = 100;
/** Ticks with an error in a row before the rate is brought down while nobody is refused: a collection of garbage, or half a second in which
 *  others had the processor, is no overload. */
const HOT_TICKS = 4;
/** While nobody is refused the rate stays this far above what comes: a burst finds room. */
const HEADROOM = 1.5;
/** While requests are refused and it is still too much: what goes in then is what can be done, more or less. */
const LIMITING_HEADROOM = 1.05;
/** While nobody is refused the rate stays above this part of what is known to be possible, and above ever less of that for every hot tick:
 *  a process that is busy with something else for a moment, its start for one, must not refuse the few who come. */
const SPARED_PART = 0.1;
const SPARED_DECAY = 0.9;
/** Above this utilisation, what is admitted for it tells what would be for all of the time: so many times that is thought to be possible … */
const TELLING = 0.05;
const EXPECTED = 1.5;
/** … as long as nothing better is known, and what was known comes to it by this part of itself per tick. */
const DRIFT = 0.02;
/** What went in while nothing was wrong is forgotten by this factor per tick … */
const PROVEN_DECAY = 0.97;
/** … and so much of it goes in whatever the signals say: they also tell of what the rate did not cause, and cannot end. */
const PROVEN_PART = 0.6;
/** Requests per second that always go in: without any nothing would be measured. */
const MIN_PER_SEC = 10;
/** A delay beyond this is no measurement. */
const MAX_DELAY_MS = 3_600_000;

/**
 * Finds the rate at which this process is just busy enough, from what it measures of itself, ten times a second.
 *
 * Proportional to how fast the delay grows (that is how far the rate is above the capacity) and integral over the distance of the
 * worst signal from its target; on the logarithm of the rate, so that it behaves alike at 100 and at 10,000 per second.
 */
export class InnerLoop {
  readonly #targets: InnerTargets;
  #perSec: number;
  /** The rate at which the capacity was found last. */
  #knownPerSec: number;
  readonly #initialPerSec: number;
  /** The most that went in lately while nothing was wrong. */
  #provenPerSec = 0;
  readonly #utilisations = new RecentLeast();
  readonly #loopDelays = new RecentLeast();
  readonly #appends = new RecentLeast();
  readonly #sojourns = new RecentLeast();
  #boost = 1;
  #hotTicks = 0;
  #fullTicks = 0;
  #worst: InnerSignal | undefined;
  #error = Number.NaN;
  #delaysMs: readonly [number, number, number] = [Number.NaN, Number.NaN, Number.NaN];
  #ignored = 0;
  #stalls = 0;
  #appendBaseMs = MAX_BASE_MS;

  /** @param initialPerSec before anything is known  */
  constructor(initialPerSec: number, targets: InnerTargets = INNER_TARGETS) {
    this.#perSec = initialPerSec;
    this.#knownPerSec = initialPerSec;
    this.#initialPerSec = initialPerSec;
    this.#targets = targets;
  }

  /** Requests per second that may be admitted. */
  get perSec(): number {
    return this.#perSec;
  }

  /** How far the worst signal is from its target, in targets: −1–4, above 0 is overload. NaN: nothing is known. */
  get error(): number {
    return this.#error;
  }

  /** What an append takes when nothing waits, as far as it was seen, milliseconds. */
  get appendBaseMs(): number {
    return this.#appendBaseMs;
  }

  /** Has there been too much for so long that it is no accident? */
  get isOverloaded(): boolean {
    return this.#hotTicks >= HOT_TICKS;
  }

  /** The signal that says so; undefined when nothing is known. */
  get worst(): InnerSignal | undefined {
    return this.#worst;
  }

  /** Values that made no sense: only grows. */
  get ignored(): number {
    return this.#ignored;
  }

  /** @param admittedPerSec what was admitted lately
   *  @param isLimiting this rate is why requests were refused
   *  @param elapsedSec since the last tick, above 0
   *  @param window of appends: unless it is open, it holds the queues that it can see, and they are no sign of anything */
  tick(
    load: LocalLoad,
    admittedPerSec: number,
    isLimiting: boolean,
    elapsedSec: number,
    window: WindowState = 'open',
  ): void {
    this.#stalls = elapsedSec > STALL_SEC ? this.#stalls + 1 : 0;
    if (this.#stalls > 0 && this.#stalls <= MAX_STALLS) return;
    const isHeld = window !== 'open';
    const fullTicks = this.#fullTicks + (window === 'full' ? 1 : -1);
    this.#fullTicks = Math.min(FULL_TICKS, Math.max(0, fullTicks));
    const slope = this.#measure(load, elapsedSec, isHeld);
    const error = this.#error;
    this.#provenPerSec *= PROVEN_DECAY;
    if (error <= 0) this.#provenPerSec = Math.max(this.#provenPerSec, admittedPerSec);
    // Nobody knows: stay.
    if (Number.isNaN(error) && !isHeld) return;
    const damping = DAMPING * Math.min(1, Math.max(-0.5, slope));
    if (error > 0) this.#slow(error, damping, admittedPerSec, isLimiting);
    else if (isHeld) this.#follow(admittedPerSec, window === 'full');
    else if (isLimiting) this.#probe(error, damping, load.utilisation);
    else this.#rest(admittedPerSec, load.utilisation);
    this.#perSec = Math.max(MIN_PER_SEC, this.#provenPerSec * PROVEN_PART, this.#perSec);
  }

  #slow(error: number, damping: number, admittedPerSec: number, isLimiting: boolean): void {
    this.#boost = 1;
    this.#hotTicks += 1;
    if (!isLimiting && this.#hotTicks < HOT_TICKS) return;
    // What is not asked for cannot be what is too much: start from what comes.
    const high = isLimiting
      ? Math.max(admittedPerSec, this.#provenPerSec) * LIMITING_HEADROOM
      : Math.max(admittedPerSec * HEADROOM, this.#sparedPerSec);
    this.#perSec = Math.min(this.#perSec, high);
    // What waited too long is being served: the rate is low enough, only the queue is still there.
    const isDraining = damping < -DRAINING;
    if (!isDraining) this.#perSec *= Math.exp(-GAIN * error - damping);
    if (isLimiting) this.#knownPerSec = this.#perSec;
  }

  /** The window lets in what can be served. The rate is there for fairness then. */
  #follow(admittedPerSec: number, isFull: boolean): void {
    this.#hotTicks = 0;
    this.#boost = 1;
    const targetPerSec = admittedPerSec * FOLLOWING_HEADROOM;
    const isTooFast = isFull && this.#fullTicks === FULL_TICKS;
    const highPerSec = Math.max(admittedPerSec, this.#provenPerSec) * HEADROOM;
    const isTooSlow = !isFull && this.#perSec < highPerSec;
    if (isTooFast) this.#perSec += FOLLOWING_STEP * (targetPerSec - this.#perSec);
    if (isTooSlow) this.#perSec *= FOLLOWING_GROWTH;
    this.#knownPerSec = this.#perSec;
  }

  get #sparedPerSec(): number {
    return SPARED_PART * this.#knownPerSec * SPARED_DECAY ** this.#hotTicks;
  }

  #probe(error: number, damping: number, utilisation: number): void {
    this.#hotTicks = 0;
    let step = -GAIN_UP * error * this.#boost;
    this.#boost = Math.min(MAX_BOOST, this.#boost * BOOST_STEP);
    if (utilisation > 0 && utilisation <= 1) {
      const idle = Math.log(this.#targets.utilisation / utilisation);
      step = Math.min(step, IDLE_PART * Math.max(0, idle) + PROBE);
    }
    this.#perSec *= Math.exp(step - Math.max(0, damping));
    this.#knownPerSec = this.#perSec;
  }

  /** Nobody is refused, nothing is wrong: back to what is known to be possible. */
  #rest(admittedPerSec: number, utilisation: number): void {
    this.#hotTicks = 0;
    this.#boost = 1;
    const isTelling = utilisation > TELLING && utilisation <= 1;
    const expected = isTelling ? (EXPECTED * admittedPerSec) / utilisation : this.#initialPerSec;
    const known = this.#knownPerSec;
    this.#knownPerSec =
      known > expected
        ? Math.max(expected, known * (1 - DRIFT))
        : Math.min(expected, known * (1 + DRIFT));
    const high = Math.max(this.#knownPerSec, admittedPerSec * HEADROOM);
    this.#perSec = Math.max(Math.min(high, this.#perSec * BOOST_STEP), admittedPerSec * HEADROOM);
  }

  /** Finds the worst signal.  @returns seconds per second by which the delays grow, those that are known */
  #measure(load: LocalLoad, elapsedSec: number, isHeld: boolean): number {
    const { utilisation, loopDelayMs, appendMs, sojournMs, inFlight } = this.#targets;
    this.#error = Number.NaN;
    this.#worst = undefined;
    const busy = this.#utilisations.push(this.#valid(load.utilisation, 2));
    const isBusy = (Math.min(1, busy) - utilisation) / (1 - utilisation);
    this.#see('in_flight', this.#valid(load.inFlight, 100) / inFlight - 1);
    const loop = this.#loopDelays.push(this.#valid(load.loopDelayMs, MAX_DELAY_MS));
    const append = this.#appends.push(this.#valid(load.appendMs, MAX_DELAY_MS));
    const sojourn = this.#sojourns.push(this.#valid(load.sojournMs, MAX_DELAY_MS));
    const aboveBaseMs = append - this.#baseOf(append);
    if (!isHeld) {
      this.#see('utilisation', Math.min(MAX_UTILISATION_ERROR, isBusy));
      this.#see('loop_delay', loop / loopDelayMs - 1);
      this.#see('append', aboveBaseMs / appendMs - 1);
    }
    this.#see('sojourn', sojourn / sojournMs - 1);
    const [loopBefore, appendBefore, sojournBefore] = this.#delaysMs;
    this.#delaysMs = [loop, append, sojourn];
    const byTurns = isHeld ? Number.NaN : maxKnown(loop - loopBefore, append - appendBefore);
    const grown = maxKnown(byTurns, sojourn - sojournBefore);
    return Number.isNaN(grown) ? 0 : grown / 1_000 / elapsedSec;
  }

  #baseOf(appendMs: number): number {
    const base = Math.min(MAX_BASE_MS, this.#appendBaseMs * BASE_DRIFT);
    // 0: nothing was appended.
    this.#appendBaseMs = appendMs > 0 ? Math.min(base, appendMs) : base;
    return Math.min(this.#appendBaseMs, appendMs);
  }

  #see(signal: InnerSignal, error: number): void {
    if (Number.isNaN(error)) return;
    const clamped = Math.min(MAX_ERROR, Math.max(-1, error));
    if (clamped <= this.#error) return;
    this.#error = clamped;
    this.#worst = signal;
  }

  #valid(value: number, most: number): number {
    if (value >= 0 && value <= most) return value;
    if (!Number.isNaN(value)) this.#ignored += 1;
    return Number.NaN;
  }
}

/** The last values of a signal. */
class RecentLeast {
  readonly #values = new Float64Array(WINDOW).fill(Number.NaN);
  #at = 0;

  /** @param value NaN: not known  @returns the least of the last ones that are known; NaN when none is */
  push(value: number): number {
    this.#values[this.#at] = value;
    this.#at = (this.#at + 1) % WINDOW;
    let least = Number.NaN;
    for (const one of this.#values) {
      if (!Number.isNaN(one) && !(one >= least)) least = one;
    }
    return least;
  }
}

function maxKnown(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : Math.max(a, b);
}
