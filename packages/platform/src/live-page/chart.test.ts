import { describe, expect, test } from 'vitest';
import { linearScale, logScale, pathOf, xOf } from './chart.js';

describe('a chart', () => {
  test.each([
    [[0.3], 10, [0, 0.1, 0.2, 0.3]],
    [[7, 41], 10, [0, 20, 40, 60]],
    [[1_000], 10, [0, 500, 1_000]],
    [[], 10, [0, 0.5, 1]],
    [[0], 10, [0, 0.5, 1]],
    [[200 * 1024 ** 2], 1024, [0, 50, 100, 150, 200].map((mib) => mib * 1024 ** 2)],
  ] as const)('linear ticks of %j MUST be round and reach above all', (values, base, ticks) => {
    const scale = linearScale(values, 100, base);
    expect(scale.ticks.length).toBe(ticks.length);
    for (const [i, tick] of scale.ticks.entries()) expect(tick).toBeCloseTo(ticks[i] ?? -1);
    expect(scale.y(0)).toBe(100);
    expect(scale.y(scale.ticks.at(-1) ?? 0)).toBeCloseTo(0);
  });

  test('logarithmic ticks MUST be powers of ten around all; nothing lies on the floor', () => {
    const scale = logScale([0, 0.002, 0.7], 90);
    expect(scale.ticks).toEqual([0.001, 0.01, 0.1, 1]);
    expect(scale.y(0.01)).toBeCloseTo(60);
    expect(scale.y(0)).toBe(90);
    expect(logScale([], 90).ticks.every((tick) => tick > 0)).toBe(true);
  });

  test('a line MUST be broken where there is no value, and a point alone be seen', () => {
    const points = [[0, 1], [1, 2], undefined, [3, 4]] as const;
    expect(pathOf(points)).toBe('M0.0 1.0h0L1.0 2.0M3.0 4.0h0');
    expect(xOf({ width: 200, height: 1, fromMs: 1_000, toMs: 3_000 }, 2_500)).toBe(150);
  });
});
