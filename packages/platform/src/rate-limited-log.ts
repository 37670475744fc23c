import type { Clock } from '@hermod/sip';
import type { LogFields, Logger } from './logger.ts';

const DEFAULT_INTERVAL_MS = 10_000;
/** Distinct subjects remembered; beyond, the oldest is forgotten (its next line is written at once). */
const MAX_SUBJECTS = 256;

type Subject = { quietUntilMs: number; suppressed: number };

/** Writes the first line about a subject at once, and then at most one per interval with the count of those left out:
 *  a store that is away must not flood the log (design §9). */
export class RateLimitedLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #subjects = new Map<string, Subject>();

  constructor(logger: Logger, clock: Clock, intervalMs: number = DEFAULT_INTERVAL_MS) {
    this.#logger = logger;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** @param subject what is limited together, from a small fixed set, e.g. `kafka` */
  warn(subject: string, fields: LogFields, message: string): void {
    const suppressed = this.#pass(subject);
    if (suppressed >= 0) this.#logger.warn(withCount(fields, suppressed), message);
  }

  /** As {@link warn}, one level up. */
  error(subject: string, fields: LogFields, message: string): void {
    const suppressed = this.#pass(subject);
    if (suppressed >= 0) this.#logger.error(withCount(fields, suppressed), message);
  }

  /** The trouble is over: one line if any was written about it, and the next one is written at once again. */
  recovered(subject: string, message: string): void {
    const state = this.#subjects.get(subject);
    if (state === undefined) return;
    this.#subjects.delete(subject);
    this.#logger.info(withCount({}, state.suppressed), message);
  }

  /** @returns the number of lines left out since the last one, or -1: leave this one out too */
  #pass(subject: string): number {
    const nowMs = this.#clock.nowMs();
    const state = this.#subjects.get(subject);
    if (state === undefined) {
      if (this.#subjects.size >= MAX_SUBJECTS) this.#forgetOldest();
      this.#subjects.set(subject, { quietUntilMs: nowMs + this.#intervalMs, suppressed: 0 });
      return 0;
    }
    // A clock stepped back must not silence a subject for longer than one interval.
    if (nowMs < state.quietUntilMs && state.quietUntilMs - nowMs <= this.#intervalMs) {
      state.suppressed += 1;
      return -1;
    }
    const suppressed = state.suppressed;
    state.quietUntilMs = nowMs + this.#intervalMs;
    state.suppressed = 0;
    return suppressed;
  }

  #forgetOldest(): void {
    for (const subject of this.#subjects.keys()) {
      this.#subjects.delete(subject);
      return;
    }
  }
}

function withCount(fields: LogFields, suppressed: number): LogFields {
  return suppressed === 0 ? fields : { ...fields, suppressed };
}
