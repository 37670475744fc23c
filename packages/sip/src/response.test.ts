import { describe, expect, it } from 'vitest';
import { H } from './header-name.ts';
import { parseMessage, SipRequest, SipResponse } from './message.ts';
import { buildResponse, withTopVia } from './response.ts';

const HEAD =
  'MESSAGE sip:bob@example.com SIP/2.0\r\n' +
  'Via: SIP/2.0/UDP a.example.com;branch=z9hG4bKa;rport, SIP/2.0/UDP b;branch=z9hG4bKb\r\n' +
  'v: SIP/2.0/TCP c;branch=z9hG4bKc\r\n' +
  'f: "A" <sip:a@example.com>;tag=1\r\nTo:\r\n <sip:bob@example.com>\r\n' +
  'i: 1@a\r\nCSeq: 7 MESSAGE\r\nTimestamp: 54\r\nX: y\r\n\r\n';

function request(head: string): SipRequest {
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || !(message.value instanceof SipRequest)) throw new Error('not a request');
  return message.value;
}

function reparse(head: string): SipResponse {
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || !(message.value instanceof SipResponse)) throw new Error('not a response');
  return message.value;
}

describe('buildResponse', () => {
  it('MUST copy every Via in order, From, To, Call-ID and CSeq (RFC 3261 §8.2.6.2)', () => {
    const made = buildResponse(request(HEAD), 404);
    expect(made.head).toBe(
      'SIP/2.0 404 Not Found\r\n' +
        'Via: SIP/2.0/UDP a.example.com;branch=z9hG4bKa;rport, SIP/2.0/UDP b;branch=z9hG4bKb\r\n' +
        'v: SIP/2.0/TCP c;branch=z9hG4bKc\r\n' +
        'f: "A" <sip:a@example.com>;tag=1\r\nTo:\r\n <sip:bob@example.com>\r\n' +
        'i: 1@a\r\nCSeq: 7 MESSAGE\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('MUST add a To tag only where there is none (RFC 3261 §8.2.6.2)', () => {
    const added = reparse(buildResponse(request(HEAD), 200, { toTag: 'tt' }).head);
    expect(added.to.ok && added.to.value.tag).toBe('tt');
    const tagged = request(
      HEAD.replace('<sip:bob@example.com>\r\ni', '<sip:bob@example.com>;tag=x\r\ni'),
    );
    const kept = reparse(buildResponse(tagged, 200, { toTag: 'tt' }).head);
    expect(kept.to.ok && kept.to.value.tag).toBe('x');
    const empty = request(tagged.head.replace(';tag=x', ';tag'));
    expect(buildResponse(empty, 200, { toTag: 'tt' }).head).toContain('com>;tag\r\n');
  });

  it('MUST replace only the topmost Via value (RFC 3581 §4)', () => {
    const via = 'SIP/2.0/UDP a.example.com;branch=z9hG4bKa;rport=9;received=192.0.2.1';
    const made = reparse(buildResponse(request(HEAD), 202, { via }).head);
    expect(made.values(H.VIA)).toEqual([
      via,
      'SIP/2.0/UDP b;branch=z9hG4bKb',
      'SIP/2.0/TCP c;branch=z9hG4bKc',
    ]);
  });

  it('MUST carry extra headers, reason and body with its length', () => {
    const made = buildResponse(request(HEAD), 503, {
      reason: 'Store Away',
      headers: ['Retry-After: 5'],
      body: new Uint8Array(3),
    });
    const response = reparse(made.head);
    expect([response.status, response.reason, response.get(H.RETRY_AFTER)]).toEqual([
      503,
      'Store Away',
      '5',
    ]);
    expect(response.get(H.CONTENT_LENGTH)).toBe('3');
    expect(made.body.length).toBe(3);
  });

  it('SHOULD copy Timestamp into a 100 (RFC 3261 §8.2.6.1)', () => {
    expect(reparse(buildResponse(request(HEAD), 100).head).get(H.TIMESTAMP)).toBe('54');
  });

  it('MUST leave out what the request lacks', () => {
    const made = buildResponse(request('MESSAGE sip:b@c SIP/2.0\r\nVia: x\r\n\r\n'), 400);
    expect(made.head).toBe('SIP/2.0 400 Bad Request\r\nVia: x\r\nContent-Length: 0\r\n\r\n');
  });
});

describe('withTopVia', () => {
  const body = new Uint8Array(2);
  const over = (rows: string): string =>
    withTopVia({ head: `SIP/2.0 200 OK\r\n${rows}\r\n`, body }, 'SIP/2.0/TCP n').head;

  it('MUST replace the topmost value alone, in whatever form its row is', () => {
    expect(over('To: <sip:a@b>\r\nVia: SIP/2.0/TCP o;x="a,b", SIP/2.0/UDP p\r\n')).toBe(
      'SIP/2.0 200 OK\r\nTo: <sip:a@b>\r\nVia: SIP/2.0/TCP n, SIP/2.0/UDP p\r\n\r\n',
    );
    expect(over('v : o\r\nVia: p\r\n')).toBe(
      'SIP/2.0 200 OK\r\nv : SIP/2.0/TCP n\r\nVia: p\r\n\r\n',
    );
  });

  it('MUST leave a response without Via as it is', () => {
    const response = { head: 'SIP/2.0 200 OK\r\nX-Via: o\r\n\r\n', body };
    expect(withTopVia(response, 'n')).toBe(response);
  });
});
