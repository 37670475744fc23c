import { Worker } from 'node:worker_threads';

type Sample = { readonly atMs: number; readonly tookMs: number };

/** How fast the machine is, which others use as well: what the same piece of work takes, four times a second, on 2 % of a core. */
export class MachinePace {
  readonly #worker = new Worker(new URL('./pace-worker.ts', import.meta.url));
  readonly #samples: Sample[] = [];

  constructor() {
    this.#worker.on('message', (tookMs: number) => {
      this.#samples.push({ atMs: Date.now(), tookMs });
    });
    // Not before: to listen is to wait.
    this.#worker.unref();
  }

  /** @param fromMs epoch  @returns milliseconds that the work took then, the median; NaN when it was not done */
  between(fromMs: number, toMs: number): number {
    const times = this.#samples
      .filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
      .map(({ tookMs }) => tookMs)
      .toSorted((a, b) => a - b);
    return times[times.length >> 1] ?? Number.NaN;
  }
}
