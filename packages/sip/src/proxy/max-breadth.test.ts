import { describe, expect, it } from 'vitest';
import { requestOf } from '../../testdata/fixtures.ts';
import { branchBreadth, maxBreadthOf } from './max-breadth.ts';

describe('maxBreadthOf', () => {
  it.each([
    [undefined, 60],
    ['10', 10],
    ['0', 0],
    ['60', 60],
    ['61', 60],
    ['4294967296', 60],
    ['ten', 60],
    ['', 60],
  ])('MUST take %s as %i (RFC 5393 §5.3.3)', (value, expected) => {
    const row = value === undefined ? '' : `\nMax-Breadth: ${value}`;
    expect(maxBreadthOf(requestOf(`INVITE sip:b@e SIP/2.0${row}`))).toBe(expected);
  });
});

describe('branchBreadth', () => {
  it.each([
    [60, 1],
    [60, 7],
    [7, 7],
    [8, 5],
    [1, 1],
  ])(
    'MUST give %i to %i branches in all, and each at least 1 (RFC 5393 §5.3.3.1)',
    (breadth, branches) => {
      const shares = Array.from({ length: branches }, (_, i) =>
        branchBreadth(breadth, branches, i),
      );
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(breadth);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
    },
  );
});
