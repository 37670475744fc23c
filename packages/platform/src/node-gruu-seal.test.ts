import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeGruuSeal } from './node-gruu-seal.ts';

const latin1 = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 300 })
  .map((codes) => String.fromCharCode(...codes));

describe('nodeGruuSeal', () => {
  const seal = nodeGruuSeal('a secret');

  it('MUST open what it sealed, in characters that a URI user part may hold', () => {
    fc.assert(
      fc.property(latin1, (text) => {
        const token = seal.seal(text);
        expect(token).toMatch(/^[\w-]+$/);
        expect(seal.open(token)).toBe(text);
        expect(nodeGruuSeal('a secret').open(token)).toBe(text);
      }),
    );
  });

  it('MUST NOT open what was altered, made up, or sealed under another secret', () => {
    const token = seal.seal('1 1 sip:bob@example.com urn:uuid:1');
    expect(nodeGruuSeal('another').open(token)).toBeUndefined();
    for (let i = 0; i < token.length; i += 1) {
      const other = token.charAt(i) === 'A' ? 'B' : 'A';
      expect(seal.open(token.slice(0, i) + other + token.slice(i + 1))).toBeUndefined();
    }
    for (const wrong of [
      '',
      'A',
      `${token}=`,
      `${token}!`,
      token.slice(0, 22),
      'A'.repeat(2_000),
    ]) {
      expect(seal.open(wrong)).toBeUndefined();
    }
  });

  it('MUST show nothing of the text', () => {
    const token = seal.seal('1 1 sip:bob@example.com urn:uuid:1');
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('bob');
  });
});
