import { type Binding, H, parseMessage, type SipRequest } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerTo,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
  responseText,
  sip,
} from '../../../test/edge-world.ts';
import { bindingAt, link, type Trunk } from '../../../test/linked-edges.ts';

const BOB = 'sip:bob@example.com';
const A = '192.0.2.1';
const B = '192.0.2.2';

let a: EdgeWorld;
let b: EdgeWorld;
let toB: Trunk;
let alice: FakeFlow;
let bob: FakeFlow;
let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock();
  a = new EdgeWorld(clock, {}, undefined, { address: A });
  b = new EdgeWorld(clock, {}, undefined, { address: B });
  toB = link(a, b);
  alice = new FakeFlow('TCP', '198.51.100.7', 40_000);
  bob = new FakeFlow('TCP', '198.51.100.9', 40_001);
});

/** Bob's device is registered at edge B; edge A finds it in the store. */
function register(changes: Partial<Binding> = {}): void {
  const contact = 'sip:bob@198.51.100.9:5062;transport=tcp';
  a.recipients.bindings.set(BOB, [bindingAt(b, bob, { contact, ...changes })]);
}

async function say(world: EdgeWorld, flow: FakeFlow, parts: MessageParts): Promise<void> {
  world.receive(flow, messageText({ body: 'v=0', ...parts }));
  await clock.advanceAsync(0);
}

async function answer(status: number, extra: readonly string[] = []): Promise<void> {
  b.receive(bob, answerTo(bob, status, extra));
  await clock.advanceAsync(0);
}

const last = (flow: { readonly requests: SipRequest[] }): SipRequest => {
  const request = flow.requests.at(-1);
  if (request === undefined) throw new Error('it got no request');
  return request;
};
const methods = (flow: FakeFlow): string[] => flow.requests.map((request) => request.method);

describe('a call from one edge to another', () => {
  test('MUST go over the trunk with the Path as Route, and be recorded for both sides of both edges (RFC 3327 §5.3, RFC 5658 §3)', async () => {
    register();
    await say(a, alice, { method: 'INVITE', headers: ['P-Asserted-Identity: <sip:eve@x>'] });
    const [tokenA, tokenB] = [a.tokens.tokenOf(alice), b.tokens.tokenOf(bob)];
    const onTrunk = last(toB);
    expect(onTrunk.requestUri).toBe('sip:bob@198.51.100.9:5062;transport=tcp');
    expect(onTrunk.values(H.ROUTE)).toEqual([`<sip:${tokenB}@${B}:5070;transport=tcp;lr;fb>`]);
    expect(onTrunk.get(H.VIA)).toMatch(/^SIP\/2\.0\/TCP 192\.0\.2\.1:5070;branch=z9hG4bK/);
    expect(onTrunk.has(H.P_ASSERTED_IDENTITY)).toBe(false);
    const request = last(bob);
    expect(request.has(H.ROUTE)).toBe(false);
    expect(request.values(H.VIA)).toHaveLength(3);
    expect(request.get(H.MAX_FORWARDS)).toBe('68');
    expect(request.values(H.RECORD_ROUTE)).toEqual([
      `<sip:${tokenB}@${B}:5060;transport=tcp;lr>`,
      `<sip:${tokenB}@${B}:5070;transport=tcp;lr;rr>`,
      `<sip:${tokenA}@${A}:5070;transport=tcp;lr;rr>`,
      `<sip:${tokenA}@${A}:5060;transport=tcp;lr>`,
    ]);
    await answer(180);
    await answer(200);
    expect(alice.statuses).toEqual([100, 180, 200]);
    expect(alice.responses.at(-1)?.values(H.VIA)).toHaveLength(1);
  });

  test('MUST be refused and cancelled across both (RFC 3261 §16.10)', async () => {
    register();
    await say(a, alice, { method: 'INVITE' });
    await answer(180);
    await say(a, alice, { method: 'CANCEL', cseq: '1 CANCEL' });
    expect(methods(bob)).toEqual(['INVITE', 'CANCEL']);
    await answer(200);
    b.receive(bob, responseText(bob.requests[0] ?? last(bob), 487));
    await clock.advanceAsync(0);
    expect(methods(bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(alice.statuses).toEqual([100, 180, 200, 487]);
    expect(a.edge.gauges.pendingProxied + b.edge.gauges.pendingProxied).toBe(0);
  });

  describe('once it stands', () => {
    let alices: string[];
    let bobs: string[];

    beforeEach(async () => {
      register();
      await say(a, alice, { method: 'INVITE' });
      bobs = last(bob).values(H.RECORD_ROUTE);
      alices = bobs.toReversed();
      await answer(
        200,
        bobs.map((value) => `Record-Route: ${value}`),
      );
    });

    const within = (method: string, routes: readonly string[], uri: string): MessageParts => ({
      method,
      uri,
      via: `SIP/2.0/TCP x.invalid;branch=z9hG4bK${method}`,
      toTag: 'ua',
      headers: routes.map((route) => `Route: ${route}`),
    });
    const BOBS = 'sip:bob@198.51.100.9:5062';
    const ALICES = 'sip:alice@198.51.100.7';

    test.each(['ACK', 'BYE', 'INVITE', 'MESSAGE', 'FROBNICATE'])(
      '%s MUST find its way in both directions (RFC 3261 §16.12)',
      async (method) => {
        await say(a, alice, within(method, alices, BOBS));
        expect(last(bob)).toMatchObject({ method, requestUri: BOBS });
        expect(last(bob).has(H.ROUTE)).toBe(false);
        await say(b, bob, within(method, bobs, ALICES));
        expect(last(alice)).toMatchObject({ method, requestUri: ALICES });
        expect(last(alice).has(H.ROUTE)).toBe(false);
        expect([...a.log.records, ...b.log.records]).toEqual([]);
      },
    );

    test('MUST go on to the other edge though the caller comes by a second connection', async () => {
      const second = new FakeFlow('TCP', '198.51.100.7', 40_008);
      await say(a, second, within('BYE', alices, BOBS));
      expect(last(bob).method).toBe('BYE');
      expect(methods(alice)).toEqual([]);
    });

    test('MUST go on when the caller comes by a new connection, to its own edge or to another', async () => {
      a.edge.onClosed(alice);
      alice.close();
      const again = new FakeFlow('TCP', '198.51.100.7', 40_009);
      await say(a, again, within('BYE', alices, BOBS));
      expect(last(bob).method).toBe('BYE');
      // The callee's edge has the caller now, and pops what is its own.
      const moved = new FakeFlow('TCP', '198.51.100.7', 40_010);
      const rest = alices.slice(2);
      await say(b, moved, within('INFO', rest, BOBS));
      expect(last(bob).method).toBe('INFO');
    });

    test('MUST get 430 when the flow of the other side is gone, or its token is none (RFC 5626 §5.3)', async () => {
      const forged = alices.map((route) => route.replace('e2.token', 'e2.tokem'));
      await say(a, alice, within('BYE', forged, BOBS));
      expect(alice.statuses.at(-1)).toBe(480);
      b.edge.onClosed(bob);
      bob.close();
      await say(a, alice, { ...within('INFO', alices, BOBS) });
      expect(alice.statuses.at(-1)).toBe(480);
      expect(methods(bob)).toEqual(['INVITE']);
    });
  });

  test('whose flow is gone MUST end in 480 when only that would do, and else go to the Contact from its edge (design §7)', async () => {
    register();
    bob.close();
    await say(a, alice, { method: 'INVITE' });
    expect(alice.statuses).toEqual([100, 480]);
    register({
      flowBound: false,
      flowToken: 'e2.gone',
      path: [`sip:e2.gone@${B}:5070;transport=tcp;lr`],
    });
    const device = new FakeFlow('TCP', '198.51.100.9', 5062);
    b.connector.flows.set('TCP 198.51.100.9:5062', device);
    await say(a, alice, { method: 'INVITE', via: 'SIP/2.0/TCP x;branch=z9hG4bKagain' });
    expect(methods(device)).toEqual(['INVITE']);
  });

  test('whose edge is down MUST end in 480 when the flow is needed, and else go to the Contact from here (design §7)', async () => {
    toB.isOpen = false;
    register();
    await say(a, alice, { method: 'INVITE' });
    expect(alice.statuses).toEqual([100, 480]);
    register({ flowBound: false });
    const device = new FakeFlow('TCP', '198.51.100.9', 5062);
    a.connector.flows.set('TCP 198.51.100.9:5062', device);
    await say(a, alice, { method: 'INVITE', via: 'SIP/2.0/TCP x;branch=z9hG4bKagain' });
    expect(methods(device)).toEqual(['INVITE']);
  });

  test('MUST end at once when the trunk fails under it', async () => {
    register();
    await say(a, alice, { method: 'INVITE' });
    await answer(180);
    a.edge.onTrunkDown(toB);
    expect(alice.statuses).toEqual([100, 180, 500]);
    expect(a.edge.gauges).toMatchObject({ pendingProxied: 0, clientTransactions: 0 });
  });
});

test('a client MUST NOT reach more than the other edges by naming trunk addresses', async () => {
  await say(a, alice, {
    method: 'INFO',
    headers: ['Route: <sip:e2.token0@192.0.2.9:5070;transport=tcp;rr;lr>'],
  });
  expect(alice.statuses).toEqual([403]);
});

test('a Route that leads from edge to edge and back MUST end at the second (RFC 5393 §5)', async () => {
  const [toA, token] = [b.trunks.edges.get(`${A}:5070`), a.tokens.tokenOf(bob)];
  const hops = Array.from({ length: 30 }, (_, i) => {
    return `Route: <sip:${token}@${i % 2 === 0 ? B : A}:5070;transport=tcp;lr;rr>`;
  });
  await say(a, alice, { method: 'INVITE', headers: hops });
  expect(toB.requests.map(({ method }) => method)).toEqual(['INVITE', 'ACK']);
  expect(toA).toMatchObject({ requests: [] });
  expect(alice.statuses).toEqual([100, 480]);
  expect(bob.requests).toEqual([]);
});

test('a dialog that came through an edge twice MUST go back the same way (RFC 3261 §16.12)', async () => {
  const between = new FakeFlow('TCP', '203.0.113.5');
  const route = (world: EdgeWorld, flow: FakeFlow, port: number, params = '') =>
    `Route: <sip:${world.tokens.tokenOf(flow)}@${world.address}:${port};transport=tcp;lr${params}>`;
  const last = route(a, alice, 5060);
  const headers = [
    ...[route(b, bob, 5060), route(b, bob, 5070, ';rr')],
    ...[route(a, between, 5070, ';rr'), route(a, between, 5060), last],
  ];
  const info = { method: 'INFO', uri: 'sip:alice@198.51.100.7', toTag: 'ua' };
  await say(b, bob, { ...info, headers });
  expect(methods(alice)).toEqual([]);
  expect(between.requests[0]?.values(H.ROUTE)).toEqual([last.slice('Route: '.length)]);
  await say(a, between, { ...info, headers: [last] });
  expect(methods(alice)).toEqual(['INFO']);
});

test('the share of a user MUST be one at the edges that others send to (RFC 3325 §5)', async () => {
  b = new EdgeWorld(clock, { maxProxiedPerSource: 1 }, undefined, { address: B });
  toB = link(a, b);
  register();
  const onTrunk = async (user: string) => {
    const text = messageText({
      method: 'INVITE',
      uri: 'sip:bob@198.51.100.9:5062',
      via: `SIP/2.0/TCP ${A}:5070;branch=z9hG4bK${Math.random()}`,
      headers: [
        `Route: <sip:${b.tokens.tokenOf(bob)}@${B}:5070;lr;fb>`,
        ...(user === '' ? [] : [`P-Asserted-Identity: <sip:${user}@example.com>`]),
      ],
    });
    const request = sip(text);
    if (request.kind === 'request') b.edge.forward(toB.accepted, request);
    await clock.advanceAsync(0);
    return methods(bob).length;
  };
  expect(await onTrunk('mallory')).toBe(1);
  expect(await onTrunk('mallory')).toBe(1);
  expect(await onTrunk('alice')).toBe(2);
  // Whoever is not known takes nobody's.
  expect(await onTrunk('')).toBe(3);
  expect(await onTrunk('')).toBe(4);
});

test('what a trunk brings and cannot be understood MUST be answered or dropped like anything else', async () => {
  const text = messageText({ method: 'INVITE', maxForwards: '0' });
  const sent: string[] = [];
  toB.accepted.send = (message) => sent.push(message.head.slice(8, 11)) > 0;
  for (const method of ['INVITE', 'CANCEL', 'ACK']) {
    const message = parseMessage(
      `${(text.split('|')[0] ?? '').replaceAll('INVITE', method).replaceAll('\n', '\r\n')}\r\n\r\n`,
      new Uint8Array(0),
    );
    if (message.ok && message.value.kind === 'request') b.edge.forward(toB.accepted, message.value);
  }
  expect(sent).toEqual(['400', '481']);
  expect(b.edge.stats.dropped).toBe(1);
});

describe('a Route to another edge that no edge has written', () => {
  const INSIDE = 'sip:x@10.0.0.5:6379;transport=tcp';

  test.each([
    ['with a token of nobody', INSIDE, `<sip:nobody@${B}:5070;lr>`, 403],
    ['without a token', INSIDE, `<sip:${B}:5070;lr;rr>, <sip:nobody@${B}:5070;lr>`, 403],
    ['behind a recorded one', INSIDE, `<sip:t@${B}:5070;lr;rr>, <sip:nobody@${A}:5070;lr>`, 480],
    [
      'as a strict router writes it',
      `sip:nobody@${B}:5070;lr`,
      `<sip:t@${B}:5070;lr;rr>, <${INSIDE}>`,
      480,
    ],
  ])('%s MUST NOT lead to the host behind it (ADR 0020)', async (_name, uri, route, status) => {
    await say(a, alice, { method: 'INVITE', uri, headers: [`Route: ${route}`] });
    await say(a, alice, {
      uri,
      headers: [`Route: ${route}`],
      via: 'SIP/2.0/TCP c.invalid;branch=z9hG4bKm',
    });
    expect([...a.connector.asked, ...b.connector.asked]).toEqual([]);
    expect(alice.statuses.filter((one) => one >= 200)).toEqual([status, status]);
  });
});
