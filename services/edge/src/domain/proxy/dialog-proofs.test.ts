import { makeCredential, ServedDomains } from '@hermod/contracts';
import { nodeDigestHash, RandomIdSource, randomMac, secretMac } from '@hermod/platform';
import { DIGEST_ALGORITHMS, H, type SipRequest } from '@hermod/sip';
import { DigestClient, MemoryStores, VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { EdgeWorld, FakeFlow, type MessageParts, messageText } from '../../../test/edge-world.ts';
import { bindingAt, link } from '../../../test/linked-edges.ts';
import { Authenticator } from '../authentication/authenticator.ts';

const REALM = 'example.com';
const USERS = ['alice', 'bob', 'carol', 'mallory', 'accomplice'] as const;
type User = (typeof USERS)[number];
const ALICES = 'sip:alice@198.51.100.7';

let clock: VirtualClock;
let stores: MemoryStores;
let world: EdgeWorld;
let flows: Readonly<Record<User, FakeFlow>>;
let transactions = 0;

/** An edge where everybody has to prove who they are. */
function edgeAt(address: string, dialogMac = secretMac('of the cluster', 'dialogs')): EdgeWorld {
  const authenticator = new Authenticator({
    domains: new ServedDomains(['example.com', 'alias.example.com'], true),
    realm: REALM,
    algorithms: DIGEST_ALGORITHMS,
    nonceLifetimeMs: 300_000,
    credentials: stores,
    hash: nodeDigestHash,
    mac: randomMac(),
    dialogMac,
    ids: new RandomIdSource(),
  });
  return new EdgeWorld(clock, {}, authenticator, { address });
}

beforeEach(async () => {
  clock = new VirtualClock();
  stores = new MemoryStores();
  for (const user of USERS) {
    const aor = `sip:${user}@example.com`;
    await stores.writeCredential(aor, makeCredential(aor, REALM, user, nodeDigestHash));
  }
  world = edgeAt('192.0.2.1');
  flows = {
    alice: new FakeFlow('TCP', '198.51.100.7', 1),
    bob: new FakeFlow('TCP', '198.51.100.9', 2),
    carol: new FakeFlow('TCP', '198.51.100.3', 3),
    mallory: new FakeFlow('TCP', '203.0.113.66', 4),
    accomplice: new FakeFlow('TCP', '203.0.113.66', 5),
  };
  for (const user of USERS) await logIn(user);
  register('bob');
  register('accomplice');
});

async function say(parts: MessageParts, flow: FakeFlow, edge = world): Promise<void> {
  transactions += 1;
  const via = `SIP/2.0/TCP ua.invalid;branch=z9hG4bK${transactions};rport`;
  edge.receive(flow, messageText({ via, body: '', ...parts }));
  await clock.advanceAsync(0);
}

/** Says it, is challenged, and says it with credentials. */
async function prove(user: User, parts: MessageParts, flow: FakeFlow, edge = world): Promise<void> {
  await say(parts, flow, edge);
  const response = flow.responses.at(-1);
  if (response?.status !== 407) throw new Error('no challenge');
  const client = new DigestClient(user, user);
  client.challenged(response);
  const line = client.line(parts.method ?? 'MESSAGE', parts.uri ?? 'sip:bob@example.com', '');
  await say({ ...parts, headers: [...(parts.headers ?? []), line] }, flow, edge);
}

async function logIn(user: User, flow = flows[user], edge = world): Promise<void> {
  await prove(user, { from: `sip:${user}@example.com`, uri: 'sip:nobody@example.com' }, flow, edge);
}

function register(user: User, edge = world, ...finders: EdgeWorld[]): void {
  const binding = bindingAt(edge, flows[user], { contact: `sip:${user}@device.invalid` });
  for (const finder of [edge, ...finders]) {
    finder.recipients.bindings.set(`sip:${user}@example.com`, [binding]);
  }
}

const last = (user: User): SipRequest => {
  const request = flows[user].requests.at(-1);
  if (request === undefined) throw new Error('it got no request');
  return request;
};
const methods = (user: User): string[] => flows[user].requests.map(({ method }) => method);
const final = (flow: FakeFlow): number =>
  flow.statuses.filter((status) => status >= 200).at(-1) ?? 0;

/** One calls another, who takes it. @returns what the called one sends within that dialog */
async function call(
  to: string,
  options: { by?: User; called?: User; headers?: readonly string[]; edge?: EdgeWorld } = {},
): Promise<(method: string, changes?: MessageParts) => MessageParts> {
  const { by = 'alice', called = 'bob', headers = [], edge = world } = options;
  const from = `sip:${by}@example.com`;
  const uri = `sip:${called}@example.com`;
  await say({ method: 'INVITE', from, uri, to, headers }, flows[by], edge);
  const routes = last(called).values(H.RECORD_ROUTE);
  return (method, changes = {}) => ({
    method,
    uri: ALICES,
    from: to,
    to: from,
    toTag: 'a1',
    headers: routes.map((route) => `Route: ${route}`),
    ...changes,
  });
}

const FORMS = [
  ['a temporary GRUU', 'sip:tgruu.x7f@example.com;gr'],
  ['a public GRUU', 'sip:bob@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
  ['a tel: URI', 'tel:+15551234;phone-context=example.com'],
  ['an address of the edge', 'sip:bob@192.0.2.1'],
  ['whoever forwarded the call', 'sip:boss@example.com'],
] as const;

describe.each(FORMS)('whoever was called by %s', (_name, to) => {
  test('MUST be able to go on and to hang up, with that in From (RFC 3261 §12.2.1.1)', async () => {
    const within = await call(to);
    for (const method of ['INVITE', 'MESSAGE', 'BYE']) await say(within(method), flows.bob);
    expect(methods('alice')).toEqual(['INVITE', 'MESSAGE', 'BYE']);
    const { from } = last('alice');
    expect(from.ok && from.value.uriText).toBe(to);
  });

  test('MUST be able to hang up over a new connection, with credentials of its own', async () => {
    const within = await call(to);
    const moved = new FakeFlow('TCP', '198.51.100.9', 22);
    await say(within('BYE'), moved);
    expect(final(moved)).toBe(407);
    await prove('bob', within('BYE'), moved);
    expect(methods('alice')).toEqual(['BYE']);
  });

  test('MUST be able to hang up through another edge, and after that has started anew', async () => {
    const other = edgeAt('192.0.2.2');
    link(world, other);
    flows = { ...flows, bob: new FakeFlow('TCP', '198.51.100.9', 23) };
    await logIn('bob', flows.bob, other);
    register('bob', other, world);
    const within = await call(to);
    await say(within('INFO'), flows.bob, other);
    expect(methods('alice')).toEqual(['INFO']);
    const anew = edgeAt('192.0.2.2');
    link(world, anew);
    const moved = new FakeFlow('TCP', '198.51.100.9', 24);
    await logIn('bob', moved, anew);
    await say(within('BYE'), moved, anew);
    expect(methods('alice')).toEqual(['INFO', 'BYE']);
  });
});

test('where edges share no secret, a proof MUST be of use to the process that wrote it alone', async () => {
  world = edgeAt('192.0.2.1', randomMac());
  for (const user of ['alice', 'bob'] as const) await logIn(user);
  register('bob');
  const within = await call('tel:+15551234');
  await say(within('INFO'), flows.bob);
  expect(methods('alice')).toEqual(['INFO']);
  const anew = edgeAt('192.0.2.1', randomMac());
  const token = anew.tokens.tokenOf(flows.alice) ?? '';
  await logIn('bob', flows.bob, anew);
  const headers = within('BYE').headers?.map((line) => line.replace(/sip:[^@]*@/, `sip:${token}@`));
  await say(within('BYE', { headers: headers ?? [] }), flows.bob, anew);
  expect(final(flows.bob)).toBe(407);
  expect(methods('alice')).toEqual(['INFO']);
});

test('a device that writes the URI of its dialog anew MUST be known all the same', async () => {
  const within = await call('sip:boss@Example.com;user=phone;x=y');
  const moved = within('BYE').headers?.map((line) => line.replace(';lr', '').replace('>', ';lr>'));
  await say(within('BYE', { from: 'sip:boss@example.com;x=y', headers: moved ?? [] }), flows.bob);
  expect(methods('alice')).toEqual(['BYE']);
});

test('where nobody has to prove anything, there MUST be no proof', async () => {
  world = new EdgeWorld(clock);
  register('bob');
  await call('tel:+15551234');
  expect(last('bob').head).not.toContain(';dp=');
});

test('for the callee of somebody without a tag there MUST be no proof: nothing would tell the dialog from what is outside', async () => {
  const text = messageText({ method: 'INVITE', to: 'tel:+15551234', body: '' });
  world.receive(flows.alice, text.replace(';tag=a1', ''));
  await clock.advanceAsync(0);
  expect(methods('bob')).toEqual(['INVITE']);
  expect(last('bob').head).not.toContain(';dp=');
});

describe('a proof MUST NOT be of use', () => {
  const CEO = 'sip:ceo@example.com';
  /** What an answer to somebody who is not who he says he is may be. */
  const refused = (flow: FakeFlow) => expect([403, 407]).toContain(final(flow));

  test.each(['MESSAGE', 'INVITE', 'BYE'])('left out of a %s', async (method) => {
    const within = await call(CEO);
    const headers = within(method).headers?.map((line) => line.replace(/;dp=[\w-]+/, ''));
    await say(within(method, { headers: headers ?? [] }), flows.bob);
    refused(flows.bob);
    expect(methods('alice')).toEqual([]);
  });

  test.each([
    ['another From', { from: 'sip:carol@example.com' }],
    ['another user name in another case', { from: 'sip:CEO@example.com' }],
    ['another dialog', { callId: 'other' }],
    ['another tag', { toTag: 'other' }],
  ])('with %s', async (_name, changes) => {
    const within = await call(CEO);
    for (const method of ['MESSAGE', 'INVITE', 'BYE'])
      await say(within(method, changes), flows.bob);
    refused(flows.bob);
    expect(methods('alice')).toEqual([]);
  });

  test('outside a dialog', async () => {
    const within = await call(CEO);
    const { toTag: _toTag, ...outside } = within('MESSAGE');
    await say(outside, flows.bob);
    refused(flows.bob);
    expect([...methods('alice'), ...world.log.records.map(({ aor }) => aor)]).not.toContain(
      'sip:alice@example.com',
    );
  });

  test('to somebody who has proved nothing', async () => {
    const within = await call(CEO);
    const stranger = new FakeFlow('TCP', '203.0.113.99', 6);
    await say(within('BYE'), stranger);
    expect(final(stranger)).toBe(407);
    expect(methods('alice')).toEqual([]);
  });

  describe('to two who have called each other in the name of somebody else, to reach a third', () => {
    const carols = () =>
      `Route: <sip:${world.tokens.tokenOf(flows.carol)}@192.0.2.1:5060;transport=tcp;lr>`;
    const two = { by: 'mallory', called: 'accomplice' } as const;

    test.each([
      ['in the place of the way back', ([own = '']: readonly string[]) => [own, carols()]],
      ['behind it', (routes: readonly string[]) => [...routes, carols()]],
      ['before it', (routes: readonly string[]) => [carols(), ...routes]],
      ['between', ([own = '', back = '']: readonly string[]) => [own, carols(), back]],
      ['before the proof alone', ([own = '']: readonly string[]) => [carols(), own]],
    ])('with her token %s', async (_name, forge) => {
      const within = await call(CEO, two);
      const routes = within('MESSAGE').headers ?? [];
      expect(routes[0]).toContain(';dp=');
      for (const method of ['MESSAGE', 'INVITE']) {
        const forged = within(method, { headers: forge(routes), uri: 'sip:carol@device.invalid' });
        await say(forged, flows.accomplice);
      }
      expect(methods('carol')).toEqual([]);
    });

    test('with her token in the Record-Route of the call', async () => {
      const planted = carols().replace('Route', 'Record-Route');
      const within = await call(CEO, { ...two, headers: [planted] });
      expect(within('MESSAGE').headers).toHaveLength(3);
      await say(within('MESSAGE', { uri: 'sip:carol@device.invalid' }), flows.accomplice);
      expect(methods('carol')).toEqual([]);
    });

    test.each([
      ['at the edge of the caller', '192.0.2.1:5070'],
      ['at the one of the called', '192.0.2.2:5070'],
    ])('with her token in the Record-Route of a call between edges, %s', async (_name, trunk) => {
      const other = edgeAt('192.0.2.2');
      link(world, other);
      flows = { ...flows, accomplice: new FakeFlow('TCP', '203.0.113.66', 26) };
      await logIn('accomplice', flows.accomplice, other);
      register('accomplice', other, world);
      const tokens = (trunk.startsWith(other.address) ? other : world).tokens;
      const planted = `Record-Route: <sip:${tokens.tokenOf(flows.carol)}@${trunk};transport=tcp;lr;rr>`;
      const within = await call(CEO, { ...two, headers: [planted] });
      await say(within('MESSAGE', { uri: 'sip:carol@device.invalid' }), flows.accomplice, other);
      // It comes to the one who called.
      expect(methods('mallory')).toEqual(['MESSAGE']);
      expect(methods('carol')).toEqual([]);
    });

    test('over one flow for both', async () => {
      flows = { ...flows, accomplice: flows.mallory };
      await logIn('accomplice', flows.mallory);
      register('accomplice');
      register('carol');
      const within = await call(CEO, two);
      expect(within('MESSAGE').headers?.join()).not.toContain(';dp=');
      await say(within('MESSAGE', { uri: 'sip:carol@example.com' }), flows.mallory);
      refused(flows.mallory);
      expect(methods('carol')).toEqual([]);
    });
  });
});
