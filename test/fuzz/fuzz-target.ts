import type { Random } from './random.ts';

/** Something that takes input from strangers, and what must hold for any input. */
export interface FuzzTarget {
  /** Also the directory of its regressions under `corpus/`. */
  readonly name: string;
  /** One input in how many of the run's goes here, relative to the others. */
  readonly weight: number;
  make(random: Random): Uint8Array;
  /** Throws, or rejects, when something does not hold. Depends on nothing but the input. */
  check(input: Uint8Array): void | Promise<void>;
}

/** An invariant of a target that an input broke. */
export class Broken extends Error {}

/** @throws Broken */
export function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Broken(rule);
}

/** @throws Broken when they differ, with both */
export function mustEqual(actual: unknown, expected: unknown, rule: string): void {
  if (Object.is(actual, expected)) return;
  throw new Broken(`${rule}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}
