/** Drains that run at a time in one router: a city that comes back after a power cut must not drain all at once. */
export const MAX_CONCURRENT_DRAINS = 256;

/** A counting semaphore, first come first served. */
export class DrainSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number = MAX_CONCURRENT_DRAINS) {
    this.#free = slots;
  }

  async acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
