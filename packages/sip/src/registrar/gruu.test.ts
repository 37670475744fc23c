import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUri, type SipUri } from '../uri.ts';
import {
  type GruuSeal,
  gruuTargetOf,
  mayHaveGruu,
  pointsToAor,
  publicGruu,
  resolveGruu,
  temporaryGruu,
} from './gruu.ts';

/** Reversible and recognisable, which is all that these tests need of a seal. */
const seal: GruuSeal = {
  seal: (text) => Buffer.from(`ok ${text}`, 'latin1').toString('base64url'),
  open: (token) => {
    const text = Buffer.from(token, 'base64url').toString('latin1');
    return text.startsWith('ok ') ? text.slice(3) : undefined;
  },
};

const AOR = 'sip:callee@example.com';
const INSTANCE = '<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>';

function uri(text: string): SipUri {
  const parsed = parseUri(text);
  if (!parsed.ok || parsed.value.kind !== 'sip') throw new Error(`no SIP URI: ${text}`);
  return parsed.value;
}

describe('GRUUs', () => {
  it('MUST make a public GRUU of the AoR and the instance (RFC 5627 §3.1.1)', () => {
    expect(publicGruu(AOR, INSTANCE)).toBe(
      'sip:callee@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    );
  });

  it('MUST bring any instance back out of its public GRUU', () => {
    const visible = fc.string({
      unit: fc.integer({ min: 33, max: 126 }).map((c) => String.fromCharCode(c)),
      minLength: 1,
      maxLength: 128,
    });
    fc.assert(
      fc.property(visible, (instance) => {
        const target = gruuTargetOf(uri(publicGruu(AOR, `<${instance}>`)));
        expect(target).toEqual({ instance, sinceMs: undefined });
      }),
    );
  });

  it('MUST hide the user and the instance in a temporary GRUU, and bring them back (RFC 5627 §3.1.2)', () => {
    const text = temporaryGruu(AOR, INSTANCE, 1_795_348_800_000, 3, seal);
    const temporary = uri(text);
    expect(text).not.toContain('callee');
    expect(temporary).toMatchObject({ host: 'example.com' });
    expect(temporary.params.get('gr')).toBe(true);
    const resolved = resolveGruu(temporary, seal);
    if (resolved === undefined) throw new Error('not resolved');
    expect(resolved).toMatchObject({ user: 'callee', host: 'example.com' });
    expect(gruuTargetOf(resolved)).toEqual({
      instance: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
      sinceMs: 1_795_348_800_000,
    });
  });

  it('MUST NOT make a sips request one for sip (RFC 5630 §3)', () => {
    const text = temporaryGruu(AOR, INSTANCE, 1, 1, seal);
    expect(resolveGruu(uri(text.replace('sip:', 'sips:')), seal)?.scheme).toBe('sips');
    expect(resolveGruu(uri(text), seal)?.scheme).toBe('sip');
  });

  it('MUST make another temporary GRUU for each REGISTER (RFC 5627 §5.1)', () => {
    const made = [3, 4].map((cseq) => temporaryGruu(AOR, INSTANCE, 1, cseq, seal));
    expect(new Set(made).size).toBe(2);
  });

  it.each(['sip:tgruu.abc@example.com;gr', 'sip:callee@example.com;gr', 'sip:example.com;gr'])(
    'MUST NOT know %s, which was never given out (RFC 5627 §5.1: 404)',
    (text) => {
      expect(resolveGruu(uri(text), seal)).toBeUndefined();
      expect(resolveGruu(uri(text), undefined)).toBeUndefined();
    },
  );

  it.each([AOR, `${AOR};gr=urn:x`, `${AOR};transport=tcp`])('MUST leave %s as it is', (text) => {
    const plain = uri(text);
    expect(resolveGruu(plain, seal)).toBe(plain);
  });

  it('MUST know a Contact that leads back to its AoR (RFC 5627 §5.1)', () => {
    const leadsBack = (contact: string) => pointsToAor(uri(contact), uri(AOR), seal);
    expect(leadsBack(AOR)).toBe(true);
    expect(leadsBack('sips:c%61llee@EXAMPLE.com')).toBe(true);
    expect(leadsBack(publicGruu(AOR, INSTANCE))).toBe(true);
    expect(leadsBack(temporaryGruu(AOR, INSTANCE, 1, 1, seal))).toBe(true);
    expect(leadsBack('sip:callee@example.com:5061')).toBe(false);
    expect(leadsBack('sip:other@example.com;gr=urn:x')).toBe(false);
    expect(leadsBack(temporaryGruu('sip:other@example.com', INSTANCE, 1, 1, seal))).toBe(false);
    expect(leadsBack('sip:callee@192.0.2.1')).toBe(false);
  });

  it('MUST NOT make GRUUs of what would not fit into every answer', () => {
    expect(mayHaveGruu(AOR, INSTANCE)).toBe(true);
    expect(mayHaveGruu('sip:example.com', INSTANCE)).toBe(false);
    expect(mayHaveGruu(AOR, '')).toBe(false);
    expect(mayHaveGruu(AOR, '<urn:a b>')).toBe(false);
    expect(mayHaveGruu(AOR, 'x'.repeat(129))).toBe(false);
    expect(mayHaveGruu(`sip:${'x'.repeat(250)}@example.com`, INSTANCE)).toBe(false);
  });
});
