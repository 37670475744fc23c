import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Label names and values. Bounded sets only: never an AoR, Call-ID, URI or IP address. */
export type Labels = Readonly<Record<string, string>>;

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

type Family = {
  readonly kind: Series['kind'];
  readonly labelNames: string;
  readonly sources: ((emit: Emit) => void)[];
};

/** The metrics of one process. The hot path only counts in plain numeric fields; they are read when somebody scrapes. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #families = new Map<string, Family>();
  #scrape: Promise<string> | undefined;

  /** @param service becomes the label `service` of every series */
  constructor(service: string) {
    this.#registry.setDefaultLabels({ service });
  }

  /** Adds CPU, memory, descriptors, event-loop delay and garbage collection (`process_*`, `nodejs_*`). */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Content type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Prometheus text format. Concurrent callers share one collection. */
  text(): Promise<string> {
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
    const sortedNames = labelNames.toSorted().join(',');
    const known = this.#families.get(series.name);
    if (known !== undefined) {
      // Found here, at start, rather than as a failing scrape.
      if (known.kind !== kind || known.labelNames !== sortedNames) {
        throw new Error(`${series.name} is already a ${known.kind} by (${known.labelNames})`);
      }
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
}
