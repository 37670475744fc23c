import { describe, expect, test } from 'vitest';
import { AdmittedHistory } from './admitted-history.ts';

const NOW = 1_795_348_800_000;

/** 10 requests every 100 ms. */
function steady(seconds: number): AdmittedHistory {
  const history = new AdmittedHistory();
  for (let tick = 0; tick <= seconds * 10; tick += 1) history.add(10, NOW + tick * 100);
  return history;
}

describe('AdmittedHistory', () => {
  test('MUST tell how many were admitted between two moments, also between its steps', () => {
    const history = steady(30);
    expect(history.between(NOW + 10_000, NOW + 12_000)).toBeCloseTo(200);
    expect(history.between(NOW + 10_130, NOW + 10_260)).toBeCloseTo(13);
    expect(history.between(NOW + 12_000, NOW + 10_000)).toBe(0);
  });

  test('MUST count for a minute, and what is older as what is oldest', () => {
    const history = steady(100);
    expect(history.between(NOW + 40_000, NOW + 100_000)).toBeCloseTo(6_000, -1);
    expect(history.between(NOW, NOW + 10_000)).toBe(0);
  });

  test('MUST tell the rate of the last seconds, or of as many as there are', () => {
    expect(steady(30).perSec(3_000)).toBeCloseTo(100);
    expect(steady(1).perSec(3_000)).toBeCloseTo(100);
    expect(new AdmittedHistory().perSec(3_000)).toBe(0);
  });

  test('MUST forget what was when the clock steps back', () => {
    const history = steady(30);
    for (let tick = 0; tick <= 10; tick += 1) history.add(1, NOW - 60_000 + tick * 100);
    expect(history.perSec(3_000)).toBeCloseTo(10);
    expect(history.between(NOW - 60_000, NOW - 59_000)).toBeCloseTo(10);
  });
});
