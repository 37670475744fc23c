/** Drains that run at a time in one router: a city that comes back after a power cut must not drain all at once. */
export const MAX_CONCURRENT_DRAINS = 256;

/** A counting semaphore, first come first served, that can be closed. */
export class DrainSlots {
  #free = MAX_CONCURRENT_DRAINS;
  #held = 0;
  #isClosed = false;
  readonly #waiting: ((granted: boolean) => void)[] = [];

  /** Drains under way. */
  get held(): number {
    return this.#held;
  }

  /** The router stops: drains end with what is on its way. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @returns false when closed: no slot is held then */
  async acquire(): Promise<boolean> {
    if (this.#isClosed) return false;
    if (this.#free === 0) {
      return await new Promise<boolean>((resolve) => this.#waiting.push(resolve));
    }
    this.#free -= 1;
    this.#held += 1;
    return true;
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next(true);
      return;
    }
    this.#free += 1;
    this.#held -= 1;
  }

  /** Grants no more slots. */
  close(): void {
    this.#isClosed = true;
    for (const resolve of this.#waiting.splice(0)) resolve(false);
  }
}
