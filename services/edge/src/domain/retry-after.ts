const MIN_SEC = 1;
const MAX_SEC = 5;

/** Hands out Retry-After values of 1 to 5 s in turn, so that those refused together do not come back together. No randomness needed. */
export class RetryAfter {
  #next = MIN_SEC;

  /** One header line without CRLF. */
  line(): string {
    const seconds = this.#next;
    this.#next = seconds === MAX_SEC ? MIN_SEC : seconds + 1;
    return `Retry-After: ${seconds}`;
  }
}
