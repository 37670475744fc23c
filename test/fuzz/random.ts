/** A seeded generator of numbers (sfc32): the same seed gives the same input, on any machine. Not for secrets. */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #count = 0;

  /** @param seed of the run  @param index of the input within the run */
  constructor(seed: number, index = 0) {
    this.reseed(seed, index);
  }

  /** As a new one, without the allocation. */
  reseed(seed: number, index: number): void {
    this.#a = seed | 0;
    this.#b = index | 0;
    this.#c = Math.floor(index / 0x1_0000_0000) | 0;
    this.#count = 1;
    for (let i = 0; i < 12; i += 1) this.#next();
  }

  /** 0 … `below` − 1. */
  int(below: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * below);
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.int(100) < percent;
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.int(from.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }

  #next(): number {
    const t = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }
}

/** A number that depends on every octet: decisions about an input follow from the input alone, so that it can be replayed. */
export function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < bytes.length; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x0100_0193);
  return hash >>> 0;
}
