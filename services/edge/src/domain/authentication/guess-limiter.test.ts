import { describe, expect, test } from 'vitest';
import { GuessLimiter, PER_NAME, PER_SOURCE } from './guess-limiter.ts';
import { RecentMap } from './recent-map.ts';

const NOW_MS = 1_790_000_000_000;

describe('GuessLimiter', () => {
  test('MUST let as many guesses through as the bucket holds, and then one per leak', () => {
    const limiter = new GuessLimiter();
    let atMs = NOW_MS;
    let guesses = 0;
    while (atMs < NOW_MS + 3_600_000) {
      const waitSec = limiter.waitSec('192.0.2.1', 'alice', atMs);
      if (waitSec === 0) {
        limiter.onFailure('192.0.2.1', 'alice', atMs);
        guesses += 1;
      } else atMs += waitSec * 1000;
    }
    expect(guesses).toBe(PER_NAME.burst + 3_600_000 / PER_NAME.leakMs - 1);
  });

  test('MUST slow down a source that tries many names', () => {
    const limiter = new GuessLimiter();
    for (let i = 0; i < PER_SOURCE.burst; i += 1) {
      expect(limiter.waitSec('192.0.2.1', `name${i}`, NOW_MS)).toBe(0);
      limiter.onFailure('192.0.2.1', `name${i}`, NOW_MS);
    }
    expect(limiter.waitSec('192.0.2.1', 'another', NOW_MS)).toBe(2);
    expect(limiter.waitSec('192.0.2.2', 'another', NOW_MS)).toBe(0);
  });

  test('MUST NOT let a right password for one name buy guesses at another', () => {
    const limiter = new GuessLimiter();
    for (let i = 0; i < PER_SOURCE.burst; i += 1) {
      limiter.onFailure('192.0.2.1', `name${i}`, NOW_MS);
      limiter.onSuccess('192.0.2.1', 'own', NOW_MS);
    }
    expect(limiter.waitSec('192.0.2.1', 'own', NOW_MS)).toBe(0);
    expect(limiter.waitSec('192.0.2.1', 'another', NOW_MS)).toBeGreaterThan(0);
  });

  test('MUST look again after one leak, however much was wrong before', () => {
    const limiter = new GuessLimiter();
    for (let i = 0; i < 1000; i += 1) limiter.onFailure('192.0.2.1', 'a', NOW_MS);
    expect(limiter.waitSec('192.0.2.1', 'a', NOW_MS)).toBe(PER_NAME.leakMs / 1000);
    expect(limiter.waitSec('192.0.2.1', 'b', NOW_MS)).toBe(PER_SOURCE.leakMs / 1000);
  });

  test('MUST NOT be emptied by a clock that is set back', () => {
    const limiter = new GuessLimiter();
    for (let i = 0; i < PER_NAME.burst; i += 1) limiter.onFailure('192.0.2.1', 'a', NOW_MS);
    expect(limiter.waitSec('192.0.2.1', 'a', NOW_MS - 3_600_000)).toBe(10);
  });

  test('MUST be bounded whatever comes', () => {
    const limiter = new GuessLimiter();
    for (let i = 0; i < 120_000; i += 1) limiter.onFailure(`198.51.100.${i}`, 'a', NOW_MS);
    expect(limiter.size).toBeLessThanOrEqual(100_000);
  });
});

describe('RecentMap', () => {
  test('MUST keep what is used, and forget what is not', () => {
    const map = new RecentMap<{ n: number }>(10);
    map.set('kept', { n: -1 });
    map.set('idle', { n: -2 });
    for (let i = 0; i < 100; i += 1) {
      map.set(`k${i}`, { n: i });
      expect(map.get('kept')?.n).toBe(-1);
      expect(map.get(`k${i}`)?.n).toBe(i);
    }
    expect(map.get('idle')).toBeUndefined();
    expect(map.size).toBeLessThanOrEqual(10);
  });
});
