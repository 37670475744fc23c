import { isLoopback } from '@hermod/sip';
import type { Flow } from '../ports.ts';
import { flowState } from './flow-state.ts';

/** How many requests a flow may send (design §9). */
export type FlowRateLimit = {
  /** Requests per second; Infinity: no limit. */
  readonly perSec: number;
  /** Flows of loopback listeners have none. */
  readonly sparesLoopback: boolean;
};

/** What becomes of a request: it goes on, is answered 503, or is dropped without a word. */
export type RateVerdict = 'pass' | 'refuse' | 'drop';

/** Seconds' worth of requests that may come at once, and as many again that are told why they are refused. */
const BURST_SEC = 2;

/** Requests that a flow has left: a token bucket that goes below nothing while its owner does not stop. */
export class RateBucket {
  readonly #perSec: number;
  readonly #burst: number;
  #left: number;
  #atMs: number;

  /** @param perSec above 0 */
  constructor(perSec: number, nowMs: number) {
    this.#perSec = perSec;
    this.#burst = Math.max(1, perSec * BURST_SEC);
    this.#left = this.#burst;
    this.#atMs = nowMs;
  }

  /** One request more.  @param nowMs a clock that may step back */
  take(nowMs: number): RateVerdict {
    const gained = (Math.max(0, nowMs - this.#atMs) * this.#perSec) / 1_000;
    this.#atMs = nowMs;
    this.#left = Math.min(this.#burst, this.#left + gained);
    if (this.#left <= -this.#burst) return 'drop';
    this.#left -= 1;
    return this.#left >= 0 ? 'pass' : 'refuse';
  }
}

const UNLIMITED = new RateBucket(Infinity, 0);

/** The limit on the requests of every flow. */
export class FlowRate {
  readonly #limit: FlowRateLimit;
  readonly #isPeer: (flow: Flow) => boolean;

  /** @param isPeer another server, which speaks for many users: it has no limit */
  constructor(limit: FlowRateLimit, isPeer: (flow: Flow) => boolean) {
    this.#limit = limit;
    this.#isPeer = isPeer;
  }

  take(flow: Flow, nowMs: number): RateVerdict {
    const state = flowState(flow);
    state.rate ??= this.#bucketFor(flow, nowMs);
    return state.rate === UNLIMITED ? 'pass' : state.rate.take(nowMs);
  }

  #bucketFor(flow: Flow, nowMs: number): RateBucket {
    const { perSec, sparesLoopback } = this.#limit;
    if (perSec === Infinity || (sparesLoopback && isLoopback(flow.local.address))) return UNLIMITED;
    return this.#isPeer(flow) ? UNLIMITED : new RateBucket(perSec, nowMs);
  }
}
