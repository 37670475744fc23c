import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest, type SipResponse } from '../message.ts';
import { type ForwardOptions, forwardRequest, legalRequestUri } from './forward-request.ts';
import { forwardResponse } from './forward-response.ts';

function request(lines: readonly string[], uri = 'sip:bob@example.com', body = ''): SipRequest {
  const head = [`MESSAGE ${uri} SIP/2.0`, ...lines, '', ''].join('\r\n');
  const message = parseMessage(head, new TextEncoder().encode(body));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

function forward(lines: readonly string[], options: Partial<ForwardOptions> = {}): string[] {
  return forwardRequest(request(lines), {
    requestUri: 'sip:bob@example.com',
    via: 'SIP/2.0/TCP edge:5070;branch=z9hG4bKe',
    routes: [],
    popRoutes: 0,
    ...options,
  }).split('\r\n');
}

const CLIENT_VIA = 'v : SIP/2.0/UDP client;branch=z9hG4bKc';
const OUR_VIA = 'Via: SIP/2.0/TCP edge:5070;branch=z9hG4bKe';

describe('forwardRequest', () => {
  it('MUST decrement Max-Forwards, push its Via and leave every other byte alone (RFC 3261 §16.6)', () => {
    expect(
      forward([CLIENT_VIA, 'max-forwards:  070', 'X-Odd:  a ,,;\r\n  folded', 'l: 0'], {
        contentLength: true,
      }),
    ).toEqual([
      'MESSAGE sip:bob@example.com SIP/2.0',
      OUR_VIA,
      CLIENT_VIA,
      'Max-Forwards: 69',
      'X-Odd:  a ,,;',
      '  folded',
      'l: 0',
      '',
      '',
    ]);
  });

  it.each([
    ['absent', []],
    ['out of range', ['Max-Forwards: 300']],
    ['nonsense', ['Max-Forwards: x']],
  ])('MUST put Max-Forwards 70 where it is %s (RFC 3261 §16.6 step 3)', (_name, lines) => {
    const head = forward([CLIENT_VIA, ...lines]);
    expect(head.filter((line) => line.startsWith('Max-Forwards'))).toEqual(['Max-Forwards: 70']);
  });

  it('MUST complete the Via of the request with what is known of its source (RFC 3261 §18.2.1)', () => {
    const lower = 'Via: SIP/2.0/UDP a;branch=z9hG4bKa, SIP/2.0/UDP b;branch=z9hG4bKb';
    const receivedVia = 'SIP/2.0/UDP a;branch=z9hG4bKa;received=192.0.2.1';
    const head = forward([lower], { receivedVia });
    expect(head.filter((line) => line.startsWith('Via'))).toEqual([
      OUR_VIA,
      `Via: ${receivedVia}`,
      'Via: SIP/2.0/UDP b;branch=z9hG4bKb',
    ]);
  });

  it('MUST put its Record-Routes above those there are, and its share of Max-Breadth in place (RFC 3261 §16.6 step 4, RFC 5393 §5.3.3)', () => {
    const options = { recordRoutes: ['<sip:t@a:1;lr>', '<sip:t@b:2;lr>'], maxBreadth: 20 };
    const below = ['Max-Forwards: 8', 'Record-Route: <sip:c;lr>'];
    expect(forward([CLIENT_VIA, ...below, 'max-breadth: 60'], options)).toEqual([
      'MESSAGE sip:bob@example.com SIP/2.0',
      OUR_VIA,
      CLIENT_VIA,
      'Max-Forwards: 7',
      'Record-Route: <sip:t@a:1;lr>',
      'Record-Route: <sip:t@b:2;lr>',
      'Record-Route: <sip:c;lr>',
      'Max-Breadth: 20',
      '',
      '',
    ]);
    expect(forward([CLIENT_VIA], options)).toContain('Max-Breadth: 20');
  });

  it('MUST add Content-Length on streams when there is none (RFC 3261 §16.6 step 9)', () => {
    const options = { requestUri: 'sip:b@h', via: 'x', routes: [], popRoutes: 0 };
    const bodied = request([CLIENT_VIA], 'sip:b@h', 'hällo');
    expect(forwardRequest(bodied, { ...options, contentLength: true })).toContain(
      '\r\nContent-Length: 6\r\n\r\n',
    );
    expect(forwardRequest(bodied, options)).not.toContain('Content-Length');
  });

  it('MUST put its Routes above the rest, after taking off its own (RFC 3261 §16.4, §16.6 step 6; RFC 3327 §5.2)', () => {
    const lines = [CLIENT_VIA, 'Route: <sip:us;lr>,<sip:them;lr>', 'Max-Forwards: 9'];
    expect(
      forward(lines, {
        requestUri: 'sip:bob@10.0.0.1',
        popRoutes: 1,
        routes: ['<sip:tok@edge1;lr>', '<sip:edge2;lr>'],
      }),
    ).toEqual([
      'MESSAGE sip:bob@10.0.0.1 SIP/2.0',
      OUR_VIA,
      CLIENT_VIA,
      'Route: <sip:tok@edge1;lr>',
      'Route: <sip:edge2;lr>',
      'Route: <sip:them;lr>',
      'Max-Forwards: 8',
      '',
      '',
    ]);
    expect(forward(lines, { popRoutes: 2 }).some((line) => line.startsWith('Route'))).toBe(false);
  });

  it('MUST rewrite for a strict router as next hop (RFC 3261 §16.6 step 6)', () => {
    const lines = [
      CLIENT_VIA,
      'Route: <sip:us;lr>',
      'Route: <sip:strict:5070?x=y>',
      'Route: <sip:next;lr>',
    ];
    const head = forward(lines, { requestUri: 'sip:bob@10.0.0.1', popRoutes: 1 });
    expect(head[0]).toBe('MESSAGE sip:strict:5070 SIP/2.0');
    expect(head.filter((line) => line.startsWith('Route'))).toEqual([
      'Route: <sip:next;lr>, <sip:bob@10.0.0.1>',
    ]);
  });

  it('MUST NOT take a Route below its own for the next hop (RFC 3261 §16.6 step 6)', () => {
    const lines = [CLIENT_VIA, 'Route: <sip:strict>'];
    const head = forward(lines, { requestUri: 'sip:bob@10.0.0.1', routes: ['<sip:tok@edge;lr>'] });
    expect(head[0]).toBe('MESSAGE sip:bob@10.0.0.1 SIP/2.0');
    expect(head.filter((line) => line.startsWith('Route'))).toEqual([
      'Route: <sip:tok@edge;lr>',
      'Route: <sip:strict>',
    ]);
  });

  it('MUST take the last Route off when it became the Request-URI (RFC 3261 §16.4)', () => {
    const lines = [CLIENT_VIA, 'Route: <sip:next;lr>, <sip:bob@10.0.0.1>'];
    const head = forward(lines, { requestUri: 'sip:bob@10.0.0.1', dropLastRoute: true });
    expect(head[0]).toBe('MESSAGE sip:bob@10.0.0.1 SIP/2.0');
    expect(head.filter((line) => line.startsWith('Route'))).toEqual(['Route: <sip:next;lr>']);
    expect(
      forward([CLIENT_VIA, 'Route: <sip:bob@10.0.0.1>'], { dropLastRoute: true }).some((line) =>
        line.startsWith('Route'),
      ),
    ).toBe(false);
  });

  it('MUST strip what is illegal in a Request-URI and never turn it into headers (RFC 3261 §16.6 step 2, §19.1.5)', () => {
    expect(legalRequestUri('sip:b@h:5070;method=INVITE;x=1?Route=%3Csip:evil%3E')).toBe(
      'sip:b@h:5070;x=1',
    );
    expect(legalRequestUri('sip:b@h;METHOD=INVITE')).toBe('sip:b@h');
    expect(legalRequestUri('sip:what?the@h;x')).toBe('sip:what?the@h;x');
    expect(legalRequestUri('sip:method@h')).toBe('sip:method@h');
    expect(legalRequestUri('tel:+1')).toBe('tel:+1');
    expect(forward([CLIENT_VIA], { requestUri: 'sip:b@h?Subject=x' })[0]).toBe(
      'MESSAGE sip:b@h SIP/2.0',
    );
  });
});

describe('forwardResponse', () => {
  function response(vias: readonly string[]): SipResponse {
    const head = ['SIP/2.0 200 OK', ...vias, 'CSeq: 1 MESSAGE', '', ''].join('\r\n');
    const message = parseMessage(head, new Uint8Array(0));
    if (!message.ok || message.value.kind !== 'response')
      throw new Error('test response is broken');
    return message.value;
  }

  it('MUST remove the topmost Via and keep the others (RFC 3261 §16.7 step 3)', () => {
    expect(forwardResponse(response([OUR_VIA, CLIENT_VIA]), 1)).toBe(
      `SIP/2.0 200 OK\r\n${CLIENT_VIA}\r\nCSeq: 1 MESSAGE\r\n\r\n`,
    );
    expect(forwardResponse(response(['Via: a,b ,c', CLIENT_VIA]), 2)).toBe(
      `SIP/2.0 200 OK\r\nVia: c\r\n${CLIENT_VIA}\r\nCSeq: 1 MESSAGE\r\n\r\n`,
    );
  });
});
