import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopback, networkOf, normalHost, parsePort, scanHost } from './host.ts';

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

describe('normalHost', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['192.0.2.1', '192.0.2.1'],
    ['[::1]', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['[::0001]', '[::1]'],
    ['[0::]', '[::]'],
    ['[2001:0DB8::a:0:0]', '[2001:db8::a:0:0]'],
    ['[2001:db8:0:1:1:1:1:1]', '[2001:db8:0:1:1:1:1:1]'],
    ['[2001:db8:0:0:1:0:0:1]', '[2001:db8::1:0:0:1]'],
    ['[2001:0:0:1:0:0:0:1]', '[2001:0:0:1::1]'],
    ['[2001:db8::1:1:1:1:1]', '[2001:db8:0:1:1:1:1:1]'],
    ['[1:2:3:4:5:6:0:0]', '[1:2:3:4:5:6::]'],
    ['[::FFFF:c000:0201]', '[::ffff:192.0.2.1]'],
    ['[64:ff9b::192.0.2.33]', '[64:ff9b::c000:221]'],
    ['[::G]', '[::g]'],
  ])('MUST write %s as %s (RFC 5952 §4, §5)', (host, expected) => {
    expect(normalHost(host)).toBe(expected);
    expect(normalHost(expected)).toBe(expected);
  });

  it('MUST agree with the run-time about equal addresses', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const theirs = new URL(`http://[${text}]`).hostname;
        const ours = normalHost(`[${text}]`);
        expect(new URL(`http://${ours}`).hostname).toBe(theirs);
        if (!ours.includes('.')) expect(ours).toBe(theirs);
      }),
    );
  });
});

describe('networkOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::', '2001:db8:0:0'],
    ['2001:db8:0:0:ffff::', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::5', '0:0:0:0'],
    ['::1', '::1'],
  ])('of %s MUST be %s: an IPv4 address, or an IPv6 /64', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.255.255.254', '::1'])('MUST be true of %s', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each([
    '128.0.0.1',
    '10.0.0.1',
    '::',
    '::2',
    '127.example',
    '127.0.0.1.example',
    'localhost',
    '',
  ])('MUST be false of "%s"', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});

describe('parsePort', () => {
  it('MUST take 1 to 65535 and nothing else', () => {
    const port = (text: string) => parsePort(text, 0, text.length);
    expect(['1', '05060', '65535'].map(port)).toEqual([1, 5060, 65535]);
    expect(['', '0', '65536', '-1', '5060x', '1e3'].map(port)).toEqual(Array(6).fill(undefined));
  });
});
