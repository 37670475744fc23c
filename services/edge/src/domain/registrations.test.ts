import { H } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
  responseTo,
} from '../../test/edge-world.ts';

let world: EdgeWorld;
let flow: FakeFlow;

beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
  flow = new FakeFlow();
});

const CONTACT = 'Contact: <sip:alice@198.51.100.7:40000>;expires=60';
const OUTBOUND = 'Contact: <sip:alice@10.0.0.1>;+sip.instance="<urn:uuid:1>";reg-id=1';

function register(parts: MessageParts = {}): void {
  world.receive(
    flow,
    messageText({
      method: 'REGISTER',
      uri: 'sip:example.com',
      body: '',
      headers: [CONTACT],
      ...parts,
    }),
  );
}

function forwarded() {
  const request = world.registrar.requests.at(-1);
  if (request === undefined) throw new Error('nothing was forwarded');
  return request;
}

describe('a REGISTER', () => {
  test('MUST be forwarded with the flow token in a Path (RFC 3327, RFC 5626 §5.1)', () => {
    register();
    const token = world.tokens.tokenOf(flow);
    expect(forwarded().all(H.PATH)).toEqual([`<sip:${token}@192.0.2.1:5070;transport=tcp;lr>`]);
    expect(world.tokens.flowOf(token ?? '')).toBe(flow);
    expect(forwarded().get(H.MAX_FORWARDS)).toBe('69');
    expect(forwarded().all(H.VIA)[0]).toContain('SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK');
    expect(forwarded().all(H.VIA)[1]).toContain('rport=40000;received=198.51.100.7');
  });

  test('MUST get its Path above those of proxies before us (RFC 3327 §5.1)', () => {
    register({ headers: [CONTACT, 'Path: <sip:inner.example;lr>'] });
    expect(forwarded().all(H.PATH)[1]).toBe('<sip:inner.example;lr>');
  });

  test('MUST say ob as first hop of a Contact with outbound (RFC 5626 §5.1)', () => {
    register({ headers: [OUTBOUND] });
    expect(forwarded().get(H.PATH)).toMatch(/;lr;ob>$/);
  });

  test('MUST NOT say ob when it is not the first hop (RFC 5626 §5.1)', () => {
    register({
      headers: [OUTBOUND],
      via: 'SIP/2.0/TCP p.example;branch=z9hG4bKp\nVia: SIP/2.0/TCP c;branch=z9hG4bKc',
    });
    expect(forwarded().get(H.PATH)).toMatch(/;lr>$/);
  });

  test('MUST be answered as the registrar says, our Via popped', async () => {
    world.registrar.answer = (request) =>
      Promise.resolve(responseTo(request, 200, [CONTACT, 'Date: Sun, 22 Nov 2026 12:00:00 GMT']));
    register();
    await world.settle();
    const [response] = flow.responses;
    expect(response?.status).toBe(200);
    expect(response?.get(H.CONTACT)).toBe(CONTACT.slice(9));
    expect(response?.all(H.VIA)).toHaveLength(1);
    expect(world.edge.gauges.pendingRegisters).toBe(0);
  });

  test('MUST keep the flow for as long as the registration (RFC 5626 §5.3)', async () => {
    const extra = ['Contact: <sip:x@h>;expires=7200, <sip:y@h>;expires=60', 'Contact: <sip:z@h>'];
    world.registrar.answer = (request) => Promise.resolve(responseTo(request, 200, extra));
    register();
    await world.settle();
    expect([flow.statuses, flow.keptMs]).toEqual([[200], [7_200_000]]);
    flow = new FakeFlow('UDP');
    register({ via: 'SIP/2.0/UDP client.invalid:5060;branch=z9hG4bKc1;rport' });
    await world.settle();
    expect(flow.statuses).toEqual([200]);
    expect(flow.keptMs).toEqual([7_200_000]);
    world.registrar.answer = (request) => Promise.resolve(responseTo(request, 500, extra));
    register({ via: 'SIP/2.0/UDP client.invalid:5060;branch=z9hG4bKc2;rport' });
    await world.settle();
    expect(flow.statuses).toEqual([200, 500]);
    expect(flow.keptMs).toHaveLength(1);
  });

  test('MUST be answered 503 with Retry-After when no registrar answers', async () => {
    register();
    await world.settle();
    expect(flow.statuses).toEqual([503]);
    expect(flow.responses[0]?.has(H.RETRY_AFTER)).toBe(true);
    expect(world.edge.stats.registerFailures).toBe(1);
  });

  test('MUST be answered 503 when the registrar port fails', async () => {
    world.registrar.answer = () => Promise.reject(new Error('bug'));
    register();
    await world.settle();
    expect(flow.statuses).toEqual([503]);
  });

  test('MUST be forwarded once when it is repeated over UDP (RFC 3261 §17.2.2)', async () => {
    flow = new FakeFlow('UDP');
    world.registrar.answer = (request) => Promise.resolve(responseTo(request, 200));
    register();
    register();
    await world.settle();
    register();
    expect(world.registrar.requests).toHaveLength(1);
    expect(flow.statuses).toEqual([200, 200]);
  });

  test('MUST NOT wait for the log: it does not depend on it (design §6)', () => {
    world.gate.open = false;
    register();
    expect(world.registrar.requests).toHaveLength(1);
  });

  test.each<[string, MessageParts, number]>([
    ['for another domain', { uri: 'sip:other.example' }, 403],
    ['with a further Route', { headers: ['Route: <sip:x.example;lr>'] }, 403],
    ['with Max-Forwards 0', { maxForwards: '0' }, 483],
  ])('MUST be refused %s', (_name, parts, status) => {
    register(parts);
    expect(flow.statuses).toEqual([status]);
    expect(world.registrar.requests).toHaveLength(0);
  });

  test('MUST be refused beyond the cap of pending ones', () => {
    world = new EdgeWorld(new VirtualClock(), { maxPending: 1 });
    world.registrar.answer = () => new Promise(() => undefined);
    register();
    register({ via: 'SIP/2.0/TCP c;branch=z9hG4bKother' });
    expect(flow.statuses).toEqual([503]);
    expect(world.registrar.requests).toHaveLength(1);
  });
});
