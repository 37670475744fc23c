const POLL_MS = 5;

/** Lets a process do so much work per second and no more, as a machine does that is too small for it: it is stopped (SIGSTOP) while it has
 *  done more than that. */
export class WorkQuota {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;

  /** @param done how much it has done so far, by a count that others keep */
  constructor(pid: number, perSec: number, done: () => number) {
    this.#pid = pid;
    const sinceMs = performance.now();
    const before = done();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - sinceMs) / 1_000) * perSec;
      process.kill(pid, done() - before > due ? 'SIGSTOP' : 'SIGCONT');
    }, POLL_MS);
  }

  /** It may do again what it can. */
  end(): void {
    clearInterval(this.#timer);
    process.kill(this.#pid, 'SIGCONT');
  }
}
