import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../message.ts';
import { formatBranch, hasLooped, loopHash } from './loop.ts';

function request(
  lines: readonly string[] = [],
  uri = 'sip:bob@example.com',
  method = 'MESSAGE',
  cseq = 1,
): SipRequest {
  const head = [
    `${method} ${uri} SIP/2.0`,
    ...lines,
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    'Call-ID: c1',
    `CSeq: ${cseq} ${method}`,
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

const isOurs = (sentBy: string): boolean => sentBy === 'edge1:5070' || sentBy === 'edge2:5070';

describe('loopHash', () => {
  it('MUST depend on Request-URI, Route, Call-ID and CSeq number (RFC 5393 §4.2.1)', () => {
    const hash = loopHash(request());
    expect(hash).toMatch(/^[0-9a-z]{2,14}$/);
    expect(loopHash(request())).toBe(hash);
    expect(loopHash(request([], 'sip:carol@example.com'))).not.toBe(hash);
    expect(loopHash(request(['Route: <sip:edge1;lr>']))).not.toBe(hash);
    expect(loopHash(request([], 'sip:bob@example.com', 'MESSAGE', 2))).not.toBe(hash);
  });

  it('MUST NOT depend on method or Via (RFC 5393 §4.2.1)', () => {
    const hash = loopHash(request(['Via: SIP/2.0/UDP a;branch=z9hG4bK1']));
    expect(loopHash(request(['Via: SIP/2.0/UDP b;branch=z9hG4bK2'], undefined, 'OPTIONS'))).toBe(
      hash,
    );
  });

  it('MUST tell apart values that only differ in where one ends', () => {
    const split = loopHash(request(['Route: <sip:a;lr>', 'Route: <sip:b;lr>']));
    expect(loopHash(request(['Route: <sip:a;lr><sip:b;lr>']))).not.toBe(split);
    expect(loopHash(request(['Route: <sip:a;lr>, <sip:b;lr>']))).toBe(split);
  });

  it('MUST NOT collide on 50,000 similar Request-URIs', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 50_000; i += 1) seen.add(loopHash(request([], `sip:u${i}@example.com`)));
    expect(seen.size).toBe(50_000);
  });
});

describe('hasLooped', () => {
  const hash = loopHash(request());
  const branch = formatBranch('abc.def', hash);

  it('MUST find its hash in every Via that is ours, not only the topmost (RFC 5393 §4.2.1)', () => {
    const looped = request([
      'Via: SIP/2.0/TCP other:5060;branch=z9hG4bKx',
      `Via: SIP/2.0/UDP third, SIP / 2.0 / TCP EDGE2 : 5070 ; branch=${branch}`,
    ]);
    expect(hasLooped(looped, isOurs, hash)).toBe(true);
  });

  it('MUST let a spiral pass: ours, but with another hash (RFC 3261 §16.3 step 4)', () => {
    const other = formatBranch('abc', loopHash(request([], 'sip:carol@example.com')));
    expect(hasLooped(request([`Via: SIP/2.0/TCP edge1:5070;branch=${other}`]), isOurs, hash)).toBe(
      false,
    );
  });

  it('MUST NOT take a Via that is not ours for a loop', () => {
    expect(hasLooped(request([`Via: SIP/2.0/TCP edge9:5070;branch=${branch}`]), isOurs, hash)).toBe(
      false,
    );
    expect(
      hasLooped(request([`Via: SIP/2.0/TCP edge1:5070;branch=z9hG4bKx;p=${branch}`]), isOurs, hash),
    ).toBe(false);
  });

  it('MUST NOT stumble over a Via that cannot be parsed', () => {
    const vias = [`Via: ;;,;${branch}`, `Via: SIP/2.0/TCP edge1:5070;branch=${branch}`];
    expect(hasLooped(request(vias), isOurs, hash)).toBe(true);
  });
});
