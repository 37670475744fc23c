import { PlatformError, ServedDomains } from '@hermod/contracts';
import { nodeDigestHash, RandomIdSource, randomMac } from '@hermod/platform';
import { DIGEST_ALGORITHMS, H, type SipResponse } from '@hermod/sip';
import { MemoryStores, VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  asRequest,
  EdgeWorld,
  FakeFlow,
  messageText,
  responseTo,
} from '../../../test/edge-world.ts';
import type { TokenVerifier, VerifiedToken } from '../../ports.ts';
import { Authenticator, type AuthenticatorParts } from './authenticator.ts';

const REALM = 'example.com';
const AUTHZ = 'https://login.example.com/';
const BEARER = `Bearer realm="${REALM}", authz_server="${AUTHZ}"`;
const INVALID = `${BEARER}, error="invalid_token"`;

type Parts = NonNullable<Parameters<typeof messageText>[0]>;

/** The port: what each token says, when it is asked. Signatures are the business of `adapters/jose-token-verifier.test.ts`. */
class Tokens implements TokenVerifier {
  keys = 1;
  isAway = false;
  readonly asked: string[] = [];
  readonly said = new Map<string, VerifiedToken>();

  give(token: string, user: string, lifeMs: number): string {
    this.said.set(token, { ok: true, user, expiresAtMs: clock.nowMs() + lifeMs });
    return `Bearer ${token}`;
  }

  async verify(token: string): Promise<VerifiedToken> {
    this.asked.push(token);
    if (this.isAway) throw new PlatformError('KEYS_UNAVAILABLE', 'away');
    return this.said.get(token) ?? { ok: false, fault: 'wrong' };
  }
}

let clock: VirtualClock;
let tokens: Tokens;
let authenticator: Authenticator;
let world: EdgeWorld;
let flow: FakeFlow;
let transactions = 0;

function start(change: Partial<AuthenticatorParts> = {}): void {
  authenticator = new Authenticator({
    domains: new ServedDomains(['example.com', 'alias.example.com'], true),
    realm: REALM,
    algorithms: DIGEST_ALGORITHMS,
    nonceLifetimeMs: 300_000,
    credentials: new MemoryStores(),
    hash: nodeDigestHash,
    mac: randomMac(),
    dialogMac: randomMac(),
    ids: new RandomIdSource(),
    tokens: { verifier: tokens, authzServer: AUTHZ, scope: undefined },
    ...change,
  });
  world = new EdgeWorld(clock, {}, authenticator);
  world.registrar.answer = async (request) => responseTo(request, 200);
}

beforeEach(() => {
  clock = new VirtualClock();
  tokens = new Tokens();
  flow = new FakeFlow('TLS');
  start();
});

/** @returns the answer, if there is one by then */
async function ask(parts: Parts = {}, on = flow): Promise<SipResponse | undefined> {
  transactions += 1;
  const before = on.sent.length;
  const via = `SIP/2.0/TLS client.invalid:5060;branch=z9hG4bKt${transactions};rport`;
  world.receive(on, messageText({ via, ...parts }));
  await world.settle();
  return on.sent.length > before ? on.responses.at(-1) : undefined;
}

/** A MESSAGE from alice with a token. */
function show(authorization: string, parts: Parts = {}, on = flow) {
  return ask({ ...parts, headers: [`Proxy-Authorization: ${authorization}`] }, on);
}

function register(authorization: string, to = 'sip:alice@example.com') {
  return ask({
    method: 'REGISTER',
    uri: 'sip:example.com',
    to,
    headers: [
      'Contact: <sip:alice@198.51.100.7:40000;transport=tls>',
      `Authorization: ${authorization}`,
    ],
    body: '',
  });
}

const challenges = (response: SipResponse | undefined): readonly string[] =>
  (response?.all(response.status === 401 ? H.WWW_AUTHENTICATE : H.PROXY_AUTHENTICATE) ?? []).map(
    String,
  );
const bearer = (response: SipResponse | undefined) => challenges(response).at(-1);

describe('a challenge', () => {
  test('MUST offer Bearer with the authorization server, behind Digest, in a 401 and in a 407 (RFC 8898 §2.2, §2.3)', async () => {
    const proxied = await ask();
    expect(proxied?.status).toBe(407);
    expect(challenges(proxied).map((one) => one.split(' ')[0])).toEqual([
      'Digest',
      'Digest',
      'Digest',
      'Bearer',
    ]);
    expect(bearer(proxied)).toBe(BEARER);
    const registered = await ask({ method: 'REGISTER', uri: 'sip:example.com', body: '' });
    expect(registered?.status).toBe(401);
    expect(bearer(registered)).toBe(BEARER);
  });

  test('MUST be of Bearer alone where no digests are taken', async () => {
    start({ algorithms: [] });
    expect(challenges(await ask())).toEqual([BEARER]);
  });

  test('MUST say what scope is missing (RFC 8898 §4, RFC 6750 §3.1)', async () => {
    start({ tokens: { verifier: tokens, authzServer: AUTHZ, scope: 'sip im' } });
    tokens.said.set('t', { ok: false, fault: 'scope' });
    const answer = await show('Bearer t');
    expect(answer?.status).toBe(407);
    expect(bearer(answer)).toBe(
      `Bearer realm="${REALM}", scope="sip im", authz_server="${AUTHZ}", error="insufficient_scope"`,
    );
  });

  test.each(['TCP', 'UDP', 'WS'] as const)(
    'MUST NOT offer Bearer over %s, nor a token be looked at: who reads it has it (RFC 6750 §5.3, RFC 8898 §2.1.2)',
    async (transport) => {
      const plain = new FakeFlow(transport);
      const answer = await show(tokens.give('t', 'alice', 60_000), {}, plain);
      expect(answer?.status).toBe(407);
      expect(challenges(answer).filter((one) => one.startsWith('Bearer'))).toEqual([]);
      expect(tokens.asked).toEqual([]);
      start({ algorithms: [] });
      const nothingElse = await ask({}, new FakeFlow(transport));
      expect(nothingElse?.status).toBe(403);
      expect(nothingElse?.reason).toBe('Tokens Come Over TLS');
    },
  );

  test('MUST offer Bearer on this machine, where a proxy may have ended TLS', async () => {
    const local = new FakeFlow('WS', '127.0.0.1');
    expect(bearer(await ask({}, local))).toBe(BEARER);
    expect(await show(tokens.give('t', 'alice', 60_000), {}, local)).toBeUndefined();
    expect(world.log.records).toHaveLength(1);
  });
});

describe('a token', () => {
  test.each(['alice', 'alice@example.com', 'alice@ALIAS.example.com', 'sip:alice@example.com'])(
    'MUST be taken from whom it names: %s',
    async (user) => {
      expect(await show(tokens.give('t', user, 60_000))).toBeUndefined();
      const [record] = world.log.records;
      const request = record && asRequest(record);
      expect(request?.all(H.P_ASSERTED_IDENTITY)).toEqual(['<sip:alice@example.com>']);
    },
  );

  test.each([
    'bob',
    'bob@example.com',
    'Alice',
    'alice@elsewhere.example',
    'sip:alice@elsewhere.example',
    'alice@example.com@elsewhere.example',
    'tel:+15551234',
    'sip:example.com',
    '@example.com',
    '',
  ])('MUST NOT send or register as alice when it names %j', async (user) => {
    const token = tokens.give('t', user, 60_000);
    const answer = await show(token);
    expect([403, 407]).toContain(answer?.status);
    const registered = await register(token);
    expect([403, 401]).toContain(registered?.status);
    expect(world.log.records).toEqual([]);
    expect(world.registrar.requests).toEqual([]);
    // And it does not stick to the flow.
    expect((await ask())?.status).toBe(407);
  });

  test('of another user MUST get 403, as another password does', async () => {
    expect((await show(tokens.give('t', 'bob', 60_000)))?.reason).toBe('From Is Not Your Address');
    expect((await register('Bearer t'))?.reason).toBe('To Is Not Your Address');
    expect(authenticator.stats.foreign).toBe(2);
  });

  test('MUST go no further, whatever row it is in, while those of other schemes do (RFC 8898 §2.1.2)', async () => {
    tokens.give('t', 'alice', 60_000);
    await ask({
      headers: [
        'Proxy-Authorization: Bearer t',
        'Authorization: bearer of somebody else',
        'Authorization: Basic YQ==',
      ],
    });
    await ask({ headers: ['Authorization: Bearer t'] });
    const heads = world.log.records.map((record) => record.head);
    expect(heads).toHaveLength(2);
    expect(heads[0]).toContain('Authorization: Basic YQ==');
    for (const head of heads) expect(head).not.toMatch(/bearer/i);
    await register('Bearer t');
    expect(world.registrar.requests[0]?.has(H.AUTHORIZATION)).toBe(false);
  });

  test('SHOULD be taken from Authorization of any request: JsSIP puts it there (ADR 0028)', async () => {
    tokens.give('t', 'alice', 60_000);
    expect(await ask({ headers: ['Authorization: Bearer t'] })).toBeUndefined();
    expect(world.log.records).toHaveLength(1);
  });

  test('MUST be verified once for as long as it lasts, on however many flows', async () => {
    const token = tokens.give('t', 'alice', 60_000);
    for (let i = 0; i < 3; i += 1) await show(token, {}, new FakeFlow('TLS'));
    expect(world.log.records).toHaveLength(3);
    expect(tokens.asked).toEqual(['t']);
    expect(authenticator.gauges.tokens).toBe(1);
  });

  test('MUST be refused at once when it expires, on the flow that it has proved, too (RFC 8898 §2.2)', async () => {
    const token = tokens.give('t', 'alice', 60_000);
    await show(token);
    expect(await ask()).toBeUndefined();
    await clock.advanceAsync(59_999);
    expect(await ask()).toBeUndefined();
    await clock.advanceAsync(1);
    expect(bearer(await ask())).toBe(BEARER);
    expect(bearer(await show(token))).toBe(INVALID);
    expect(world.log.records).toHaveLength(3);
    expect(authenticator.stats).toMatchObject({ tokenProven: 1, tokenExpired: 1, tokenWrong: 0 });
    expect(tokens.asked).toEqual(['t']);
  });

  test('that is newer MUST prolong what a flow has proved, when it comes with a REGISTER', async () => {
    await register(tokens.give('old', 'alice', 60_000));
    await clock.advanceAsync(50_000);
    await register(tokens.give('new', 'alice', 60_000));
    await clock.advanceAsync(50_000);
    expect(await ask()).toBeUndefined();
    expect(world.log.records).toHaveLength(1);
    expect((await register('Bearer old'))?.status).toBe(401);
  });

  test('MUST prove itself for its user alone, one flow, and nothing that came through a proxy', async () => {
    await show(tokens.give('t', 'alice', 60_000));
    expect((await ask({ from: 'sip:bob@example.com' }))?.status).toBe(407);
    expect((await ask({}, new FakeFlow('TLS')))?.status).toBe(407);
    const via = 'SIP/2.0/TLS p.invalid;branch=z9hG4bKp\nVia: SIP/2.0/TCP ua;branch=z9hG4bKu';
    expect((await ask({ via }))?.status).toBe(407);
  });

  test.each([
    ['garbage', 'Bearer !'],
    ['nothing', 'Bearer'],
    ['several', 'Bearer a b'],
  ])('MUST NOT be seen in what is none: %s', async (_, row) => {
    const answer = await show(row);
    expect(answer?.status).toBe(407);
    expect(bearer(answer)).toBe(BEARER);
    expect(tokens.asked).toEqual([]);
  });

  test('of more than 8 KB MUST be refused without being looked at', async () => {
    const answer = await show(`Bearer ${'a'.repeat(8_193)}`);
    expect(bearer(answer)).toBe(INVALID);
    expect(tokens.asked).toEqual([]);
    expect(authenticator.gauges.tokens).toBe(0);
  });

  test('MUST NOT be verified again for 30 s after it was refused, and then be looked at anew', async () => {
    for (let i = 0; i < 3; i += 1) expect(bearer(await show('Bearer t'))).toBe(INVALID);
    expect(tokens.asked).toEqual(['t']);
    expect(authenticator.stats.tokenWrong).toBe(3);
    const token = tokens.give('t', 'alice', 60_000);
    await clock.advanceAsync(29_999);
    expect(bearer(await show(token))).toBe(INVALID);
    await clock.advanceAsync(1);
    expect(await show(token)).toBeUndefined();
  });

  test('MUST get 503 with Retry-After while its keys cannot be had, not a challenge; and nobody else', async () => {
    tokens.isAway = true;
    const answer = await show(tokens.give('t', 'alice', 60_000));
    expect(answer?.status).toBe(503);
    expect(answer?.has(H.RETRY_AFTER)).toBe(true);
    expect((await ask())?.status).toBe(407);
    tokens.isAway = false;
    expect(await show('Bearer t')).toBeUndefined();
  });

  test('MUST NOT change the order of what one flow sends while it is verified', async () => {
    tokens.give('t', 'alice', 60_000);
    for (const callId of ['first', 'second', 'third']) {
      const via = `SIP/2.0/TLS c;branch=z9hG4bK${callId};rport`;
      const headers = callId === 'third' ? [] : ['Proxy-Authorization: Bearer t'];
      world.receive(flow, messageText({ callId, via, headers }));
      if (callId === 'second') await world.settle();
    }
    await world.settle();
    const order = world.log.records.map((record) => asRequest(record).callId);
    expect(order).toEqual(['first', 'second', 'third']);
    expect(tokens.asked).toEqual(['t']);
  });
});

describe('where no tokens are taken', () => {
  test('a row with one MUST go on as it is: it is for somebody else (RFC 3261 §22.3)', async () => {
    world = new EdgeWorld(clock);
    await show('Bearer t');
    expect(world.log.records[0]?.head).toContain('Bearer t');
  });
});
