import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H } from '../header-name.ts';
import { parseMessage, SipRequest } from '../message.ts';
import { challengeRealm, formatChallengeLines } from './digest-challenge.ts';
import {
  credentialRows,
  type DigestCredentials,
  findCredentials,
  parseDigestCredentials,
} from './digest-credentials.ts';
import {
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  type DigestHash,
  parseDigestAlgorithm,
} from './digest-hash.ts';
import { digestHa1, digestResponse, equalsInConstantTime } from './digest-response.ts';

const NODE_NAMES = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const;

const hash: DigestHash = {
  hashText: (algorithm, text) =>
    createHash(NODE_NAMES[algorithm]).update(text, 'latin1').digest('hex'),
  hashBytes: (algorithm, bytes) => createHash(NODE_NAMES[algorithm]).update(bytes).digest('hex'),
};
const NO_BODY = new Uint8Array(0);

function credentials(text: string): DigestCredentials {
  const result = parseDigestCredentials(text);
  if (!result.ok) throw new Error(`at ${result.at}`);
  return result.value;
}

function request(...headers: string[]): SipRequest {
  const head = ['MESSAGE sip:bob@example.com SIP/2.0', ...headers, '', ''].join('\r\n');
  const message = parseMessage(head, NO_BODY);
  if (!message.ok || !(message.value instanceof SipRequest)) throw new Error('not a request');
  return message.value;
}

const ROW =
  'Digest username="bob", realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
  'uri="sip:biloxi.com", qop=auth, nc=00000001, cnonce="0a4f113b", response="aa", opaque="5ccc"';

describe('the realm of a challenge', () => {
  test.each([
    ['Digest realm="biloxi.com", nonce="1", qop="auth,auth-int"', 'biloxi.com'],
    ['Digest nonce="1", REALM = "bil\\oxi.com"', 'biloxi.com'],
    ['Basic realm=biloxi.com', 'biloxi.com'],
    ['Digest realm="a", realm="biloxi.com"', undefined],
    ['Digest realm="a", nonce="1", Digest realm="biloxi.com"', undefined],
    ['Digest realm="a" nonce="1"', undefined],
    ['Digest realm="a', undefined],
    ['Digest nonce="1"', undefined],
    ['', undefined],
  ])('%j MUST be %j', (row, realm) => {
    expect(challengeRealm(row)).toBe(realm);
  });
});

describe('the request-digest', () => {
  test.each([
    ['MD5', '9e2d1006810044fd79f39476209ae31a'],
    ['SHA-256', '93e0e23c30bf2e3b139a3410a7edc9a5b15b1cfd8fd557ca8ee303e4372339a1'],
    ['SHA-512-256', '4bf969d821d66b375c5b96ab92a04ea44a9f7a2a259b9351753b177ccd0cd062'],
  ] as const)(
    'MUST be that of the known vector for %s, qop auth (RFC 8760 §2)',
    (algorithm, want) => {
      const ha1 = digestHa1(hash, algorithm, 'bob', 'biloxi.com', 'zanzibar');
      const row = credentials(ROW);
      expect(digestResponse(hash, algorithm, ha1, 'REGISTER', row, NO_BODY)).toBe(want);
    },
  );

  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('MUST be that of the example for %s (RFC 7616 §3.9.1)', (algorithm, want) => {
    const ha1 = digestHa1(hash, algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    const row = credentials(
      'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", ' +
        `algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ` +
        'nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, ' +
        `response="${want}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    );
    expect(digestResponse(hash, algorithm, ha1, 'GET', row, NO_BODY)).toBe(row.response);
  });

  test('MUST be that of RFC 2617 §3.5 (MD5, qop auth)', () => {
    const ha1 = digestHa1(hash, 'MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life');
    const row = credentials(
      'Digest username="Mufasa",realm="testrealm@host.com",uri="/dir/index.html",qop=auth,nc=00000001,' +
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",cnonce="0a4f113b",response="6629fae49393a05397450978507c4ef1"',
    );
    expect(digestResponse(hash, 'MD5', ha1, 'GET', row, NO_BODY)).toBe(row.response);
  });

  test('MUST cover the body with qop auth-int, and not with auth (RFC 7616 §3.4.3)', () => {
    const ha1 = digestHa1(hash, 'SHA-256', 'bob', 'biloxi.com', 'zanzibar');
    const of = (qop: string, body: string) =>
      digestResponse(
        hash,
        'SHA-256',
        ha1,
        'MESSAGE',
        credentials(ROW.replace('qop=auth', `qop=${qop}`)),
        Buffer.from(body),
      );
    expect(of('auth', 'hi')).toBe(of('auth', 'ho'));
    expect(of('auth-int', 'hi')).not.toBe(of('auth-int', 'ho'));
    const ha2 = hash.hashText(
      'SHA-256',
      'MESSAGE:sip:biloxi.com:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4',
    );
    const want = `${ha1}:dcd98b7102dd2f0e8b11d0f600bfb0c093:00000001:0a4f113b:auth-int:${ha2}`;
    expect(of('auth-int', 'hi')).toBe(hash.hashText('SHA-256', want));
  });

  test('MUST leave qop, nc and cnonce out when there is no qop (RFC 2069 §2.1.2)', () => {
    const ha1 = digestHa1(hash, 'MD5', 'bob', 'biloxi.com', 'zanzibar');
    const row = credentials(
      'Digest username="bob",realm="biloxi.com",nonce="n",uri="u",response="r"',
    );
    const want = hash.hashText('MD5', `${ha1}:n:${hash.hashText('MD5', 'REGISTER:u')}`);
    expect(digestResponse(hash, 'MD5', ha1, 'REGISTER', row, NO_BODY)).toBe(want);
  });

  test('MUST compare equal for equal texts only', () => {
    expect(equalsInConstantTime('abc', 'abc')).toBe(true);
    expect(equalsInConstantTime('abc', 'abd')).toBe(false);
    expect(equalsInConstantTime('bbc', 'abc')).toBe(false);
    expect(equalsInConstantTime('abc', 'ab')).toBe(false);
    expect(equalsInConstantTime('', '')).toBe(true);
  });
});

describe('credentials', () => {
  test('MUST be read with quotes and quoted-pairs undone, in any order, case and spacing (RFC 3261 §25.1)', () => {
    expect(
      credentials(
        'DIGEST  Response = "AB" ,\r\n URI="sip:a,b@c",NC=00000002 , qop="AUTH-INT", username="a\\"b\\\\c",' +
          'cnonce="", realm="r", nonce="n,o" , algorithm=sha-256,x=y',
      ),
    ).toEqual({
      username: 'a"b\\c',
      realm: 'r',
      nonce: 'n,o',
      uri: 'sip:a,b@c',
      response: 'ab',
      algorithm: 'sha-256',
      cnonce: '',
      qop: 'auth-int',
      nc: '00000002',
    });
  });

  test.each([
    ['another scheme', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['the scheme alone', 'Digest'],
    ['no response', 'Digest username="b",realm="r",nonce="n",uri="u"'],
    ['an empty nonce', 'Digest username="b",realm="r",nonce="",uri="u",response="r"'],
    ['a parameter twice', `${ROW}, realm="other.com"`],
    ['a quote that never closes', 'Digest username="b,realm="r",nonce="n",uri="u",response="r'],
    [
      'a value without quotes that is no token',
      'Digest username=b@c,realm="r",nonce="n",uri="u",response="r"',
    ],
    ['no comma', 'Digest username="b" realm="r",nonce="n",uri="u",response="r"'],
    ['a comma at the end', `${ROW},`],
    ['a name without a value', `${ROW},stale`],
    [
      'more parameters than any RFC has',
      `${ROW}${Array.from({ length: 30 }, (_, i) => `,p${i}=1`).join('')}`,
    ],
  ])('MUST be refused with %s', (_, text) => {
    expect(parseDigestCredentials(text)).toMatchObject({
      ok: false,
      code: 'SIP_BAD_CREDENTIALS',
      status: 400,
    });
  });

  test('MUST never throw, and answer in time, whatever they are', () => {
    const part = fc.constantFrom(
      'Digest ',
      'username=',
      '"',
      '\\',
      ',',
      '=',
      'realm="r"',
      ' ',
      '\r\n ',
      'x',
      '\u00ff',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          const result = parseDigestCredentials(text);
          expect(typeof result.ok).toBe('boolean');
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('MUST be picked by realm, scheme and algorithm, whatever rows stand around them (RFC 3261 §22.3, RFC 8760 §2.4)', () => {
    const other = ROW.replace('biloxi.com', 'atlanta.com');
    const message = request(
      'Proxy-Authorization: Basic QWxhZGRpbg==',
      `Proxy-Authorization: ${other}`,
      'Proxy-Authorization: Digest broken',
      `Authorization: ${ROW.replace('aa', 'dd')}`,
      `Proxy-Authorization: ${ROW.replace('aa', 'cc')}, algorithm=SHA-256-sess`,
      `Proxy-Authorization: ${ROW}, algorithm=SHA-256`,
    );
    const found = findCredentials(message, H.PROXY_AUTHORIZATION, 'biloxi.com', DIGEST_ALGORITHMS);
    expect(found?.algorithm).toBe('SHA-256');
    expect(found?.credentials.response).toBe('aa');
    expect(findCredentials(message, H.PROXY_AUTHORIZATION, 'biloxi.com', ['MD5'])).toBeUndefined();
    const rows = credentialRows(message, H.PROXY_AUTHORIZATION, 'biloxi.com');
    expect(rows.map((row) => message.valueAt(row).includes('realm="biloxi.com"'))).toEqual([
      true,
      true,
    ]);
  });

  test('MUST mean MD5 without an algorithm (RFC 7616 §3.3), and know no other names', () => {
    const of = parseDigestAlgorithm;
    expect([of(undefined), of('md5'), of('Sha-512-256')]).toEqual(['MD5', 'MD5', 'SHA-512-256']);
    expect([of('MD5-sess'), of(''), of('SHA-512')]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a challenge', () => {
  const all: readonly DigestAlgorithm[] = DIGEST_ALGORITHMS;

  test('MUST have one row per algorithm, the most preferred first (RFC 8760 §2.3)', () => {
    expect(formatChallengeLines(407, 'example.com', 'n.1', all, false)).toEqual([
      'Proxy-Authenticate: Digest realm="example.com", nonce="n.1", algorithm=SHA-512-256, qop="auth,auth-int"',
      'Proxy-Authenticate: Digest realm="example.com", nonce="n.1", algorithm=SHA-256, qop="auth,auth-int"',
      'Proxy-Authenticate: Digest realm="example.com", nonce="n.1", algorithm=MD5, qop="auth,auth-int"',
    ]);
  });

  test('MUST say stale=true unquoted, and only then (RFC 7616 §3.3)', () => {
    expect(formatChallengeLines(401, 'r', 'n', ['MD5'], true)).toEqual([
      'WWW-Authenticate: Digest realm="r", nonce="n", stale=true, algorithm=MD5, qop="auth,auth-int"',
    ]);
  });
});
