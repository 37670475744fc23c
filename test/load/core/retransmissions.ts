import { T1, T2 } from '@hermod/sip';

const STEPS_MS: readonly number[] = [T1, 2 * T1, 4 * T1, T2];
const COMPACT_AT = 4096;

/** Timer E of many client transactions (RFC 3261 §17.1.2.2: T1, doubling up to T2), without a timer for each: whoever waits equally long
 *  stands in one queue, in the order of the times due. */
export class Retransmissions {
  readonly #queues = STEPS_MS.map((delayMs) => new Queue(delayMs));

  /** A request was sent for the first time. */
  start(number: number, nowMs: number): void {
    this.#queues[0]?.push(number, nowMs);
  }

  /** @param isOpen whether a request still waits for its final response
   *  @param resend called for each that is due */
  advance(nowMs: number, isOpen: (number: number) => boolean, resend: (n: number) => void): void {
    for (let step = 0; step < this.#queues.length; step += 1) {
      const queue = this.#queues[step];
      const next = this.#queues[Math.min(step + 1, this.#queues.length - 1)];
      for (;;) {
        const number = queue?.takeDue(nowMs);
        if (number === undefined) break;
        if (!isOpen(number)) continue;
        resend(number);
        next?.push(number, nowMs);
      }
    }
  }
}

class Queue {
  readonly #delayMs: number;
  #numbers: number[] = [];
  #dueMs: number[] = [];
  #head = 0;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  push(number: number, nowMs: number): void {
    this.#numbers.push(number);
    this.#dueMs.push(nowMs + this.#delayMs);
  }

  takeDue(nowMs: number): number | undefined {
    const dueMs = this.#dueMs[this.#head];
    if (dueMs === undefined || dueMs > nowMs) return undefined;
    const number = this.#numbers[this.#head];
    this.#head += 1;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#numbers.length) {
      this.#numbers = this.#numbers.slice(this.#head);
      this.#dueMs = this.#dueMs.slice(this.#head);
      this.#head = 0;
    }
    return number;
  }
}
