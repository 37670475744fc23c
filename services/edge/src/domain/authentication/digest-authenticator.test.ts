import { type Credential, makeCredential, RecordFlag, ServedDomains } from '@hermod/contracts';
import { nodeDigestHash, RandomIdSource, randomMac } from '@hermod/platform';
import { DIGEST_ALGORITHMS, H, SipRequest, type SipResponse } from '@hermod/sip';
import {
  challengesIn,
  type DigestChoice,
  DigestClient,
  MemoryStores,
  VirtualClock,
} from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerTo,
  asRequest,
  deliveryOf,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
  responseTo,
  sip,
} from '../../../test/edge-world.ts';
import { bindingAt } from '../../../test/linked-edges.ts';
import { Authenticator } from './authenticator.ts';

const REALM = 'example.com';
const NONCE_MS = 300_000;

let clock: VirtualClock;
let stores: MemoryStores;
let authenticator: Authenticator;
let world: EdgeWorld;
let flow: FakeFlow;
let alice: DigestClient;
let transactions = 0;

function credentialOf(user: string, password: string): Credential {
  return makeCredential(`sip:${user}@example.com`, REALM, password, nodeDigestHash);
}

function newAuthenticator(): Authenticator {
  return new Authenticator({
    domains: new ServedDomains(['example.com', 'alias.example.com'], true),
    realm: REALM,
    algorithms: DIGEST_ALGORITHMS,
    nonceLifetimeMs: NONCE_MS,
    credentials: stores,
    hash: nodeDigestHash,
    mac: randomMac(),
    dialogMac: randomMac(),
    ids: new RandomIdSource(),
  });
}

beforeEach(async () => {
  clock = new VirtualClock();
  stores = new MemoryStores();
  for (const user of ['alice', 'bob']) {
    await stores.writeCredential(`sip:${user}@example.com`, credentialOf(user, `${user}'s secret`));
  }
  authenticator = newAuthenticator();
  world = new EdgeWorld(clock, {}, authenticator);
  world.registrar.answer = async (request) => responseTo(request, 200);
  flow = new FakeFlow();
  alice = new DigestClient('alice', "alice's secret");
});

/** Sends a request in a transaction of its own.  @returns the answer, if there is one by then */
async function ask(parts: MessageParts = {}, on = flow): Promise<SipResponse | undefined> {
  transactions += 1;
  const before = on.sent.length;
  const via = `SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKt${transactions};rport`;
  world.receive(on, messageText({ via, ...parts }));
  await world.settle();
  return on.sent.length > before ? on.responses.at(-1) : undefined;
}

/** The first answer to a request without credentials. */
async function challenge(
  parts: MessageParts = {},
  on = flow,
  client = alice,
): Promise<SipResponse> {
  const response = await ask(parts, on);
  if (response === undefined) throw new Error('no challenge');
  client.challenged(response);
  return response;
}

/** The same request with credentials. */
function prove(
  parts: MessageParts = {},
  choice: DigestChoice = {},
  on = flow,
  client = alice,
): Promise<SipResponse | undefined> {
  const method = parts.method ?? 'MESSAGE';
  const uri = parts.uri ?? 'sip:bob@example.com';
  const line = client.line(method, uri, parts.body ?? 'hello', choice);
  return ask({ ...parts, headers: [...(parts.headers ?? []), line] }, on);
}

const stale = (response: SipResponse | undefined): boolean[] =>
  response === undefined ? [] : challengesIn(response).map((each) => each.stale === 'true');

const REGISTER: MessageParts = {
  method: 'REGISTER',
  uri: 'sip:example.com',
  to: 'sip:alice@example.com',
  headers: ['Contact: <sip:alice@198.51.100.7:40000;transport=tcp>'],
  body: '',
};

describe('a challenge', () => {
  test('MUST be 407 for a MESSAGE, with SHA-512-256, SHA-256 and MD5 in this order, and nothing appended (RFC 8760 §2.3)', async () => {
    const response = await challenge();
    expect(response.status).toBe(407);
    const challenges = challengesIn(response);
    expect(challenges.map((each) => each.algorithm)).toEqual(['SHA-512-256', 'SHA-256', 'MD5']);
    for (const each of challenges) {
      expect(each).toMatchObject({ realm: REALM, qop: 'auth,auth-int' });
      expect(each.stale).toBeUndefined();
    }
    expect(world.log.records).toHaveLength(0);
  });

  test('MUST be 401 for a REGISTER, which goes to no registrar (RFC 3261 §10.3 step 3)', async () => {
    const response = await challenge(REGISTER);
    expect(response.status).toBe(401);
    expect(challengesIn(response)).toHaveLength(3);
    expect(world.registrar.requests).toHaveLength(0);
  });

  test('MUST NOT meet ACK and CANCEL (RFC 3261 §22.1)', async () => {
    expect(await ask({ method: 'ACK' })).toBeUndefined();
    expect((await ask({ method: 'CANCEL' }))?.status).toBe(481);
  });

  test('MUST NOT meet an OPTIONS for the edge itself, which every stranger may ask whether it lives', async () => {
    expect((await ask({ method: 'OPTIONS', uri: 'sip:192.0.2.1' }))?.status).toBe(200);
  });

  test('MUST come again, not stale, for credentials of another realm or scheme', async () => {
    await challenge();
    const foreign = new DigestClient('alice', "alice's secret");
    foreign.challenged(
      responseTo(asAny(messageText()), 407, [
        'Proxy-Authenticate: Digest realm="other.example", nonce="n", algorithm=MD5, qop="auth"',
      ]),
    );
    expect(stale(await prove({}, {}, flow, foreign))).toEqual([false, false, false]);
    const basic = await ask({ headers: ['Proxy-Authorization: Basic YWxpY2U6c2VjcmV0'] });
    expect(stale(basic)).toEqual([false, false, false]);
  });
});

function asAny(text: string): SipRequest {
  const message = sip(text);
  if (!(message instanceof SipRequest)) throw new Error('not a request');
  return message;
}

describe('right credentials', () => {
  test.each(
    DIGEST_ALGORITHMS.flatMap((algorithm) => [
      [algorithm, 'auth'] as const,
      [algorithm, 'auth-int'] as const,
    ]),
  )('MUST be taken with %s and qop %s', async (algorithm, qop) => {
    await challenge();
    expect(await prove({}, { algorithm, qop })).toBeUndefined();
    expect(world.log.records).toHaveLength(1);
    expect(world.log.records[0]?.flags).toBe(RecordFlag.AUTHENTICATED);
  });

  test('MUST be taken with the whole address as user name', async () => {
    await challenge();
    await prove({}, { username: 'alice@example.com' });
    expect(world.log.records).toHaveLength(1);
  });

  test('MUST be found among rows of other realms and schemes, and go no further, while those do (RFC 3261 §22.3)', async () => {
    await challenge();
    const other =
      'Proxy-Authorization: Digest username="a", realm="other.example", nonce="n", uri="u", response="r"';
    await prove({ headers: [other, 'Proxy-Authorization: Basic YQ=='] });
    const [record] = world.log.records;
    expect(record && asRequest(record).all(H.PROXY_AUTHORIZATION)).toEqual([
      other.slice(21),
      'Basic YQ==',
    ]);
  });

  test('MUST NOT be taken when the body is another (RFC 7616 §3.4.3, auth-int)', async () => {
    await challenge();
    const line = alice.line('MESSAGE', 'sip:bob@example.com', 'hello', { qop: 'auth-int' });
    expect((await ask({ headers: [line], body: 'other' }))?.status).toBe(407);
  });

  test('MUST NOT be taken for another method', async () => {
    await challenge();
    const line = alice.line('REGISTER', 'sip:bob@example.com', 'hello');
    expect((await ask({ headers: [line] }))?.status).toBe(407);
  });

  test('MUST be 400 when they are for another Request-URI (RFC 7616 §3.4.6)', async () => {
    await challenge();
    expect((await prove({}, { uri: 'sip:carol@example.com' }))?.status).toBe(400);
    expect(
      (await prove({}, { uri: 'sip:bob@ALIAS.example.com:5060;x=y' }))?.status,
    ).toBeUndefined();
  });

  test.each([
    ['no qop', (line: string) => line.replace(', qop=auth', '')],
    ['an unknown qop', (line: string) => line.replace('qop=auth', 'qop=other')],
    ['no nc', (line: string) => line.replace(/, nc=\w+/, '')],
    ['nc 0', (line: string) => line.replace(/nc=\w+/, 'nc=00000000')],
    ['nc of other digits', (line: string) => line.replace(/nc=\w+/, 'nc=1')],
    ['no cnonce', (line: string) => line.replace(/cnonce="\w+", /, '')],
    ['an endless user name', (line: string) => line.replace('"alice"', `"${'a'.repeat(257)}"`)],
  ])('MUST be 400 with %s, whoever sends them', async (_, change) => {
    await challenge();
    const line = change(alice.line('MESSAGE', 'sip:bob@example.com', 'hello'));
    expect((await ask({ headers: [line] }))?.status).toBe(400);
    expect(world.log.records).toHaveLength(0);
  });

  test('MUST NOT be taken with an algorithm that was not offered, -sess among them (ADR 0012)', async () => {
    await challenge();
    const line = alice.line('MESSAGE', 'sip:bob@example.com', 'hello', { algorithm: 'MD5' });
    const answer = await ask({ headers: [line.replace('algorithm=MD5', 'algorithm=MD5-sess')] });
    expect(answer?.status).toBe(407);
  });
});

describe('a nonce', () => {
  // UDP: every request proves itself.
  beforeEach(() => {
    flow = new FakeFlow('UDP');
  });

  test('MUST be taken again and again with a rising count (RFC 7616 §3.4)', async () => {
    await challenge();
    for (let i = 0; i < 5; i += 1) expect(await prove()).toBeUndefined();
    expect(world.log.records).toHaveLength(5);
  });

  test('MUST be stale with a count that was used: a digest is taken once (RFC 7616 §5.12)', async () => {
    await challenge();
    const line = alice.line('MESSAGE', 'sip:bob@example.com', 'hello');
    expect(await ask({ headers: [line] })).toBeUndefined();
    const again = await ask({ headers: [line] });
    expect(again?.status).toBe(407);
    expect(stale(again)).toEqual([true, true, true]);
    expect(world.log.records).toHaveLength(1);
  });

  test('MUST be stale after its time, and lead to a new one (RFC 7616 §3.3)', async () => {
    await challenge();
    await clock.advanceAsync(NONCE_MS);
    const late = await prove();
    expect(stale(late)).toEqual([true, true, true]);
    if (late !== undefined) alice.challenged(late);
    expect(await prove()).toBeUndefined();
  });

  test('MUST be stale when another process issued it', async () => {
    await challenge();
    world = new EdgeWorld(clock, {}, newAuthenticator());
    expect(stale(await prove())).toEqual([true, true, true]);
  });

  test('MUST be stale from another address, where nobody got it', async () => {
    await challenge();
    expect(stale(await prove({}, {}, new FakeFlow('UDP', '203.0.113.9')))).toEqual([
      true,
      true,
      true,
    ]);
    expect(await prove({}, {}, new FakeFlow('UDP', '198.51.100.7', 41_000))).toBeUndefined();
  });

  test('that is not good MUST tell nothing about the password', async () => {
    await challenge();
    await clock.advanceAsync(NONCE_MS);
    expect(stale(await prove({}, { password: 'wrong' }))).toEqual([true, true, true]);
    expect(authenticator.stats.wrong).toBe(0);
  });
});

describe('a flow', () => {
  test('MUST NOT be challenged again once its user has proved itself (issue 4, point 4)', async () => {
    await challenge();
    await prove();
    for (let i = 0; i < 3; i += 1) expect(await ask()).toBeUndefined();
    expect(world.log.records).toHaveLength(4);
    expect(authenticator.stats.proven).toBe(1);
    // REGISTER and MESSAGE are one user's.
    await ask(REGISTER);
    expect(world.registrar.requests).toHaveLength(1);
  });

  test('MUST be proved by a REGISTER as well', async () => {
    await challenge(REGISTER);
    await prove(REGISTER);
    expect(world.registrar.requests).toHaveLength(1);
    expect(world.registrar.requests[0]?.has(H.AUTHORIZATION)).toBe(false);
    await ask();
    expect(world.log.records).toHaveLength(1);
  });

  test('MUST be proved for that user alone', async () => {
    await challenge();
    await prove();
    expect((await ask({ from: 'sip:bob@example.com' }))?.status).toBe(407);
    expect((await ask({ ...REGISTER, to: 'sip:bob@example.com' }))?.status).toBe(401);
  });

  test('MUST hold several users of one device', async () => {
    const bob = new DigestClient('bob', "bob's secret");
    await challenge();
    await prove();
    await challenge({ from: 'sip:bob@example.com' }, flow, bob);
    await prove({ from: 'sip:bob@example.com' }, {}, flow, bob);
    await ask();
    await ask({ from: 'sip:bob@example.com' });
    expect(world.log.records).toHaveLength(4);
  });

  test('MUST stay proved beyond the life of a cached credential, for one more read and no challenge', async () => {
    await challenge();
    await prove();
    let reads = 0;
    const { readCredential } = stores;
    stores.readCredential = (aor) => {
      reads += 1;
      return readCredential.call(stores, aor);
    };
    for (let i = 0; i < 3; i += 1) expect(await ask()).toBeUndefined();
    expect(reads).toBe(0);
    await clock.advanceAsync(30_000);
    for (let i = 0; i < 3; i += 1) expect(await ask()).toBeUndefined();
    expect(reads).toBe(1);
    expect(world.log.records).toHaveLength(7);
    expect(authenticator.stats).toMatchObject({ challenged: 1, proven: 1 });
  });

  test('MUST NOT stay proved for more than 30 s when its user is removed', async () => {
    await challenge();
    await prove();
    await stores.removeCredential('sip:alice@example.com');
    await clock.advanceAsync(30_000);
    expect((await ask())?.status).toBe(407);
    expect((await ask(REGISTER))?.status).toBe(401);
    expect((await prove())?.status).toBe(407);
    expect(world.log.records).toHaveLength(1);
  });

  test('MUST prove itself again when the password is another one, and go on in the order that was sent', async () => {
    await challenge();
    await prove();
    await stores.writeCredential('sip:alice@example.com', credentialOf('alice', 'new'));
    await clock.advanceAsync(30_000);
    const challenged = await ask();
    expect(challenged?.status).toBe(407);
    if (challenged !== undefined) alice.challenged(challenged);
    expect((await prove())?.status).toBe(407);
    expect(await prove({}, { password: 'new' })).toBeUndefined();
    expect(await ask()).toBeUndefined();
    await clock.advanceAsync(30_000);
    for (const callId of ['first', 'second', 'third']) {
      const via = `SIP/2.0/TCP c;branch=z9hG4bK${callId};rport`;
      world.receive(flow, messageText({ callId, via }));
    }
    await world.settle();
    const last = world.log.records.slice(-3).map((record) => asRequest(record).callId);
    expect(last).toEqual(['first', 'second', 'third']);
  });

  test('MUST get 503 rather than a challenge while nobody can say whether its user still exists', async () => {
    await challenge();
    await prove();
    await clock.advanceAsync(30_000);
    stores.away = true;
    expect((await ask())?.status).toBe(503);
    stores.away = false;
    expect(await ask()).toBeUndefined();
    expect(authenticator.stats.challenged).toBe(1);
  });

  test('of another connection MUST prove itself again', async () => {
    await challenge();
    await prove();
    expect((await ask({}, new FakeFlow()))?.status).toBe(407);
  });

  test('MUST NOT be proved by a datagram: a source address proves nothing', async () => {
    flow = new FakeFlow('UDP');
    await challenge();
    await prove();
    expect((await ask())?.status).toBe(407);
  });

  test('MUST NOT be proved for what comes through another proxy, whose connection carries many', async () => {
    const vias = () => {
      transactions += 1;
      return `SIP/2.0/TCP proxy.invalid;branch=z9hG4bKp${transactions}\nVia: SIP/2.0/TCP ua;branch=z9hG4bKu`;
    };
    await challenge({ via: vias() });
    expect(await prove({ via: vias() })).toBeUndefined();
    expect((await ask({ via: vias() }))?.status).toBe(407);
    // Nor what the connection's own user has proved.
    await challenge();
    await prove();
    expect((await ask({ via: vias() }))?.status).toBe(407);
  });
});

describe('an identity', () => {
  test.each([
    ['another user', 'sip:bob@example.com'],
    ['a foreign domain', 'sip:alice@elsewhere.example'],
    ['nobody', 'sip:anonymous@anonymous.invalid'],
    ['another scheme', 'tel:+15551234'],
    ['the inbox of another user', 'im:bob@example.com'],
  ])('in From MUST be the sender, not %s: 403', async (_, from) => {
    await challenge({ from });
    const answer = await prove({ from });
    expect(answer?.status).toBe(403);
    expect(world.log.records).toHaveLength(0);
  });

  test.each([
    'sip:%61lice@ALIAS.example.com:5070;transport=tcp',
    'sips:alice@example.com',
    'im:alice@example.com',
  ])('in From MUST be compared as an AoR: %s', async (from) => {
    await challenge({ from });
    expect(await prove({ from })).toBeUndefined();
    expect(world.log.records).toHaveLength(1);
  });

  test('in To of a REGISTER MUST be the sender (RFC 3261 §10.3 step 4)', async () => {
    const parts = { ...REGISTER, to: 'sip:bob@example.com' };
    await challenge(parts);
    expect((await prove(parts))?.status).toBe(403);
    expect(world.registrar.requests).toHaveLength(0);
  });

  test('MUST be asserted to the cluster, and only as it was proved (RFC 3325 §5)', async () => {
    const headers = [
      'P-Asserted-Identity: <sip:bob@example.com>',
      'P-Preferred-Identity: <sip:bob@example.com>',
      'P-Asserted-Identity: <tel:+1>',
      'remote-party-id: "Bob" <sip:bob@example.com>;party=calling',
    ];
    await challenge({ headers });
    await prove({ headers });
    const [record] = world.log.records;
    const request = record && asRequest(record);
    expect(request?.all(H.P_ASSERTED_IDENTITY)).toEqual(['<sip:alice@example.com>']);
    expect(request?.has(H.P_PREFERRED_IDENTITY)).toBe(false);
    expect(request?.has(H.REMOTE_PARTY_ID)).toBe(false);
  });

  test('MUST NOT be taken from the client where nobody proves anything', async () => {
    world = new EdgeWorld(clock);
    await ask({ headers: ['P-Asserted-Identity: <sip:bob@example.com>'] });
    const [record] = world.log.records;
    expect(record && asRequest(record).has(H.P_ASSERTED_IDENTITY)).toBe(false);
  });
});

describe('a stranger', () => {
  const withoutNonce = (response: SipResponse | undefined) =>
    response?.head.replaceAll(/nonce="[^"]*"/g, 'nonce').replaceAll(/z9hG4bKt\d+/g, 'branch');

  test('MUST get the same answer for an unknown user as for a wrong password, byte for byte but the nonce', async () => {
    await challenge();
    const wrong = await prove({}, { password: 'wrong' });
    const from = 'sip:alice@example.com';
    await challenge({ from });
    const unknown = await prove({ from }, { username: 'nobody' });
    expect(wrong?.status).toBe(407);
    expect(withoutNonce(unknown)).toBe(withoutNonce(wrong));
    expect(stale(wrong)).toEqual([false, false, false]);
    // Nor does it help to know what stands in for a hash that is not there.
    const a2 = nodeDigestHash.hashText('SHA-256', 'MESSAGE:sip:bob@example.com');
    const line = alice.line('MESSAGE', 'sip:bob@example.com', '', {
      algorithm: 'SHA-256',
      username: 'nobody',
    });
    const [, nonce, cnonce, nc] = /nonce="([^"]*)".*cnonce="([^"]*)".*nc=(\w+)/.exec(line) ?? [];
    const response = nodeDigestHash.hashText(
      'SHA-256',
      `${'0'.repeat(64)}:${nonce}:${nc}:${cnonce}:auth:${a2}`,
    );
    const forged = await ask({
      headers: [line.replace(/response="\w+"/, `response="${response}"`)],
    });
    expect(forged?.status).toBe(407);
  });

  test('MUST cause the same work for an unknown user as for a wrong password', async () => {
    const work: string[] = [];
    const counted = new Authenticator({
      domains: new ServedDomains(['example.com'], true),
      realm: REALM,
      algorithms: DIGEST_ALGORITHMS,
      nonceLifetimeMs: NONCE_MS,
      credentials: {
        readCredential: (aor) => {
          work.push('read');
          return stores.readCredential(aor);
        },
      },
      hash: {
        hashText: (algorithm, text) => {
          work.push(`${algorithm} ${text.length}`);
          return nodeDigestHash.hashText(algorithm, text);
        },
        hashBytes: nodeDigestHash.hashBytes,
      },
      mac: randomMac(),
      dialogMac: randomMac(),
      ids: new RandomIdSource(),
    });
    world = new EdgeWorld(clock, {}, counted);
    for (const algorithm of DIGEST_ALGORITHMS) {
      const of: string[][] = [];
      for (const username of [`alice`, `a${algorithm.slice(-4)}`, 'alice@example.com']) {
        work.length = 0;
        await challenge();
        await prove({}, { algorithm, username, password: 'wrong' });
        of.push([...work].filter((step) => step !== 'read'));
        expect(work.length).toBeGreaterThan(0);
      }
      expect(of[1]).toEqual(of[0]);
      expect(of[2]).toEqual(of[0]);
    }
    work.length = 0;
    await challenge();
    await prove({}, { username: 'nobody' });
    await prove({}, { username: 'nobody' });
    // Known for a while to be nobody: as long as a password would be.
    expect(work.filter((step) => step === 'read')).toHaveLength(1);
  });

  test('MUST be slowed down, with 503 and Retry-After, after guessing one password a few times', async () => {
    await challenge();
    for (let i = 0; i < 5; i += 1) {
      expect((await prove({}, { password: `guess ${i}` }))?.status).toBe(407);
    }
    const refused = await prove();
    expect(refused?.status).toBe(503);
    expect(Number(refused?.get(H.RETRY_AFTER))).toBeGreaterThan(0);
    // Whether the user exists makes no difference.
    for (let i = 0; i < 5; i += 1) await prove({}, { username: 'nobody' });
    expect((await prove({}, { username: 'nobody' }))?.status).toBe(503);
    await clock.advanceAsync(11_000);
    expect(await prove()).toBeUndefined();
  });

  test('MUST be slowed down after trying many names, and lock nobody out: not from elsewhere, nor who has proved itself there', async () => {
    flow = new FakeFlow('UDP');
    await challenge();
    expect(await prove()).toBeUndefined();
    for (let i = 0; i < 40; i += 1) await prove({}, { username: `name${i}`, password: 'x' });
    expect((await prove({}, { username: 'bob' }))?.status).toBe(503);
    expect(await prove()).toBeUndefined();
    const elsewhere = new FakeFlow('UDP', '203.0.113.9');
    const bob = new DigestClient('bob', "bob's secret");
    await challenge({ from: 'sip:bob@example.com' }, elsewhere, bob);
    expect(await prove({ from: 'sip:bob@example.com' }, {}, elsewhere, bob)).toBeUndefined();
  });
});

describe('the credential', () => {
  test('MUST be read once for requests that come together, and they go on in order', async () => {
    let reads = 0;
    const read = stores.readCredential.bind(stores);
    stores.readCredential = (aor) => {
      reads += 1;
      return read(aor);
    };
    await challenge();
    for (let i = 0; i < 3; i += 1) {
      const line = alice.line('MESSAGE', 'sip:bob@example.com', 'hello');
      const via = `SIP/2.0/TCP c;branch=z9hG4bKo${i}`;
      world.receive(flow, messageText({ via, headers: [line], callId: `call${i}` }));
    }
    await world.settle();
    expect(reads).toBe(1);
    expect(world.log.records.map((record) => asRequest(record).callId)).toEqual([
      'call0',
      'call1',
      'call2',
    ]);
  });

  test('MUST absorb a retransmission while it is being read: no second use of the nonce', async () => {
    await challenge();
    const line = alice.line('MESSAGE', 'sip:bob@example.com', 'hello');
    const text = messageText({ headers: [line], via: 'SIP/2.0/UDP c;branch=z9hG4bKr' });
    world.receive(flow, text);
    world.receive(flow, text);
    await world.settle();
    expect(world.log.records).toHaveLength(1);
    expect(world.edge.stats.retransmissions).toBe(1);
    expect(flow.statuses).toEqual([407]);
  });

  test('MUST count a guess once that comes twice while it is being read', async () => {
    await challenge();
    const line = alice.line('MESSAGE', 'sip:bob@example.com', 'hello', { password: 'wrong' });
    const text = messageText({ headers: [line], via: 'SIP/2.0/UDP c;branch=z9hG4bKr' });
    world.receive(flow, text);
    world.receive(flow, text);
    await world.settle();
    expect(authenticator.stats.wrong).toBe(1);
    expect(flow.statuses).toEqual([407, 407]);
  });

  test('that is changed MUST count after 30 s at the latest', async () => {
    flow = new FakeFlow('UDP');
    await challenge();
    await prove();
    await stores.writeCredential('sip:alice@example.com', credentialOf('alice', 'new'));
    await clock.advanceAsync(30_000);
    expect((await prove())?.status).toBe(407);
    expect(await prove({}, { password: 'new' })).toBeUndefined();
  });

  test('MUST be waited for by 2,000 requests at most: one more gets 503', async () => {
    await challenge();
    stores.readCredential = () => new Promise(() => undefined);
    const refused: unknown[] = [];
    for (let source = 1; source <= 9; source += 1) {
      const on = new FakeFlow('TCP', `198.51.100.${source}`);
      const client = new DigestClient('alice', "alice's secret");
      await challenge({}, on, client);
      for (let i = 0; i < 250; i += 1) {
        const answer = await prove({}, { username: `name${i % 7}` }, on, client);
        if (answer !== undefined) refused.push([source, answer.status, answer.has(H.RETRY_AFTER)]);
      }
    }
    expect(refused).toEqual(Array(250).fill([9, 503, true]));
    expect(world.edge.stats.rejectedPendingCap).toBe(250);
  });

  test('MUST be waited for by 250 requests of one address at most, and others come through', async () => {
    stores.readCredential = () => new Promise(() => undefined);
    const statuses: (number | undefined)[] = [];
    for (let i = 0; i <= 250; i += 1) {
      // One connection more is no other source.
      if (i % 100 === 0) {
        flow = new FakeFlow();
        await challenge();
      }
      statuses.push((await prove({}, { username: `name${i % 7}` }))?.status);
    }
    expect(statuses).toEqual([...Array(250).fill(undefined), 503]);
    expect(world.edge.stats.rejectedSourceCap).toBe(1);
    const elsewhere = new FakeFlow('TCP', '198.51.100.8');
    await challenge({}, elsewhere);
    expect(await prove({}, {}, elsewhere)).toBeUndefined();
  });

  test('MUST give its place back, though it did not come', async () => {
    flow = new FakeFlow('UDP');
    await challenge();
    stores.away = true;
    for (let i = 0; i < 251; i += 1) expect((await prove())?.status).toBe(503);
    expect(world.edge.stats.rejectedUnavailable).toBe(251);
    expect(world.edge.stats.rejectedSourceCap).toBe(0);
  });

  test('that cannot be read MUST lead to 503 with Retry-After, and to no guess', async () => {
    await challenge();
    stores.away = true;
    const answer = await prove();
    expect(answer?.status).toBe(503);
    expect(answer?.has(H.RETRY_AFTER)).toBe(true);
    stores.away = false;
    expect(await prove()).toBeUndefined();
    expect(world.log.records).toHaveLength(1);
  });
});

test('calls that wait MUST be counted by who makes them, not by where: users of one address have a share each', async () => {
  world = new EdgeWorld(clock, { maxProxiedPerSource: 1 }, authenticator);
  const callee = new FakeFlow('TCP', '198.51.100.9');
  world.recipients.bindings.set('sip:bob@example.com', [bindingAt(world, callee)]);
  const call = { method: 'INVITE', body: '' };
  const bobs: MessageParts = { ...call, from: 'sip:bob@example.com' };
  const bob = new DigestClient('bob', "bob's secret");
  await challenge(call);
  await prove(call);
  // From another port, or over another connection, it is still Alice.
  const again = new FakeFlow('TCP', flow.remote.address, 40_100);
  await challenge(call, again);
  expect((await prove(call, {}, again))?.status).toBe(503);
  await challenge(bobs, again, bob);
  expect((await prove(bobs, {}, again, bob))?.status).toBe(100);
  expect(callee.requests).toHaveLength(2);
});

test('credentials for our realm MUST NOT go on, under whatever name they come (RFC 3261 §22.3)', async () => {
  await challenge();
  const line = alice.line('MESSAGE', 'sip:bob@example.com', 'hello');
  const others =
    'Authorization: Digest username="a", realm="there", nonce="1", uri="sip:x", response="aa"';
  await prove({ headers: [line.replace('Proxy-Authorization', 'Authorization'), others] });
  const record = world.log.records[0];
  const sent = record && asRequest(record);
  expect(sent?.has(H.PROXY_AUTHORIZATION)).toBe(false);
  expect(sent?.all(H.AUTHORIZATION)).toEqual([others.slice('Authorization: '.length)]);
});

describe('a device that challenges for our realm itself', () => {
  const CALL: MessageParts = { method: 'INVITE', body: '' };
  let eve: FakeFlow;

  beforeEach(() => {
    eve = new FakeFlow('TCP', '198.51.100.66');
    world.recipients.bindings.set('sip:bob@example.com', [bindingAt(world, eve)]);
  });

  /** Alice calls, and the device answers with those challenges.  @returns what she gets */
  async function call(...challenges: readonly string[]): Promise<SipResponse | undefined> {
    await challenge(CALL);
    await prove(CALL);
    world.receive(eve, answerTo(eve, 401, challenges));
    await world.settle();
    return flow.responses.at(-1);
  }

  test('MUST NOT have its caller answer a nonce of ours, or it could go on as the caller (RFC 7616 §5.8)', async () => {
    const forEve = new FakeFlow('TCP', '198.51.100.66');
    const issued = await ask(CALL, forEve);
    const rows = (issued?.all(H.PROXY_AUTHENTICATE) ?? []).map((row) => `WWW-Authenticate: ${row}`);
    expect(rows).toHaveLength(3);
    const got = await call(...rows, 'Proxy-Authenticate: Basic realm="EXAMPLE.com"');
    expect(got?.status).toBe(403);
    expect(got?.head).not.toMatch(/-Authenticate:/);
  });

  test('MUST NOT with one that cannot be read, and may with one for its own realm', async () => {
    const own = 'WWW-Authenticate: Digest realm="there", nonce="1"';
    const got = await call(own, 'WWW-Authenticate: Digest realm="example.com" nonce="1"');
    expect(got?.status).toBe(401);
    expect(got?.all(H.WWW_AUTHENTICATE)).toEqual(['Digest realm="there", nonce="1"']);
  });

  test('MUST NOT in answer to a MESSAGE either', () => {
    const finals: (readonly [number, boolean])[] = [];
    const flowToken = world.tokens.tokenOf(eve) ?? '';
    world.edge.deliver(deliveryOf({ flowToken }), (status, response) => {
      finals.push([status, response?.has(H.WWW_AUTHENTICATE) ?? true]);
    });
    const forged = 'WWW-Authenticate: Digest realm="example.com", nonce="1"';
    world.receive(eve, answerTo(eve, 401, [forged]));
    expect(finals).toEqual([[403, false]]);
  });
});
