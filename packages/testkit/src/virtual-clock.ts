import { type Clock, type Timers, TimerWheel } from '@hermod/sip';

const TICK_MS = 10;

/**
 * A clock that stands still until it is told to advance, and the timers that go by it.
 * Promise callbacks do not run inside `advance`; `advanceAsync` lets them run between the ticks.
 */
export class VirtualClock implements Clock {
  readonly #wheel: TimerWheel;
  readonly #originMs: number;
  #nowMs: number;

  /** @param startMs epoch milliseconds at which it stands, by default 2026-11-22T12:00:00Z */
  constructor(startMs = 1_795_348_800_000) {
    this.#originMs = startMs;
    this.#nowMs = startMs;
    this.#wheel = new TimerWheel(startMs, TICK_MS, this);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** The timers to hand to whatever is tested. */
  get timers(): Timers {
    return this.#wheel;
  }

  /** Timers running now. */
  get pendingTimers(): number {
    return this.#wheel.size;
  }

  /** Let time pass, tick by tick, firing what becomes due at its own time. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    while (this.#nowMs < endMs) {
      this.#step(endMs);
    }
  }

  /** As `advance`, with the promise callbacks of each tick run before the next one. */
  async advanceAsync(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    while (this.#nowMs < endMs) {
      this.#step(endMs);
      await settle();
    }
  }

  #step(endMs: number): void {
    const tick = Math.floor((this.#nowMs - this.#originMs) / TICK_MS) + 1;
    const nextMs = this.#originMs + tick * TICK_MS;
    this.#nowMs = this.#wheel.size === 0 ? endMs : Math.min(endMs, nextMs);
    this.#wheel.advance(this.#nowMs);
  }
}

/** A turn of the loop: everything that is already settled has been acted on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
