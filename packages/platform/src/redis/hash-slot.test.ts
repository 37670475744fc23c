import { describe, expect, it } from 'vitest';
import { hashSlot } from './hash-slot.ts';

describe('hashSlot', () => {
  // Values of CLUSTER KEYSLOT.
  it.each([
    ['123456789', 12739],
    ['foo', 12182],
    ['{foo}:b', 12182],
    ['x{foo}{bar}', 12182],
  ])('MUST map %s as the server does', (key, slot) => {
    expect(hashSlot(key)).toBe(slot);
  });

  it('MUST hash the whole key when its tag is empty or open', () => {
    expect(hashSlot('{}a')).not.toBe(hashSlot('{}b'));
    expect(hashSlot('{a')).not.toBe(hashSlot('{b'));
  });
});
