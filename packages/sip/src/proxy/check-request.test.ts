import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../message.ts';
import { checkRequest } from './check-request.ts';
import { formatBranch, loopHash } from './loop.ts';
import type { ProxyReject } from './reject.ts';

const FIELDS: Readonly<Record<string, string>> = {
  'Max-Forwards': '70',
  From: '<sip:alice@example.com>;tag=1',
  To: '<sip:bob@example.com>',
  'Call-ID': 'c1',
  CSeq: '1 MESSAGE',
};

function request(
  changes: Readonly<Record<string, string | undefined>> = {},
  uri = 'sip:bob@example.com',
): SipRequest {
  const fields: Record<string, string | undefined> = {
    Via: 'SIP/2.0/TCP client;branch=z9hG4bKa',
    ...FIELDS,
    ...changes,
  };
  let head = `MESSAGE ${uri} SIP/2.0\r\n`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) head += `${name}: ${value}\r\n`;
  }
  const message = parseMessage(`${head}Content-Length: 0\r\n\r\n`, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

function check(message: SipRequest): ProxyReject | undefined {
  return checkRequest(message, {
    supportedExtensions: new Set(['path']),
    schemes: new Set(['sip']),
    loop: { hash: loopHash(message), isOurSentBy: (sentBy) => sentBy === 'edge' },
  });
}

/** Every fault at once, in the Via's loop, Max-Forwards and Proxy-Require. */
function faulty(changes: Readonly<Record<string, string | undefined>>, uri?: string): SipRequest {
  const hash = loopHash(request({}, uri));
  return request(
    {
      Via: `SIP/2.0/TCP edge;branch=${formatBranch('x', hash)}`,
      'Max-Forwards': '0',
      'Proxy-Require': 'foo',
      ...changes,
    },
    uri,
  );
}

describe('checkRequest', () => {
  it('MUST let a good request pass', () => {
    expect(check(request())).toBeUndefined();
    expect(check(request({ 'Proxy-Require': 'PATH' }))).toBeUndefined();
    expect(check(request({ Require: 'foo' }))).toBeUndefined();
  });

  it('MUST check in the order syntax, scheme, Max-Forwards, loop, Proxy-Require (RFC 3261 §16.3)', () => {
    expect(check(faulty({ 'Call-ID': undefined }, 'http://example.com'))?.status).toBe(400);
    expect(check(faulty({}, 'http://example.com'))?.status).toBe(416);
    expect(check(faulty({}))?.status).toBe(483);
    expect(check(faulty({ 'Max-Forwards': '1' }))?.status).toBe(482);
    expect(
      check(faulty({ 'Max-Forwards': '1', Via: 'SIP/2.0/TCP edge;branch=z9hG4bKx' }))?.status,
    ).toBe(420);
  });

  it('MUST list every unsupported option tag of Proxy-Require (RFC 3261 §16.3 step 5)', () => {
    expect(check(request({ 'Proxy-Require': 'foo, path,Bar' }))).toEqual({
      ok: false,
      status: 420,
      headers: ['Unsupported: foo, Bar'],
    });
  });

  it('MUST pass a request without Max-Forwards (RFC 3261 §16.3 step 3)', () => {
    expect(check(request({ 'Max-Forwards': undefined }))).toBeUndefined();
  });

  it('MUST name the fault in the reason phrase (RFC 3261 §21.4.1)', () => {
    expect(check(request({ 'Call-ID': undefined }))?.reason).toMatch(/Call-ID/);
  });
});
