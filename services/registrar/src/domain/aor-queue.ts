/** REGISTERs of one AoR that wait for the one before; more are refused (503). */
export const MAX_WAITING_PER_AOR = 64;

type Line = { tail: Promise<void>; length: number };

/** Runs what concerns one AoR one after the other, in the order of the calls; different AoRs run side by side.
 *  Between registrars the store's compare-and-set decides; within one, this keeps them from losing to each other.
 *  @see RFC 3261 §10.3: a registrar processes requests in the order in which they come */
export class AorQueue {
  readonly #lines = new Map<string, Line>();

  /** AoRs being worked on. */
  get size(): number {
    return this.#lines.size;
  }

  /** Run `task` after everything that was given before for this AoR, however that ended.
   *  @returns undefined when too many wait already: nothing is run */
  run<T>(aor: string, task: () => Promise<T>): Promise<T> | undefined {
    let line = this.#lines.get(aor);
    if (line === undefined) {
      line = { tail: Promise.resolve(), length: 0 };
      this.#lines.set(aor, line);
    } else if (line.length > MAX_WAITING_PER_AOR) {
      return undefined;
    }
    const current = line;
    current.length += 1;
    const result = current.tail.then(task);
    const leave = (): void => {
      current.length -= 1;
      if (current.length === 0) this.#lines.delete(aor);
    };
    current.tail = result.then(leave, leave);
    return result;
  }
}
