// Access tokens (RFC 8898) through a real standalone, with keys from a real server and from a file.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { H } from '@hermod/sip';
import {
  challengesIn,
  freePorts,
  readMetric,
  SipPeer,
  TokenIssuer,
  type WebSocketPeerOptions,
} from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { provisionStandalone } from './provision.ts';
import { Scene } from './scene.ts';
import { runStandalone, type StandaloneProcess } from './standalone-process.ts';

const BEARER = 'Bearer realm="localhost", authz_server="https://login.example.com/"';
const INVALID = `${BEARER}, error="invalid_token"`;

let scene: Scene;
let directory: string;
let issuer: TokenIssuer;
let tcpPort: number;
let wsPort: number;

beforeEach(async () => {
  scene = new Scene();
  directory = scene.directory();
  issuer = new TokenIssuer();
  scene.onClose(() => issuer.close());
  [tcpPort = 0, wsPort = 0] = await freePorts(2);
});
afterEach(() => scene.close());

/** @param keys where they are; default: a server */
async function start(
  env: Readonly<Record<string, string>> = {},
  keys?: string,
): Promise<StandaloneProcess> {
  return scene.start(directory, {
    HERMOD_DOMAINS: 'localhost',
    HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${tcpPort},udp://127.0.0.1:${tcpPort},ws://127.0.0.1:${wsPort}`,
    HERMOD_TOKEN_JWKS: keys ?? (await issuer.listen()),
    HERMOD_TOKEN_ISSUER: issuer.issuer,
    ...env,
  });
}

const peer = (user: string) => scene.tcp(tcpPort, user);

const shown = (token: string) => ({ headers: [`Authorization: Bearer ${token}`] });
const shownToProxy = (token: string) => ({ headers: [`Proxy-Authorization: Bearer ${token}`] });

/** A device that has registered with a token. */
async function device(user: string): Promise<SipPeer> {
  const one = await peer(user);
  const { status } = await one.register(undefined, shown(issuer.token({ sub: user })));
  expect(status).toBe(200);
  return one;
}

/** What the last challenge of a response says. */
const bearer = ({ response }: Awaited<ReturnType<SipPeer['register']>>) =>
  response.all(response.status === 401 ? H.WWW_AUTHENTICATE : H.PROXY_AUTHENTICATE).at(-1);

describe('a user with an access token', () => {
  test('MUST register and send with it, once on a connection, beside users with passwords', async () => {
    await provisionStandalone(directory, ['carol']);
    const { http } = await start();
    const alice = await device('alice');
    const bob = await device('bob');
    expect((await alice.sendMessage(bob.aor, 'by token')).status).toBe(200);
    const carol = await scene.tcp(tcpPort, 'carol', { password: 'carol-s' });
    expect((await carol.register()).status).toBe(200);
    expect((await carol.sendMessage(alice.aor, 'by password')).status).toBe(200);
    expect(bob.texts).toEqual(['by token']);
    expect(alice.texts).toEqual(['by password']);
    const byResult = (result: string) =>
      readMetric(http, 'sip_authentications_total', `result="${result}"`);
    expect(await byResult('token_proven')).toBe(2);
    expect(await byResult('proven')).toBe(1);
    expect(await readMetric(http, 'sip_token_keys')).toBe(1);
    expect(issuer.asked).toBe(1);
  });

  test('MUST be challenged as by a registrar and as by a proxy, and answer each (RFC 8898 §2.1.3, §2.1.4)', async () => {
    await start();
    const alice = await peer('alice');
    const registering = await alice.register();
    expect(registering.status).toBe(401);
    expect(bearer(registering)).toBe(BEARER);
    const sending = await alice.sendMessage('sip:bob@localhost', 'hi');
    expect(sending.status).toBe(407);
    expect(bearer(sending)).toBe(BEARER);
    const token = issuer.token({ sub: 'sip:alice@localhost' });
    const sent = await alice.sendMessage('sip:bob@localhost', 'hi', shownToProxy(token));
    expect(sent.status).toBe(202);
  });

  test('MUST prove itself in each datagram', async () => {
    await start();
    const alice = await scene.udp(tcpPort, 'alice');
    const token = issuer.token({ sub: 'alice' });
    for (let i = 0; i < 3; i += 1) {
      const sent = await alice.sendMessage('sip:bob@localhost', 'hi', shownToProxy(token));
      expect(sent.status).toBe(202);
    }
    expect((await alice.sendMessage('sip:bob@localhost', 'hi')).status).toBe(407);
  });

  test('MUST NOT register for somebody else or send as somebody else: 403', async () => {
    await start();
    const bob = await peer('bob');
    const ofAlice = issuer.token({ sub: 'alice' });
    expect((await bob.register(undefined, shown(ofAlice))).status).toBe(403);
    const sent = await bob.sendMessage('sip:alice@localhost', 'hi', shownToProxy(ofAlice));
    expect(sent.status).toBe(403);
  });

  test.each<[string, (issuer: TokenIssuer) => string]>([
    ['expired', (one) => one.token({ sub: 'alice' }, { expiresIn: -60 })],
    ['for somebody else', (one) => one.token({ sub: 'alice', aud: 'other.example' })],
    ['of somebody else', (one) => one.token({ sub: 'alice', iss: 'https://evil.example/' })],
    ['of another key', () => new TokenIssuer().token({ sub: 'alice' })],
    ['not signed', (one) => one.token({ sub: 'alice' }, { alg: 'none' })],
    ['signed with what is public', (one) => one.token({ sub: 'alice' }, { alg: 'HS256' })],
    ['of no user of ours', (one) => one.token({ sub: 'alice@elsewhere.example' })],
    ['garbage', () => 'garbage'],
    ['of 9 KB', (one) => one.token({ sub: 'alice', groups: 'g'.repeat(6_500) })],
  ])(
    'MUST NOT get in with one that is %s: 401 with invalid_token (RFC 8898 §2.2)',
    async (_, token) => {
      await start({ HERMOD_AUTH: 'token' });
      const alice = await peer('alice');
      const registering = await alice.register(undefined, shown(token(issuer)));
      expect(registering.status).toBe(401);
      expect(registering.response.all(H.WWW_AUTHENTICATE)).toEqual([INVALID]);
      const to = 'sip:bob@localhost';
      const sending = await alice.sendMessage(to, 'hi', shownToProxy(token(issuer)));
      expect(sending.status).toBe(407);
      expect(sending.response.all(H.PROXY_AUTHENTICATE)).toEqual([INVALID]);
      expect((await alice.sendMessage(to, 'hi')).status).toBe(407);
    },
  );

  test('MUST NOT harm others with one of 20 KB', async () => {
    await start();
    const alice = await peer('alice');
    const { status } = await alice.register(undefined, shown('a'.repeat(20_000)));
    expect(status).toBeGreaterThanOrEqual(400);
    await device('bob');
  });

  test('MUST need what the operator says: scope, claim, audience', async () => {
    await start({
      HERMOD_TOKEN_SCOPE: 'sip im',
      HERMOD_TOKEN_CLAIM: 'email',
      HERMOD_TOKEN_AUDIENCE: 'urn:chat',
    });
    const alice = await peer('alice');
    const claims = { aud: 'urn:chat', email: 'alice@localhost', sub: '17' };
    const narrow = await alice.register(undefined, shown(issuer.token({ ...claims, scope: 'im' })));
    expect(narrow.status).toBe(401);
    expect(bearer(narrow)).toContain('scope="sip im"');
    expect(bearer(narrow)).toContain('error="insufficient_scope"');
    const token = issuer.token({ ...claims, scope: 'sip im' });
    expect((await alice.register(undefined, shown(token))).status).toBe(200);
  });

  test('MUST be asked again when it is over, on the connection that it has proved', async () => {
    await start();
    const alice = await peer('alice');
    // 10 s are for clocks that differ.
    const token = issuer.token({ sub: 'alice' }, { expiresIn: -6 });
    expect((await alice.register(undefined, shown(token))).status).toBe(200);
    await expect
      .poll(async () => (await alice.sendMessage('sip:bob@localhost', 'hi')).status)
      .toBe(202);
    await expect
      .poll(async () => (await alice.sendMessage('sip:bob@localhost', 'hi')).status, {
        timeout: 8_000,
        interval: 200,
      })
      .toBe(407);
  });
});

describe('the keys', () => {
  test('MUST be those of the server when it has others, and SIGHUP says so', async () => {
    const hermod = await start();
    await device('alice');
    issuer.rotate('RS256', true);
    hermod.signal('SIGHUP');
    await expect.poll(() => issuer.asked).toBe(2);
    await expect.poll(() => readMetric(hermod.http, 'sip_token_keys')).toBe(2);
    await device('bob');
  });

  test('MUST be those of a file when it has others', async () => {
    const file = join(directory, 'keys.json');
    writeFileSync(file, issuer.jwks);
    const hermod = await start({}, file);
    await device('alice');
    const old = issuer.token({ sub: 'carol' });
    issuer.rotate('EdDSA');
    writeFileSync(file, issuer.jwks);
    hermod.signal('SIGHUP');
    const bob = await peer('bob');
    // Another one each time: one that was refused stays so for a while.
    const isIn = async () =>
      bob.register(undefined, shown(issuer.token({ sub: 'bob', jti: randomUUID() })));
    await expect.poll(async () => (await isIn()).status).toBe(200);
    expect((await (await peer('carol')).register(undefined, shown(old))).status).toBe(401);
  });

  test('that cannot be had MUST cost users with tokens a 503, users with passwords nothing, and come when they can', async () => {
    await provisionStandalone(directory, ['carol']);
    const [port = 0] = await freePorts(1);
    const hermod = await start({}, `http://127.0.0.1:${port}/keys`);
    const alice = await peer('alice');
    const token = issuer.token({ sub: 'alice' });
    const refused = await alice.register(undefined, shown(token));
    expect(refused.status).toBe(503);
    expect(refused.response.has(H.RETRY_AFTER)).toBe(true);
    expect(await readMetric(hermod.http, 'sip_token_keys')).toBe(0);
    const carol = await scene.tcp(tcpPort, 'carol', { password: 'carol-s' });
    expect((await carol.register()).status).toBe(200);
    await issuer.listen(port);
    await expect
      .poll(async () => (await alice.register(undefined, shown(token))).status, {
        timeout: 10_000,
        interval: 500,
      })
      .toBe(200);
    const { stdout } = await hermod.stop();
    expect(stdout.match(/no access token can be verified/g)).toHaveLength(1);
  });

  test.each([
    ['not there', undefined],
    ['no set of keys', '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'],
    ['no JSON', 'PEM'],
  ])('MUST end the start with 78 when their file is %s', async (_, text) => {
    const file = join(directory, 'keys.json');
    if (text !== undefined) writeFileSync(file, text);
    const { code, stderr } = await runStandalone({
      HERMOD_DATA_DIR: directory,
      HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${tcpPort}`,
      HERMOD_HTTP_LISTEN: '127.0.0.1:0',
      HERMOD_TOKEN_JWKS: file,
      HERMOD_TOKEN_ISSUER: issuer.issuer,
    });
    expect(code).toBe(78);
    expect(stderr).toContain('HERMOD_TOKEN_JWKS');
    expect(stderr).toContain(file);
    expect(stderr).toContain('mend the file');
  });
});

describe('a WebSocket', () => {
  const open = async (user: string, ws: WebSocketPeerOptions = {}) => {
    const one = await SipPeer.ws(wsPort, { user }, ws);
    scene.onClose(() => one.close());
    return one;
  };
  const inHeader = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const inQuery = (token: string) => ({ path: `/?access_token=${token}` });

  /** Status and challenge of an upgrade that is refused. */
  async function refused({ path = '/', ...options }: WebSocketPeerOptions) {
    const ws = new WebSocket(`ws://127.0.0.1:${wsPort}${path}`, 'sip', options);
    ws.on('error', () => undefined);
    const [, { statusCode, headers }] = await once(ws, 'unexpected-response');
    ws.terminate();
    return [statusCode, headers['www-authenticate']];
  }

  test.each([
    ['Authorization', inHeader],
    ['the query', inQuery],
  ])(
    'that is opened with a token in %s MUST need no further proof for its user, and be of no other (RFC 7118 §7)',
    async (_, by) => {
      await start({ HERMOD_WS_REQUIRE_TOKEN: 'on' });
      const alice = await open('alice', by(issuer.token({ sub: 'alice' })));
      const bob = await open('bob', by(issuer.token({ sub: 'bob' })));
      const outbound = { instance: 'urn:uuid:00000000-0000-1000-8000-00d0a0c9e7b5', regId: 1 };
      expect((await alice.register(undefined, outbound)).status).toBe(200);
      expect((await bob.sendMessage(alice.aor, 'no challenge')).status).toBe(200);
      expect(alice.texts).toEqual(['no challenge']);
      expect((await bob.register(alice.aor, outbound)).status).toBe(401);
      const asAlice = await bob.sendMessage(alice.aor, 'x', { from: alice.aor });
      expect(asAlice.status).toBe(407);
    },
  );

  test('MUST be refused without a token, and with a wrong one, where one is required (RFC 6750 §3)', async () => {
    const { http } = await start({ HERMOD_WS_REQUIRE_TOKEN: 'on' });
    expect(await refused({})).toEqual([401, BEARER]);
    const wrong = issuer.token({ sub: 'alice', aud: 'x' });
    expect(await refused(inHeader(wrong))).toEqual([401, INVALID]);
    expect(await refused(inQuery(wrong))).toEqual([401, INVALID]);
    expect(await refused({ ...inQuery(wrong), ...inHeader(wrong) })).toEqual([400, undefined]);
    await expect
      .poll(() => readMetric(http, 'sip_tls_handshake_failures_total', 'transport="ws"'))
      .toBe(4);
  });

  test('MUST be open without one where none is required, and its user be challenged; a wrong one is refused all the same', async () => {
    await provisionStandalone(directory, ['alice']);
    await start({ HERMOD_TOKEN_SCOPE: 'im' });
    expect(await refused(inQuery('wrong'))).toEqual([
      401,
      'Bearer realm="localhost", scope="im", authz_server="https://login.example.com/", error="invalid_token"',
    ]);
    expect((await refused(inQuery(issuer.token({ sub: 'alice' }))))[0]).toBe(403);
    const stranger = await open('alice');
    expect((await stranger.register()).status).toBe(401);
    const alice = await SipPeer.ws(wsPort, { user: 'alice', password: 'alice-s' });
    scene.onClose(() => alice.close());
    expect((await alice.register()).status).toBe(200);
  });

  test('MUST be refused with 503 while keys cannot be had', async () => {
    const [port = 0] = await freePorts(1);
    await start({}, `http://127.0.0.1:${port}/keys`);
    expect(await refused(inQuery(issuer.token({ sub: 'alice' })))).toEqual([503, undefined]);
  });
});

test('a token MUST be seen by nobody: not by who is written to, not in the log, not on the disk (RFC 8898 §2.1.2)', async () => {
  const hermod = await start({ HERMOD_LOG_LEVEL: 'trace' });
  const bob = await device('bob');
  const alice = await peer('alice');
  const token = issuer.token({ sub: 'alice' });
  const both = [`Authorization: Bearer ${token}`, `Proxy-Authorization: Bearer ${token}`];
  expect((await alice.sendMessage(bob.aor, 'now', { headers: both })).status).toBe(200);
  await bob.close();
  const stored = () => alice.sendMessage(bob.aor, 'later', { headers: both });
  await expect.poll(async () => (await stored()).status).toBe(202);
  const url = `/?access_token=${token}`;
  const socket = await SipPeer.ws(wsPort, { user: 'alice' }, { path: url });
  await socket.close();
  expect(bob.received.map(({ request }) => request.head).join()).not.toContain('Bearer');
  const { stdout, stderr } = await hermod.stop();
  const signature = token.split('.')[2] ?? '';
  expect(signature.length).toBeGreaterThan(40);
  expect(stdout + stderr).not.toContain(signature);
  const files = globSync('**/*', { cwd: directory, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) {
    const bytes = readFileSync(join(file.parentPath, file.name), 'latin1');
    expect(bytes.includes(signature), file.name).toBe(false);
  }
});

test('with HERMOD_AUTH=token nobody MUST be asked for a password', async () => {
  await start({ HERMOD_AUTH: 'token' });
  const alice = await peer('alice');
  const { response } = await alice.register();
  expect(response.all(H.WWW_AUTHENTICATE)).toEqual([BEARER]);
  expect(challengesIn(response)).toHaveLength(1);
});
