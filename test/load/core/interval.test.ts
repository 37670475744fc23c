import { expect, test } from 'vitest';
import { Interval } from './interval.ts';
import { summariseTime, Timeline } from './timeline.ts';
import { findBottleneck } from './verdict.ts';

test('the seconds of several processes MUST add up, percentiles included', () => {
  const timeline = new Timeline(2);
  const all = new Interval();
  for (const worker of [0, 1]) {
    const interval = new Interval();
    for (let i = 0; i < 1000; i += 1) {
      const ms = (i * 2 + worker) / 10;
      interval.time('success', ms);
      all.time('success', ms);
    }
    interval.counts.sent = 1000;
    interval.status(200);
    interval.gauges.open = 3;
    const second = timeline.add(interval.take(4));
    expect(second === undefined).toBe(worker === 0);
    expect(interval.take(5)).toMatchObject({ times: {}, statuses: {}, counts: { sent: 0 } });
  }
  expect(timeline.seconds).toMatchObject([
    { second: 4, counts: { sent: 2000 }, statuses: { 200: 2 }, gauges: { open: 6 } },
  ]);
  const summary = summariseTime(timeline.total, 'success');
  // Of the maximum, the digits beyond the third do not travel.
  expect({ ...summary, maxMs: 0 }).toEqual({ ...summariseTime(all, 'success'), maxMs: 0 });
  expect(summary?.count).toBe(2000);
  expect(summary?.p50Ms).toBeGreaterThan(99);
  expect(summary?.p50Ms).toBeLessThan(101);
  expect(summary?.p99Ms).toBeGreaterThan(197);
  expect(summary?.p99Ms).toBeLessThan(199);
});

test('a second that one process did not tell of any more MUST count all the same', () => {
  const timeline = new Timeline(2);
  const interval = new Interval();
  interval.counts.received = 5;
  timeline.add(interval.take(0));
  expect(timeline.seconds).toHaveLength(0);
  timeline.finish();
  expect(timeline.total.counts.received).toBe(5);
  expect(timeline.count('received', 0, 1)).toBe(5);
});

test('a generator that sends late MUST be called the bottleneck', () => {
  const timeline = new Timeline(1);
  for (let second = 0; second < 20; second += 1) {
    const interval = new Interval();
    for (let i = 0; i < 100; i += 1) interval.time('lateness', second >= 18 && i > 50 ? 40 : 1);
    timeline.add(interval.take(second));
  }
  expect(findBottleneck(timeline.seconds, 20)).toEqual({
    lateSeconds: [18, 19],
    isBottleneck: true,
  });
  expect(findBottleneck(timeline.seconds, 19)).toEqual({ lateSeconds: [18], isBottleneck: true });
  expect(findBottleneck(timeline.seconds.slice(0, 19), 40).isBottleneck).toBe(false);
});
