import { describe, expect, test } from 'vitest';
import { DurationHistogram, DurationsBy } from './durations.ts';

describe('DurationHistogram', () => {
  test('MUST count an observation in the first bucket whose bound it does not exceed', () => {
    const histogram = new DurationHistogram([10, 250]);
    for (const ms of [0, 10, 10.1, 250, 251]) histogram.observe(ms);
    expect([...histogram.counts]).toEqual([2, 2, 1]);
    expect(histogram.sumMs).toBeCloseTo(521.1);
  });

  test('MUST take a clock that was set back, or that is no clock, for no time at all', () => {
    const histogram = new DurationHistogram([10]);
    histogram.observe(-5_000);
    histogram.observe(Number.NaN);
    expect([...histogram.counts]).toEqual([2, 0]);
    expect(histogram.sumMs).toBe(0);
  });

  test('MUST have bounds at 250 ms, 2 s and 3.5 s, where promises end', () => {
    const { boundsMs } = new DurationHistogram();
    expect(boundsMs).toEqual(expect.arrayContaining([250, 2_000, 3_500]));
    expect(boundsMs).toEqual(boundsMs.toSorted((a, b) => a - b));
  });

  test('MUST keep the last traced observation of each bucket', () => {
    const histogram = new DurationHistogram([10, 250]);
    histogram.exemplify(3, 'a'.repeat(32), 1);
    histogram.exemplify(7, 'b'.repeat(32), 2);
    expect(histogram.exemplarOf(0)).toEqual({ ms: 7, traceId: 'b'.repeat(32), atMs: 2 });
    expect(histogram.exemplarOf(1)).toBeUndefined();
  });
});

describe('DurationsBy', () => {
  test('MUST have the usual word from the start, and others from their first observation on', () => {
    const durations = new DurationsBy<'delivered' | 'stored'>('delivered', [1]);
    expect([...durations.entries()].map(([word]) => word)).toEqual(['delivered']);
    durations.of('stored').observe(2);
    durations.of('stored').observe(2);
    const stored = [...durations.entries()].find(([word]) => word === 'stored');
    expect([...(stored?.[1].counts ?? [])]).toEqual([0, 2]);
  });
});
