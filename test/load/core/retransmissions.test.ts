import { expect, test } from 'vitest';
import { Retransmissions } from './retransmissions.ts';

test('Timer E MUST be T1, double up to T2, and stay there (RFC 3261 §17.1.2.2)', () => {
  const retransmissions = new Retransmissions();
  const atMs: number[] = [];
  retransmissions.start(7, 0);
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 10) {
    retransmissions.advance(
      nowMs,
      () => true,
      () => atMs.push(nowMs),
    );
  }
  expect(atMs).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500]);
});

test('what was answered MUST NOT be sent again', () => {
  const retransmissions = new Retransmissions();
  for (let number = 0; number < 10_000; number += 1) retransmissions.start(number, number / 100);
  const resent: number[] = [];
  const isOdd = (number: number): boolean => number % 2 === 1;
  retransmissions.advance(600, isOdd, (number) => void resent.push(number));
  expect(resent).toHaveLength(5000);
  expect(resent.every(isOdd)).toBe(true);
  retransmissions.advance(
    2000,
    () => false,
    (number) => void resent.push(number),
  );
  expect(resent).toHaveLength(5000);
});
