import { createHmac } from 'node:crypto';
import { DIGEST_ALGORITHMS } from '@hermod/sip';
import { describe, expect, test } from 'vitest';
import { hmacSha256, nodeDigestHash, randomMac, secretMac } from './node-digest.ts';

describe('nodeDigestHash', () => {
  test.each([
    ['SHA-512-256', '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23'],
    ['SHA-256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['MD5', '900150983cd24fb0d6963f7d28e17f72'],
  ] as const)('MUST be the published digest of "abc" for %s', (algorithm, digest) => {
    expect(nodeDigestHash.hashText(algorithm, 'abc')).toBe(digest);
    expect(nodeDigestHash.hashBytes(algorithm, Buffer.from('abc'))).toBe(digest);
  });

  test.each(DIGEST_ALGORITHMS)(
    'MUST hash text as the bytes it stands for, with %s',
    (algorithm) => {
      const bytes = Buffer.from('Jäsøn', 'utf8');
      const digest = nodeDigestHash.hashBytes(algorithm, bytes);
      expect(nodeDigestHash.hashText(algorithm, bytes.toString('latin1'))).toBe(digest);
    },
  );
});

describe('randomMac', () => {
  test('MUST depend on the text and on a secret of its own', () => {
    const [ours, theirs] = [randomMac(), randomMac()];
    expect(ours.mac('a')).toBe(ours.mac('a'));
    expect(ours.mac('a')).not.toBe(ours.mac('b'));
    expect(ours.mac('a')).not.toBe(theirs.mac('a'));
    expect(ours.mac('a')).toMatch(/^[\w-]{22}$/);
  });
});

describe('secretMac', () => {
  test('MUST be the same for the same secret and purpose, and for no other', () => {
    const mac = secretMac('a secret', 'a purpose').mac('a');
    expect(mac).toMatch(/^[\w-]{22}$/);
    expect(secretMac('a secret', 'a purpose').mac('a')).toBe(mac);
    expect(secretMac('a secret', 'another').mac('a')).not.toBe(mac);
    expect(secretMac('another', 'a purpose').mac('a')).not.toBe(mac);
  });
});

describe('hmacSha256', () => {
  test.each([1, 32, 64])('MUST be that of RFC 2104 with a secret of %i bytes', (length) => {
    const secret = Buffer.alloc(length, 0xaa);
    for (const text of ['', 'abc', '\u00ff'.repeat(200)]) {
      const want = createHmac('sha256', secret).update(text, 'latin1').digest('base64url');
      expect(hmacSha256(secret).mac(text)).toBe(want.slice(0, 22));
    }
  });
});
