import { TIMER_64_T1 } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { expect, test } from 'vitest';
import { BranchTable } from './branch-table.ts';

const ignore = (): void => undefined;

test('MUST keep a 2xx for at least 64·T1 and forget it soon after (design §3.7)', () => {
  for (let phaseMs = 0; phaseMs < 9_000; phaseMs += 1_500) {
    const clock = new VirtualClock();
    const table = new BranchTable(clock.timers, 1000, ignore);
    table.keep('first', 202);
    clock.advance(phaseMs);
    table.keep('a', 200);
    clock.advance(TIMER_64_T1 - 20);
    expect(table.statusOf('a')).toBe(200);
    clock.advance(TIMER_64_T1 / 4 + 40);
    expect(table.statusOf('a')).toBe(0);
    expect(table.size).toBe(0);
  }
});

test('MUST NOT run a timer while it is empty', () => {
  const clock = new VirtualClock();
  const table = new BranchTable(clock.timers, 1000, ignore);
  expect(clock.pendingTimers).toBe(0);
  table.keep('a', 200);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(50_000);
  expect(clock.pendingTimers).toBe(0);
  table.keep('b', 200);
  clock.advance(TIMER_64_T1 - 20);
  expect(table.statusOf('b')).toBe(200);
});

test('MUST drop the oldest at the cap and count them (style: every cap)', () => {
  const clock = new VirtualClock();
  let evicted = 0;
  const table = new BranchTable(clock.timers, 1000, (count) => {
    evicted += count;
  });
  for (let i = 0; i < 600; i += 1) table.keep(`old${i}`, 200);
  clock.advance(9_000);
  for (let i = 0; i < 600; i += 1) table.keep(`new${i}`, 200);
  expect(table.size).toBeLessThanOrEqual(1000);
  expect(evicted).toBe(1200 - table.size);
  expect(table.statusOf('old0')).toBe(0);
  expect(table.statusOf('new0')).toBe(200);
  expect(table.statusOf('old599')).toBe(200);
});
