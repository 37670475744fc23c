import { forgetOldest, type Params } from '@hermod/sip';
import { NeighbourLimit } from './neighbour-limit.ts';
import { readOcFeedback } from './oc-params.ts';
import type { Random } from './ports.ts';

/** Neighbours whose limits are remembered; the one that was the first to have one goes when there are more. */
const MAX_NEIGHBOURS = 1_024;

/** What neighbours allow us to send, each by itself. Who has never limited anything costs nothing.  @see RFC 7339 §5.4 */
export class NeighbourLimits {
  readonly #random: Random;
  readonly #limits = new Map<string, NeighbourLimit>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Neighbours that are remembered: a gauge. */
  get size(): number {
    return this.#limits.size;
  }

  /** Neighbours whose limit holds now: a gauge. */
  limiting(nowMs: number): number {
    let count = 0;
    for (const limit of this.#limits.values()) if (limit.feedback(nowMs) !== undefined) count += 1;
    return count;
  }

  /** A response came from a neighbour.
   *  @param neighbour its address and port  @param via parameters of our Via in it */
  receive(neighbour: string, via: Params, nowMs: number): void {
    const feedback = readOcFeedback(via);
    if (feedback === undefined) return;
    const known = this.#limits.get(neighbour);
    if (known !== undefined) known.receive(feedback, nowMs);
    else if (feedback.validityMs > 0) this.#add(neighbour, nowMs).receive(feedback, nowMs);
  }

  /** @returns undefined: nothing is limited */
  of(neighbour: string): NeighbourLimit | undefined {
    return this.#limits.get(neighbour);
  }

  #add(neighbour: string, nowMs: number): NeighbourLimit {
    for (const [key, limit] of this.#limits) if (limit.isOver(nowMs)) this.#limits.delete(key);
    if (this.#limits.size >= MAX_NEIGHBOURS) forgetOldest(this.#limits);
    const limit = new NeighbourLimit(this.#random, nowMs);
    this.#limits.set(neighbour, limit);
    return limit;
  }
}
