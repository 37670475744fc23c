import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { challengeRealm } from '../digest/digest-challenge.ts';
import { H } from '../header-name.ts';
import { parseMessage, SipRequest } from '../message.ts';
import { formatBearerChallenge, formatBearerLine } from './bearer-challenge.ts';
import { bearerRows, findBearerToken, parseBearerToken } from './bearer-credentials.ts';

function request(...headers: string[]): SipRequest {
  const head = ['MESSAGE sip:bob@example.com SIP/2.0', ...headers, '', ''].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || !(message.value instanceof SipRequest)) throw new Error('not a request');
  return message.value;
}

describe('an access token', () => {
  test.each([
    ['Bearer mF_9.B5f-4.1JqM', 'mF_9.B5f-4.1JqM'],
    ['bearer a~b+c/d==', 'a~b+c/d=='],
    ['BEARER  \t x  ', 'x'],
    ['Bearer\r\n eyJ.e30.c2ln', 'eyJ.e30.c2ln'],
  ])('MUST be taken as it is sent: %j (RFC 6750 §2.1)', (text, token) => {
    expect(parseBearerToken(text)).toEqual({ ok: true, value: token });
  });

  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer a,b',
    'Bearer "a"',
    'Bearer a=b',
    'Bearer ü',
    'Bearers a',
    'Basic YWxpY2U6cw==',
    'Digest username="alice"',
  ])('MUST NOT be taken from what is none: %j', (text) => {
    expect(parseBearerToken(text)).toMatchObject({ ok: false, code: 'SIP_BAD_CREDENTIALS' });
  });

  test('MUST come back whatever it is made of, and nothing else may throw', () => {
    const b64 = 'ABCxyz019-._~+/'.split('');
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...b64), minLength: 1 }),
        fc.string(),
        (token, noise) => {
          expect(parseBearerToken(`Bearer ${token}`)).toEqual({ ok: true, value: token });
          parseBearerToken(noise);
          parseBearerToken(`Bearer ${noise}`);
        },
      ),
    );
  });

  test('MUST be found among rows of other schemes, and the row known that holds it, malformed or not', () => {
    const one = request(
      'Proxy-Authorization: Digest username="a", realm="r", nonce="n", uri="u", response="0"',
      'Proxy-Authorization: Bearer not a token',
      'Authorization: Bearer for.a.registrar',
      'Proxy-Authorization: bearer for.a.proxy',
    );
    expect(findBearerToken(one, H.PROXY_AUTHORIZATION)).toBe('for.a.proxy');
    expect(findBearerToken(one, H.AUTHORIZATION)).toBe('for.a.registrar');
    expect(bearerRows(one, H.PROXY_AUTHORIZATION).map((row) => one.valueAt(row))).toEqual([
      'Bearer not a token',
      'bearer for.a.proxy',
    ]);
    expect(findBearerToken(request('Proxy-Authorization: Basic YQ=='), H.PROXY_AUTHORIZATION)).toBe(
      undefined,
    );
  });
});

describe('a Bearer challenge', () => {
  const challenge = {
    realm: 'example.com',
    authzServer: 'https://login.example.com/realms/chat',
    scope: undefined,
  };

  test('MUST name the authorization server, and an error only where there was a token (RFC 8898 §2.2, §4; RFC 6750 §3.1)', () => {
    expect(formatBearerChallenge(challenge, undefined)).toBe(
      'Bearer realm="example.com", authz_server="https://login.example.com/realms/chat"',
    );
    expect(formatBearerChallenge({ ...challenge, scope: 'sip im' }, 'insufficient_scope')).toBe(
      'Bearer realm="example.com", scope="sip im", authz_server="https://login.example.com/realms/chat", error="insufficient_scope"',
    );
  });

  test('MUST be WWW-Authenticate in a 401, Proxy-Authenticate in a 407 (RFC 8898 §2.2, §2.3)', () => {
    const value = formatBearerChallenge(challenge, 'invalid_token');
    expect(formatBearerLine(401, challenge, 'invalid_token')).toBe(`WWW-Authenticate: ${value}`);
    expect(formatBearerLine(407, challenge, 'invalid_token')).toBe(`Proxy-Authenticate: ${value}`);
  });

  test('MUST be known by its realm, as any challenge, so that nobody else makes one for ours', () => {
    expect(challengeRealm(formatBearerChallenge(challenge, 'invalid_token'))).toBe('example.com');
  });
});
