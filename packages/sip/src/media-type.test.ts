import { describe, expect, it } from 'vitest';
import { isMediaType } from './media-type.ts';

describe('media types (RFC 3261 §20.15)', () => {
  it.each([
    'message/cpim',
    'Message/CPIM',
    'message/cpim;charset=utf-8',
    'message/cpim ; x="a"',
    'message/cpim\t',
  ])('MUST take %j for message/cpim', (value) => {
    expect(isMediaType(value, 'message/cpim')).toBe(true);
  });

  it.each([
    undefined,
    '',
    'message',
    'message/cpim-not',
    'message/cpi',
    'message/cpim x',
    'text/plain',
  ])('MUST NOT take %j for message/cpim', (value) => {
    expect(isMediaType(value, 'message/cpim')).toBe(false);
  });
});
