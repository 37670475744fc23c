import { readOcFeedback } from '@hermod/congestion';
import { parseVia } from '@hermod/sip';
import { describe, expect, test } from 'vitest';
import { EdgeAdvice } from './edge-advice.ts';

const NOW = 1_795_348_800_000;

/** A router that takes `perSec`, and edges that have `offered` times that and do what it says, a little later.
 *  @returns the queue in seconds and the part of its time that the router has nothing to do, both of each tick */
function run(offered: number, perSec: number, seconds: number) {
  const router = { waiting: 0, unread: 0, fill: 0, stats: { records: 0 } };
  const advice = new EdgeAdvice(router, NOW);
  const said: number[] = [0, 0, 0];
  const behindSec: number[] = [];
  const idle: number[] = [];
  for (let tick = 1; tick <= seconds * 10; tick += 1) {
    // Replies, the tick of the edge, the append: 300 ms.
    const heard = said.shift() ?? 0;
    router.unread += ((perSec * offered) / 10) * (1 - heard / 100);
    const taken = Math.min(router.unread, perSec / 10);
    router.unread -= taken;
    router.stats.records += taken;
    said.push(advice.percent(NOW + tick * 100));
    behindSec.push(router.unread / perSec);
    idle.push(1 - taken / (perSec / 10));
  }
  return { advice, behindSec, idle, said };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('what a router asks of edges (RFC 7339 §5.5)', () => {
  test.each([
    [1.2, 0.5],
    [2, 1.1],
    [5, 1.8],
    [10, 4],
  ])(
    '%s times what it can do MUST leave it no more than %s s behind, and never idle',
    (offered, most) => {
      for (const perSec of [1_000, 20_000]) {
        const { behindSec, idle, said } = run(offered, perSec, 60);
        expect(mean(said)).toBeGreaterThan(0);
        expect(Math.max(...behindSec)).toBeLessThan(most);
        expect(mean(idle.slice(50))).toBeLessThan(0.01);
      }
    },
  );

  test('MUST be nothing while it keeps up, and end with the trouble', () => {
    const { said } = run(0.9, 1_000, 20);
    expect(mean(said)).toBe(0);
    const router = { waiting: 0, unread: 5_000, fill: 0, stats: { records: 0 } };
    const advice = new EdgeAdvice(router, NOW);
    const percents: number[] = [];
    for (let tick = 1; tick <= 20; tick += 1) {
      router.stats.records += 100;
      if (tick > 10) router.unread = 0;
      percents.push(advice.percent(NOW + tick * 100));
    }
    // The first look sees a queue, the second that it stands.
    expect(percents.slice(0, 3)).toEqual([0, 100, 100]);
    expect(percents.slice(10)).toEqual(Array.from({ length: 10 }, () => 0));
  });

  test('a few records on their way MUST NOT be a queue, however slowly they come', () => {
    const router = { waiting: 4, unread: 60, fill: 0.1, stats: { records: 0 } };
    const advice = new EdgeAdvice(router, NOW);
    for (let tick = 1; tick <= 20; tick += 1) expect(advice.percent(NOW + tick * 100)).toBe(0);
  });

  test('a router that is full MUST ask for less, and say so in a way that is understood', () => {
    const router = { waiting: 0, unread: 0, fill: 0.9, stats: { records: 0 } };
    const advice = new EdgeAdvice(router, NOW);
    const via = parseVia(`SIP/2.0/TCP h;branch=z9hG4bK1${advice.text(NOW + 100)}`);
    if (!via.ok) throw new Error(via.code);
    expect(readOcFeedback(via.value.params)).toMatchObject({ algorithm: 'loss', value: 50 });
    router.fill = 1;
    expect(advice.percent(NOW + 200)).toBe(100);
  });

  test('a clock that is set back MUST NOT stop it', () => {
    const router = { waiting: 0, unread: 0, fill: 1, stats: { records: 0 } };
    const advice = new EdgeAdvice(router, NOW);
    expect(advice.percent(NOW - 3_600_000)).toBe(0);
    expect(advice.percent(NOW - 3_599_900)).toBe(100);
  });
});
