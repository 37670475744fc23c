import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TurnoverMap } from './turnover-map.ts';

describe('TurnoverMap', () => {
  it('MUST behave as a Map under any history', () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 5 }),
      set: fc.boolean(),
    });
    void fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new TurnoverMap<number, { readonly n: number }>();
        const model = new Map<number, { readonly n: number }>();
        steps.forEach(({ key, set }, n) => {
          if (set) {
            map.set(key, { n });
            model.set(key, { n });
          } else expect(map.delete(key)).toBe(model.delete(key));
          expect(map.size).toBe(model.size);
          expect(map.get(key)).toEqual(model.get(key));
        });
        const byN = (a: { n: number }, b: { n: number }): number => a.n - b.n;
        expect(map.snapshot().sort(byN)).toEqual([...model.values()].sort(byN));
      }),
    );
  });

  it('MUST keep what is held, and nothing else, over many times its turnover', () => {
    const map = new TurnoverMap<string, { readonly n: number }>();
    map.set('kept', { n: -1 });
    for (let n = 0; n < 50_000; n += 1) {
      map.set(`k${n}`, { n });
      if (n >= 10) expect(map.delete(`k${n - 10}`)).toBe(true);
    }
    expect(map.size).toBe(11);
    expect(map.get('kept')).toEqual({ n: -1 });
    expect(map.get('k3')).toBeUndefined();
    expect(map.snapshot().map(({ n }) => n)).toEqual([
      -1, 49_990, 49_991, 49_992, 49_993, 49_994, 49_995, 49_996, 49_997, 49_998, 49_999,
    ]);
  });
});
