import { makeCredential, RecordFlag, ServedDomains } from '@hermod/contracts';
import { nodeDigestHash, RandomIdSource, randomMac } from '@hermod/platform';
import { DIGEST_ALGORITHMS, H, type SipRequest } from '@hermod/sip';
import { DigestClient, MemoryStores, VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  answerTo,
  asRequest,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
} from '../../../test/edge-world.ts';
import { Authenticator } from '../authentication/authenticator.ts';
import { RelayRules } from './relay-rules.ts';

const CAROL = 'sip:carol@other.example';
const DOMAINS = new ServedDomains(['example.com', 'alias.example.com'], true);

let clock: VirtualClock;
let world: EdgeWorld;
let alice: FakeFlow;
let transactions = 0;

function start(authenticator?: Authenticator): void {
  clock = new VirtualClock();
  world = new EdgeWorld(clock, {}, authenticator, { openDomain: authenticator === undefined });
  alice = new FakeFlow('TCP', '198.51.100.7', 40_000);
}

beforeEach(() => {
  start();
  world.locator.isOpen = true;
});

/** Makes these the addresses of a domain, in this order.  @returns a flow to each */
function servers(domain: string, ...addresses: readonly string[]): FakeFlow[] {
  const hops = addresses.map((address) => {
    return { address, port: 5060, transport: 'TCP' as const, domain };
  });
  world.locator.hops.set(domain, hops);
  return addresses.map((address) => {
    const flow = new FakeFlow('TCP', address, 5060);
    world.connector.flows.set(`TCP ${address}:5060`, flow);
    return flow;
  });
}

async function send(parts: MessageParts = {}, flow = alice): Promise<void> {
  transactions += 1;
  const via = `SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKt${transactions};rport`;
  world.receive(flow, messageText({ uri: CAROL, via, ...parts }));
  await world.settle();
}

async function answer(flow: FakeFlow | undefined, status: number, extra: readonly string[] = []) {
  if (flow === undefined) throw new Error('no such server');
  world.receive(flow, answerTo(flow, status, extra));
  await world.settle();
}

const requestsOf = (flow: FakeFlow | undefined): readonly SipRequest[] => flow?.requests ?? [];
const finals = (flow = alice): number[] => flow.statuses.filter((status) => status >= 200);

describe('a MESSAGE to another domain', () => {
  it('MUST go there, not into the log, unchanged but for what a proxy adds (RFC 3261 §16.6)', async () => {
    const [server] = servers('other.example', '203.0.113.1');
    await send({ body: 'hello', headers: ['X-Odd:  a ,,;'] });
    expect(world.log.records).toEqual([]);
    const [request] = requestsOf(server);
    expect(request?.requestUri).toBe(CAROL);
    expect(request?.head).toContain('\r\nX-Odd:  a ,,;\r\n');
    expect(request?.has(H.RECORD_ROUTE)).toBe(false);
    expect(Buffer.from(request?.body ?? []).toString()).toBe('hello');
    await answer(server, 200);
    expect(finals()).toEqual([200]);
  });

  it('MUST get 403 when its sender may not relay, and leave no trace', async () => {
    world.locator.isOpen = false;
    servers('other.example', '203.0.113.1');
    await send();
    await send({ uri: 'sip:bob@example.com;maddr=203.0.113.1' });
    await send({ uri: 'sip:bob@example.com', headers: ['Route: <sip:203.0.113.1;lr>'] });
    expect(finals()).toEqual([403, 403, 403]);
    expect(world.connector.asked).toEqual([]);
    expect(world.log.records).toEqual([]);
  });

  it('MUST try the next address after 4 s of silence, with another branch (RFC 3263 §4.3, RFC 4321 §1.3)', async () => {
    const [silent, second] = servers('other.example', '203.0.113.1', '203.0.113.2');
    await send();
    await clock.advanceAsync(3_999);
    expect(requestsOf(second)).toHaveLength(0);
    await clock.advanceAsync(1);
    expect(requestsOf(second)).toHaveLength(1);
    expect(requestsOf(second)[0]?.get(H.VIA)).not.toBe(requestsOf(silent)[0]?.get(H.VIA));
    await answer(second, 202);
    expect(finals()).toEqual([202]);
  });

  it('MUST wait for an address that has said 100', async () => {
    const [slow, second] = servers('other.example', '203.0.113.1', '203.0.113.2');
    await send();
    await answer(slow, 100);
    await clock.advanceAsync(15_000);
    expect(requestsOf(second)).toHaveLength(0);
    await answer(slow, 200);
    expect(finals()).toEqual([200]);
  });

  it('MUST count a 2xx that comes late, and nothing else that does', async () => {
    const [late, second] = servers('other.example', '203.0.113.1', '203.0.113.2');
    await send();
    await clock.advanceAsync(4_000);
    await answer(late, 404);
    expect(finals()).toEqual([]);
    await send();
    await answer(second, 202);
    expect(finals()).toEqual([202]);
    start();
    world.locator.isOpen = true;
    const [again, other] = servers('other.example', '203.0.113.1', '203.0.113.2');
    await send();
    await clock.advanceAsync(4_000);
    await answer(again, 200);
    expect(finals()).toEqual([200]);
    await answer(other, 200);
    expect(finals()).toEqual([200]);
  });

  it('MUST leave a silent address alone between transactions, and ask again with one request (RFC 4321 §1.3)', async () => {
    const [silent, second] = servers('other.example', '203.0.113.1', '203.0.113.2');
    await send();
    await clock.advanceAsync(4_000);
    await answer(second, 200);
    await send();
    await answer(second, 200);
    expect(requestsOf(silent)).toHaveLength(1);
    expect(world.edge.gauges.heldHops).toBe(1);
    await clock.advanceAsync(10_000);
    await send();
    await send();
    expect(requestsOf(silent)).toHaveLength(2);
    await answer(silent, 200);
    expect(world.edge.gauges.heldHops).toBe(0);
    await send();
    expect(requestsOf(silent)).toHaveLength(3);
  });

  it('MUST NOT count a silence twice: the address that was left is asked again after its hold', async () => {
    const [silent, second] = servers('other.example', '203.0.113.1', '203.0.113.2');
    await send();
    await clock.advanceAsync(4_000);
    await answer(second, 200);
    // Timer F of the branch that was left.
    await clock.advanceAsync(29_000);
    await send();
    expect(requestsOf(silent)).toHaveLength(2);
  });

  it('MUST NOT leave an address alone that has answered, though its connection broke then', async () => {
    const [first] = servers('other.example', '203.0.113.1');
    await send({ method: 'INVITE', headers: ['Contact: <sip:alice@198.51.100.7>'] });
    await answer(first, 180);
    if (first !== undefined) {
      first.close();
      world.edge.onClosed(first);
    }
    await world.settle();
    expect(finals()).toEqual([500]);
    expect(world.edge.gauges.heldHops).toBe(0);
  });

  it('MUST NOT come back to a server before its Retry-After is over (RFC 3261 §21.5.4)', async () => {
    const [busy, second] = servers('other.example', '203.0.113.1', '203.0.113.2');
    await send();
    await answer(busy, 503, ['Retry-After: 60 (maintenance)']);
    await answer(second, 200);
    await clock.advanceAsync(59_000);
    await send();
    expect(requestsOf(busy)).toHaveLength(1);
    await clock.advanceAsync(1_000);
    await send();
    expect(requestsOf(busy)).toHaveLength(2);
  });

  it('MUST go by TCP when it is too large for a datagram, and by UDP when nobody is there (RFC 3261 §18.1.1)', async () => {
    const hop = { address: '203.0.113.1', port: 5060, domain: 'other.example' };
    world.locator.hops.set('other.example', [{ ...hop, transport: 'UDP' }]);
    const flows = { TCP: new FakeFlow('TCP', hop.address), UDP: new FakeFlow('UDP', hop.address) };
    for (const [name, flow] of Object.entries(flows)) {
      world.connector.flows.set(`${name} ${hop.address}:5060`, flow);
    }
    await send({ body: 'x'.repeat(1000) });
    const large = requestsOf(flows.TCP)[0];
    expect(large?.get(H.VIA)).toMatch(/^SIP\/2\.0\/TCP /);
    expect(requestsOf(flows.UDP)).toHaveLength(0);
    await send({ body: 'x'.repeat(500) });
    const small = flows.UDP.sent[0];
    expect((small?.head.length ?? 0) + 500).toBeLessThan(1300);
    world.connector.flows.delete(`TCP ${hop.address}:5060`);
    await send({ body: 'x'.repeat(1000) });
    expect(requestsOf(flows.UDP)).toHaveLength(2);
  });

  it('MUST be answered 504 in time when nobody answers, and never 408 (RFC 4320 §4.2)', async () => {
    servers('other.example', '203.0.113.1', '203.0.113.2');
    await send();
    await clock.advanceAsync(19_999);
    expect(finals()).toEqual([]);
    await clock.advanceAsync(1);
    expect(finals()).toEqual([504]);
    await clock.advanceAsync(60_000);
    expect(finals()).toEqual([504]);
    expect(world.edge.gauges.pendingProxied).toBe(0);
  });

  it('MUST be answered 500 at once when every address is left alone: a 503 would speak of us', async () => {
    servers('other.example', '203.0.113.1');
    world.connector.flows.clear();
    await send();
    await send();
    expect(finals()).toEqual([500, 500]);
    expect(world.connector.asked).toHaveLength(1);
  });
});

describe('an im: Request-URI (RFC 3428 §5, RFC 3860)', () => {
  it('MUST mean the user of that name where the domain is ours', async () => {
    await send({ uri: 'im:bob@alias.example.com?subject=x' });
    const [record] = world.log.records;
    expect(record?.aor).toBe('sip:bob@example.com');
    expect(record && asRequest(record).requestUri).toBe('sip:bob@alias.example.com');
  });

  it('MUST become the SIP URI at the server of _im._sip elsewhere (RFC 5509 §3)', async () => {
    const [server] = servers('im.other.example', '203.0.113.1');
    await send({ uri: 'im:carol@other.example' });
    expect(requestsOf(server)[0]?.requestUri).toBe('sip:carol@im.other.example');
  });

  it('MUST be tried at each of those servers in turn, and at 8 addresses at most (RFC 3861 §4)', async () => {
    world.locator.inboxes.set('other.example', ['gone.example', 'im1.example', 'im2.example']);
    const addresses = Array.from({ length: 6 }, (_, i) => `203.0.113.${i}`);
    servers('im1.example', ...addresses);
    servers('im2.example', ...addresses.map((address) => address.replace('113', '114')));
    world.connector.flows.clear();
    await send({ uri: 'im:carol@other.example' });
    expect(finals()).toEqual([500]);
    expect(world.connector.asked).toHaveLength(8);
    expect(world.connector.asked.at(-1)).toBe('TCP 203.0.114.1:5060');
  });

  it('a domain without a server that answers MUST end in 504, not in silence', async () => {
    world.locator.inboxes.set('other.example', ['gone.example', 'im.example']);
    servers('im.example', '203.0.113.1');
    await send({ uri: 'im:carol@other.example' });
    await clock.advanceAsync(20_000);
    expect(finals()).toEqual([504]);
  });

  it('MUST be 403 elsewhere for those who may not relay, 400 for what is no inbox', async () => {
    world.locator.isOpen = false;
    await send({ uri: 'im:carol@other.example' });
    await send({ uri: 'im:nonsense' });
    expect(finals()).toEqual([403, 400]);
  });

  it('MUST be 416 for any other method, and any other scheme (RFC 3261 §16.3 step 2)', async () => {
    await send({ method: 'INVITE', uri: 'im:bob@example.com' });
    await send({ uri: 'mailto:bob@example.com' });
    expect(finals()).toEqual([416, 416]);
  });

  it('MUST NOT stand in Route (RFC 3428 §5)', async () => {
    await send({ uri: 'sip:bob@example.com', headers: ['Route: <im:bob@other.example>'] });
    expect(finals()).toEqual([400]);
    expect(world.connector.asked).toEqual([]);
  });
});

describe('where everybody has to prove who they are', () => {
  const PEER = '203.0.113.99';
  let stores: MemoryStores;
  let client: DigestClient;

  beforeEach(async () => {
    stores = new MemoryStores();
    const credential = makeCredential(
      'sip:alice@example.com',
      'example.com',
      'secret',
      nodeDigestHash,
    );
    await stores.writeCredential('sip:alice@example.com', credential);
    const authenticator = new Authenticator({
      domains: DOMAINS,
      realm: 'example.com',
      algorithms: DIGEST_ALGORITHMS,
      nonceLifetimeMs: 300_000,
      credentials: stores,
      hash: nodeDigestHash,
      mac: randomMac(),
      dialogMac: randomMac(),
      ids: new RandomIdSource(),
    });
    start(authenticator);
    client = new DigestClient('alice', 'secret');
    world.locator.rules = new RelayRules({
      domains: DOMAINS,
      forAuthenticated: true,
      peers: new Set([PEER]),
      inbound: new Set(['198.51.100.77']),
      destinations: { has: () => true },
    });
  });

  async function prove(parts: MessageParts): Promise<void> {
    const challenge = alice.responses.at(-1);
    if (challenge === undefined) throw new Error('no challenge');
    client.challenged(challenge);
    await send({ ...parts, headers: [client.line('MESSAGE', parts.uri ?? CAROL, 'hello', {})] });
  }

  it('a user of ours MUST be challenged before anything leaves, and then be relayed', async () => {
    const [server] = servers('other.example', '203.0.113.1');
    await send();
    expect(finals()).toEqual([407]);
    expect(world.connector.asked).toEqual([]);
    await prove({});
    const [request] = requestsOf(server);
    // Our own credentials and the assertion are nobody's business there (RFC 3261 §22.3, RFC 3325 §5).
    expect(request?.has(H.PROXY_AUTHORIZATION)).toBe(false);
    expect(request?.has(H.P_ASSERTED_IDENTITY)).toBe(false);
    await answer(server, 200);
    expect(finals()).toEqual([407, 200]);
  });

  it('a stranger MUST NOT be relayed, whoever it says it is', async () => {
    servers('other.example', '203.0.113.1');
    await send({ from: 'sip:mallory@third.example' });
    await send({ from: 'sip:alice@example.com.' });
    await send({ from: 'sip:bob@example.com' });
    expect(finals()).toEqual([403, 407, 407]);
    expect(world.connector.asked).toEqual([]);
  });

  it('a peer MUST be relayed as users of other domains, and challenged as users of ours', async () => {
    const peer = new FakeFlow('TCP', PEER);
    const [server] = servers('other.example', '203.0.113.1');
    await send({ from: 'sip:dave@third.example' }, peer);
    expect(requestsOf(server)).toHaveLength(1);
    await send({}, peer);
    expect(finals(peer)).toEqual([407]);
  });

  it('users of other domains MUST be let in from where they may come, and not learn who exists', async () => {
    const inbound = new FakeFlow('TCP', '198.51.100.77');
    await send({ uri: 'sip:bob@example.com', from: 'sip:dave@third.example' }, inbound);
    expect(finals(inbound)).toEqual([]);
    const [record] = world.log.records;
    expect(record?.aor).toBe('sip:bob@example.com');
    expect((record?.flags ?? 0) & RecordFlag.AUTHENTICATED).toBe(0);
    await send({ uri: 'sip:bob@example.com', from: 'sip:alice@example.com' }, inbound);
    expect(finals(inbound)).toEqual([407]);
    await send({ uri: 'sip:bob@example.com', from: 'sip:dave@third.example' });
    expect(finals()).toEqual([407]);
  });

  it('the far end of a dialog MUST reach the user of ours by its token, and nobody without one', async () => {
    const token = world.tokens.tokenOf(alice) ?? '';
    const there = new FakeFlow('TCP', '203.0.113.1');
    const bye = {
      method: 'BYE',
      uri: 'sip:alice@198.51.100.7',
      from: CAROL,
      toTag: 'a1',
      body: '',
    };
    await send({ ...bye, headers: [`Route: <sip:${token}@192.0.2.1:5060;lr>`] }, there);
    expect(alice.requests.map(({ method }) => method)).toEqual(['BYE']);
    // Outside a dialog the token is no pass, nor is a dialog without it.
    const { toTag: _toTag, ...outside } = bye;
    await send({ ...outside, headers: [`Route: <sip:${token}@192.0.2.1:5060;lr>`] }, there);
    await send({ ...bye, uri: 'sip:alice@example.com' }, there);
    expect(finals(there)).toEqual([407, 407]);
    expect(alice.requests).toHaveLength(1);
  });

  it('users of other domains MUST NOT learn who exists by calling either', async () => {
    const inbound = new FakeFlow('TCP', '198.51.100.77');
    const call = { method: 'INVITE', uri: 'sip:nobody@example.com', body: '' };
    await send({ ...call, from: 'sip:dave@third.example' }, inbound);
    expect(finals(inbound)).toEqual([480]);
    await send(call);
    const challenge = alice.responses.at(-1);
    if (challenge === undefined) throw new Error('no challenge');
    client.challenged(challenge);
    await send({ ...call, headers: [client.line('INVITE', call.uri, '')] });
    expect(finals()).toEqual([407, 404]);
  });

  it('an ACK, which nobody can challenge, MUST NOT leave without a dialog of ours', async () => {
    const [server] = servers('other.example', '203.0.113.1');
    alice = new FakeFlow('UDP', '198.51.100.7');
    const token = world.tokens.tokenOf(alice) ?? '';
    const ack = { method: 'ACK', headers: [`Route: <sip:${token}@192.0.2.1:5060;lr>`] };
    await send({ method: 'ACK' });
    // Callers from other domains are told the token of their flow, too.
    await send(ack);
    expect(requestsOf(server)).toHaveLength(0);
    await send();
    await prove({});
    await send({ ...ack, headers: [...ack.headers, client.line('INVITE', CAROL, '')] });
    await send({ method: 'ACK' });
    expect(requestsOf(server).map(({ method }) => method)).toEqual(['MESSAGE', 'ACK']);
    // It has the credentials of its INVITE (RFC 3261 §22.1), and they go no further either.
    expect(requestsOf(server)[1]?.has(H.PROXY_AUTHORIZATION)).toBe(false);
  });
});
