/** Something with output gathered during a turn of the loop. */
export interface Flushable {
  flush(): void;
}

/**
 * Flushes every flow that sent something, once per turn of the loop, after the turn's reads.
 * One `setImmediate` for all of them: a system call per flow and turn, not per message.
 */
class FlushQueue {
  #dirty: Flushable[] = [];
  #flushing: Flushable[] = [];
  #scheduled = false;
  readonly #run = (): void => this.#flushAll();

  /** Flush `flow` at the end of this turn. The caller sees to it that it asks once per turn. */
  schedule(flow: Flushable): void {
    this.#dirty.push(flow);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  #flushAll(): void {
    this.#scheduled = false;
    const flows = this.#dirty;
    // Two lists in turn: what a flush schedules belongs to the next turn.
    this.#dirty = this.#flushing;
    this.#flushing = flows;
    for (let i = 0; i < flows.length; i++) flows[i]?.flush();
    flows.length = 0;
  }
}

/** One queue for the process: the loop it follows is the process's own. */
export const flushQueue = new FlushQueue();
