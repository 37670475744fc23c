import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { ProcessLoad } from '../ports.ts';

/** How often the loop's delay is sampled. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1_000_000;

/** What Node says about its event loop, from one look to the next. */
export class NodeLoad implements ProcessLoad {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #before: EventLoopUtilization = performance.eventLoopUtilization();

  constructor() {
    this.#delays.enable();
  }

  read(): ReturnType<ProcessLoad['read']> {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#before);
    this.#before = now;
    const { count, mean } = this.#delays;
    this.#delays.reset();
    // A sample is the time since the one before it: the resolution, when nothing is late.
    const delayMs = count === 0 ? Number.NaN : Math.max(0, mean / NS_PER_MS - RESOLUTION_MS);
    return { utilisation: utilization, loopDelayMs: delayMs };
  }

  stop(): void {
    this.#delays.disable();
  }
}
