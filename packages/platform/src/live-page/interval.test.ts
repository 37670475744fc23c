import { describe, expect, test } from 'vitest';
import { Interval } from './interval.js';
import { Sample } from './sample.js';

const between = (before: string, after: string, seconds = 2): Interval =>
  new Interval(new Sample(before, 1_000), new Sample(after, 1_000 + seconds * 1_000));

/** A histogram with these counts up to 0.1, 0.2, 0.4 and above. */
function histogram(counts: readonly [number, number, number, number], labels = ''): string {
  const bounds = ['0.1', '0.2', '0.4', '+Inf'];
  return counts.map((count, i) => `h_bucket{${labels}le="${bounds[i]}"} ${count}\n`).join('');
}

describe('Interval', () => {
  test('a rate MUST be per second, over the rows asked for', () => {
    const interval = between('c{x="a"} 10\nc{x="b"} 5\n', 'c{x="a"} 30\nc{x="b"} 6\n');
    expect(interval.rate('c')).toBe(10.5);
    expect(interval.rate('c', { x: 'b' })).toBe(0.5);
    expect(interval.rate('c', { x: 'other' })).toBe(0);
    expect(interval.rate('d')).toBeNaN();
  });

  test('a row that appears MUST count from 0, and a counter that fell from 0 again', () => {
    expect(between('# TYPE c counter\n', 'c{x="a"} 4\n').rate('c')).toBe(2);
    expect(between('c 100\n', 'c 6\n').rate('c')).toBe(3);
  });

  test('a quantile MUST be of this time alone, linear within its bucket', () => {
    const interval = between(histogram([100, 100, 100, 100]), histogram([105, 110, 110, 110]));
    expect(interval.quantile(0.5, 'h')).toBeCloseTo(0.1);
    expect(interval.quantile(0.75, 'h')).toBeCloseTo(0.15);
    expect(interval.quantile(1, 'h')).toBeCloseTo(0.2);
    expect(interval.quantile(0.25, 'h')).toBeCloseTo(0.05);
  });

  test('MUST add up rows, and leave out those not asked for', () => {
    const before = histogram([0, 0, 0, 0], 'x="a",') + histogram([0, 0, 0, 0], 'x="b",');
    const after = histogram([9, 9, 9, 9], 'x="a",') + histogram([0, 0, 1, 1], 'x="b",');
    const interval = between(before, after);
    expect(interval.quantile(0.95, 'h')).toBeCloseTo(0.3);
    expect(interval.quantile(0.95, 'h', { x: 'a' })).toBeCloseTo(0.095);
  });

  test('MUST say the last finite bound of what lies above it, and nothing of nothing', () => {
    expect(between('', histogram([0, 0, 0, 3])).quantile(0.5, 'h')).toBe(0.4);
    const same = histogram([1, 2, 3, 4]);
    expect(between(same, same).quantile(0.5, 'h')).toBeNaN();
    expect(between('', '').quantile(0.5, 'h')).toBeNaN();
  });
});
