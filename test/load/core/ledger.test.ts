import { expect, test } from 'vitest';
import { Interval } from './interval.ts';
import { ENDING, Ledger, type LedgerCounts } from './ledger.ts';
import { type Invariant, judge } from './verdict.ts';

const NOBODY_AWAY = (): boolean => false;
const IGNORE = (): undefined => undefined;

function breaches(
  counts: LedgerCounts,
  totals = new Interval(),
  allowed: Invariant[] = [],
): string[] {
  return judge(counts, totals, allowed).breaches.map(
    ({ invariant, count }) => `${invariant} ${count}`,
  );
}

/** A ledger of one stream with so many messages that were answered 200 and received. */
function ledgerWith(messages: number): Ledger {
  const ledger = new Ledger(1, 1);
  for (let number = 0; number < messages; number += 1) {
    ledger.add(0, number);
    ledger.receive(number, 0, number + 1, 0);
    ledger.end(number, 200);
  }
  return ledger;
}

test('a run in which everything arrives MUST hold', () => {
  const counts = ledgerWith(100).count(NOBODY_AWAY, IGNORE);
  expect(counts).toMatchObject({
    sent: 100,
    delivered: 100,
    received: 100,
    lost200: 0,
    lost202: 0,
  });
  expect(judge(counts, new Interval(), [])).toEqual({ holds: true, breaches: [] });
});

test('a message answered 200 that nobody has MUST be named as lost', () => {
  const ledger = ledgerWith(70_000);
  const number = ledger.add(0, 123);
  ledger.end(number, 200);
  const named: number[] = [];
  const counts = ledger.count(NOBODY_AWAY, (entry) => void named.push(entry.number));
  expect(named).toEqual([number]);
  expect(breaches(counts)).toEqual(['lost 1']);
});

test('a message answered 202 MUST arrive, or its recipient be away', () => {
  const ledger = new Ledger(2, 1);
  for (const stream of [0, 1]) ledger.end(ledger.add(stream, 0), 202);
  const counts = ledger.count((stream) => stream === 1, IGNORE);
  expect(counts).toMatchObject({ accepted: 2, stored: 1, lost202: 1 });
  expect(breaches(counts)).toEqual(['lost 1']);
});

test('a message answered 202 that comes later MUST be no breach', () => {
  const ledger = new Ledger(1, 1);
  const number = ledger.add(0, 0);
  ledger.end(number, 202);
  expect(ledger.awaited).toBe(1);
  expect(ledger.receive(number, 0, 5000, 4000)).toBe('first');
  expect(ledger.awaited).toBe(0);
  expect(breaches(ledger.count(NOBODY_AWAY, IGNORE))).toEqual([]);
});

test('a device that gets a message twice on one connection MUST be told from one that had to connect again', () => {
  const ledger = ledgerWith(2);
  expect(ledger.receive(0, 0, 10, 0)).toBe('repeat');
  expect(ledger.receive(1, 0, 10, 9)).toBe('again');
  const totals = new Interval();
  totals.counts.repeats = 1;
  expect(breaches(ledger.count(NOBODY_AWAY, IGNORE), totals)).toEqual(['duplicates 1']);
});

test('further devices of a user MUST be copies', () => {
  const ledger = new Ledger(1, 32);
  const number = ledger.add(0, 0);
  expect(ledger.receive(number, 31, 1, 0)).toBe('first');
  expect(ledger.receive(number, 0, 1, 0)).toBe('copy');
  expect(ledger.receive(number, 31, 2, 0)).toBe('repeat');
});

test('a message that comes after a later one of its stream MUST be out of order, on that device only', () => {
  const ledger = new Ledger(2, 2);
  const numbers = [0, 0, 1, 0].map((stream) => ledger.add(stream, 0));
  expect(numbers).toEqual([0, 1, 2, 3]);
  expect([1, 3].map((number) => ledger.isInOrder(number, 0))).toEqual([true, true]);
  expect(ledger.isInOrder(0, 0)).toBe(false);
  expect(ledger.isInOrder(0, 1)).toBe(true);
  expect(ledger.isInOrder(2, 0)).toBe(true);
  const totals = new Interval();
  totals.counts.disordered = 1;
  expect(breaches(ledgerWith(1).count(NOBODY_AWAY, IGNORE), totals)).toEqual(['order 1']);
});

test('a message MUST end once', () => {
  const ledger = ledgerWith(1);
  expect(ledger.end(0, 503)).toBe(false);
  expect(ledger.status(0)).toBe(200);
});

test('messages without a final response MUST end with Timer F, and only those (RFC 3261 §17.1.2.2)', () => {
  const ledger = new Ledger(1, 1);
  for (let number = 0; number < 5; number += 1) ledger.add(0, number * 1000);
  ledger.end(1, 200);
  const ended: number[] = [];
  expect(ledger.endOverdue(3000, (number) => void ended.push(number))).toBe(2);
  expect(ended).toEqual([0, 2]);
  expect(ledger.open).toBe(2);
  ledger.receive(1, 0, 1, 0);
  expect(breaches(ledger.count(NOBODY_AWAY, IGNORE))).toEqual(['unanswered 4']);
});

test('what a broken connection cut off MUST be counted apart, and be no breach', () => {
  const ledger = new Ledger(2, 1);
  ledger.add(0, 0);
  ledger.add(1, 0);
  expect(ledger.cut((stream) => stream === 0)).toBe(1);
  ledger.end(1, ENDING.UNSENT);
  const counts = ledger.count(NOBODY_AWAY, IGNORE);
  expect(counts).toMatchObject({ sent: 1, cut: 1, unsent: 1, unanswered: 0 });
  expect(breaches(counts)).toEqual([]);
});

test('a message that was refused and arrives all the same MUST be told, and be no breach', () => {
  const ledger = new Ledger(1, 1);
  ledger.end(ledger.add(0, 0), 503);
  ledger.receive(0, 0, 1, 0);
  const counts = ledger.count(NOBODY_AWAY, IGNORE);
  expect(counts).toMatchObject({ refused: 1, refusedYetReceived: 1 });
  expect(breaches(counts)).toEqual([]);
});

test('a breach that is allowed MUST be named, and fail nothing', () => {
  const ledger = new Ledger(1, 1);
  ledger.end(ledger.add(0, 0), 200);
  const verdict = judge(ledger.count(NOBODY_AWAY, IGNORE), new Interval(), ['lost']);
  expect(verdict.holds).toBe(true);
  expect(verdict.breaches).toMatchObject([{ invariant: 'lost', count: 1, isAllowed: true }]);
});
