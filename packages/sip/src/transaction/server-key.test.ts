import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../message.ts';
import { serverTransactionKey } from './server-key.ts';

function request(
  changes: { method?: string; via?: string; to?: string; uri?: string } = {},
): SipRequest {
  const method = changes.method ?? 'MESSAGE';
  const head = [
    `${method} ${changes.uri ?? 'sip:bob@example.com'} SIP/2.0`,
    `Via: ${changes.via ?? 'SIP/2.0/UDP Client.example.com:5070;branch=z9hG4bKabc;rport'}`,
    'Max-Forwards: 70',
    'From: <sip:alice@example.com>;tag=1',
    `To: ${changes.to ?? '<sip:bob@example.com>'}`,
    'Call-ID: c1@client',
    `CSeq: 7 ${method}`,
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

describe('serverTransactionKey', () => {
  it('MUST match by branch, sent-by and method (RFC 3261 §17.2.3)', () => {
    const key = serverTransactionKey(request());
    expect(serverTransactionKey(request({ to: '<sip:other@example.com>' }))).toBe(key);
    expect(
      serverTransactionKey(
        request({ via: 'SIP/2.0/TCP client.EXAMPLE.com:5070;branch=z9hG4bKabc' }),
      ),
    ).toBe(key);
    expect(
      serverTransactionKey(
        request({ via: 'SIP/2.0/UDP client.example.com:5070;branch=z9hG4bKabd' }),
      ),
    ).not.toBe(key);
    expect(
      serverTransactionKey(request({ via: 'SIP/2.0/UDP client.example.com;branch=z9hG4bKabc' })),
    ).not.toBe(key);
    expect(serverTransactionKey(request({ method: 'OPTIONS' }))).not.toBe(key);
  });

  it('MUST file an ACK under its INVITE, and find the target of a CANCEL by method (RFC 3261 §17.2.3, §9.2)', () => {
    expect(serverTransactionKey(request({ method: 'ACK' }))).toBe(
      serverTransactionKey(request({ method: 'INVITE' })),
    );
    expect(serverTransactionKey(request({ method: 'CANCEL' }), 'MESSAGE')).toBe(
      serverTransactionKey(request()),
    );
  });

  it.each(['SIP/2.0/UDP h', 'SIP/2.0/UDP h;branch=z9hG4bKabc'])(
    'MUST find the INVITE of an ACK and of a CANCEL, whatever To tag the answer had: %s (RFC 3261 §17.2.3)',
    (via) => {
      const key = serverTransactionKey(request({ method: 'INVITE', via }));
      const to = '<sip:bob@example.com>;tag=answer';
      expect(serverTransactionKey(request({ method: 'ACK', via, to }))).toBe(key);
      expect(serverTransactionKey(request({ method: 'CANCEL', via }), 'INVITE')).toBe(key);
    },
  );

  it('MUST know the cookie in any case (RFC 3261 §7.3.1)', () => {
    const key = serverTransactionKey(request({ via: 'SIP/2.0/UDP h;branch=Z9HG4BKabc' }));
    expect(
      serverTransactionKey(
        request({ via: 'SIP/2.0/UDP h;branch=Z9HG4BKabc', to: '<sip:other@example.com>;tag=2' }),
      ),
    ).toBe(key);
  });

  it.each([
    ['a branch without cookie', 'SIP/2.0/UDP h;branch=1'],
    ['no branch', 'SIP/2.0/UDP h'],
    ['a bare cookie (RFC 4475 §3.2.1)', 'SIP/2.0/UDP h;branch=z9hG4bK'],
  ])('MUST compare the RFC 2543 values for %s (RFC 3261 §17.2.3)', (_name, via) => {
    const key = serverTransactionKey(request({ via }));
    expect(serverTransactionKey(request({ via }))).toBe(key);
    expect(serverTransactionKey(request({ via, uri: 'sip:carol@example.com' }))).not.toBe(key);
    expect(serverTransactionKey(request({ via, to: '<sip:bob@example.com>;tag=9' }))).not.toBe(key);
    expect(serverTransactionKey(request({ via: `${via};x=1` }))).not.toBe(key);
    expect(serverTransactionKey(request({ via, method: 'OPTIONS' }))).not.toBe(key);
  });
});
