import { expect, test } from 'vitest';
import { formatAge, formatValue } from './format.js';

test.each([
  [0, 'perSec', '0/s'],
  [1234.5, 'perSec', '1,235/s'],
  [0.1234, 'perSec', '0.123/s'],
  [0.000_512, 'seconds', '0.512 ms'],
  [0.2503, 'seconds', '250 ms'],
  [12.34, 'seconds', '12.3 s'],
  [86_400, 'seconds', '24 h'],
  [0.5, 'share', '50 %'],
  [3 * 1024 ** 2, 'bytes', '3 MiB'],
  [0, 'bytes', '0 B'],
  [Number.NaN, 'count', '–'],
  [Number.POSITIVE_INFINITY, 'perSec', '∞'],
] as const)('%d %s MUST be written as %s', (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test('an age MUST be in the unit that is looked for', () => {
  expect([4_200, 300_000, 7_200_000, 500_000_000].map(formatAge)).toEqual([
    '4 s',
    '5 min',
    '2 h',
    '6 days',
  ]);
});
