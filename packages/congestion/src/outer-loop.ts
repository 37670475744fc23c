import { AdmittedHistory } from './admitted-history.ts';
import type { ClusterLoad } from './ports.ts';

/** What the cluster's signals are to stay below. */
export type OuterTargets = {
  readonly lagSec: number;
  readonly deliveryP99Sec: number;
  readonly storeSec: number;
  readonly logSec: number;
  readonly routerSaturation: number;
};

/** A device has 2 s to answer, so deliveries take that long where many are away; the others are several times what they are at rest.
 *  Routers that take a third of what comes are twice as many seconds behind in the end as passed until the edges took less: a target of
 *  0.4 s and a scrape per second leave 5. */
export const OUTER_TARGETS: OuterTargets = {
  lagSec: 0.4,
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
/** Of what the routers turn out to take, this much is let in until they have caught up, and this much once they have. */
const DRAIN = 0.7;
const CAUGHT_UP = 0.9;
/** Lags that are measured within so long of each other were scraped once and asked for twice. */
const SAME_SCRAPE_MS = 250;
/** Weight of the last sample in what they are thought to take. */
const TAKEN_WEIGHT = 0.5;
/** What one good sample gives back; those in a row that are well below their targets give more each time, up to the second. */
const STEP_UP = 1.05;
const FAST_STEP_UP = 1.3;
/** After a cut its effect is awaited. */
const SETTLE_MS = 3_000;
/** What came before the trouble is the mean of so long. */
const BEFORE_MS = 3_000;
/** Least share of the rate at which the trouble began: some go through, or nobody would learn that it is over. */
const MIN_SHARE = 0.05;
const MIN_PER_SEC = 10;
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
  /** Of the last good sample, by the clock of this process. */
  #heardMs = -Infinity;
  #settledMs = -Infinity;
  /** What was admitted when the limit began, per second. */
  #beganPerSec = 0;
  readonly #admitted = new AdmittedHistory();
  /** The last lag, when that was, and when the message had come that was that old. */
  #isCalm = true;
  #lagAtMs = Number.NaN;
  #headMs = Number.NaN;
  /** What the routers take per second; NaN: they take what comes, or it is not known. */
  #takenPerSec = Number.NaN;
  /** Of the next good sample. */
  #stepUp = STEP_UP;
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
   *  @param admitted requests, since the last tick
   *  @param elapsedSec since the last tick */
  tick(sample: ClusterLoad | undefined, admitted: number, elapsedSec: number, nowMs: number): void {
    this.#admitted.add(admitted, nowMs);
    if (sample !== undefined && sample.atMs !== this.#lastAtMs) {
      this.#lastAtMs = sample.atMs;
      if (this.#judge(sample, nowMs)) this.#act(sample, nowMs);
    }
    if (this.#state === 'live' && nowMs - this.#heardMs > MAX_AGE_MS) this.#leaveAlone();
    if (this.#state !== 'alone' || this.#perSec === Infinity) return;
    this.#perSec *= RELEASE_PER_SEC ** elapsedSec;
    this.#lift();
  }

  #leaveAlone(): void {
    this.#state = 'alone';
    this.#worst = undefined;
    this.#pressure = Number.NaN;
    this.#lagAtMs = Number.NaN;
    this.#takenPerSec = Number.NaN;
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

  #act(sample: ClusterLoad, nowMs: number): void {
    this.#state = 'live';
    this.#heardMs = nowMs;
    this.#samples += 1;
    const lag = this.#valid(sample.lagSec, MAX_SEC);
    if (Math.abs(sample.lagAtMs - this.#lagAtMs) < SAME_SCRAPE_MS) return;
    if (!Number.isNaN(lag)) this.#measure(lag, sample.lagAtMs);
    if (this.#pressure <= 1) {
      this.#raise();
      return;
    }
    this.#stepUp = STEP_UP;
    if (this.#perSec === Infinity) this.#beganPerSec = this.#admitted.perSec(BEFORE_MS);
    if (lag > this.#targets.lagSec) this.#follow();
    else this.#cut(nowMs);
  }

  /**
   * From one sample to the next the routers have taken what came between the messages that were the oldest. That is what they can do while they
   * are behind, and at least that when they have caught up. The limit cannot be told from the lag alone: it answers a cut only a lag later.
   */
  #measure(lagSec: number, atMs: number): void {
    const [wasCalm, beforeMs, headBeforeMs] = [this.#isCalm, this.#lagAtMs, this.#headMs];
    const headMs = atMs - lagSec * 1_000;
    this.#isCalm = lagSec < this.#targets.lagSec / 2;
    this.#lagAtMs = atMs;
    this.#headMs = headMs;
    if (!(atMs > beforeMs)) return;
    if (wasCalm && this.#isCalm) {
      if (this.#perSec === Infinity) this.#takenPerSec = Number.NaN;
      return;
    }
    // It began after the last good sample and before the head arrived: between the two.
    const fromMs = wasCalm ? Math.max(beforeMs, (beforeMs + headMs) / 2) : beforeMs;
    const sinceHeadMs = wasCalm ? fromMs : headBeforeMs;
    const taken = this.#admitted.between(sinceHeadMs, headMs) / ((atMs - fromMs) / 1_000);
    const known = this.#takenPerSec;
    if (wasCalm || Number.isNaN(known)) this.#takenPerSec = taken;
    else if (this.#isCalm) this.#takenPerSec = Math.max(known, taken);
    else this.#takenPerSec += TAKEN_WEIGHT * (taken - known);
    // What had to be waited for is there: back to what they can do, without a climb.
    if (this.#isCalm) this.#perSec = Math.max(this.#perSec, this.#takenPerSec * CAUGHT_UP);
  }

  #follow(): void {
    const taken = this.#takenPerSec;
    this.#limit((Number.isNaN(taken) ? this.#beganPerSec : taken) * DRAIN);
  }

  /** Not below what the routers take, nor below the rate at which as much is under way as there was at the target: something may be slow for
   *  another reason than the load, and nothing that edges do ends that. */
  #cut(nowMs: number): void {
    if (nowMs < this.#settledMs) return;
    this.#settledMs = nowMs + SETTLE_MS;
    const least =
      this.#worst === 'router_saturation'
        ? 0
        : Math.max(this.#beganPerSec / this.#pressure, (this.#takenPerSec || 0) * DRAIN);
    const now = Math.min(this.#perSec, this.#beganPerSec);
    const cut = now * Math.max(MAX_CUT, 1 / Math.sqrt(this.#pressure));
    this.#limit(Math.min(now, Math.max(least, cut)));
  }

  #limit(perSec: number): void {
    this.#perSec = Math.max(MIN_PER_SEC, this.#beganPerSec * MIN_SHARE, perSec);
  }

  #raise(): void {
    if (this.#perSec === Infinity) return;
    this.#perSec *= this.#stepUp;
    const isWell = this.#pressure < 0.5;
    this.#stepUp = isWell ? Math.min(FAST_STEP_UP, this.#stepUp * STEP_UP) : STEP_UP;
    this.#lift();
  }

  #lift(): void {
    if (this.#perSec > Math.max(this.#beganPerSec, this.#admitted.perSec(BEFORE_MS)) * LIFTED)
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
