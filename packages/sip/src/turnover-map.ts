/** Writes after which the entries that are left move to a new table. */
const RENEW_AFTER_WRITES = 4096;

/**
 * A map for entries that come and go with every message.
 *
 * V8 links each table that a `Map` has outgrown to its successor, and an outgrown table keeps its entries. Once one of them is old,
 * every later one is reachable from it, dead or not: with an insertion and a deletion per message nothing of any message is freed
 * by the cheap collections any more. Here nothing is deleted (a removed value becomes `undefined`), and a new `Map`, to which
 * nothing links, takes over now and then.
 */
export class TurnoverMap<K, V extends object> {
  #map = new Map<K, V | undefined>();
  #size = 0;
  #writes = 0;

  /** Entries held. */
  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  /** Adds the entry, or replaces its value. */
  set(key: K, value: V): void {
    if (this.#map.get(key) === undefined) this.#size += 1;
    this.#writes += 1;
    if (this.#writes > RENEW_AFTER_WRITES + 2 * this.#size) this.#renew();
    this.#map.set(key, value);
  }

  /** @returns whether it was there */
  delete(key: K): boolean {
    if (this.#map.get(key) === undefined) return false;
    this.#map.set(key, undefined);
    this.#size -= 1;
    return true;
  }

  /** The values in order of insertion, as of now: what is added or removed meanwhile makes no difference. */
  snapshot(): V[] {
    const values: V[] = [];
    for (const value of this.#map.values()) if (value !== undefined) values.push(value);
    return values;
  }

  #renew(): void {
    const next = new Map<K, V | undefined>();
    for (const [key, value] of this.#map) if (value !== undefined) next.set(key, value);
    this.#map = next;
    this.#writes = 0;
  }
}
