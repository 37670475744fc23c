/** Writes after which the entries that are left move to a new table: so few that a table seldom lives from one collection to the next. */
const RENEW_AFTER_WRITES = 256;
/** In place of a slot: the entry was removed. */
const NONE = -1;

/**
 * A map for entries that come and go with every message.
 *
 * V8 links each table that a `Map` has outgrown to its successor, and an outgrown table keeps its entries. Once one of them is old,
 * whatever was an entry when it was outgrown, and all that follows, is taken for alive by the cheap collections, dead or not. Here the
 * tables hold keys and numbers only, the values are in slots of an array that are emptied at once, and a new `Map`, to which nothing
 * links, takes over now and then.
 */
export class TurnoverMap<K, V extends object> {
  #slots = new Map<K, number>();
  readonly #values: (V | undefined)[] = [];
  /** Slots without a value. */
  readonly #free: number[] = [];
  #size = 0;
  #writes = 0;

  /** Entries held. */
  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    const slot = this.#slots.get(key) ?? NONE;
    return slot === NONE ? undefined : this.#values[slot];
  }

  /** Adds the entry, or replaces its value. */
  set(key: K, value: V): void {
    const slot = this.#slots.get(key) ?? NONE;
    if (slot !== NONE) {
      this.#values[slot] = value;
      return;
    }
    const free = this.#free.pop() ?? this.#values.length;
    this.#values[free] = value;
    this.#size += 1;
    this.#writes += 1;
    if (this.#writes > RENEW_AFTER_WRITES + 2 * this.#size) this.#renew();
    this.#slots.set(key, free);
  }

  /** @returns whether it was there */
  delete(key: K): boolean {
    const slot = this.#slots.get(key) ?? NONE;
    if (slot === NONE) return false;
    this.#slots.set(key, NONE);
    this.#values[slot] = undefined;
    this.#free.push(slot);
    this.#size -= 1;
    return true;
  }

  /** The values in order of insertion, as of now: what is added or removed meanwhile makes no difference. */
  snapshot(): V[] {
    const values: V[] = [];
    for (const slot of this.#slots.values()) {
      const value = this.#values[slot];
      if (value !== undefined) values.push(value);
    }
    return values;
  }

  #renew(): void {
    const next = new Map<K, number>();
    for (const [key, slot] of this.#slots) if (slot !== NONE) next.set(key, slot);
    this.#slots = next;
    this.#writes = 0;
  }
}
