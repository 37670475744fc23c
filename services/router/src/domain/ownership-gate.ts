/** A router acts (sends, stores, commits) only while it owns what it acts for (design §4 rule 7): the gate is shut while a
 *  rebalance is under way, and while the last successful heartbeat is older than the session time-out. */
export class OwnershipGate {
  readonly #leaseValid: () => boolean;
  #frozen = true;
  /** Somebody was told "shut" since the last poll that found the gate open. */
  #hasRefused = true;
  #waiting: (() => void)[] = [];

  constructor(leaseValid: () => boolean) {
    this.#leaseValid = leaseValid;
  }

  get open(): boolean {
    const isOpen = !this.#frozen && this.#leaseValid();
    if (!isOpen) this.#hasRefused = true;
    return isOpen;
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    this.poll();
  }

  /** Resolves when the gate is open; the caller must look again, since it may have shut in the same turn. */
  whenOpen(): Promise<void> {
    if (this.open) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Called periodically: a heartbeat that got through opens the gate without an event.
   *  @returns whether it is open after it was found shut: then, and only then, something may be waiting for it */
  poll(): boolean {
    if (!this.open) return false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    const hasRefused = this.#hasRefused;
    this.#hasRefused = false;
    return hasRefused;
  }
}
