import { describe, expect, test } from 'vitest';
import { AddressRanges, addressRangeFault } from './address-ranges.ts';

describe('AddressRanges', () => {
  const ranges = new AddressRanges(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);

  test.each(['10.0.0.0', '10.255.255.255', '192.0.2.7', '2001:db8:ffff::1', '::1'])(
    'MUST have %s',
    (address) => {
      expect(ranges.has(address)).toBe(true);
    },
  );

  test.each(['11.0.0.0', '192.0.2.8', '2001:db9::1', '::2', '', 'localhost', '10.0.0.0/8'])(
    'MUST NOT have "%s"',
    (address) => {
      expect(ranges.has(address)).toBe(false);
    },
  );

  test('MUST have nothing when there are no ranges, and everything in a block of no bits', () => {
    expect(new AddressRanges([]).has('127.0.0.1')).toBe(false);
    const all = new AddressRanges(['0.0.0.0/0', '::/0']);
    expect([all.has('203.0.113.5'), all.has('2001:db8::1')]).toEqual([true, true]);
  });
});

describe('addressRangeFault', () => {
  test.each(['10.0.0.0/8', '10.1.2.3', '0.0.0.0/0', '::/0', '2001:db8::/128'])(
    '%s is one',
    (text) => {
      expect(addressRangeFault(text)).toBeUndefined();
    },
  );

  test.each(['10.0.0.0/33', '::/129', '10.0.0/8', 'example.com', '10.0.0.0/', '/8', ''])(
    '"%s" is none',
    (text) => {
      expect(addressRangeFault(text)).toContain(`"${text}"`);
    },
  );
});
