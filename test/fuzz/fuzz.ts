import type { FuzzTarget } from './fuzz-target.ts';
import { Random } from './random.ts';

/** No input may take longer, on an idle machine: what does is more than linear in it, or does not end. */
export const MAX_CHECK_MS = 250;
const MINIMISE_CHECKS = 2_000;

/** An input that a target failed on. */
export type Failure = {
  readonly target: string;
  readonly index: number;
  /** As small as it could be made. */
  readonly input: Uint8Array;
  readonly reason: string;
};

/** The inputs of a run: number `index` is always the same for the same seed, whoever works it off. */
export class FuzzRun {
  readonly #seed: number;
  readonly #random: Random;
  /** Each target as often as its weight. */
  readonly #schedule: readonly FuzzTarget[];

  constructor(seed: number, targets: readonly FuzzTarget[]) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#schedule = targets.flatMap((target) =>
      Array.from({ length: target.weight }, () => target),
    );
  }

  /** The target of input `index`. */
  targetOf(index: number): FuzzTarget {
    const target = this.#schedule[index % this.#schedule.length];
    if (target === undefined) throw new Error('no targets');
    return target;
  }

  inputOf(index: number): Uint8Array {
    this.#random.reseed(this.#seed, index);
    return this.targetOf(index).make(this.#random);
  }

  /** Makes input `index` and checks it.  @returns the failure, minimised; undefined when all holds */
  async step(index: number): Promise<Failure | undefined> {
    const target = this.targetOf(index);
    const input = this.inputOf(index);
    const reason = await faultOf(target, input);
    if (reason === undefined) return undefined;
    const small = await minimise(target, input);
    return {
      target: target.name,
      index,
      input: small,
      reason: (await faultOf(target, small)) ?? reason,
    };
  }
}

/** What is wrong with a target for an input; undefined when all holds. */
export async function faultOf(target: FuzzTarget, input: Uint8Array): Promise<string | undefined> {
  // A slow turn may be the machine's or the collector's: the input is at fault when it is slow each time.
  for (let attempt = 0; ; attempt += 1) {
    const startedMs = performance.now();
    try {
      const pending = target.check(input);
      if (pending !== undefined) await pending;
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    const tookMs = performance.now() - startedMs;
    if (tookMs <= MAX_CHECK_MS) return undefined;
    if (attempt === 3)
      return `took ${Math.round(tookMs)} ms four times, for ${input.length} octets`;
  }
}

/** Takes octets away for as long as something is still wrong. */
async function minimise(target: FuzzTarget, input: Uint8Array): Promise<Uint8Array> {
  let best = input;
  let checks = 0;
  for (let size = best.length >> 1; size >= 1 && checks < MINIMISE_CHECKS; size >>= 1) {
    for (let at = 0; at < best.length && checks < MINIMISE_CHECKS; ) {
      const smaller = new Uint8Array([...best.subarray(0, at), ...best.subarray(at + size)]);
      checks += 1;
      if ((await faultOf(target, smaller)) === undefined) at += size;
      else best = smaller;
    }
  }
  return best;
}
