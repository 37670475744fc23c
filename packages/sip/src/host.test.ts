import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePort, scanHost } from './host.ts';

function isHost(text: string): boolean {
  return scanHost(text, 0, text.length) === text.length;
}

describe('scanHost', () => {
  it.each([
    'h',
    'a.example.com',
    'a.example.com.',
    '192.0.2.1',
    'edge_1',
    '[::]',
    '[::1]',
    '[1::]',
    '[1:2:3:4:5:6:7:8]',
    '[::ffff:192.0.2.1]',
    '[1:2:3:4:5:6:192.0.2.1]',
    '[2001:DB8::a]',
  ])('MUST accept %s (RFC 3261 §25.1, RFC 5954)', (text) => {
    expect(isHost(text)).toBe(true);
  });

  it.each([
    '',
    '-h',
    '.h',
    'h h',
    'h:1',
    '[',
    '[]',
    '[::',
    '[:]',
    '[:::]',
    '[1]',
    '[1:2]',
    '[1::2::3]',
    '[1:2:3:4:5:6:7:8:9]',
    '[12345::]',
    '[::1:]',
    '[:1::]',
    '[::g]',
    '[::192.0.2]',
    '[::192.0.2.256]',
    '[::192.0.2.1.1]',
    '[fe80::1%eth0]',
    '[::1]x',
  ])('MUST refuse %j', (text) => {
    expect(isHost(text)).toBe(false);
  });

  it('MUST agree with the run-time about IPv6', () => {
    const piece = fc.constantFrom(':', '::', '0', 'ab', 'ffff', '1.2.3.4', '12345', '.');
    const candidates = fc.oneof(
      fc.ipV6(),
      fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(candidates, (text) => {
        expect(isHost(`[${text}]`)).toBe(isIPv6(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parsePort', () => {
  it('MUST take 1 to 65535 and nothing else', () => {
    const port = (text: string) => parsePort(text, 0, text.length);
    expect(['1', '05060', '65535'].map(port)).toEqual([1, 5060, 65535]);
    expect(['', '0', '65536', '-1', '5060x', '1e3'].map(port)).toEqual(Array(6).fill(undefined));
  });
});
