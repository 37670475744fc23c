import { buildResponse, parseMessage } from '@hermod/sip';
import { expect, test } from 'vitest';
import { withoutOtherChallenges } from './challenges.js';

const CHALLENGES = ['SHA-512-256', 'SHA-256', 'MD5'].map(
  (algorithm) =>
    `Proxy-Authenticate: Digest realm="r", nonce="n", algorithm=${algorithm}, qop="auth"`,
);

function responseWith(status: number): string {
  const head =
    'MESSAGE sip:b@x SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n' +
    'To: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n\r\n';
  const request = parseMessage(head, new Uint8Array(0));
  if (!request.ok || request.value.kind !== 'request') throw new Error('malformed');
  return buildResponse(request.value, status, { headers: CHALLENGES, toTag: 't' }).head;
}

test('of challenges MUST only those of MD5 be left, and all else as it was (RFC 8760 §2.4)', () => {
  const response = responseWith(407);
  const left = withoutOtherChallenges(response);
  expect(left.split('\r\n').filter((row) => row.startsWith('Proxy-'))).toEqual([CHALLENGES[2]]);
  const others = (text: string) => text.split('\r\n').filter((row) => !row.startsWith('Proxy-'));
  expect(others(left)).toEqual(others(response));
});

test('a challenge without algorithm is one of MD5 (RFC 7616 §3.3); quotes and case MUST NOT matter', () => {
  for (const algorithm of ['', ', algorithm="MD5"', ', algorithm=md5']) {
    const row = `WWW-Authenticate: Digest realm="r", nonce="n"${algorithm}`;
    const response = `SIP/2.0 401 Unauthorized\r\n${row}\r\n\r\n`;
    expect(withoutOtherChallenges(response)).toBe(response);
  }
});

test('anything that is no challenge MUST be left alone', () => {
  const request = 'MESSAGE sip:a@x SIP/2.0\r\n\r\nWWW-Authenticate: Digest algorithm=SHA-256\r\n';
  for (const message of [request, responseWith(200)]) {
    expect(withoutOtherChallenges(message)).toBe(message);
  }
});
