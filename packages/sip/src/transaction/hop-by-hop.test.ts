import { describe, expect, it } from 'vitest';
import { requestOf } from '../../testdata/fixtures.ts';
import { buildCancel } from './hop-by-hop.ts';

describe('buildCancel', () => {
  it('MUST have the Request-URI, Call-ID, To, From, CSeq number and Routes of the INVITE, its top Via alone, and no Require (RFC 3261 §9.1)', () => {
    const invite = requestOf(
      [
        'INVITE sip:bob@192.0.2.4 SIP/2.0',
        'v: SIP/2.0/UDP proxy;branch=z9hG4bKp, SIP/2.0/UDP client;branch=z9hG4bKc',
        'Via: SIP/2.0/UDP first;branch=z9hG4bKf',
        'Max-Forwards: 69',
        'Route: <sip:a;lr>',
        'Route: <sip:b;lr>',
        'Require: 100rel',
        'Proxy-Require: foo',
        'f: <sip:alice@example.com>;tag=1',
        't: <sip:bob@example.com>',
        'i: c1',
        'CSeq: 7 INVITE',
        'Content-Type: application/sdp',
        'Content-Length: 3',
      ].join('\n'),
      new Uint8Array(3),
    );
    const cancel = buildCancel(invite);
    expect(cancel.head).toBe(
      [
        'CANCEL sip:bob@192.0.2.4 SIP/2.0',
        'Via: SIP/2.0/UDP proxy;branch=z9hG4bKp',
        'Route: <sip:a;lr>',
        'Route: <sip:b;lr>',
        'Max-Forwards: 70',
        'From: <sip:alice@example.com>;tag=1',
        'To: <sip:bob@example.com>',
        'Call-ID: c1',
        'CSeq: 7 CANCEL',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
    expect(cancel.body).toHaveLength(0);
  });
});
