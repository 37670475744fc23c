import { createHash } from 'node:crypto';
import { type Hash, parseMessage, parseUri, type SipRequest } from '@hermod/sip';
import { describe, expect, it } from 'vitest';
import { canonicalAor, ServedDomains } from './aor.ts';
import { deliveryId } from './delivery-id.ts';
import { partitionOf } from './partition.ts';

describe('canonical AoR (RFC 3261 §10.3 step 5)', () => {
  const aliased = new ServedDomains(['example.com', 'Example.NET'], true);
  const apart = new ServedDomains(['example.com', 'example.net'], false);
  const aorOf = (text: string, domains = aliased): string | undefined => {
    const uri = parseUri(text);
    return uri.ok && uri.value.kind === 'sip' ? canonicalAor(uri.value, domains) : 'not SIP';
  };

  it.each([
    ['sip:Bob@EXAMPLE.com:5070;transport=tcp?Subject=x', 'sip:Bob@example.com'],
    ['sips:bob@example.com', 'sip:bob@example.com'],
    ['sip:bob:secret@example.com', 'sip:bob@example.com'],
    ['sip:%62ob@example.com', 'sip:bob@example.com'],
    ['sip:b%2525@example.com', 'sip:b%2525@example.com'],
    ['sip:a%00b@example.com', 'sip:a%00b@example.com'],
    ['sip:bob@example.net', 'sip:bob@example.com'],
    ['sip:example.com', 'sip:example.com'],
    ['sip:bob@other.com', undefined],
  ])('of %s is %s', (text, aor) => {
    expect(aorOf(text)).toBe(aor);
  });

  it('keeps domains apart when aliases are off', () => {
    expect(aorOf('sip:bob@example.net', apart)).toBe('sip:bob@example.net');
  });
});

describe('partition', () => {
  it('MUST NOT change: records in the log, the due sets and every process agree on it', () => {
    // A change of this table is a change of the log's format (ADR 0003).
    const aors = ['sip:alice@example.com', 'sip:bob@example.com', 'sip:u1@example.com', ''];
    expect(aors.map((aor) => partitionOf(aor, 64))).toMatchInlineSnapshot(`
      [
        41,
        1,
        3,
        60,
      ]
    `);
    expect(aors.map((aor) => partitionOf(aor, 1))).toEqual([0, 0, 0, 0]);
  });

  it('spreads numbered users evenly', () => {
    for (const partitions of [8, 64, 100]) {
      const counts = new Array<number>(partitions).fill(0);
      const users = partitions * 500;
      for (let i = 0; i < users; i += 1) {
        const at = partitionOf(`sip:u${i}@example.com`, partitions);
        counts[at] = (counts[at] ?? 0) + 1;
      }
      expect(Math.min(...counts)).toBeGreaterThan(350);
      expect(Math.max(...counts)).toBeLessThan(650);
    }
  });
});

describe('delivery id (design §4 rule 2)', () => {
  const hash: Hash = {
    digest: (text, octets = Buffer.alloc(0)) => {
      const bytes = createHash('sha256').update(text, 'latin1').update(octets).digest();
      return bytes.subarray(0, 16).toString('base64url');
    },
  };
  const base = {
    uri: 'sip:bob@example.com',
    branch: 'z9hG4bK1',
    from: '<sip:alice@example.com>;tag=1',
    callId: 'c1',
    cseq: 1,
    body: 'hello',
  };
  const idOf = (change: Partial<typeof base>): string => {
    const m = { ...base, ...change };
    const head =
      `MESSAGE ${m.uri} SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=${m.branch}\r\nFrom: ${m.from}\r\n` +
      `To: <${m.uri}>\r\nCall-ID: ${m.callId}\r\nCSeq: ${m.cseq} MESSAGE\r\n\r\n`;
    const parsed = parseMessage(head, Buffer.from(m.body));
    if (!parsed.ok) throw new Error(parsed.reason);
    return deliveryId(parsed.value as SipRequest, hash);
  };

  it('MUST stay what it is: ledgers and logs hold it', () => {
    expect(idOf({})).toBe('0oAlJI70gvM8ISWAZlf2Aw');
  });

  it('MUST be the same for a repeat by another branch, and 22 characters long', () => {
    expect(idOf({ branch: 'z9hG4bK2' })).toBe(idOf({}));
    expect(idOf({})).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it.each([
    { cseq: 2 },
    { callId: 'c2' },
    { from: '<sip:alice@example.com>;tag=2' },
    { from: '<sip:mallory@example.com>;tag=1' },
    { uri: 'sip:carol@example.com' },
    { body: 'hello!' },
  ])('MUST differ with %j', (change) => {
    expect(idOf(change)).not.toBe(idOf({}));
  });
});
