import { describe, expect, test } from 'vitest';
import { ContactRanges } from './contact-ranges.ts';

describe('contact ranges', () => {
  test('MUST hold nothing when nothing is said, names included', () => {
    for (const none of [
      new ContactRanges(undefined),
      new ContactRanges({ words: [], ranges: [] }),
    ]) {
      expect(none.mayHold('192.0.2.1')).toBe(false);
      expect(none.mayHold('[2001:db8::1]')).toBe(false);
      expect(none.mayHold('pbx.example')).toBe(false);
    }
  });

  test('MUST hold their addresses, and names until they are resolved', () => {
    const some = new ContactRanges({ words: [], ranges: ['10.0.0.0/8', '2001:db8::/32'] });
    expect(some.mayHold('10.1.2.3')).toBe(true);
    expect(some.mayHold('11.1.2.3')).toBe(false);
    expect(some.mayHold('[2001:db8::7]')).toBe(true);
    expect(some.mayHold('[2001:db9::7]')).toBe(false);
    expect(some.mayHold('pbx.example')).toBe(true);
    expect(some.has('11.1.2.3')).toBe(false);
  });

  test('MUST hold everything when it is anywhere', () => {
    const all = new ContactRanges({ words: ['anywhere'], ranges: [] });
    for (const host of ['192.0.2.1', '[::1]', 'pbx.example']) expect(all.mayHold(host)).toBe(true);
    expect(all.has('2001:db8::1')).toBe(true);
  });
});
