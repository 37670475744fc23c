import {
  type CounterName,
  type Gauges,
  Interval,
  type IntervalRecord,
  TIMES,
  type TimeName,
} from './interval.ts';

/** Of a histogram; milliseconds. */
export type TimeSummary = {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
};

/** One second of all processes. Negative seconds are of the warm-up; those after the run, of waiting and fetching. */
export type Second = {
  readonly second: number;
  readonly counts: Readonly<Record<CounterName, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** Those that have a value. */
  readonly times: Readonly<Partial<Record<TimeName, TimeSummary>>>;
  readonly gauges: Gauges;
};

/** The seconds of a run, from those of several processes. */
export class Timeline {
  /** Complete seconds, in order of time. */
  readonly seconds: Second[] = [];
  /** Everything there was, warm-up and waiting included; times are those of measured messages alone. */
  readonly total = new Interval();
  readonly #workers: number;
  readonly #pending = new Map<number, { readonly interval: Interval; told: number }>();

  /** @param workers processes that tell about each second */
  constructor(workers: number) {
    this.#workers = workers;
  }

  /** What a process tells beside its seconds: of connecting and registering, and of what came after its last whole second. */
  addOutside(record: IntervalRecord): void {
    this.total.add(record);
  }

  /** What a process tells about a second. @returns the second once all have told about it */
  add(record: IntervalRecord): Second | undefined {
    let pending = this.#pending.get(record.second);
    if (pending === undefined) {
      pending = { interval: new Interval(), told: 0 };
      this.#pending.set(record.second, pending);
    }
    pending.interval.add(record);
    pending.told += 1;
    return pending.told < this.#workers ? undefined : this.#complete(record.second, pending);
  }

  /** Nothing more comes: seconds of which not all processes have told count as they are. */
  finish(): void {
    for (const [second, pending] of [...this.#pending].sort(([a], [b]) => a - b)) {
      this.#complete(second, pending);
    }
  }

  #complete(second: number, { interval }: { readonly interval: Interval }): Second {
    this.#pending.delete(second);
    this.total.addInterval(interval);
    const complete = summarise(second, interval);
    this.seconds.push(complete);
    return complete;
  }

  /** How often something was counted in the seconds from one on and before another. */
  count(name: CounterName, from: number, before: number): number {
    let sum = 0;
    for (const { second, counts } of this.seconds) {
      if (second >= from && second < before) sum += counts[name];
    }
    return sum;
  }
}

/** A histogram in a few figures. @returns undefined when there is no value */
export function summariseTime(interval: Interval, name: TimeName): TimeSummary | undefined {
  const histogram = interval.histogram(name);
  if (histogram.totalCount === 0) return undefined;
  const atMs = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1000;
  return {
    ...{ count: histogram.totalCount, meanMs: histogram.mean / 1000 },
    ...{ p50Ms: atMs(50), p90Ms: atMs(90), p99Ms: atMs(99), p999Ms: atMs(99.9) },
    maxMs: histogram.maxValue / 1000,
  };
}

function summarise(second: number, interval: Interval): Second {
  const times: Partial<Record<TimeName, TimeSummary>> = {};
  for (const name of TIMES) {
    const summary = summariseTime(interval, name);
    if (summary !== undefined) times[name] = summary;
  }
  const { counts, statuses, gauges } = interval;
  return { second, counts, statuses, times, gauges };
}
