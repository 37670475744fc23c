import { forgetOldest } from '@hermod/sip';
/** What the DNS said about one name: undefined when it did not answer. */
export type DnsAnswer<T> = {
  readonly records: readonly T[] | undefined;
  /** How long that may be believed, ms; by the records' own TTL where it is known. */
  readonly ttlMs: number;
};

/** What a {@link RecordCache} is made with. */
export type RecordCacheOptions<T> = {
  /** Asks for the records of a name. Never rejects. */
  readonly ask: (name: string) => Promise<DnsAnswer<T>>;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Names remembered; beyond that the one that was learnt first goes. */
  readonly maxNames: number;
  /** Names asked for at a time; more get no answer. */
  readonly maxQueries: number;
};

type Known<T> = { readonly records: readonly T[] | undefined; readonly untilMs: number };

/** DNS answers of one record type, bounded, with one query per name at a time. */
export class RecordCache<T> {
  readonly #options: RecordCacheOptions<T>;
  readonly #known = new Map<string, Known<T>>();
  readonly #running = new Map<string, Promise<readonly T[] | undefined>>();

  constructor(options: RecordCacheOptions<T>) {
    this.#options = options;
  }

  /** Names remembered: a gauge. */
  get size(): number {
    return this.#known.size;
  }

  /** @returns undefined: no answer, or too many are being waited for. Never rejects. */
  async get(anyCase: string): Promise<readonly T[] | undefined> {
    const name = anyCase.toLowerCase();
    const known = this.#known.get(name);
    if (known !== undefined && known.untilMs > this.#options.nowMs()) return known.records;
    const running = this.#running.get(name);
    if (running !== undefined) return running;
    if (this.#running.size >= this.#options.maxQueries) return undefined;
    const asked = this.#ask(name);
    this.#running.set(name, asked);
    return asked;
  }

  async #ask(name: string): Promise<readonly T[] | undefined> {
    const { ask, maxNames, nowMs } = this.#options;
    const { records, ttlMs } = await ask(name);
    this.#running.delete(name);
    this.#known.delete(name);
    if (this.#known.size >= maxNames) forgetOldest(this.#known);
    this.#known.set(name, { records, untilMs: nowMs() + ttlMs });
    return records;
  }
}
