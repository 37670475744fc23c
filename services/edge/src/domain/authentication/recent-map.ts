/** A bounded map that forgets what was not used for longest, half of it at a time: no order to keep up, and no timer per entry. */
export class RecentMap<V extends object> {
  readonly #maxPerGeneration: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** @param maxEntries at least 2; no fewer than half of it are kept, the most recent */
  constructor(maxEntries: number) {
    this.#maxPerGeneration = Math.max(1, Math.floor(maxEntries / 2));
  }

  /** Entries held, some twice: a gauge. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#maxPerGeneration) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
