import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NonceCounts } from './nonce-counts.ts';
import { NonceMint } from './nonce-mint.ts';

const NOW_MS = 1_790_000_000_000;
const LIFETIME_MS = 300_000;

function mint(secret = 'ours'): NonceMint {
  let id = 0;
  const ids = {
    token: () => {
      id += 1;
      return `r${id}`;
    },
  };
  const mac = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');
  return new NonceMint(ids, { mac }, LIFETIME_MS);
}

describe('a nonce', () => {
  const ours = mint();
  const nonce = ours.issue('192.0.2.1', NOW_MS);

  test('MUST be known again, with the time of its issue, until it expires (RFC 7616 §3.3)', () => {
    expect(ours.issuedAt(nonce, '192.0.2.1', NOW_MS)).toBe(NOW_MS);
    expect(ours.issuedAt(nonce, '192.0.2.1', NOW_MS + LIFETIME_MS - 1)).toBe(NOW_MS);
    expect(ours.issuedAt(nonce, '192.0.2.1', NOW_MS + LIFETIME_MS)).toBeUndefined();
    expect(ours.issuedAt(nonce, '192.0.2.1', NOW_MS - 1)).toBeUndefined();
  });

  test('MUST be of no use from another address', () => {
    expect(ours.issuedAt(nonce, '192.0.2.2', NOW_MS)).toBeUndefined();
  });

  test('MUST be of no use elsewhere: another process has another secret', () => {
    expect(mint('theirs').issuedAt(nonce, '192.0.2.1', NOW_MS)).toBeUndefined();
  });

  test('MUST be a new one each time', () => {
    expect(ours.issue('192.0.2.1', NOW_MS)).not.toBe(nonce);
  });

  test('MUST NOT be known with any character changed, or as any other text', () => {
    for (let i = 0; i < nonce.length; i += 1) {
      const changed = `${nonce.slice(0, i)}${nonce[i] === 'x' ? 'y' : 'x'}${nonce.slice(i + 1)}`;
      expect(ours.issuedAt(changed, '192.0.2.1', NOW_MS), changed).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(ours.issuedAt(text, '192.0.2.1', NOW_MS)).toBeUndefined();
      }),
    );
    expect(ours.issuedAt(`${nonce}${'A'.repeat(200)}`, '192.0.2.1', NOW_MS)).toBeUndefined();
  });

  test('MUST need no quoting in a challenge', () => {
    expect(nonce).toMatch(/^[\w.-]+$/);
  });
});

describe('nonce counts', () => {
  function use(counts: NonceCounts, nonce: string, count: number, issuedAtMs = NOW_MS): boolean {
    if (counts.isUsed(nonce, issuedAtMs, count)) return false;
    counts.use(nonce, issuedAtMs, count, NOW_MS);
    return true;
  }

  test('MUST each be taken once (RFC 7616 §3.4, nc)', () => {
    const counts = new NonceCounts(100, LIFETIME_MS);
    expect([1, 2, 1, 2, 3, 3].map((count) => use(counts, 'n', count))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
    expect(use(counts, 'm', 1)).toBe(true);
  });

  test('MUST be taken out of order within the window, and not from behind it', () => {
    const counts = new NonceCounts(100, LIFETIME_MS);
    expect([40, 9, 39, 8, 40, 39, 9].map((count) => use(counts, 'n', count))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect([1_000_000, 999_999, 40, 999_999].map((count) => use(counts, 'n', count))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('MUST take exactly what a set of all counts would, but for those behind the window', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 80 })), (sequence) => {
        const counts = new NonceCounts(100, LIFETIME_MS);
        const seen = new Set<number>();
        let highest = 0;
        for (const count of sequence) {
          const want = !seen.has(count) && highest - count < 32;
          expect(use(counts, 'n', count)).toBe(want);
          if (want) {
            seen.add(count);
            highest = Math.max(highest, count);
          }
        }
      }),
    );
  });

  test('MUST be bounded, and take nothing twice for that', () => {
    const counts = new NonceCounts(100, LIFETIME_MS);
    for (let i = 0; i < 1000; i += 1) expect(use(counts, `n${i}`, 1, NOW_MS + i)).toBe(true);
    expect(counts.size).toBeLessThanOrEqual(100);
    for (let i = 0; i < 1000; i += 1) expect(use(counts, `n${i}`, 1, NOW_MS + i)).toBe(false);
    // One that was issued before something was forgotten, and is seen for the first time: nobody can tell any more.
    expect(use(counts, 'late', 1, NOW_MS + 5)).toBe(false);
    expect(use(counts, 'fresh', 1, NOW_MS + 1000)).toBe(true);
  });

  test('MUST forget what has expired, and refuse nothing that has not', () => {
    const counts = new NonceCounts(100, LIFETIME_MS);
    counts.use('a', NOW_MS, 1, NOW_MS);
    counts.use('b', NOW_MS + LIFETIME_MS, 1, NOW_MS + LIFETIME_MS);
    counts.use('c', NOW_MS + 2 * LIFETIME_MS, 1, NOW_MS + 2 * LIFETIME_MS);
    expect(counts.size).toBe(2);
    expect(counts.isUsed('d', NOW_MS + LIFETIME_MS + 1, 1)).toBe(false);
  });
});
