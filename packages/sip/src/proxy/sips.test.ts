import { describe, expect, it } from 'vitest';
import { isSips, requestUriFor } from './sips.ts';

describe('isSips', () => {
  it.each([
    ['sips:bob@example.com', true],
    ['SIPS:example.com', true],
    ['sip:bob@example.com', false],
    ['sip:s:@example.com', false],
    ['tels:1', false],
    ['sips', false],
    ['', false],
  ])('%j is %s (RFC 3261 §19.1)', (text, expected) => {
    expect(isSips(text)).toBe(expected);
  });
});

describe('requestUriFor', () => {
  it('MUST leave a contact of the same scheme as it is (RFC 5630 §5.3)', () => {
    const contact = 'sips:bob@192.0.2.1:5061';
    expect(requestUriFor(true, contact)).toBe(contact);
    expect(requestUriFor(false, 'sip:bob@192.0.2.1')).toBe('sip:bob@192.0.2.1');
  });

  it('MUST NOT be sips for a request that is not (RFC 5630 §5.3)', () => {
    const contact = 'SIPS:bob@192.0.2.1:5061;ob';
    expect(requestUriFor(false, contact)).toBe('sip:bob@192.0.2.1:5061;ob');
  });
});
