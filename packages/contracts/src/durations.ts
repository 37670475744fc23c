/** Upper bounds of the buckets of what happens on a message's way, milliseconds. Edges lie where promises do: 250 (delivery), 2,000 (deadline
 *  of a branch), 3,500 (RFC 4320 §4.1: by then a sender has its answer), 32,000 (Timer F). */
const LATENCY_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 3_500, 5_000, 10_000, 32_000,
];

/** Upper bounds of the buckets of stays in a mailbox: a second to a week, milliseconds. */
export const MAILBOX_BOUNDS_MS: readonly number[] = [
  1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000, 604_800_000,
];

/** The last observation of a bucket that is in a trace. */
export type Exemplar = { readonly ms: number; readonly traceId: string; readonly atMs: number };

/** How long something took, counted in place: an observation compares a few numbers and allocates nothing. */
export class DurationHistogram {
  /** Ascending, milliseconds. */
  readonly boundsMs: readonly number[];
  /** Observations per bucket, not cumulative; the last bucket takes what is above all bounds. */
  readonly counts: Float64Array;
  sumMs = 0;
  #exemplars: (Exemplar | undefined)[] | undefined;

  constructor(boundsMs: readonly number[] = LATENCY_BOUNDS_MS) {
    this.boundsMs = boundsMs;
    this.counts = new Float64Array(boundsMs.length + 1);
  }

  /** @param ms below 0 counts as 0: a wall clock may be set back */
  observe(ms: number): void {
    const passed = ms > 0 ? ms : 0;
    const bucket = this.#bucketOf(passed);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sumMs += passed;
  }

  /** Names the trace of an observation, so that whoever sees its bucket finds an example.  @param atMs epoch */
  exemplify(ms: number, traceId: string, atMs: number): void {
    this.#exemplars ??= [];
    this.#exemplars[this.#bucketOf(ms)] = { ms, traceId, atMs };
  }

  /** @param bucket index into {@link counts} */
  exemplarOf(bucket: number): Exemplar | undefined {
    return this.#exemplars?.[bucket];
  }

  #bucketOf(ms: number): number {
    const { boundsMs } = this;
    let bucket = 0;
    // From below: nearly everything is fast.
    while (bucket < boundsMs.length && ms > (boundsMs[bucket] ?? 0)) bucket += 1;
    return bucket;
  }
}

/** {@link DurationHistogram}s of one thing, told apart by a word of a bounded set. */
export class DurationsBy<Word extends string> {
  readonly #boundsMs: readonly number[] | undefined;
  readonly #byWord = new Map<Word, DurationHistogram>();

  /** @param usual is there before its first observation; the others come with theirs */
  constructor(usual: Word, boundsMs?: readonly number[]) {
    this.#boundsMs = boundsMs;
    this.of(usual);
  }

  of(word: Word): DurationHistogram {
    let histogram = this.#byWord.get(word);
    if (histogram === undefined) {
      histogram = new DurationHistogram(this.#boundsMs);
      this.#byWord.set(word, histogram);
    }
    return histogram;
  }

  entries(): Iterable<[Word, DurationHistogram]> {
    return this.#byWord.entries();
  }
}
