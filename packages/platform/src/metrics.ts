import { performance } from 'node:perf_hooks';
import type { DurationHistogram } from '@hermod/contracts';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { formatDurations, type Labels, toOpenMetrics } from './metrics-text.ts';

export type { Labels } from './metrics-text.ts';

/** Names and explains one series. Names by congestion sheet §8: counters end in `_total`, base units (seconds, bytes). */
export type Series = {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
};

/** The numeric fields of a plain object of counts. */
export type NumericField<T> = {
  [K in keyof T & string]: T[K] extends number ? K : never;
}[keyof T & string];

/** Hands over one value of a series. */
export type Emit = (value: number, labels?: Labels) => void;

/** Hands over one histogram of a series. */
export type EmitDurations = (histogram: DurationHistogram, labels?: Labels) => void;

/** One scrape. */
export type Exposition = { readonly contentType: string; readonly text: string };

type Family<Kind extends string, EmitOne> = {
  readonly kind: Kind;
  readonly labelNames: string;
  readonly sources: ((emit: EmitOne) => void)[];
};
type DurationFamily = Family<'histogram', EmitDurations> & { readonly help: string };

const OPEN_METRICS = 'application/openmetrics-text';
const OPEN_METRICS_TYPE = `${OPEN_METRICS}; version=1.0.0; charset=utf-8`;

const UTILIZATION: Series = {
  name: 'nodejs_eventloop_utilization_ratio',
  help: 'Share of the time since the last scrape that the event loop was busy.',
  kind: 'gauge',
};

/** The metrics of one process. The hot path only counts in plain numeric fields; they are read when somebody scrapes. */
export class Metrics {
  readonly #service: string;
  readonly #registry = new Registry();
  readonly #families = new Map<string, Family<Series['kind'], Emit>>();
  readonly #durations = new Map<string, DurationFamily>();
  #scrape: Promise<string> | undefined;

  /** @param service becomes the label `service` of every series */
  constructor(service: string) {
    this.#service = service;
    this.#registry.setDefaultLabels({ service });
  }

  /** Adds CPU, memory, descriptors, event-loop delay and utilisation, and garbage collection (`process_*`, `nodejs_*`). */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
    let before = performance.eventLoopUtilization();
    this.collect(UTILIZATION, [], (emit) => {
      const now = performance.eventLoopUtilization();
      emit(performance.eventLoopUtilization(now, before).utilization);
      before = now;
    });
  }

  /** Everything, as it is now, in the Prometheus text format. */
  async text(): Promise<string> {
    return (await this.#registryText()) + this.#durationText(false);
  }

  /** {@link text}, or OpenMetrics, which alone can carry exemplars, for a scraper that takes it.
   *  @param accept of the scraper's request */
  async expose(accept: string): Promise<Exposition> {
    if (!accept.includes(OPEN_METRICS)) {
      return { contentType: this.#registry.contentType, text: await this.text() };
    }
    const text = toOpenMetrics(await this.#registryText());
    return { contentType: OPEN_METRICS_TYPE, text: `${text}${this.#durationText(true)}# EOF\n` };
  }

  /** Concurrent callers share one collection. */
  #registryText(): Promise<string> {
    this.#scrape ??= this.#registry.metrics().finally(() => {
      this.#scrape = undefined;
    });
    return this.#scrape;
  }

  /** Publishes fields of a plain object of counts, read at each scrape. Objects that share a series differ in `labels`.
   *  @param stats borrowed for the life of the process
   *  @param series by field; a counter's field must never decrease */
  exposeStats<T extends object>(
    stats: T,
    series: { readonly [K in NumericField<T>]?: Series },
    labels: Labels = {},
  ): void {
    // The mapped type allows numeric fields only, which the iteration below cannot see.
    const fields = Object.entries(series) as [NumericField<T>, Series][];
    for (const [field, one] of fields) {
      this.collect(one, Object.keys(labels), (emit) => emit(Number(stats[field]), labels));
    }
  }

  /** Publishes a series whose values are read at each scrape.
   *  @param read calls `emit` once per combination of label values; counters must never decrease */
  collect(series: Series, labelNames: readonly string[], read: (emit: Emit) => void): void {
    const { kind } = series;
    const sortedNames = sortedList(labelNames);
    const known = this.#families.get(series.name);
    this.#assertSame(series.name, kind, sortedNames);
    if (known !== undefined) {
      known.sources.push(read);
      return;
    }
    const sources = [read];
    this.#families.set(series.name, { kind, labelNames: sortedNames, sources });
    const options = {
      name: series.name,
      help: series.help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    };
    if (kind === 'counter') {
      const counter = new Counter({
        ...options,
        collect() {
          counter.reset();
          for (const source of sources) source((value, labels) => counter.inc(labels ?? {}, value));
        },
      });
    } else {
      const gauge = new Gauge({
        ...options,
        collect() {
          gauge.reset();
          for (const source of sources) source((value, labels) => gauge.set(labels ?? {}, value));
        },
      });
    }
  }

  /** Publishes histograms, read at each scrape, in seconds.
   *  @param read calls `emit` once per combination of label values */
  collectDurations(
    { name, help }: Omit<Series, 'kind'>,
    labelNames: readonly string[],
    read: (emit: EmitDurations) => void,
  ): void {
    const sortedNames = sortedList(labelNames);
    this.#assertSame(name, 'histogram', sortedNames);
    const known = this.#durations.get(name);
    if (known !== undefined) known.sources.push(read);
    else {
      const sources = [read];
      this.#durations.set(name, { kind: 'histogram', help, labelNames: sortedNames, sources });
    }
  }

  #durationText(isOpenMetrics: boolean): string {
    let text = '';
    for (const [name, { help, sources }] of this.#durations) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} histogram\n`;
      for (const source of sources) {
        source((histogram, labels) => {
          const all = { ...labels, service: this.#service };
          text += formatDurations(name, all, histogram, isOpenMetrics);
        });
      }
    }
    return text;
  }

  /** Found here, at start, rather than as a failing scrape. */
  #assertSame(name: string, kind: string, labelNames: string): void {
    const known = this.#families.get(name) ?? this.#durations.get(name);
    if (known === undefined || (known.kind === kind && known.labelNames === labelNames)) return;
    throw new Error(`${name} is already a ${known.kind} by (${known.labelNames})`);
  }
}

function sortedList(names: readonly string[]): string {
  return names.toSorted().join(',');
}
