import { describe, expect, test } from 'vitest';
import { decodeCredential, encodeCredential } from './credential-codec.ts';

const MD5 = '0123456789abcdef0123456789abcdef';
const SHA = `${MD5}${MD5}`;

describe('a stored credential', () => {
  test.each([
    { byUser: { 'SHA-512-256': SHA, 'SHA-256': SHA, MD5 }, byAddress: { MD5 } },
    { byUser: { MD5 }, byAddress: {} },
    { byUser: {}, byAddress: {} },
  ])('MUST come back as it was: %j', (credential) => {
    expect(decodeCredential(encodeCredential(credential))).toEqual(credential);
  });

  test('MUST leave out what this version cannot read', () => {
    const text = `user MD5 ${MD5}\nuser SHA-1024 ${SHA}\nuser SHA-256 none\nowner MD5 ${MD5}\n__proto__ MD5 ${MD5}\n`;
    expect(decodeCredential(text)).toEqual({ byUser: { MD5 }, byAddress: {} });
  });
});
