import { SipRequest, type SipResponse } from '@hermod/sip';
import { PeerLink } from '@hermod/transport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeFlow, messageText, responseText, sip } from '../../test/edge-world.ts';
import type { EdgeDelivery, EdgeNeighbour, EdgeService, Flow, OnFinal } from '../ports.ts';
import { TrunkListener } from './trunk-listener.ts';

class FakeEdge implements EdgeService, EdgeNeighbour {
  readonly forwarded: SipRequest[] = [];
  readonly deliveries: { delivery: EdgeDelivery; onFinal: OnFinal }[] = [];
  readonly replies: { branch: string; status: number; response: SipResponse | undefined }[] = [];
  lost = 0;

  deliver(delivery: EdgeDelivery, onFinal: OnFinal): void {
    this.deliveries.push({ delivery, onFinal });
  }

  routerLost(): void {
    this.lost += 1;
  }

  forward(_flow: Flow, request: SipRequest): void {
    this.forwarded.push(request);
  }

  reply(branch: string, status: number, response: SipResponse | undefined): void {
    this.replies.push({ branch, status, response });
  }
}

let edge: FakeEdge;
let trunk: TrunkListener;
let router: PeerLink;
let received: (SipRequest | SipResponse)[];

beforeEach(async () => {
  edge = new FakeEdge();
  received = [];
  trunk = await TrunkListener.listen({ edge, address: '127.0.0.1', port: 0, peers: [] });
  router = new PeerLink({
    remote: { address: '127.0.0.1', port: trunk.port },
    handlers: {
      onMessage: (_link, message) => received.push(message),
      onDown: () => undefined,
    },
  });
  router.start();
});

afterEach(async () => {
  await router.close();
  await trunk.close();
});

function send(text: string): void {
  const message = sip(text);
  expect(router.send(message)).toBe(true);
}

function deliveryText(route: string, method = 'MESSAGE'): string {
  return messageText({
    method,
    uri: 'sip:bob@10.0.0.9',
    via: 'SIP/2.0/TCP router:5080;branch=z9hG4bKd1.t\nVia: SIP/2.0/TCP 127.0.0.1:1;branch=z9hG4bKx',
    headers: route === '' ? [] : [`Route: ${route}`],
  });
}

describe('a request of a router', () => {
  test('MUST be delivered to the flow of our Route, by the branch of its Via (design §3.7)', async () => {
    send(deliveryText(`<sip:e1.tok@127.0.0.1:${trunk.port};transport=tcp;lr;fb>`));
    await expect.poll(() => edge.deliveries.length).toBe(1);
    expect(edge.deliveries[0]?.delivery).toMatchObject({
      branch: 'z9hG4bKd1.t',
      flowToken: 'e1.tok',
      flowBound: true,
      targetUri: 'sip:bob@10.0.0.9',
      popRoutes: 1,
      nextRoute: undefined,
    });
  });

  test('MUST NOT be flow-bound without fb, and MUST keep further Routes', async () => {
    send(deliveryText(`<sip:127.0.0.1:${trunk.port};transport=tcp;lr>, <sip:p.example;lr>`));
    await expect.poll(() => edge.deliveries.length).toBe(1);
    expect(edge.deliveries[0]?.delivery).toMatchObject({
      flowToken: '',
      flowBound: false,
      popRoutes: 1,
      nextRoute: '<sip:p.example;lr>',
    });
  });

  test('MUST be framed, however long the Path and the Contact of the recipient are', async () => {
    const path = Array.from({ length: 1_500 }, (_, i) => `<sip:p${i};lr>`).join('\nRoute: ');
    const route = `<sip:e1.tok@127.0.0.1:${trunk.port};lr>\nRoute: ${path}`;
    const long = `bob@10.0.0.9;x=${'y'.repeat(16_000)}`;
    const [head = ''] = deliveryText(route).replace('bob@10.0.0.9', long).split('|');
    const bytes = `${head.replaceAll('\n', '\r\n')}\r\n\r\n`;
    expect(router.send({ head: bytes, body: Buffer.from('hello') })).toBe(true);
    await expect.poll(() => edge.deliveries.length).toBe(1);
  });

  test("MUST tell the edge when a router's trunk has closed", async () => {
    send(deliveryText(`<sip:e1.tok@127.0.0.1:${trunk.port};lr>`));
    await expect.poll(() => edge.deliveries.length).toBe(1);
    await router.close();
    await expect.poll(() => edge.lost).toBe(1);
  });

  test('MUST NOT be delivered without a Route of ours: it would come back for ever', async () => {
    send(deliveryText(''));
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]).toMatchObject({ status: 503 });
    expect(edge.deliveries).toHaveLength(0);
  });

  test('MUST be answered on its connection with its Vias intact (RFC 3261 §18.2.2)', async () => {
    send(deliveryText(`<sip:e1.tok@127.0.0.1:${trunk.port};lr>`));
    await expect.poll(() => edge.deliveries.length).toBe(1);
    edge.deliveries[0]?.onFinal(430, undefined);
    await expect.poll(() => received.length).toBe(1);
    const [final] = received;
    expect(final).toMatchObject({ kind: 'response', status: 430 });
    expect(final?.all(1)).toEqual([
      'SIP/2.0/TCP router:5080;branch=z9hG4bKd1.t',
      'SIP/2.0/TCP 127.0.0.1:1;branch=z9hG4bKx',
    ]);
  });

  test('MUST be forwarded the answer of the device', async () => {
    send(deliveryText(`<sip:e1.tok@127.0.0.1:${trunk.port};lr>`));
    await expect.poll(() => edge.deliveries.length).toBe(1);
    const request = edge.deliveries[0]?.delivery.request;
    if (!(request instanceof SipRequest)) throw new Error('not a request');
    const answer = sip(responseText(request, 200, ['X-Ua: bob']));
    if (answer.kind !== 'response') throw new Error('not a response');
    edge.deliveries[0]?.onFinal(200, answer);
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]?.byName('X-Ua')).toBe('bob');
  });
});

describe('a request of another edge', () => {
  test.each([
    ['INVITE', 'lr;fb'],
    ['ACK', 'lr;rr'],
    ['FROBNICATE', 'lr'],
    ['MESSAGE', 'rr;lr'],
  ])('%s MUST be proxied, a MESSAGE if its dialog was recorded (;%s)', async (method, params) => {
    send(deliveryText(`<sip:e1.tok@127.0.0.1:${trunk.port};transport=tcp;${params}>`, method));
    await expect.poll(() => edge.forwarded.length).toBe(1);
    expect(edge.forwarded[0]?.method).toBe(method);
    expect(edge.deliveries).toHaveLength(0);
  });
});

describe('a final response of a router', () => {
  const reply = (sentBy: string) =>
    `SIP/2.0 200 OK\nVia: SIP/2.0/TCP ${sentBy};branch=z9hG4bKa.h\nVia: SIP/2.0/TCP c;branch=z9hG4bKc\nCSeq: 1 MESSAGE\nContent-Length: 0`;

  test('MUST reach the waiting sender by the branch of our Via (design §2)', async () => {
    send(reply(`127.0.0.1:${trunk.port}`));
    await expect.poll(() => edge.replies.length).toBe(1);
    expect(edge.replies[0]).toMatchObject({ branch: 'z9hG4bKa.h', status: 200 });
    expect(edge.replies[0]?.response?.all(1)).toHaveLength(2);
  });

  test('MUST be dropped when its sent-by is not ours (RFC 3261 §18.1.2)', async () => {
    send(reply('127.0.0.1:9'));
    await expect.poll(() => trunk.stats.dropped).toBe(1);
    expect(edge.replies).toHaveLength(0);
  });
});

test('MUST know its own address however it is written (RFC 5118 §4.5)', async () => {
  const host = '2001:DB8:0:0::1';
  const options = { edge, address: '127.0.0.1', port: 0, peers: [] };
  const other = await TrunkListener.listen({ ...options, advertised: { host, port: 5070 } });
  const flow = Object.assign(new FakeFlow('TCP', '127.0.0.1'), {
    closeReason: undefined,
    queuedBytes: 0,
    pauseReading: () => undefined,
  });
  other.onMessage(flow, sip(deliveryText(`<sip:e1.tok@[${host}]:5070;lr>`)));
  expect(edge.deliveries[0]?.delivery.flowToken).toBe('e1.tok');
  await other.close();
});

test('MUST say what to change when its address is taken', async () => {
  const { port } = trunk;
  const again = TrunkListener.listen({ edge, address: '127.0.0.1', port, peers: [] });
  await expect(again).rejects.toThrow(`tcp://127.0.0.1:${port}`);
  await expect(again).rejects.toThrow('HERMOD_TRUNK_LISTEN');
});

test('MUST turn away who is no peer (design §2)', async () => {
  const stranger = new FakeFlow('TCP', '203.0.113.5');
  const flow = { ...stranger, closeReason: undefined, queuedBytes: 0, isOpen: true };
  const strange = Object.assign(flow, {
    send: () => true,
    close: () => {
      strange.isOpen = false;
    },
    keepFor: () => undefined,
    pauseReading: () => undefined,
  });
  trunk.onOpen(strange);
  expect(strange.isOpen).toBe(false);
  trunk.onMessage(strange, sip(deliveryText(`<sip:e1.tok@127.0.0.1:${trunk.port};lr>`)));
  expect(edge.deliveries).toHaveLength(0);
  expect(trunk.stats.refusedPeers).toBe(1);
});
