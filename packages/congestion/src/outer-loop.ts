import type { ClusterLoad } from './ports.ts';

/** What the cluster's signals are to stay below. */
export type OuterTargets = {
  readonly lagSec: number;
  readonly deliveryP99Sec: number;
  readonly storeSec: number;
  readonly logSec: number;
  readonly routerSaturation: number;
};

/** A device has 2 s to answer, so deliveries take that long where many are away; the others are ten times what they are at rest. */
export const OUTER_TARGETS: OuterTargets = {
  lagSec: 1,
  deliveryP99Sec: 3,
  storeSec: 0.1,
  logSec: 0.25,
  routerSaturation: 0.8,
};

/** The signals, as they appear in metrics. */
export const OUTER_SIGNALS = ['lag', 'delivery', 'store', 'log', 'router_saturation'] as const;
export type OuterSignal = (typeof OUTER_SIGNALS)[number];

/** `off`: nobody has ever answered. `live`: the last sample is young. `alone`: what there is is missing, old or nonsense, and the inner loop decides. */
export type OuterState = 'off' | 'live' | 'alone';

/** A sample older than this says nothing any more. */
const MAX_AGE_MS = 15_000;
/** Clocks may differ by this much. */
const MAX_AHEAD_MS = 5_000;
/** Largest believable values: a day, and ten times full. */
const MAX_SEC = 86_400;
const MAX_SATURATION = 10;
/** The most that one sample takes away for being too high. */
const MAX_CUT = 0.5;
/** Of what the routers turn out to take, this much is let in until they have caught up. */
const DRAIN = 0.7;
/** What one good sample gives back, and what one that is well below its target does. */
const STEP_UP = 1.08;
const FAST_STEP_UP = 1.3;
/** After a cut its effect is awaited. */
const SETTLE_MS = 3_000;
const MAX_SETTLE_MS = 15_000;
/** Least share of the rate at which the trouble began: some go through, or nobody would learn that it is over. */
const MIN_SHARE = 0.05;
/** Alone, the limit is lifted by this factor per second. */
const RELEASE_PER_SEC = 1.1;
/** Above this many times what comes, a limit limits nothing. */
const LIFTED = 2;

/**
 * Limits the rate by what Prometheus says about the cluster, every few seconds. Absent, old or absurd values only ever end a limit,
 * slowly, so that losing Prometheus is never worse than not having it.
 */
export class OuterLoop {
  readonly #targets: OuterTargets;
  #perSec = Infinity;
  #state: OuterState = 'off';
  #worst: OuterSignal | undefined;
  #pressure = Number.NaN;
  #lastAtMs = -Infinity;
  #lagSec = Number.NaN;
  /** Of the last good sample, by the clock of this process. */
  #heardMs = -Infinity;
  #settledMs = -Infinity;
  /** When the limit began, and what was admitted then. */
  #beganMs = -Infinity;
  #beganPerSec = 0;
  /** The lag of the last sample in which it was no trouble, and when that was. */
  #calmLagSec = 0;
  #calmMs = -Infinity;
  #samples = 0;
  #ignored = 0;

  constructor(targets: OuterTargets = OUTER_TARGETS) {
    this.#targets = targets;
  }

  /** Requests per second that may be admitted; Infinity: the cluster has nothing against it. */
  get perSec(): number {
    return this.#perSec;
  }

  get state(): OuterState {
    return this.#state;
  }

  /** The worst signal over its target; above 1 is overload. NaN: nothing is known. */
  get pressure(): number {
    return this.#pressure;
  }

  /** The signal that says so; undefined when nothing is known. */
  get worst(): OuterSignal | undefined {
    return this.#worst;
  }

  /** Samples acted on: only grows. */
  get samples(): number {
    return this.#samples;
  }

  /** Samples and values that were too old, from the future, or absurd: only grows. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Called every tick of the inner loop.  @param sample the last there is, perhaps the same as before
   *  @param admittedPerSec what was admitted within the last seconds
   *  @param elapsedSec since the last tick */
  tick(
    sample: ClusterLoad | undefined,
    admittedPerSec: number,
    elapsedSec: number,
    nowMs: number,
  ): void {
    if (sample !== undefined && sample.atMs !== this.#lastAtMs) {
      this.#lastAtMs = sample.atMs;
      if (this.#judge(sample, nowMs)) this.#act(sample, admittedPerSec, nowMs);
    }
    if (this.#state === 'live' && nowMs - this.#heardMs > MAX_AGE_MS) this.#leaveAlone();
    if (this.#state !== 'alone' || this.#perSec === Infinity) return;
    this.#perSec *= RELEASE_PER_SEC ** elapsedSec;
    this.#lift(admittedPerSec);
  }

  #leaveAlone(): void {
    this.#state = 'alone';
    this.#worst = undefined;
    this.#pressure = Number.NaN;
    this.#lagSec = Number.NaN;
    this.#calmMs = -Infinity;
  }

  /** Is it worth acting on? Finds the worst signal. */
  #judge(sample: ClusterLoad, nowMs: number): boolean {
    const ageMs = nowMs - sample.atMs;
    // The comparison is false for NaN too.
    if (!(ageMs <= MAX_AGE_MS && ageMs >= -MAX_AHEAD_MS)) {
      this.#ignored += 1;
      return false;
    }
    const targets = this.#targets;
    this.#pressure = Number.NaN;
    this.#worst = undefined;
    this.#see('lag', this.#valid(sample.lagSec, MAX_SEC) / targets.lagSec);
    this.#see('delivery', this.#valid(sample.deliveryP99Sec, MAX_SEC) / targets.deliveryP99Sec);
    this.#see('store', this.#valid(sample.storeSec, MAX_SEC) / targets.storeSec);
    this.#see('log', this.#valid(sample.logSec, MAX_SEC) / targets.logSec);
    this.#see(
      'router_saturation',
      this.#valid(sample.routerSaturation, MAX_SATURATION) / targets.routerSaturation,
    );
    return !Number.isNaN(this.#pressure);
  }

  #act(sample: ClusterLoad, admittedPerSec: number, nowMs: number): void {
    this.#state = 'live';
    this.#heardMs = nowMs;
    this.#samples += 1;
    const lag = this.#valid(sample.lagSec, MAX_SEC);
    const isCalm = lag < this.#targets.lagSec / 2;
    if (isCalm) {
      this.#calmLagSec = lag;
      this.#calmMs = sample.atMs;
    }
    if (this.#pressure <= 1) {
      this.#raise(admittedPerSec);
      return;
    }
    if (this.#perSec === Infinity) {
      this.#beganPerSec = admittedPerSec;
      this.#beganMs = nowMs;
      this.#perSec = admittedPerSec;
    }
    if (lag > this.#targets.lagSec) this.#follow(lag, sample.atMs, nowMs);
    else this.#cut(admittedPerSec, nowMs);
  }

  /**
   * A lag grows by what the routers do not take: 0.6 s per second when they take 0.4 of what came. It goes on growing at that pace
   * after a cut, until they are through what came before; so the limit is reckoned from the rate at which that came, not from the last limit.
   */
  #follow(lagSec: number, atMs: number, nowMs: number): void {
    const headMs = atMs - lagSec * 1_000;
    if (headMs > this.#beganMs + SETTLE_MS) {
      // They are through: what comes to the head now came under the limit. It falls, or the limit is too high; that is seen a lag later.
      if (lagSec >= this.#lagSec && nowMs >= this.#settledMs) {
        this.#settledMs = nowMs + Math.min(MAX_SETTLE_MS, SETTLE_MS + lagSec * 1_000);
        this.#limit(this.#perSec * DRAIN);
      }
    } else {
      const growth = (lagSec - this.#calmLagSec) / ((atMs - this.#calmMs) / 1_000);
      const taken = Math.min(1, Math.max(0, 1 - growth));
      this.#limit(this.#beganPerSec * taken * DRAIN);
    }
    this.#lagSec = lagSec;
  }

  #limit(perSec: number): void {
    const least = Math.max(1, this.#beganPerSec * MIN_SHARE);
    this.#perSec = Math.max(least, Math.min(this.#perSec, perSec));
  }

  #cut(admittedPerSec: number, nowMs: number): void {
    if (nowMs < this.#settledMs) return;
    this.#settledMs = nowMs + SETTLE_MS;
    const cut = Math.max(MAX_CUT, 1 / Math.sqrt(this.#pressure));
    this.#limit(Math.min(this.#perSec, admittedPerSec) * cut);
  }

  #raise(admittedPerSec: number): void {
    if (this.#perSec === Infinity) return;
    this.#perSec *= this.#pressure < 0.5 ? FAST_STEP_UP : STEP_UP;
    this.#lift(admittedPerSec);
  }

  #lift(admittedPerSec: number): void {
    if (this.#perSec > Math.max(this.#beganPerSec, admittedPerSec) * LIFTED)
      this.#perSec = Infinity;
  }

  #see(signal: OuterSignal, pressure: number): void {
    if (Number.isNaN(pressure) || pressure <= this.#pressure) return;
    this.#pressure = pressure;
    this.#worst = signal;
  }

  #valid(value: number, most: number): number {
    if (value >= 0 && value <= most) return value;
    if (!Number.isNaN(value)) this.#ignored += 1;
    return Number.NaN;
  }
}
