import { describe, expect, test } from 'vitest';
import { Codel } from './codel.ts';

/** A queue from which one request is taken per millisecond, each after `sojournMs`.  @returns when requests were refused */
function take(codel: Codel, fromMs: number, toMs: number, sojournMs: number): number[] {
  const refused: number[] = [];
  for (let ms = fromMs; ms < toMs; ms += 1)
    if (codel.refuses(sojournMs, false, ms)) refused.push(ms);
  return refused;
}

describe('Codel (RFC 8289 §5)', () => {
  test('MUST refuse nothing in a queue that is late for less than an interval', () => {
    const codel = new Codel(100, 100);
    expect(take(codel, 0, 99, 150)).toEqual([]);
    expect(codel.refuses(50, false, 99)).toBe(false);
    expect(take(codel, 100, 199, 150)).toEqual([]);
  });

  test('MUST refuse ever faster while the queue stands, and stop with it', () => {
    const refused = take(new Codel(100, 100), 0, 1_000, 150);
    expect(refused[0]).toBe(100);
    const gaps = refused.slice(1).map((ms, i) => ms - (refused[i] ?? 0));
    expect(gaps[0]).toBe(100);
    expect(gaps[1]).toBe(71);
    expect(Math.max(...gaps.slice(4))).toBeLessThan(51);
    const codel = new Codel(100, 100);
    take(codel, 0, 500, 150);
    expect(codel.refuses(99, false, 500)).toBe(false);
    expect(take(codel, 501, 600, 150)).toEqual([]);
  });

  test('MUST go on about where it stopped when it is late again soon', () => {
    const codel = new Codel(100, 100);
    take(codel, 0, 2_000, 150);
    codel.refuses(0, false, 2_000);
    const again = take(codel, 2_001, 2_301, 150);
    expect(again.length).toBeGreaterThan(5);
    const rested = new Codel(100, 100);
    take(rested, 0, 2_000, 150);
    rested.refuses(0, false, 2_000);
    expect(take(rested, 60_001, 60_301, 150).length).toBeLessThan(5);
  });

  test('MUST refuse whatever waited longer than its client does, and serve the last otherwise', () => {
    const codel = new Codel(100, 100, 500);
    expect(codel.refuses(500, false, 0)).toBe(true);
    expect(codel.refuses(499, true, 5_000)).toBe(false);
  });
});
