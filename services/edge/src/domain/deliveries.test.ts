import { H, type SipResponse } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { answerTo, deliveryOf, EdgeWorld, FakeFlow } from '../../test/edge-world.ts';

let world: EdgeWorld;
let device: FakeFlow;
let token: string;
let finals: { status: number; response: SipResponse | undefined }[];

beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
  device = new FakeFlow('TCP', '198.51.100.9', 5062);
  world.edge.onOpen(device);
  token = world.tokens.tokenOf(device) ?? '';
  finals = [];
});

const onFinal = (status: number, response: SipResponse | undefined): void => {
  finals.push({ status, response });
};
const statuses = (): number[] => finals.map((final) => final.status);

describe('a delivery over its flow', () => {
  test('MUST go over the flow of its token with our Via on top (RFC 5626 §5.3)', () => {
    world.edge.deliver(deliveryOf({ flowToken: token, targetUri: 'sip:bob@10.0.0.9' }), onFinal);
    const [request] = device.requests;
    expect(request?.requestUri).toBe('sip:bob@10.0.0.9');
    expect(request?.all(H.VIA)).toHaveLength(4);
    expect(request?.all(H.VIA)[0]).toBe(`SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKd1.t.${token}.1`);
    expect(world.connector.asked).toEqual([]);
  });

  test('MUST report the final with our Via popped and the rest untouched (RFC 3261 §16.7)', () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    world.receive(device, answerTo(device, 486, ['X-Note: kept']));
    expect(statuses()).toEqual([486]);
    expect(finals[0]?.response?.all(H.VIA)[0]).toContain('router.example:5080');
    expect(finals[0]?.response?.byName('X-Note')).toBe('kept');
  });

  test('MUST report a final with its Content-Length, which a device on UDP may leave out (RFC 3261 §18.3)', () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    world.receive(device, answerTo(device, 200).replace('\nContent-Length: 0', ''));
    expect(statuses()).toEqual([200]);
    expect(finals[0]?.response?.get(H.CONTENT_LENGTH)).toBe('0');
  });

  test('MUST tell neither side who the cluster says it is, nor believe a device (RFC 3325 §5)', () => {
    const headers = [
      'P-Asserted-Identity: <sip:alice@example.com>',
      'P-Preferred-Identity: <sip:x@y>',
    ];
    world.edge.deliver(deliveryOf({ flowToken: token, headers }), onFinal);
    expect(device.requests[0]?.has(H.P_ASSERTED_IDENTITY)).toBe(false);
    expect(device.requests[0]?.has(H.P_PREFERRED_IDENTITY)).toBe(false);
    world.receive(device, answerTo(device, 200, headers));
    expect(finals[0]?.response?.has(H.P_ASSERTED_IDENTITY)).toBe(false);
  });

  test('MUST pop its own Route values and keep further ones (RFC 3261 §16.4)', () => {
    const routes = `Route: <sip:${token}@192.0.2.1:5070;lr>, <sip:next.example;lr>`;
    world.edge.deliver(deliveryOf({ flowToken: token, popRoutes: 1, headers: [routes] }), onFinal);
    expect(device.requests[0]?.all(H.ROUTE)).toEqual(['<sip:next.example;lr>']);
  });

  test('MUST ignore 100 and wait for the final', () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    world.receive(device, answerTo(device, 100));
    expect(finals).toEqual([]);
    world.receive(device, answerTo(device, 200));
    expect(statuses()).toEqual([200]);
  });

  test('MUST answer 430 at once when the flow of a flow-bound binding is gone (RFC 5626 §5.3)', () => {
    device.isOpen = false;
    world.edge.deliver(deliveryOf({ flowToken: token, flowBound: true }), onFinal);
    expect(statuses()).toEqual([430]);
    expect(finals[0]?.response).toBeUndefined();
    expect(world.connector.asked).toEqual([]);
    expect(world.edge.stats.deliveriesFlowGone).toBe(1);
  });

  test('MUST answer 430 for a token of another life of this process (design §7)', () => {
    world.edge.deliver(deliveryOf({ flowToken: 'e1.unknown', flowBound: true }), onFinal);
    expect(statuses()).toEqual([430]);
  });

  test('MUST fail what is pending when the flow closes', () => {
    world.edge.deliver(deliveryOf({ flowToken: token, flowBound: true }), onFinal);
    world.edge.deliver(
      deliveryOf({ branch: 'z9hG4bKd2.t', flowToken: token, flowBound: false }),
      onFinal,
    );
    device.isOpen = false;
    world.edge.onClosed(device);
    expect(statuses()).toEqual([430, 503]);
    expect(world.edge.gauges.pendingDeliveries).toBe(0);
  });

  test('MUST treat a full queue as a temporary failure (design §7)', () => {
    device.isFull = true;
    world.edge.deliver(deliveryOf({ flowToken: token, flowBound: true }), onFinal);
    expect(statuses()).toEqual([503]);
    expect(world.edge.stats.deliveriesUnreachable).toBe(1);
  });

  test('MUST report 408 internally after 64·T1 of silence (RFC 3261 §17.1.2.2)', async () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    await world.clock.advanceAsync(31_900);
    expect(finals).toEqual([]);
    await world.clock.advanceAsync(200);
    expect(statuses()).toEqual([408]);
  });

  test('MUST retransmit over UDP by Timer E and not over TCP (RFC 3261 §17.1.2.2)', async () => {
    const udp = new FakeFlow('UDP', '198.51.100.10', 5062);
    world.edge.onOpen(udp);
    const udpToken = world.tokens.tokenOf(udp) ?? '';
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    world.edge.deliver(deliveryOf({ branch: 'z9hG4bKd3.t', flowToken: udpToken }), onFinal);
    await world.clock.advanceAsync(1_600);
    expect(device.requests).toHaveLength(1);
    expect(udp.requests).toHaveLength(3);
    expect(udp.requests[0]?.all(H.VIA)[0]).toContain('SIP/2.0/UDP');
  });

  test('MUST drop a response that matches no transaction (RFC 6026 §6)', () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    const text = answerTo(device, 200);
    world.receive(device, text.replace('z9hG4bKd1.t.', 'z9hG4bKd1.u.'));
    world.receive(device, text.replace('192.0.2.1:5060', '192.0.2.99:5060'));
    world.receive(device, text.replace('CSeq: 1 MESSAGE', 'CSeq: 1 OPTIONS'));
    expect(finals).toEqual([]);
    expect(world.edge.stats.dropped).toBe(3);
    world.receive(device, text);
    world.receive(device, text);
    expect(statuses()).toEqual([200]);
    expect(world.edge.stats.dropped).toBe(4);
  });
});

describe('a delivery to a Contact', () => {
  test('MUST NOT go where a Path hides it behind a Route of ours (ADR 0020)', () => {
    const targetUri = 'sip:bob@198.51.100.20';
    const nextRoute = '<sip:10.0.0.6;transport=tcp;lr>';
    world.edge.deliver(deliveryOf({ targetUri, popRoutes: 2, nextRoute }), onFinal);
    expect(statuses()).toEqual([430]);
    expect(world.connector.asked).toEqual([]);
  });

  test('MUST go to the Contact when a binding that is not flow-bound lost its flow (design §7)', async () => {
    const contact = new FakeFlow('TCP', '198.51.100.20', 5090);
    world.edge.onOpen(contact);
    world.connector.flows.set('TCP 198.51.100.20:5090', contact);
    const targetUri = 'sip:bob@198.51.100.20:5090;transport=tcp';
    world.edge.deliver(deliveryOf({ flowToken: 'e1.gone', targetUri }), onFinal);
    await world.settle();
    expect(contact.requests[0]?.requestUri).toBe(targetUri);
    world.receive(contact, answerTo(contact, 200));
    expect(statuses()).toEqual([200]);
  });

  test('MUST go at once to a Contact that is an address, so that a later one cannot overtake it', async () => {
    const contact = new FakeFlow('UDP', '198.51.100.20', 5090);
    const targetUri = 'sip:bob@198.51.100.20:5090';
    const flowToAddress = (host: string, port: number, transport: string) =>
      `${transport} ${host}:${port}` === 'UDP 198.51.100.20:5090' ? contact : undefined;
    Object.assign(world.connector, { flowToAddress });
    world.edge.deliver(deliveryOf({ targetUri }), onFinal);
    expect(contact.requests).toHaveLength(1);
    expect(world.connector.asked).toEqual([]);
  });

  test('MUST NOT hand method and headers of the Contact on in the Request-URI (RFC 3261 §19.1.1)', () => {
    const device = new FakeFlow();
    const flowToken = world.tokens.tokenOf(device) ?? '';
    const targetUri = 'sip:bob@198.51.100.9:5062;Method=INVITE;transport=tcp?Subject=x&Route=y';
    world.edge.deliver(deliveryOf({ flowToken, targetUri }), onFinal);
    expect(device.requests[0]?.requestUri).toBe('sip:bob@198.51.100.9:5062;transport=tcp');
  });

  test('MUST use UDP and port 5060 when the Contact names neither (RFC 3263 §4)', async () => {
    world.edge.deliver(deliveryOf({ targetUri: 'sip:bob@198.51.100.21' }), onFinal);
    await world.settle();
    expect(world.connector.asked).toEqual(['UDP 198.51.100.21:5060']);
    expect(statuses()).toEqual([503]);
  });

  test('MUST go to the next Route when no flow decides (RFC 3261 §16.6 step 7)', async () => {
    world.edge.deliver(deliveryOf({ nextRoute: '<sip:proxy.example:5065;lr>' }), onFinal);
    await world.settle();
    expect(world.connector.asked).toEqual(['UDP proxy.example:5065']);
  });

  test.each([
    ['sips:bob@h', 'TLS h:5061'],
    ['sips:bob@h:5062;transport=tcp', 'TLS h:5062'],
    ['sip:bob@h;transport=tls', 'TLS h:5061'],
  ])('MUST use TLS for %s (RFC 3261 §26.2.2, RFC 3263 §4.1)', async (targetUri, asked) => {
    world.edge.deliver(deliveryOf({ targetUri }), onFinal);
    await world.settle();
    expect(world.connector.asked).toEqual([asked]);
  });

  test('MUST connect to the maddr, and have the certificate name the host (RFC 5922 §7.3)', async () => {
    world.edge.deliver(deliveryOf({ targetUri: 'sips:bob@h;maddr=192.0.2.1' }), onFinal);
    await world.settle();
    expect(world.connector.asked).toEqual(['TLS 192.0.2.1:5061']);
    expect(world.connector.domains).toEqual(['h']);
  });

  test.each([
    'sip:bob@x.invalid',
    'sip:bob@h;transport=dccp',
    'sips:bob@h;transport=sctp',
    'sips:bob@h;transport=udp',
    'tel:+123',
  ])('MUST NOT look up what cannot be reached: %s', (targetUri) => {
    world.edge.deliver(deliveryOf({ targetUri }), onFinal);
    expect(statuses()).toEqual([503]);
    expect(world.connector.asked).toEqual([]);
  });

  test('MUST connect by SCTP where the Contact asks for it (RFC 4168 §4)', async () => {
    world.edge.deliver(deliveryOf({ targetUri: 'sip:bob@h;transport=sctp' }), onFinal);
    await world.settle();
    expect(world.connector.asked).toEqual(['SCTP h:5060']);
  });

  test('MUST send a request over 1300 bytes by TCP (RFC 3261 §18.1.1)', async () => {
    const tcp = new FakeFlow('TCP', '198.51.100.22', 5060);
    world.edge.onOpen(tcp);
    world.connector.flows.set('TCP 198.51.100.22:5060', tcp);
    const delivery = deliveryOf({ targetUri: 'sip:bob@198.51.100.22', body: 'x'.repeat(1300) });
    world.edge.deliver(delivery, onFinal);
    await world.settle();
    expect(tcp.requests).toHaveLength(1);
    expect(tcp.requests[0]?.all(H.VIA)[0]).toContain('SIP/2.0/TCP');
    await world.clock.advanceAsync(1_000);
    expect(world.connector.asked).toEqual(['TCP 198.51.100.22:5060']);
  });

  test.each([
    ['a short Contact', 'sip:b@198.51.100.9:5062'],
    ['a long one', `sip:b@198.51.100.9:5062;x=${'y'.repeat(300)}`],
  ])('MUST NOT put more than 1300 bytes into a datagram, to %s', async (_what, targetUri) => {
    const udp = new FakeFlow('UDP', '198.51.100.9', 5062);
    world.edge.onOpen(udp);
    const tcp = new FakeFlow('TCP', '198.51.100.9', 5062);
    world.edge.onOpen(tcp);
    world.connector.flows.set('TCP 198.51.100.9:5062', tcp);
    const flowToken = world.tokens.tokenOf(udp) ?? '';
    for (let length = 200; length < 1000; length += 1) {
      const branch = `z9hG4bK${'d'.repeat(22)}.abcdefg${length}`;
      const body = 'x'.repeat(length);
      world.edge.deliver(deliveryOf({ branch, flowToken, targetUri, body }), onFinal);
    }
    await world.settle();
    const sizes = udp.sent.map(({ head, body }) => head.length + body.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1300);
    // Nor are small ones sent by TCP for nothing.
    expect(Math.max(...sizes)).toBeGreaterThan(1250);
    expect(udp.sent.length + tcp.sent.length).toBe(800);
  });

  test('MUST send a large request once a connection that is being opened stands', async () => {
    const tcp = new FakeFlow('TCP', '198.51.100.22', 5060);
    world.connector.flows.set('TCP 198.51.100.22:5060', tcp);
    const delivery = deliveryOf({ targetUri: 'sip:bob@198.51.100.22', body: 'x'.repeat(1300) });
    world.edge.deliver(delivery, onFinal);
    await world.clock.advanceAsync(400);
    expect(tcp.requests).toHaveLength(0);
    world.edge.onOpen(tcp);
    await world.clock.advanceAsync(1_000);
    expect(tcp.requests).toHaveLength(1);
    world.receive(tcp, answerTo(tcp, 200));
    expect(statuses()).toEqual([200]);
    expect(world.connector.asked).toEqual(['TCP 198.51.100.22:5060']);
  });

  test.each([
    ['the device is where its Contact says', '198.51.100.9', false, 1],
    ['its Contact is an address behind a NAT', '10.0.0.9', false, 0],
    ['only its flow will do (RFC 5626 §5.3)', '198.51.100.9', true, 0],
  ] as const)(
    'MUST try TCP for a large request over a datagram flow only if %s',
    async (_when, host, flowBound, tries) => {
      const udp = new FakeFlow('UDP', '198.51.100.9', 5062);
      world.edge.onOpen(udp);
      const flowToken = world.tokens.tokenOf(udp) ?? '';
      const targetUri = `sip:bob@${host}:5062`;
      const body = 'x'.repeat(1300);
      world.edge.deliver(deliveryOf({ flowToken, flowBound, targetUri, body }), onFinal);
      await world.settle();
      expect(world.connector.asked).toEqual(Array(tries).fill(`TCP ${host}:5062`));
      expect(udp.requests).toHaveLength(1);
    },
  );

  test.each(['refused', 'reset', 'hangs'])(
    'SHOULD fall back to UDP for a large request when TCP is %s (RFC 3261 §18.1.1)',
    async (how) => {
      const udp = new FakeFlow('UDP', '198.51.100.22', 5060);
      world.edge.onOpen(udp);
      world.connector.flows.set('UDP 198.51.100.22:5060', udp);
      const tcp = new FakeFlow('TCP', '198.51.100.22', 5060);
      if (how !== 'refused') world.connector.flows.set('TCP 198.51.100.22:5060', tcp);
      const delivery = deliveryOf({ targetUri: 'sip:bob@198.51.100.22', body: 'x'.repeat(1300) });
      world.edge.deliver(delivery, onFinal);
      await world.settle();
      if (how === 'reset') {
        tcp.isOpen = false;
        world.edge.onClosed(tcp);
      }
      await world.clock.advanceAsync(510);
      expect(udp.requests.length).toBeGreaterThan(0);
      // A connection that comes about after all must not bring it a second time.
      if (tcp.isOpen) world.edge.onOpen(tcp);
      expect(tcp.sent).toEqual([]);
      world.receive(udp, answerTo(udp, 200));
      expect(statuses()).toEqual([200]);
      expect(world.edge.gauges.pendingDeliveries).toBe(0);
    },
  );
});

describe('a repeated delivery', () => {
  test('MUST join the pending one, by branch alone (design §3.7)', () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    expect(device.requests).toHaveLength(1);
    world.receive(device, answerTo(device, 200));
    expect(statuses()).toEqual([200, 200]);
    expect(world.edge.stats.deliveriesJoined).toBe(1);
    // The response has the Vias of the first; the repeat's answer is built from the repeat.
    expect(finals.map((final) => final.response === undefined)).toEqual([false, true]);
  });

  test('MUST get the stored 2xx for 64·T1, and be delivered again after (design §3.7)', async () => {
    for (const branch of ['z9hG4bKd1.t', 'z9hG4bKd2.t']) {
      world.edge.deliver(deliveryOf({ branch, flowToken: token }), onFinal);
      world.receive(device, answerTo(device, 200));
    }
    await world.clock.advanceAsync(31_900);
    world.edge.deliver(deliveryOf({ branch: 'z9hG4bKd1.t', flowToken: token }), onFinal);
    expect(statuses()).toEqual([200, 200, 200]);
    expect(finals[2]?.response).toBeUndefined();
    expect(device.requests).toHaveLength(2);
    await world.clock.advanceAsync(9_000);
    // The one that was asked for again.
    expect(world.edge.gauges.branches).toBe(1);
    world.edge.deliver(deliveryOf({ branch: 'z9hG4bKd2.t', flowToken: token }), onFinal);
    expect(device.requests).toHaveLength(3);
  });

  test('MUST get a 2xx that came too late for its router for as long as the router may come back with the stored message', async () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    await world.clock.advanceAsync(2_500);
    world.receive(device, answerTo(device, 200));
    await world.clock.advanceAsync(520_000);
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    expect(statuses()).toEqual([200, 200]);
    expect(device.requests).toHaveLength(1);
    await world.clock.advanceAsync(800_000);
    expect(world.edge.gauges.branches).toBe(0);
  });

  test('MUST get a 2xx for as long again when it was asked for again: the first answer was not heard', async () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    world.receive(device, answerTo(device, 200));
    await world.clock.advanceAsync(3_000);
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    await world.clock.advanceAsync(60_000);
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    expect(statuses()).toEqual([200, 200, 200]);
    expect(device.requests).toHaveLength(1);
  });

  test.each([
    ['before', 100, 0],
    ['after', 0, 100],
  ])(
    'MUST get a 2xx from %s its router was lost for as long as that may come back with the stored message',
    async (_when, before, after) => {
      world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
      await world.clock.advanceAsync(10);
      if (before > 0) world.receive(device, answerTo(device, 200));
      await world.clock.advanceAsync(before);
      world.edge.routerLost();
      await world.clock.advanceAsync(after);
      if (after > 0) world.receive(device, answerTo(device, 200));
      await world.clock.advanceAsync(520_000);
      world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
      expect(statuses()).toEqual([200, 200]);
      expect(device.requests).toHaveLength(1);
    },
  );

  test('MUST get the 2xx that came after Timer F: the device has the message', async () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    const late = answerTo(device, 200);
    await world.clock.advanceAsync(33_000);
    world.receive(device, late.replace(`${token}.1`, `${token}.2`));
    expect(world.edge.stats.dropped).toBe(1);
    world.receive(device, late);
    expect(world.edge.stats.dropped).toBe(1);
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    expect(statuses()).toEqual([408, 200]);
    expect(device.requests).toHaveLength(1);
  });

  test('MUST be tried again when the device has refused it after Timer F', async () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    await world.clock.advanceAsync(33_000);
    world.receive(device, answerTo(device, 486));
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    expect(device.requests).toHaveLength(2);
  });

  test('MUST be tried again after a failure: other finals are not kept (design §3.7)', () => {
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    world.receive(device, answerTo(device, 486));
    world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    const [first, second] = device.requests.map((request) => request.all(H.VIA)[0]);
    expect(second).toMatch(/;branch=z9hG4bK/);
    // RFC 3261 §17.2.3: with the same branch the device would repeat its 486 instead of looking at the message.
    expect(second).not.toBe(first);
  });

  test('MUST be refused beyond the caps', () => {
    world = new EdgeWorld(new VirtualClock(), { maxDeliveries: 1, maxJoined: 1 });
    token = world.tokens.tokenOf(device) ?? '';
    for (let i = 0; i < 3; i += 1) world.edge.deliver(deliveryOf({ flowToken: token }), onFinal);
    expect(statuses()).toEqual([503]);
    world.edge.deliver(deliveryOf({ branch: 'z9hG4bKother.t', flowToken: token }), onFinal);
    expect(statuses()).toEqual([503, 503]);
    expect(world.edge.stats.deliveriesCapped).toBe(1);
  });
});
