import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../message.ts';
import { preprocessRoute, type RouteStep } from './preprocess-route.ts';

function request(uri: string, routes: readonly string[] = []): SipRequest {
  const head = [
    `MESSAGE ${uri} SIP/2.0`,
    'Via: SIP/2.0/UDP client;branch=z9hG4bKa',
    ...routes.map((route) => `Route: ${route}`),
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    'Call-ID: c1',
    'CSeq: 1 MESSAGE',
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

const isOurs = (host: string, port: number | undefined): boolean =>
  (host === 'edge.example.com' || host === '[2001:db8::1]') &&
  (port === undefined || port === 5060);

function step(uri: string, routes?: readonly string[]): RouteStep {
  const result = preprocessRoute(request(uri, routes), isOurs);
  if (!result.ok) throw new Error(`rejected with ${result.status}`);
  return result;
}

describe('preprocessRoute', () => {
  it('MUST leave a request without Route alone', () => {
    expect(step('sip:bob@example.com;x=1')).toEqual({
      ok: true,
      requestUri: 'sip:bob@example.com;x=1',
      popRoutes: 0,
      dropLastRoute: false,
      nextRoute: undefined,
      flowUser: undefined,
      ownRoute: undefined,
    });
  });

  it('MUST give the flow token of a Record-Route value that a strict router made the Request-URI (RFC 3261 §16.4)', () => {
    expect(
      step('sip:token@edge.example.com;lr', ['<sip:next;lr>', '<sip:bob@192.0.2.4>']),
    ).toMatchObject({
      requestUri: 'sip:bob@192.0.2.4',
      dropLastRoute: true,
      popRoutes: 0,
      nextRoute: '<sip:next;lr>',
      flowUser: 'token',
    });
  });

  it('MUST remove a first Route value that is ours and give its user part as flow token (RFC 3261 §16.4, RFC 5626 §5.3)', () => {
    const result = step('sip:bob@10.0.0.1', [
      '<sip:e1.Tok-en_9@EDGE.example.com:5060;lr;fb>, <sip:next;lr>',
    ]);
    expect(result).toMatchObject({
      popRoutes: 1,
      flowUser: 'e1.Tok-en_9',
      nextRoute: '<sip:next;lr>',
      requestUri: 'sip:bob@10.0.0.1',
    });
    expect(result.ownRoute?.params.has('fb')).toBe(true);
  });

  it('MUST NOT remove a Route value that is not ours (RFC 3261 §16.4)', () => {
    expect(
      step('sip:bob@example.com', ['<sip:other;lr>', '<sip:edge.example.com;lr>']),
    ).toMatchObject({
      popRoutes: 0,
      nextRoute: '<sip:other;lr>',
    });
  });

  it('MAY remove further values of ours at once, but not beyond a flow token', () => {
    expect(
      step('sip:bob@example.com', [
        '<sip:edge.example.com;lr>, <sip:[2001:DB8::1];lr>',
        '<sip:tok@edge.example.com;lr>',
        '<sip:edge.example.com;lr>',
      ]),
    ).toMatchObject({ popRoutes: 3, flowUser: 'tok', nextRoute: '<sip:edge.example.com;lr>' });
  });

  it('MUST undo a strict router upstream (RFC 3261 §16.4)', () => {
    expect(
      step('sip:tok@edge.example.com;lr', ['<sip:next;lr>', '<sip:bob@10.0.0.1:5062;x=1>']),
    ).toMatchObject({
      requestUri: 'sip:bob@10.0.0.1:5062;x=1',
      dropLastRoute: true,
      popRoutes: 0,
      nextRoute: '<sip:next;lr>',
    });
    expect(step('sip:edge.example.com;lr', ['<sip:bob@10.0.0.1>'])).toMatchObject({
      requestUri: 'sip:bob@10.0.0.1',
      dropLastRoute: true,
      popRoutes: 0,
      nextRoute: undefined,
    });
  });

  it('MUST NOT take a Request-URI without lr, or without Route, for a strict router (RFC 3261 §16.4)', () => {
    expect(step('sip:edge.example.com', ['<sip:bob@10.0.0.1>']).dropLastRoute).toBe(false);
    expect(step('sip:edge.example.com;lr').requestUri).toBe('sip:edge.example.com;lr');
  });

  it('MUST strip a maddr that is ours, with port and transport (RFC 3261 §16.4)', () => {
    const uri = 'sip:bob@example.com:5060;maddr=EDGE.example.com;transport=tcp;x=1';
    expect(step(uri).requestUri).toBe('sip:bob@example.com;x=1');
    const foreign = 'sip:bob@example.com;maddr=192.0.2.9';
    expect(step(foreign).requestUri).toBe(foreign);
    expect(step('sip:bob@example.com:5099;maddr=edge.example.com').requestUri).toContain('maddr');
  });

  it.each(['"unterminated <sip:x>', '<sip:>', '<>'])(
    'MUST refuse a topmost Route that is %s with 400',
    (route) => {
      expect(preprocessRoute(request('sip:bob@example.com', [route]), isOurs)).toMatchObject({
        ok: false,
        status: 400,
      });
    },
  );

  it('MUST refuse a Request-URI that is none with 400', () => {
    expect(preprocessRoute(request('nonsense'), isOurs)).toMatchObject({ ok: false, status: 400 });
  });
});
