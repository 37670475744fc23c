import { type Binding, H, type SipRequest } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerTo,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
  responseText,
} from '../../../test/edge-world.ts';
import { bindingAt } from '../../../test/linked-edges.ts';
import type { EdgeLimits } from '../settings.ts';

const BOB = 'sip:bob@example.com';

let world: EdgeWorld;
let alice: FakeFlow;
let bob: FakeFlow;

beforeEach(() => {
  start();
});

function start(limits: Partial<EdgeLimits> = {}, openDomain = true): void {
  world = new EdgeWorld(new VirtualClock(), limits, undefined, { openDomain });
  alice = new FakeFlow('TCP', '198.51.100.7', 40_000);
  bob = new FakeFlow('TCP', '198.51.100.9', 40_001);
}

/** Bob's device on a flow. */
function register(flow: FakeFlow, changes: Partial<Binding> = {}): Binding {
  const binding = bindingAt(world, flow, changes);
  world.recipients.bindings.set(BOB, [...(world.recipients.bindings.get(BOB) ?? []), binding]);
  return binding;
}

async function send(flow: FakeFlow, parts: MessageParts): Promise<void> {
  world.receive(flow, messageText({ body: 'v=0', ...parts }));
  await world.settle();
}

async function invite(parts: MessageParts = {}): Promise<void> {
  await send(alice, { method: 'INVITE', headers: ['Contact: <sip:alice@198.51.100.7>'], ...parts });
}

async function answer(
  flow: FakeFlow,
  status: number,
  extra: readonly string[] = [],
): Promise<void> {
  world.receive(flow, answerTo(flow, status, extra));
  await world.settle();
}

const last = (flow: FakeFlow): SipRequest => {
  const request = flow.requests.at(-1);
  if (request === undefined) throw new Error('it got no request');
  return request;
};
const methods = (flow: FakeFlow): string[] => flow.requests.map((request) => request.method);
/** A CANCEL is answered by its own response to the same branch. */
const finals = (flow: FakeFlow): string[] =>
  flow.responses
    .filter((response) => response.status >= 200)
    .map((response) => `${response.status} ${response.cseq.ok ? response.cseq.value.method : ''}`);

describe('an INVITE for a user of ours', () => {
  test('MUST be answered 100 at once and go to the flow of the binding, its body and unknown headers untouched (RFC 3261 §16.6, §17.2.1)', async () => {
    register(bob);
    world.receive(
      alice,
      messageText({ method: 'INVITE', headers: ['X-Odd:  a ,,;'], body: 'v=0' }),
    );
    expect(alice.statuses).toEqual([100]);
    await world.settle();
    const request = last(bob);
    expect(request.requestUri).toBe('sip:bob@198.51.100.9:5062');
    expect(request.get(H.MAX_FORWARDS)).toBe('69');
    expect(request.get(H.MAX_BREADTH)).toBe('60');
    expect(request.head).toContain('\r\nX-Odd:  a ,,;\r\n');
    expect(Buffer.from(request.body).toString()).toBe('v=0');
    expect(request.values(H.VIA)).toEqual([
      expect.stringMatching(/^SIP\/2\.0\/TCP 192\.0\.2\.1:5060;branch=z9hG4bK/),
      'SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc1;rport=40000;received=198.51.100.7',
    ]);
    // RFC 5658 §3: a value that Bob can come back to with the token of his flow, and one for Alice.
    expect(request.values(H.RECORD_ROUTE)).toEqual([
      `<sip:${world.tokens.tokenOf(bob)}@192.0.2.1:5060;transport=tcp;lr>`,
      `<sip:${world.tokens.tokenOf(alice)}@192.0.2.1:5060;transport=tcp;lr>`,
    ]);
    expect(world.log.records).toEqual([]);
  });

  test('MUST get every provisional but 100, and every 2xx, at once and without our Via (RFC 3261 §16.7 step 5, RFC 6026 §8)', async () => {
    register(bob);
    await invite();
    for (const status of [100, 180, 183, 200, 200]) await answer(bob, status);
    expect(alice.statuses).toEqual([100, 180, 183, 200, 200]);
    for (const response of alice.responses.slice(1)) expect(response.values(H.VIA)).toHaveLength(1);
    await world.clock.advanceAsync(32_000);
    await answer(bob, 200);
    expect(alice.statuses).toHaveLength(5);
    expect(world.edge.gauges).toMatchObject({ inviteTransactions: 0, clientTransactions: 0 });
  });

  test('MUST have a refusal acknowledged hop by hop (RFC 3261 §17.1.1.3)', async () => {
    register(bob);
    await invite();
    await answer(bob, 486, ['X-Why: because']);
    expect(methods(bob)).toEqual(['INVITE', 'ACK']);
    expect(last(bob).values(H.VIA)).toHaveLength(1);
    expect(alice.responses.at(-1)?.byName('X-Why')).toBe('because');
    expect(finals(alice)).toEqual(['486 INVITE']);
    await send(alice, { method: 'ACK', toTag: 'ua' });
    expect(methods(bob)).toEqual(['INVITE', 'ACK']);
    expect(world.edge.gauges).toMatchObject({ inviteTransactions: 0, pendingProxied: 0 });
  });

  test('MUST be absorbed when it comes again, but not when it comes another way: a proxy knows no merged requests (RFC 3261 §8.2.2.2)', async () => {
    register(bob);
    await invite();
    await invite();
    expect(methods(bob)).toEqual(['INVITE']);
    expect(alice.statuses).toEqual([100, 100]);
    await invite({ via: 'SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc2;rport' });
    expect(methods(bob)).toEqual(['INVITE', 'INVITE']);
  });

  test('MUST be retransmitted over UDP until a provisional comes, and end in 408 when none does (RFC 3261 §16.7, §17.1.1.2)', async () => {
    const datagrams = new FakeFlow('UDP', '198.51.100.9', 5062);
    register(datagrams);
    await invite();
    await world.clock.advanceAsync(1_500);
    expect(methods(datagrams)).toEqual(['INVITE', 'INVITE', 'INVITE']);
    await world.clock.advanceAsync(31_000);
    expect(finals(alice)).toEqual(['408 INVITE']);
  });

  test.each([
    ['nobody is registered', undefined, 480],
    ['the store is away', () => Object.assign(world.recipients, { away: true }), 503],
    ['the flow of the only binding is gone', () => Object.assign(bob, { isOpen: false }), 480],
    ['no device can take it', () => Object.assign(bob, { isFull: true }), 500],
  ] as const)('MUST be refused when %s', async (_name, spoil, status) => {
    if (spoil !== undefined) {
      register(bob);
      spoil();
    }
    await invite();
    expect(finals(alice)).toEqual([`${status} INVITE`]);
    expect(world.edge.gauges.pendingProxied).toBe(0);
  });

  test('MUST get 404 for a user that a closed domain does not have (RFC 3261 §16.5)', async () => {
    start({}, false);
    await invite();
    expect(finals(alice)).toEqual(['404 INVITE']);
  });

  test('MUST go to the Contact when the flow is gone and was not the only way (design §7)', async () => {
    const binding = register(bob, { flowBound: false });
    bob.close();
    const other = new FakeFlow('UDP', '198.51.100.9', 5062);
    world.connector.flows.set('UDP 198.51.100.9:5062', other);
    await invite();
    expect(last(other).requestUri).toBe(binding.contact);
    expect(last(other).get(H.VIA)).toContain(';rport');
  });

  test('MUST end when the flow of the device closes while it rings', async () => {
    register(bob);
    await invite();
    await answer(bob, 180);
    world.edge.onClosed(bob);
    expect(finals(alice)).toEqual(['500 INVITE']);
  });
});

describe('several devices', () => {
  let desk: FakeFlow;

  beforeEach(() => {
    desk = new FakeFlow('TCP', '198.51.100.10', 40_002);
    register(bob);
    register(desk);
  });

  test('MUST ring together, share Max-Breadth, and stop when one answers (RFC 3261 §16.7 step 10, RFC 5393 §5.3.3)', async () => {
    await invite({ headers: ['Max-Breadth: 5'] });
    expect([last(bob), last(desk)].map((request) => request.get(H.MAX_BREADTH))).toEqual([
      '3',
      '2',
    ]);
    await answer(bob, 180);
    await answer(desk, 180);
    await answer(bob, 200);
    expect(methods(desk)).toEqual(['INVITE', 'CANCEL']);
    expect(finals(alice)).toEqual(['200 INVITE']);
    world.receive(desk, responseText(desk.requests[0] ?? last(desk), 487));
    expect(methods(desk)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(finals(alice)).toEqual(['200 INVITE']);
  });

  test('MUST both be heard when both answer: each 2xx is a dialog (RFC 3261 §16.7 step 5)', async () => {
    await invite();
    await answer(bob, 200);
    await answer(desk, 200);
    expect(finals(alice)).toEqual(['200 INVITE', '200 INVITE']);
  });

  test('MUST be cancelled by a 6xx, which goes upstream once all have ended (RFC 3261 §16.7 step 5)', async () => {
    await invite();
    await answer(desk, 180);
    await answer(bob, 603);
    expect(methods(desk)).toEqual(['INVITE', 'CANCEL']);
    expect(finals(alice)).toEqual([]);
    world.receive(desk, responseText(desk.requests[0] ?? last(desk), 487));
    expect(finals(alice)).toEqual(['603 INVITE']);
  });

  test('MUST give the best response when all have refused (RFC 3261 §16.7 step 6)', async () => {
    await invite();
    await answer(bob, 503);
    expect(finals(alice)).toEqual([]);
    await answer(desk, 404);
    expect(finals(alice)).toEqual(['404 INVITE']);
  });

  test('MUST be no more than Max-Breadth allows: 440 (RFC 5393 §5.3.3)', async () => {
    await invite({ headers: ['Max-Breadth: 1'] });
    expect(finals(alice)).toEqual(['440 INVITE']);
    expect(methods(bob)).toEqual([]);
  });

  test('MUST NOT swallow the best response by their silence (RFC 4321 §1.5)', async () => {
    await send(alice, { method: 'SUBSCRIBE' });
    await answer(bob, 489);
    await world.clock.advanceAsync(19_900);
    expect(finals(alice)).toEqual([]);
    await world.clock.advanceAsync(200);
    expect(finals(alice)).toEqual(['489 SUBSCRIBE']);
  });
});

test('flows of one instance MUST be tried one after the other, on 430 or silence only (RFC 5626 §7)', async () => {
  const old = new FakeFlow('TCP', '198.51.100.10', 40_002);
  register(bob, { key: '<urn:uuid:1>;1', expiresAtMs: world.now() + 900_000 });
  register(old, { key: '<urn:uuid:1>;2' });
  await invite();
  expect(methods(old)).toEqual([]);
  await answer(bob, 430);
  expect(methods(old)).toEqual(['INVITE']);
  await answer(old, 486);
  expect(finals(alice)).toEqual(['486 INVITE']);
});

test('a silent flow of one instance MUST be left while there is time for the next (RFC 5626 §7, RFC 4321 §1.3)', async () => {
  const old = new FakeFlow('TCP', '198.51.100.10', 40_002);
  register(bob, { key: '<urn:uuid:1>;1', expiresAtMs: world.now() + 900_000 });
  register(old, { key: '<urn:uuid:1>;2' });
  await send(alice, { method: 'INFO' });
  await world.clock.advanceAsync(3_900);
  expect(methods(old)).toEqual([]);
  await world.clock.advanceAsync(200);
  expect(methods(old)).toEqual(['INFO']);
  // What the first says now is too late for anything but a success.
  await answer(bob, 486);
  expect(finals(alice)).toEqual([]);
  await answer(old, 200);
  expect(finals(alice)).toEqual(['200 INFO']);
  await send(alice, { method: 'INFO', via: 'SIP/2.0/TCP x;branch=z9hG4bKsilent' });
  await world.clock.advanceAsync(40_000);
  expect(methods(bob)).toEqual(['INFO', 'INFO']);
  expect(methods(old)).toEqual(['INFO', 'INFO']);
  expect(finals(alice)).toEqual(['200 INFO']);
});

test('a flow of one instance that has no room MUST be passed over once, and its watch end with it', async () => {
  start({ maxPendingPerFlow: 1 });
  const old = new FakeFlow('TCP', '198.51.100.10', 40_002);
  register(bob, { key: '<urn:uuid:1>;1', expiresAtMs: world.now() + 900_000 });
  register(old, { key: '<urn:uuid:1>;2' });
  await send(alice, { method: 'INFO' });
  const carol = new FakeFlow('TCP', '198.51.100.8', 40_003);
  await send(carol, { method: 'INFO', via: 'SIP/2.0/TCP x;branch=z9hG4bKcarol' });
  expect(methods(old)).toEqual(['INFO']);
  await answer(bob, 200);
  await world.clock.advanceAsync(10_000);
  await answer(old, 200);
  expect(finals(carol)).toEqual(['200 INFO']);
});

describe('CANCEL', () => {
  const cancel = () => send(alice, { method: 'CANCEL', cseq: '1 CANCEL', body: '' });

  test('MUST come from where the INVITE came from: whoever is called knows its branch, too (RFC 3261 §22.1)', async () => {
    register(bob);
    await invite();
    await answer(bob, 180);
    const other = new FakeFlow('TCP', '198.51.100.66');
    await send(other, { method: 'CANCEL', cseq: '1 CANCEL', body: '' });
    expect(finals(other)).toEqual(['481 CANCEL']);
    expect(methods(bob)).toEqual(['INVITE']);
    // Over another connection, as when the first one broke, it is the same client.
    const again = new FakeFlow('TCP', alice.remote.address, 40_999);
    await send(again, { method: 'CANCEL', cseq: '1 CANCEL', body: '' });
    expect(finals(again)).toEqual(['200 CANCEL']);
    expect(methods(bob)).toEqual(['INVITE', 'CANCEL']);
  });

  test('MUST be answered 200 at once, passed to what rings, and end the INVITE with 487 (RFC 3261 §16.10)', async () => {
    register(bob);
    await invite();
    await answer(bob, 180);
    await cancel();
    expect(finals(alice)).toEqual(['200 CANCEL']);
    expect(methods(bob)).toEqual(['INVITE', 'CANCEL']);
    const [sent] = bob.requests;
    expect(last(bob).values(H.VIA)).toEqual(sent?.values(H.VIA).slice(0, 1));
    await answer(bob, 200);
    world.receive(bob, responseText(sent ?? last(bob), 487));
    expect(finals(alice)).toEqual(['200 CANCEL', '487 INVITE']);
    await cancel();
    expect(finals(alice).at(-1)).toBe('200 CANCEL');
    expect(methods(bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });

  test('MUST wait for a provisional response (RFC 3261 §9.1)', async () => {
    register(bob);
    await invite();
    await cancel();
    expect(methods(bob)).toEqual(['INVITE']);
    await answer(bob, 100);
    expect(methods(bob)).toEqual(['INVITE', 'CANCEL']);
  });

  test('MUST end an INVITE whose targets are not known yet', async () => {
    register(bob);
    world.receive(alice, messageText({ method: 'INVITE' }));
    world.receive(alice, messageText({ method: 'CANCEL', cseq: '1 CANCEL' }));
    expect(finals(alice)).toEqual(['200 CANCEL', '487 INVITE']);
    await world.settle();
    expect(methods(bob)).toEqual([]);
  });

  test('MUST end the INVITE with 487 when the device says nothing more (RFC 3261 §9.1)', async () => {
    register(bob);
    await invite();
    await answer(bob, 180);
    await cancel();
    await world.clock.advanceAsync(33_000);
    expect(finals(alice)).toEqual(['200 CANCEL', '487 INVITE']);
    expect(world.edge.gauges).toMatchObject({ clientTransactions: 0, pendingProxied: 0 });
  });

  test('MUST end in 487 though the device is lost meanwhile', async () => {
    register(bob);
    await invite();
    await answer(bob, 180);
    await cancel();
    world.edge.onClosed(bob);
    expect(finals(alice)).toEqual(['200 CANCEL', '487 INVITE']);
  });

  test('of nothing MUST get 481 (RFC 3261 §9.2)', async () => {
    await cancel();
    expect(finals(alice)).toEqual(['481 CANCEL']);
  });
});

test('Timer C MUST cancel what rings for more than three minutes, and start anew with each provisional (RFC 3261 §16.8)', async () => {
  register(bob);
  await invite();
  await answer(bob, 180);
  await world.clock.advanceAsync(170_000);
  await answer(bob, 180);
  await world.clock.advanceAsync(180_900);
  expect(methods(bob)).toEqual(['INVITE']);
  await world.clock.advanceAsync(200);
  expect(methods(bob)).toEqual(['INVITE', 'CANCEL']);
  await world.clock.advanceAsync(33_000);
  expect(finals(alice)).toEqual(['408 INVITE']);
});

test('Timer C MUST run from the start: a 100 alone is no sign of life (RFC 3261 §16.6 step 11)', async () => {
  register(bob);
  await invite();
  await world.clock.advanceAsync(10_000);
  await answer(bob, 100);
  await world.clock.advanceAsync(170_900);
  expect(methods(bob)).toEqual(['INVITE']);
  await world.clock.advanceAsync(200);
  expect(methods(bob)).toEqual(['INVITE', 'CANCEL']);
});

describe('an INVITE that rings for ten minutes', () => {
  /** Lets `flow` ring every minute for so many of them. */
  async function ring(flow: FakeFlow, minutes: number): Promise<void> {
    for (let i = 0; i < minutes; i += 1) {
      await answer(flow, 180);
      await world.clock.advanceAsync(60_000);
    }
  }

  test('MUST be cancelled, and end as with Timer C (RFC 3261 §16.8)', async () => {
    register(bob);
    await invite();
    await ring(bob, 9);
    await world.clock.advanceAsync(59_900);
    expect(methods(bob)).toEqual(['INVITE']);
    await world.clock.advanceAsync(200);
    expect(methods(bob)).toEqual(['INVITE', 'CANCEL']);
    world.receive(bob, responseText(bob.requests[0] ?? last(bob), 487));
    expect(finals(alice)).toEqual(['487 INVITE']);
    expect(world.edge.gauges.pendingProxied).toBe(0);
  });

  test('MUST end in 408 though its device says nothing more, or rings on', async () => {
    register(bob);
    await invite();
    await ring(bob, 10);
    await answer(bob, 200);
    const [sent = last(bob)] = bob.requests;
    for (let i = 0; i < 4; i += 1) {
      world.receive(bob, responseText(sent, 180));
      await world.clock.advanceAsync(10_000);
    }
    expect(finals(alice)).toEqual(['408 INVITE']);
    expect(world.edge.gauges).toMatchObject({ pendingProxied: 0, clientTransactions: 0 });
  });

  test('MUST NOT go to another target then, whether they ring together or in turn', async () => {
    const desk = new FakeFlow('TCP', '198.51.100.10', 40_002);
    register(bob);
    register(desk);
    await invite({ headers: ['Request-Disposition: sequential'] });
    const [first, second] = methods(bob).length === 1 ? [bob, desk] : [desk, bob];
    await ring(first, 10);
    world.receive(first, responseText(first.requests[0] ?? last(first), 487));
    await world.settle();
    expect([methods(first), methods(second)]).toEqual([['INVITE', 'CANCEL', 'ACK'], []]);
    expect(finals(alice)).toEqual(['487 INVITE']);
  });

  test('MUST NOT be meant when it was answered', async () => {
    register(bob);
    await invite();
    await answer(bob, 200);
    await world.clock.advanceAsync(700_000);
    expect(methods(bob)).toEqual(['INVITE']);
    expect(finals(alice)).toEqual(['200 INVITE']);
  });
});

describe('a dialog', () => {
  /** Alice has called, Bob has answered. @returns the route sets of both */
  async function dialog(): Promise<{ alices: string[]; bobs: string[] }> {
    register(bob);
    await invite();
    const recorded = last(bob).values(H.RECORD_ROUTE);
    await answer(
      bob,
      200,
      recorded.map((value) => `Record-Route: ${value}`),
    );
    return {
      alices: alice.responses.at(-1)?.values(H.RECORD_ROUTE).toReversed() ?? [],
      bobs: recorded,
    };
  }

  /** A request within it. */
  const within = (method: string, routes: readonly string[], uri: string): MessageParts => ({
    method,
    uri,
    via: `SIP/2.0/TCP x.invalid;branch=z9hG4bK${method}`,
    toTag: 'ua',
    headers: routes.map((route) => `Route: ${route}`),
  });
  const ALICE = 'sip:alice@198.51.100.7';
  const BOBS = 'sip:bob@198.51.100.9:5062';

  test('MUST find its way in both directions by route set, ACK without a transaction (RFC 3261 §16.11, §16.12)', async () => {
    const { alices, bobs } = await dialog();
    await send(alice, within('ACK', alices, BOBS));
    expect(last(bob)).toMatchObject({ method: 'ACK', requestUri: BOBS });
    expect(last(bob).has(H.ROUTE)).toBe(false);
    expect(world.edge.stats.acksForwarded).toBe(1);
    await send(bob, within('INFO', bobs, ALICE));
    expect(last(alice)).toMatchObject({ method: 'INFO', requestUri: ALICE });
    expect(last(alice).has(H.ROUTE)).toBe(false);
    expect(last(alice).has(H.RECORD_ROUTE)).toBe(false);
    await answer(alice, 200);
    expect(finals(bob)).toEqual(['200 INFO']);
    await send(alice, within('BYE', alices, BOBS));
    await answer(bob, 200);
    expect(finals(alice)).toEqual(['200 INVITE', '200 BYE']);
  });

  test('MUST keep ACK and what follows it in order', async () => {
    const { alices } = await dialog();
    world.receive(alice, messageText(within('ACK', alices, BOBS)));
    world.receive(alice, messageText(within('BYE', alices, BOBS)));
    await world.settle();
    expect(methods(bob)).toEqual(['INVITE', 'ACK', 'BYE']);
  });

  test('MUST go on when the caller comes by a new connection', async () => {
    const { alices } = await dialog();
    world.edge.onClosed(alice);
    alice.close();
    const again = new FakeFlow('TCP', '198.51.100.7', 40_009);
    await send(again, within('BYE', alices, BOBS));
    expect(last(bob).method).toBe('BYE');
  });

  test('MUST get 430 from a flow that is gone (RFC 5626 §5.3)', async () => {
    const { alices } = await dialog();
    world.edge.onClosed(bob);
    bob.close();
    await send(alice, within('BYE', alices, BOBS));
    expect(finals(alice).at(-1)).toBe('430 BYE');
  });

  test('MUST NOT find a flow by a token that was changed', async () => {
    const { alices } = await dialog();
    const forged = alices.map((route) => route.replace('e1.token', 'e1.tokem'));
    await send(alice, within('BYE', forged, BOBS));
    expect(finals(alice).at(-1)).toBe('430 BYE');
    expect(methods(bob)).toEqual(['INVITE']);
  });

  test('MUST be undone what a strict router upstream did (RFC 3261 §16.4)', async () => {
    const { alices } = await dialog();
    const [first = '', second = ''] = alices;
    const uri = first.slice(1, -1);
    await send(alice, within('BYE', [second, `<${BOBS}>`], uri));
    expect(last(bob)).toMatchObject({ method: 'BYE', requestUri: BOBS });
    expect(last(bob).has(H.ROUTE)).toBe(false);
  });

  test('MUST carry its MESSAGEs past the log (RFC 3428 §8)', async () => {
    const { alices } = await dialog();
    await send(alice, within('MESSAGE', alices, BOBS));
    expect(last(bob).method).toBe('MESSAGE');
    await answer(bob, 200);
    expect(finals(alice).at(-1)).toBe('200 MESSAGE');
    expect(world.log.records).toEqual([]);
  });

  test('that we do not know MUST get 481 when it is addressed to us (RFC 3261 §12.2.2)', async () => {
    await send(alice, within('BYE', [], 'sip:192.0.2.1:5060'));
    expect(finals(alice)).toEqual(['481 BYE']);
  });

  test('MUST keep the datagram flows that it depends on', async () => {
    bob = new FakeFlow('UDP', '198.51.100.9', 5062);
    await dialog();
    expect(bob.keptMs).toEqual([3_600_000]);
    expect(last(bob).values(H.RECORD_ROUTE)[0]).not.toContain('transport');
  });
});

describe('what is too large for a datagram (RFC 3261 §18.1.1)', () => {
  const LARGE = { body: 'v=0'.repeat(400) };
  const AT = { host: '198.51.100.9', port: 5062 };
  let tcp: FakeFlow;

  beforeEach(() => {
    bob = new FakeFlow('UDP', AT.host, AT.port);
    tcp = new FakeFlow('TCP', AT.host, AT.port);
    world.connector.flows.set(`TCP ${AT.host}:${AT.port}`, tcp);
  });

  test('MUST go by TCP to a device on UDP that is where its Contact says, and what is not by UDP', async () => {
    register(bob, { flowBound: false });
    await invite();
    expect(methods(bob)).toEqual(['INVITE']);
    expect(world.connector.asked).toEqual([]);
    await invite({ ...LARGE, via: 'SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc2;rport' });
    expect(methods(bob)).toEqual(['INVITE']);
    expect(last(tcp).values(H.VIA)[0]).toMatch(/^SIP\/2\.0\/TCP /);
    expect(last(tcp).values(H.RECORD_ROUTE)[0]).toContain(world.tokens.tokenOf(tcp));
    await answer(tcp, 200);
    expect(finals(alice)).toEqual(['200 INVITE']);
  });

  test('MUST be told by its exact size: never more than 1300 octets in a datagram, nor less by TCP', async () => {
    register(bob, { flowBound: false });
    for (let octets = 200; octets < 1_000; octets += 10) {
      const via = `SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc${octets};rport`;
      await send(alice, { method: 'INFO', body: 'x'.repeat(octets), via });
    }
    const sizes = bob.sent.map(({ head, body }) => head.length + body.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_300);
    expect(Math.max(...sizes)).toBeGreaterThan(1_290);
    expect(bob.sent.length + tcp.sent.length).toBe(80);
  });

  test('MUST go by TCP to the device whose flow a token names, unless only that flow will do', async () => {
    const token = world.tokens.tokenOf(bob);
    for (const param of ['', ';fb']) {
      await send(alice, {
        ...LARGE,
        method: 'INFO',
        uri: `sip:bob@${AT.host}:${AT.port}`,
        via: `SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc${param.length};rport`,
        toTag: 'ua',
        headers: [`Route: <sip:${token}@192.0.2.1:5060${param};lr>`],
      });
    }
    expect([methods(tcp), methods(bob)]).toEqual([['INFO'], ['INFO']]);
  });

  test.each(['refused', 'not there'])('SHOULD go by UDP when TCP is %s', async (how) => {
    if (how === 'not there') world.connector.flows.clear();
    register(bob, { flowBound: false });
    await invite(LARGE);
    if (how === 'refused') {
      expect(methods(bob)).toEqual([]);
      tcp.isOpen = false;
      world.edge.onClosed(tcp);
    }
    expect(methods(bob)).toEqual(['INVITE']);
    expect(last(bob).values(H.VIA)[0]).toMatch(/^SIP\/2\.0\/UDP /);
    await answer(bob, 200);
    expect(finals(alice)).toEqual(['200 INVITE']);
    await world.clock.advanceAsync(40_000);
    expect(world.edge.gauges).toMatchObject({ clientTransactions: 0, pendingProxied: 0 });
  });

  test('MUST NOT come a second time by UDP when a connection ends that stood', async () => {
    register(bob, { flowBound: false });
    world.edge.onOpen(tcp);
    await invite(LARGE);
    tcp.isOpen = false;
    world.edge.onClosed(tcp);
    expect([methods(tcp), methods(bob)]).toEqual([['INVITE'], []]);
    expect(finals(alice)).toEqual(['500 INVITE']);
  });

  test('MUST NOT be sent by UDP either once it is cancelled', async () => {
    register(bob, { flowBound: false });
    await invite(LARGE);
    await send(alice, { method: 'CANCEL', body: '' });
    tcp.isOpen = false;
    world.edge.onClosed(tcp);
    expect(methods(bob)).toEqual([]);
    expect(finals(alice)).toEqual(['200 CANCEL', '487 INVITE']);
  });

  test.each([
    [
      'its Contact is an address behind a NAT',
      { flowBound: false, contact: 'sip:bob@10.0.0.9:5062' },
    ],
    ['only its flow will do (RFC 5626 §5.3)', { flowBound: true }],
  ])('MUST go by UDP to a device when %s', async (_when, binding) => {
    register(bob, binding);
    await invite(LARGE);
    expect(methods(bob)).toEqual(['INVITE']);
    expect(world.connector.asked).toEqual([]);
  });
});

describe('any other request', () => {
  test('MUST pass whatever its method, with its answer but nothing provisional (RFC 3261 §16.5, RFC 4320 §4.1)', async () => {
    register(bob);
    await send(alice, { method: 'FROBNICATE', headers: ['Foo: bar'] });
    expect(last(bob).byName('Foo')).toBe('bar');
    expect(last(bob).has(H.RECORD_ROUTE)).toBe(false);
    await answer(bob, 183);
    await answer(bob, 299);
    await answer(bob, 299);
    expect(alice.statuses).toEqual([299]);
    await send(alice, { method: 'FROBNICATE', headers: ['Foo: bar'] });
    expect(methods(bob)).toHaveLength(alice.reliable ? 2 : 1);
  });

  test('MUST NOT be answered when nobody did, and never 408 (RFC 4320 §4.2)', async () => {
    register(bob);
    await send(alice, { method: 'INFO' });
    await world.clock.advanceAsync(40_000);
    expect(alice.statuses).toEqual([100]);
    expect(world.edge.gauges).toMatchObject({ pendingProxied: 0, serverTransactions: 0 });
  });

  test('MUST be recorded when it may begin a dialog (RFC 3261 §16.6 step 4, RFC 6665 §4.3)', async () => {
    register(bob);
    for (const method of ['SUBSCRIBE', 'REFER', 'NOTIFY']) {
      await send(alice, { method, via: `SIP/2.0/TCP x;branch=z9hG4bK${method}` });
      expect(last(bob).values(H.RECORD_ROUTE)).toHaveLength(2);
    }
  });

  test('MUST say nothing about who sent it to a device, nor who answered to a client (RFC 3325 §5)', async () => {
    register(bob);
    for (const header of [
      'P-Asserted-Identity',
      'P-Preferred-Identity',
      'Remote-Party-ID',
      'Hermod-Trace',
    ]) {
      const headers = [`${header}: <sip:eve@example.com>`];
      await send(alice, { method: 'INFO', headers, via: `SIP/2.0/TCP x;branch=z9hG4bK${header}` });
      expect(last(bob).byName(header)).toBeUndefined();
      await answer(bob, 404, headers);
      expect(alice.responses.at(-1)?.byName(header)).toBeUndefined();
    }
    expect(alice.statuses).toEqual([404, 404, 404, 404]);
  });

  test('MUST have a Content-Length on a stream though a device on UDP left it out (RFC 3261 §18.3)', async () => {
    register(bob);
    await send(alice, { method: 'INFO' });
    const text = answerTo(bob, 200).replace('\nContent-Length: 0', '');
    world.receive(bob, text);
    expect(alice.responses[0]?.get(H.CONTENT_LENGTH)).toBe('0');
  });
});

describe('somebody else’s domain', () => {
  const elsewhere = () => invite({ uri: 'sip:carol@other.example' });
  const hop = (address: string) => {
    return { address, port: 5060, transport: 'TCP' as const, domain: 'other.example' };
  };

  test('MUST get 403 unless the sender may relay, by Request-URI, maddr or Route', async () => {
    world.locator.hops.set('other.example', [hop('203.0.113.1')]);
    await elsewhere();
    await send(alice, { method: 'INFO', uri: 'sip:bob@example.com;maddr=203.0.113.1' });
    await send(alice, { method: 'INFO', headers: ['Route: <sip:203.0.113.1;lr>'] });
    await send(alice, { method: 'ACK', uri: 'sip:carol@other.example' });
    expect(finals(alice)).toEqual(['403 INVITE', '403 INFO', '403 INFO']);
    expect(world.connector.asked).toEqual([]);
  });

  test('MUST be tried address by address, each with a branch of its own (RFC 3263 §4.3)', async () => {
    const first = new FakeFlow('TCP', '203.0.113.1', 5060);
    const second = new FakeFlow('TCP', '203.0.113.2', 5060);
    world.connector.flows.set('TCP 203.0.113.1:5060', first);
    world.connector.flows.set('TCP 203.0.113.2:5060', second);
    world.locator.hops.set('other.example', ['203.0.113.9', '203.0.113.1', '203.0.113.2'].map(hop));
    world.locator.isOpen = true;
    await elsewhere();
    expect(last(first).requestUri).toBe('sip:carol@other.example');
    await answer(first, 503);
    expect(last(second).get(H.VIA)).not.toBe(last(first).get(H.VIA));
    await answer(second, 200);
    expect(finals(alice)).toEqual(['200 INVITE']);
  });

  test('MUST be found again for the requests of a dialog, whatever became of the connection (RFC 3261 §16.12, RFC 5626 §5.3)', async () => {
    const proxy = new FakeFlow('TCP', '203.0.113.1', 5060);
    world.connector.flows.set('TCP 203.0.113.1:5060', proxy);
    world.locator.hops.set('other.example', [hop('203.0.113.1')]);
    world.locator.isOpen = true;
    await elsewhere();
    const recorded = last(proxy).values(H.RECORD_ROUTE);
    const token = world.tokens.tokenOf(alice);
    expect(recorded).toEqual([
      `<sip:${token}@192.0.2.1:5060;transport=tcp;lr>`,
      `<sip:${token}@192.0.2.1:5060;transport=tcp;lr>`,
    ]);
    await answer(proxy, 200);
    world.edge.onClosed(proxy);
    const next = new FakeFlow('TCP', '203.0.113.1', 5060);
    world.connector.flows.set('TCP 203.0.113.1:5060', next);
    const within = (branch: string, routes: readonly string[], uri: string) => ({
      method: 'INFO',
      uri,
      toTag: 'ua',
      via: `SIP/2.0/TCP x;branch=z9hG4bK${branch}`,
      headers: routes.map((route) => `Route: ${route}`),
    });
    await send(alice, within('a', recorded, 'sip:carol@other.example'));
    expect(methods(next)).toEqual(['INFO']);
    // The other side comes by any connection, and finds her.
    await send(next, within('b', recorded, 'sip:alice@198.51.100.7'));
    expect(methods(alice)).toEqual(['INFO']);
    // She comes by a new connection, and the other domain has recorded itself.
    world.edge.onClosed(alice);
    alice.close();
    alice = new FakeFlow('TCP', '198.51.100.7', 40_009);
    const theirs = '<sip:other.example;lr>';
    await send(alice, within('c', [...recorded, theirs], 'sip:carol@192.0.2.77'));
    expect(methods(next)).toEqual(['INFO', 'INFO']);
    expect(last(next).values(H.ROUTE)).toEqual([theirs]);
  });

  test('MUST end in 500 when it has no address: a 503 would speak of us (RFC 3261 §16.7 step 6)', async () => {
    world.locator.isOpen = true;
    await elsewhere();
    expect(finals(alice)).toEqual(['500 INVITE']);
  });
});

describe('caps', () => {
  test('requests without an answer MUST be bounded, per edge and per flow: 503 with Retry-After', async () => {
    start({ maxProxied: 2 });
    register(bob);
    for (const branch of ['a', 'b', 'c']) {
      await invite({ via: `SIP/2.0/TCP x;branch=z9hG4bK${branch}` });
    }
    expect(methods(bob)).toEqual(['INVITE', 'INVITE']);
    expect(finals(alice)).toEqual(['503 INVITE']);
    expect(alice.responses.at(-1)?.has(H.RETRY_AFTER)).toBe(true);
    start({ maxPendingPerFlow: 1 });
    register(bob);
    for (const branch of ['a', 'b']) await invite({ via: `SIP/2.0/TCP x;branch=z9hG4bK${branch}` });
    expect(finals(alice)).toEqual(['503 INVITE']);
    // Another caller has a flow of its own, but the device has as much as it may have.
    alice = new FakeFlow('TCP', '198.51.100.8', 1);
    await invite();
    expect(finals(alice)).toEqual(['500 INVITE']);
  });

  test('one source MUST NOT take more than its share, whatever flows it uses: 503 with Retry-After for it alone', async () => {
    start({ maxProxiedPerSource: 2 });
    register(bob);
    const mallory = [1, 2, 3].map((n) => new FakeFlow('TCP', '203.0.113.66', n));
    const call = (flow: FakeFlow, branch: string) =>
      send(flow, { method: 'INVITE', via: `SIP/2.0/TCP x;branch=z9hG4bK${branch}` });
    for (const [n, flow] of mallory.entries()) await call(flow, `m${n}`);
    expect(mallory.map(finals)).toEqual([[], [], ['503 INVITE']]);
    expect(mallory[2]?.responses.at(-1)?.has(H.RETRY_AFTER)).toBe(true);
    expect(world.edge.stats.rejectedSourceCap).toBe(1);
    await call(alice, 'a');
    expect(finals(alice)).toEqual([]);
    expect(methods(bob)).toHaveLength(3);
    // What was answered is given back.
    world.receive(bob, responseText(bob.requests[0] ?? last(bob), 486));
    await call(mallory[2] ?? alice, 'again');
    expect(methods(bob)).toEqual(['INVITE', 'INVITE', 'INVITE', 'ACK', 'INVITE']);
  });

  test('a network of IPv6 MUST be one source', async () => {
    start({ maxProxiedPerSource: 1 });
    register(bob);
    const flows = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'].map((address) => {
      return new FakeFlow('TCP', address, 1);
    });
    for (const [n, flow] of flows.entries()) {
      await send(flow, { method: 'INVITE', via: `SIP/2.0/TCP x;branch=z9hG4bK${n}` });
    }
    expect(flows.map(finals)).toEqual([[], ['503 INVITE'], []]);
  });

  test('a server that speaks for many MUST have no share', async () => {
    start({ maxProxiedPerSource: 1 });
    world.locator.isOpen = true;
    register(bob);
    for (const branch of ['a', 'b']) await invite({ via: `SIP/2.0/TCP x;branch=z9hG4bK${branch}` });
    expect(finals(alice)).toEqual([]);
  });

  test('the ACK of an INVITE that was refused without a transaction MUST go nowhere', async () => {
    register(bob);
    await invite({ maxForwards: '0' });
    const to = alice.responses.at(-1)?.to;
    const toTag = to?.ok === true ? (to.value.tag ?? '') : '';
    await send(alice, {
      method: 'ACK',
      toTag,
      headers: [`Route: <sip:${world.tokens.tokenOf(bob)}@192.0.2.1:5060;lr>`],
    });
    expect(methods(bob)).toEqual([]);
  });

  test('an ACK without our Route MUST NOT cost a look-up', async () => {
    register(bob);
    await send(alice, { method: 'ACK', toTag: 'x' });
    expect(methods(bob)).toEqual([]);
    expect(world.edge.stats.dropped).toBe(1);
  });

  test('a shutdown MUST refuse what is new, wait for what rings, and end that with 503 and CANCEL', async () => {
    register(bob);
    await invite();
    await answer(bob, 180);
    const drained = world.edge.drain(1_000);
    await invite({ via: 'SIP/2.0/TCP x;branch=z9hG4bKnew' });
    expect(finals(alice)).toEqual(['503 INVITE']);
    await world.clock.advanceAsync(1_100);
    expect(await drained).toBe(false);
    expect(finals(alice)).toEqual(['503 INVITE', '503 INVITE']);
    expect(methods(bob)).toEqual(['INVITE', 'CANCEL']);
  });
});

test('a response whose branch or sent-by is not ours MUST be dropped (RFC 3261 §18.1.2, RFC 6026 §6)', async () => {
  register(bob);
  await invite();
  const text = answerTo(bob, 200);
  world.receive(bob, text.replace('192.0.2.1:5060;branch', '192.0.2.3:5060;branch'));
  world.receive(bob, text.replace('branch=z9hG4bKid', 'branch=z9hG4bKxx'));
  world.receive(bob, text.replace('CSeq: 1 INVITE', 'CSeq: 1 BYE'));
  expect(finals(alice)).toEqual([]);
});
