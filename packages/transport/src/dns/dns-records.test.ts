import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderSrv, type SrvRecord } from './dns-records.ts';

function record(name: string, priority: number, weight: number): SrvRecord {
  return { name, priority, weight, port: 5060 };
}

/** Numbers in turn, each once. */
function turns(...numbers: readonly number[]): () => number {
  const rest = [...numbers];
  return () => rest.shift() ?? 0;
}

function names(records: readonly SrvRecord[], random: () => number): string {
  return orderSrv(records, random)
    .map(({ name }) => name)
    .join('');
}

const WEIGHTED = [record('x', 2, 0), record('a', 1, 10), record('b', 1, 30), record('z', 1, 0)];

describe('orderSrv (RFC 2782)', () => {
  it.each([
    // Of 0…40: 0 is the one without weight, up to 10 is a, the rest b.
    ['zabx', [0, 0, 0]],
    ['azbx', [0.24, 0, 0]],
    ['bzax', [0.3, 0, 0]],
    ['bazx', [0.999, 0.5, 0]],
  ])('MUST choose by weight within a priority: %s', (order, random) => {
    expect(names(WEIGHTED, turns(...random))).toBe(order);
  });

  it('MUST choose in proportion to the weights', () => {
    let firstB = 0;
    for (let i = 0; i < 1000; i += 1) {
      const order = names([record('a', 1, 10), record('b', 1, 30)], turns(i / 1000, 0));
      if (order === 'ba') firstB += 1;
    }
    // 30 of the 41 numbers from 0 to 40.
    expect(firstB / 1000).toBeCloseTo(30 / 41, 2);
  });

  it('MUST keep every record once, and no priority before a lower one', () => {
    const records = fc.array(
      fc.record({
        name: fc.string(),
        priority: fc.nat({ max: 3 }),
        weight: fc.nat({ max: 65_535 }),
        port: fc.nat({ max: 65_535 }),
      }),
      { maxLength: 20 },
    );
    const randoms = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    fc.assert(
      fc.property(records, randoms, (given, random) => {
        const ordered = orderSrv(given, turns(...random));
        expect(new Set(ordered)).toEqual(new Set(given));
        expect(ordered).toHaveLength(given.length);
        const priorities = ordered.map(({ priority }) => priority);
        expect(priorities).toEqual(priorities.toSorted((a, b) => a - b));
      }),
    );
  });
});
