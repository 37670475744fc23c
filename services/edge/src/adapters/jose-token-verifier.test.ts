import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, type TokenChoice, TokenIssuer } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { JoseTokenVerifier, type TokenRules } from './jose-token-verifier.ts';
import { JwksKeys, publicKeysIn } from './jwks-keys.ts';

const WRONG = { ok: false, fault: 'wrong' };

let issuer: TokenIssuer;
let lines: string[];
let keys: JwksKeys;
let verifier: JoseTokenVerifier;
let directory: string;

beforeEach(() => {
  issuer = new TokenIssuer();
  lines = [];
  directory = mkdtempSync(join(tmpdir(), 'hermod-jwks-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  keys.stop();
  await issuer.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(source: string, change: Partial<TokenRules> = {}): Promise<void> {
  const log = ({ err }: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(`${message}: ${String(err)}`);
  };
  keys = new JwksKeys(source, { info: log, error: log });
  await keys.start();
  const rules = { issuer: issuer.issuer, audience: 'localhost', claim: 'sub', scope: undefined };
  verifier = new JoseTokenVerifier(keys, { ...rules, ...change });
}

function startWithFile(change: Partial<TokenRules> = {}): Promise<void> {
  writeFileSync(join(directory, 'keys'), issuer.jwks);
  return start(join(directory, 'keys'), change);
}

function verify(claims: Readonly<Record<string, unknown>>, choice?: TokenChoice) {
  return verifier.verify(issuer.token(claims, choice), Date.now());
}

/** As if so much time had gone by for whoever asks. */
function skip(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
}

describe('an access token', () => {
  test.each(['ES256', 'RS256', 'EdDSA'] as const)(
    'MUST be taken with %s, and say whom it names and until when',
    async (alg) => {
      issuer.rotate(alg);
      await startWithFile();
      const before = Date.now();
      const verified = await verify({ sub: 'älice' }, { expiresIn: 60 });
      expect(verified).toMatchObject({ ok: true, user: Buffer.from('älice').toString('latin1') });
      // With 10 s for clocks that differ.
      const lastsMs = verified.ok ? verified.expiresAtMs - before : 0;
      expect(lastsMs).toBeGreaterThan(68_000);
      expect(lastsMs).toBeLessThanOrEqual(71_000);
    },
  );

  test('MUST NOT be taken without a signature, or with one that everybody can make (RFC 8725 §3.1)', async () => {
    await startWithFile();
    expect(await verify({ sub: 'alice' }, { alg: 'none' })).toEqual(WRONG);
    expect(await verify({ sub: 'alice' }, { alg: 'HS256' })).toEqual(WRONG);
    const token = issuer.token({ sub: 'alice' });
    const [head, , signature] = token.split('.');
    const [, forged] = issuer.token({ sub: 'bob' }).split('.');
    expect(await verifier.verify(`${head}.${forged}.${signature}`, Date.now())).toEqual(WRONG);
    expect((await verifier.verify(token, Date.now())).ok).toBe(true);
  });

  test.each([
    ['another issuer', { iss: 'https://login.example.com' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'other.example' }],
    ['no audience', { aud: undefined }],
    ['no end', { exp: undefined }],
    ['an end that is none', { exp: '9999999999' }],
    ['a beginning to come', { nbf: Date.now() / 1000 + 60 }],
    ['no user', { sub: undefined }],
    ['a user that is no text', { sub: 7 }],
    ['a user that is no Unicode', { sub: 'al\ud800ice' }],
  ])('MUST NOT be taken with %s (RFC 7519 §4.1)', async (_, claims) => {
    await startWithFile();
    expect(await verify({ sub: 'alice', ...claims })).toEqual(WRONG);
    expect((await verify({ sub: 'alice', aud: ['other.example', 'localhost'] })).ok).toBe(true);
  });

  test('MUST be known to be over, but for clocks that differ by 10 s', async () => {
    await startWithFile();
    expect((await verify({ sub: 'alice' }, { expiresIn: -8 })).ok).toBe(true);
    expect(await verify({ sub: 'alice' }, { expiresIn: -12 })).toEqual({
      ok: false,
      fault: 'expired',
    });
    // Over, and never ours.
    expect(await verify({ sub: 'alice', aud: 'x' }, { expiresIn: -12 })).toEqual(WRONG);
  });

  test('MUST name its user in the claim that is set, and allow each word of the scope', async () => {
    await startWithFile({ claim: 'preferred_username', scope: 'sip im' });
    const claims = { sub: '17', preferred_username: 'alice' };
    const scope = { ok: false, fault: 'scope' };
    expect(await verify(claims)).toEqual(scope);
    expect(await verify({ ...claims, scope: 'im sips' })).toEqual(scope);
    expect(await verify({ ...claims, scope: ['sip', 'im'] })).toEqual(scope);
    expect(await verify({ ...claims, scope: 'im email sip' })).toMatchObject({ user: 'alice' });
    expect(await verify({ sub: 'alice', scope: 'im sip' })).toEqual(WRONG);
  });

  test.each(['', '.', '..', 'a.b.c', 'e30.e30.', '{}', 'x'.repeat(8_192)])(
    'MUST NOT be taken for one when it is %j',
    async (text) => {
      await startWithFile();
      expect(await verifier.verify(text, Date.now())).toEqual(WRONG);
    },
  );
});

describe('keys at a URL', () => {
  test('MUST be asked for once, and again for a token of a new one', async () => {
    await start(await issuer.listen());
    for (let i = 0; i < 3; i += 1) expect((await verify({ sub: 'alice' })).ok).toBe(true);
    expect(issuer.asked).toBe(1);
    const old = issuer.token({ sub: 'alice' });
    issuer.rotate('RS256');
    skip(30_000);
    const both = await Promise.all([verify({ sub: 'alice' }), verify({ sub: 'bob' })]);
    expect(both).toMatchObject([{ user: 'alice' }, { user: 'bob' }]);
    expect(issuer.asked).toBe(2);
    expect(await verifier.verify(old, Date.now())).toEqual(WRONG);
  });

  test('MUST NOT be asked for more than once in 30 s, however many unknown keys tokens name', async () => {
    await start(await issuer.listen());
    for (let i = 0; i < 20; i += 1) {
      expect(await verify({ sub: 'alice' }, { kid: `none-${i}` })).toEqual(WRONG);
    }
    expect(issuer.asked).toBe(1);
    skip(30_000);
    for (let i = 0; i < 20; i += 1) await verify({ sub: 'alice' }, { kid: `none-${i}` });
    expect(issuer.asked).toBe(2);
  });

  test('MUST stay when the server is away; what they do not fit cannot be known then', async () => {
    await start(await issuer.listen());
    issuer.status = 500;
    await keys.refresh();
    expect((await verify({ sub: 'alice' })).ok).toBe(true);
    issuer.rotate();
    skip(30_000);
    await expect(verify({ sub: 'alice' })).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
    await keys.refresh();
    expect(lines.filter((line) => line.includes('status 500'))).toHaveLength(1);
    issuer.status = 200;
    await keys.refresh();
    expect((await verify({ sub: 'alice' })).ok).toBe(true);
  });

  test('MUST be looked for again when the server was away from the start, and not at each token', async () => {
    const [port = 0] = await freePorts(1);
    await start(`http://127.0.0.1:${port}/keys`);
    expect(verifier.keys).toBe(0);
    await expect(verify({ sub: 'alice' })).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
    await issuer.listen(port);
    await expect(verify({ sub: 'alice' })).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' });
    expect(issuer.asked).toBe(0);
    skip(5_000);
    expect((await verify({ sub: 'alice' })).ok).toBe(true);
    expect(verifier.keys).toBe(1);
  });

  test('MUST NOT be taken from where the server sends one to, nor from what is no set of keys', async () => {
    issuer.status = 302;
    await start(await issuer.listen());
    expect(keys.count).toBe(0);
    expect(keys.failure).toBeInstanceOf(Error);
  });
});

describe('keys in a file', () => {
  test('MUST be others when the file is; a file that cannot be used changes nothing', async () => {
    await startWithFile();
    const file = join(directory, 'keys');
    writeFileSync(file, 'no keys');
    await keys.refresh();
    expect((await verify({ sub: 'alice' })).ok).toBe(true);
    issuer.rotate();
    writeFileSync(file, issuer.jwks);
    await keys.refresh();
    expect((await verify({ sub: 'alice' })).ok).toBe(true);
    expect(lines.filter((line) => line.includes('the old keys stay'))).toHaveLength(1);
  });
});

describe('a key set', () => {
  const [key] = JSON.parse(new TokenIssuer().jwks).keys;

  test('MUST be of public keys for signatures; others in it do not count', () => {
    const secret = { kty: 'oct', k: 'c2VjcmV0', kid: 's' };
    const small = { kty: 'RSA', n: 'a'.repeat(171), e: 'AQAB' };
    const own = { ...key, d: 'private' };
    const other = { ...key, use: 'enc' };
    const set = { keys: [secret, small, own, other, key, null, 7] };
    expect(publicKeysIn(JSON.stringify(set))).toEqual([key]);
  });

  test.each(['', 'x', 'null', '[]', '{}', '{"keys":7}', '{"keys":[]}', '{"keys":[{"kty":"oct"}]}'])(
    'MUST NOT be found in %j',
    (text) => {
      expect(() => publicKeysIn(text)).toThrow();
    },
  );
});
