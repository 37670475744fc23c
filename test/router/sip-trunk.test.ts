import { setTimeout as delay } from 'node:timers/promises';
import { OC_OFFER, readOcFeedback } from '@hermod/congestion';
import {
  DEFAULT_EDGE_LIMITS,
  type EdgeDelivery,
  type EdgeNeighbour,
  type EdgeService,
  type OnFinal,
  TrunkListener,
} from '@hermod/edge';
import { driveTimers, monotonicMs, systemClock } from '@hermod/platform';
import { EdgeAdvice, SipTrunk, type TrunkDelivery } from '@hermod/router';
import { buildResponse, H, parseMessage, SipRequest, SipResponse, TimerWheel } from '@hermod/sip';
import { CertificateAuthority, freePorts } from '@hermod/testkit';
import { TlsCredentials } from '@hermod/transport';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

class RecordingEdge implements EdgeService, EdgeNeighbour {
  readonly deliveries: { readonly delivery: EdgeDelivery; readonly onFinal: OnFinal }[] = [];
  readonly replies: { readonly branch: string; readonly status: number }[] = [];
  readonly responses: (SipResponse | undefined)[] = [];
  deliver(delivery: EdgeDelivery, onFinal: OnFinal): void {
    this.deliveries.push({ delivery, onFinal });
  }
  routerLost(): void {
    // What it answered is not looked at here.
  }

  reply(branch: string, status: number, response: SipResponse | undefined): void {
    this.replies.push({ branch, status });
    this.responses.push(response);
  }
  forward(): void {
    throw new Error('routers send nothing to be proxied');
  }
}

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function listen(
  address = '127.0.0.1',
  credentials?: TlsCredentials,
): Promise<{ edge: RecordingEdge; listener: TrunkListener }> {
  const edge = new RecordingEdge();
  const listener = await TrunkListener.listen({ edge, address, port: 0, peers: [], credentials });
  cleanups.push(() => listener.close());
  return { edge, listener };
}

async function trunkTo(
  ports: readonly number[],
  address = '127.0.0.1',
  credentials?: TlsCredentials,
): Promise<SipTrunk> {
  const wheel = new TimerWheel(monotonicMs(), 10, { nowMs: monotonicMs });
  const stop = driveTimers(wheel);
  const trunk = new SipTrunk({
    edges: ports.map((port) => ({ remote: { address, port }, credentials })),
    sentBy: 'router-1.invalid',
    timers: wheel,
    clock: systemClock,
  });
  trunk.start();
  cleanups.push(async () => {
    await trunk.close();
    stop();
  });
  return trunk;
}

async function until(what: () => boolean, timeoutMs = 5000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!what()) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(5);
  }
}

function requestFrom(edgePort: number, host = '127.0.0.1', viaParams = ''): SipRequest {
  const head =
    'MESSAGE sip:bob@example.com SIP/2.0\r\n' +
    `Via: SIP/2.0/TCP ${host}:${edgePort};branch=z9hG4bKedge-a${viaParams}\r\n` +
    'Via: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bKalice\r\n' +
    'From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1\r\n' +
    'CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 2\r\n\r\n';
  const parsed = parseMessage(head, new Uint8Array([104, 105]));
  if (!parsed.ok || !(parsed.value instanceof SipRequest)) throw new Error('bad fixture');
  return parsed.value;
}

function deliveryTo(edgePort: number, change: Partial<TrunkDelivery> = {}): TrunkDelivery {
  return {
    viaBranch: 'z9hG4bKdelivery1.abc',
    deliveryId: 'delivery1',
    request: requestFrom(edgePort),
    targetUri: 'sip:bob@192.0.2.5:5060;transport=tcp',
    path: [`sip:edge-1.token@127.0.0.1:${edgePort};transport=tcp;lr`],
    isSecured: false,
    flowToken: 'edge-1.token',
    flowBound: false,
    ...change,
  };
}

type Final = { readonly status: number; readonly response: SipResponse | undefined };

function sink(): { finals: Final[]; onFinal: (s: number, r: SipResponse | undefined) => void } {
  const finals: Final[] = [];
  return { finals, onFinal: (status, response) => void finals.push({ status, response }) };
}

describe('SIP trunk between a router and its edges', () => {
  it('carries a branch with its flow token in our Route, and its response back without our Via', async () => {
    const { edge, listener } = await listen();
    const trunk = await trunkTo([listener.port]);
    const end = sink();
    trunk.deliver(deliveryTo(listener.port, { flowBound: true }), end);
    await until(() => edge.deliveries.length === 1);
    const [first] = edge.deliveries;
    expect(first?.delivery).toMatchObject({
      branch: 'z9hG4bKdelivery1.abc',
      targetUri: 'sip:bob@192.0.2.5:5060;transport=tcp',
      flowToken: 'edge-1.token',
      flowBound: true,
    });
    expect(Buffer.from(first?.delivery.request.body ?? []).toString()).toBe('hi');
    first?.onFinal(200, undefined);
    await until(() => end.finals.length === 1);
    expect(end.finals[0]?.status).toBe(200);
    const via = end.finals[0]?.response?.topVia;
    expect(via?.ok && via.value.branch).toBe('z9hG4bKedge-a');
  });

  it('tells the edge that only TLS will do, its home or another one (RFC 5630 §5.3)', async () => {
    const { edge, listener } = await listen();
    const trunk = await trunkTo([listener.port]);
    for (const isSecured of [true, false]) {
      const viaBranch = `z9hG4bK${isSecured}`;
      trunk.deliver(deliveryTo(listener.port, { viaBranch, isSecured }), sink());
      const path = ['sip:other.invalid:1;lr'];
      trunk.deliver(deliveryTo(1, { viaBranch: `${viaBranch}2`, isSecured, path }), sink());
    }
    await until(() => edge.deliveries.length === 4);
    const told = edge.deliveries.map(({ delivery }) => delivery.isSecured);
    expect(told).toEqual([true, true, false, false]);
  });

  it("puts the first Via on a message of Hermod's own, and answers it to nobody (RFC 3261 §8.1.1.7)", async () => {
    const { edge, listener } = await listen();
    const trunk = await trunkTo([listener.port]);
    const forwarded = requestFrom(listener.port);
    const own = parseMessage(forwarded.head.replace(/Via: .*\r\n/g, ''), forwarded.body);
    if (!own.ok || !(own.value instanceof SipRequest)) throw new Error('bad fixture');
    const end = sink();
    trunk.deliver(deliveryTo(listener.port, { request: own.value }), end);
    await until(() => edge.deliveries.length === 1);
    const [first] = edge.deliveries;
    expect(first?.delivery.request.all(H.VIA)).toEqual([
      'SIP/2.0/TCP router-1.invalid;branch=z9hG4bKdelivery1.abc',
    ]);
    first?.onFinal(200, undefined);
    await until(() => end.finals.length === 1);
    expect(end.finals[0]?.status).toBe(200);
    trunk.reply(own.value, 200, end.finals[0]?.response);
    expect([edge.replies, trunk.stats.repliesDropped]).toEqual([[], 0]);
  });

  it('sends a reply to the edge whose Via is on top, matched there by branch', async () => {
    const a = await listen();
    const b = await listen();
    const trunk = await trunkTo([a.listener.port, b.listener.port]);
    await until(() => trunk.edgesUp === 2);
    trunk.reply(requestFrom(b.listener.port), 202, undefined);
    await until(() => b.edge.replies.length === 1);
    expect(b.edge.replies).toEqual([{ branch: 'z9hG4bKedge-a', status: 202 }]);
    expect(a.edge.replies).toEqual([]);
  });

  it('tells an edge that obeys, and no other, what to leave out: in its Via, whatever the device has written there (RFC 7339 §5.5, §5.6)', async () => {
    const { edge, listener } = await listen();
    const { port } = listener;
    const trunk = await trunkTo([port]);
    const router = { waiting: 0, unread: 0, fill: 0.9, stats: { records: 0 } };
    trunk.advice = new EdgeAdvice(router, 0);
    const plain = requestFrom(port);
    const offering = requestFrom(port, '127.0.0.1', OC_OFFER);
    const end = sink();
    trunk.deliver(deliveryTo(port, { request: offering }), end);
    await until(() => edge.deliveries.length === 1);
    const [first] = edge.deliveries;
    // §5.6: devices are offered nothing.
    expect(first?.delivery.request.head).not.toContain(';oc');
    if (first === undefined) throw new Error('no delivery');
    const built = buildResponse(first.delivery.request, 200);
    const lie = built.head.replace('branch=z9hG4bKedge-a', '$&;oc=99;oc-seq=9.9');
    const answer = parseMessage(lie, built.body);
    if (!answer.ok || !(answer.value instanceof SipResponse)) throw new Error('bad fixture');
    first.onFinal(200, answer.value);
    await until(() => end.finals.length === 1);
    trunk.reply(offering, 200, end.finals[0]?.response);
    trunk.reply(offering, 202, undefined);
    trunk.reply(plain, 202, undefined);
    await until(() => edge.replies.length === 3);
    expect(edge.replies.map(({ branch }) => branch)).toEqual(
      Array.from({ length: 3 }, () => 'z9hG4bKedge-a'),
    );
    const said = edge.responses.map((response) => {
      const via = response?.topVia;
      return via?.ok === true ? readOcFeedback(via.value.params)?.value : undefined;
    });
    expect(said).toEqual([50, 50, undefined]);
    // What is below is the client's.
    expect(edge.responses[0]?.values(H.VIA)[1]).toBe(
      'SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bKalice',
    );
  });

  it('knows an edge by its IPv6 address, in a Path as in a Via', async () => {
    const { edge, listener } = await listen('::1');
    const { port } = listener;
    const trunk = await trunkTo([port], '::1');
    const end = sink();
    const path = [`sip:edge-1.token@[::1]:${port};transport=tcp;lr`];
    trunk.deliver(deliveryTo(port, { path, flowBound: true }), end);
    await until(() => edge.deliveries.length === 1 || end.finals.length === 1);
    expect(edge.deliveries[0]?.delivery.flowToken).toBe('edge-1.token');
    trunk.reply(requestFrom(port, '[::1]'), 202, undefined);
    await until(() => edge.replies.length === 1);
  });

  it('does not send a branch again that is still unanswered: both wait for the same answer', async () => {
    const { edge, listener } = await listen();
    const trunk = await trunkTo([listener.port]);
    const [one, two] = [sink(), sink()];
    trunk.deliver(deliveryTo(listener.port), one);
    trunk.deliver(deliveryTo(listener.port), two);
    await until(() => edge.deliveries.length === 1);
    edge.deliveries[0]?.onFinal(480, undefined);
    await until(() => two.finals.length === 1);
    expect([one.finals[0]?.status, two.finals[0]?.status]).toEqual([480, 480]);
    expect(edge.deliveries).toHaveLength(1);
  });

  it('carries the largest head that an edge takes, with all that is added on the way', async () => {
    const { edge, listener } = await listen();
    const trunk = await trunkTo([listener.port]);
    const { maxHeadBytes, maxHeaderRows } = DEFAULT_EDGE_LIMITS;
    const small = requestFrom(listener.port);
    const rows = 'X: y\r\n'.repeat(maxHeaderRows - small.headerRows);
    const size = small.head.length + rows.length + 'Subject: \r\n'.length;
    const more = `${rows.slice(6)}Subject: ${'z'.repeat(maxHeadBytes - size)}\r\n`;
    const head = small.head.replace('\r\n\r\n', `\r\n${more}\r\n`);
    const parsed = parseMessage(head, small.body);
    if (!parsed.ok || !(parsed.value instanceof SipRequest)) throw new Error('bad fixture');
    const end = sink();
    trunk.deliver(deliveryTo(listener.port, { request: parsed.value }), end);
    await until(() => edge.deliveries.length === 1);
    edge.deliveries[0]?.onFinal(200, undefined);
    await until(() => end.finals.length === 1);
    expect(end.finals[0]?.status).toBe(200);
  });

  it('fails everything that waits for an edge at once when the edge dies, and new branches too', async () => {
    const { listener } = await listen();
    const { port } = listener;
    const trunk = await trunkTo([port]);
    await until(() => trunk.edgesUp === 1);
    const waiting = sink();
    trunk.deliver(deliveryTo(port), waiting);
    await delay(50);
    await listener.close();
    await until(() => waiting.finals.length === 1, 3000);
    expect(waiting.finals).toEqual([{ status: 503, response: undefined }]);
    const late = sink();
    trunk.deliver(deliveryTo(port), late);
    expect(late.finals).toEqual([{ status: 503, response: undefined }]);
    trunk.reply(requestFrom(port), 202, undefined);
    expect(trunk.stats).toMatchObject({ refused: 1, repliesDropped: 1 });
  });

  it('tries a Contact from another live edge, but never a flow-bound binding', async () => {
    const [deadPort = 0] = await freePorts(1);
    const { edge, listener } = await listen();
    const trunk = await trunkTo([deadPort, listener.port]);
    await until(() => trunk.edgesUp === 1);
    const bound = sink();
    trunk.deliver(deliveryTo(deadPort, { flowBound: true }), bound);
    await until(() => bound.finals.length === 1);
    expect(bound.finals[0]?.status).toBe(503);
    const free = sink();
    trunk.deliver(deliveryTo(deadPort, { viaBranch: 'z9hG4bKdelivery2.abc' }), free);
    await until(() => edge.deliveries.length === 1);
    expect(edge.deliveries[0]?.delivery).toMatchObject({ flowToken: '', flowBound: false });
  });
});

describe('SIP trunk over TLS', () => {
  const cluster = new CertificateAuthority();
  const stranger = new CertificateAuthority();
  afterAll(() => {
    cluster.remove();
    stranger.remove();
  });
  const ca = cluster.ca.cert;
  const altNames = ['IP:127.0.0.1'];
  const edgeCredentials = new TlsCredentials({ ...cluster.issue({ altNames }), ca });

  it('carries branches and replies, and says TLS in its Vias (RFC 3261 §20.42)', async () => {
    const { edge, listener } = await listen('127.0.0.1', edgeCredentials);
    const router = new TlsCredentials({ ...cluster.issue({}), ca });
    const trunk = await trunkTo([listener.port], '127.0.0.1', router);
    const end = sink();
    const path = [`sips:edge-1.token@127.0.0.1:${listener.port};lr`];
    trunk.deliver(deliveryTo(listener.port, { path }), end);
    await until(() => edge.deliveries.length === 1);
    const [first] = edge.deliveries;
    expect(first?.delivery.flowToken).toBe('edge-1.token');
    const via = first?.delivery.request.topVia;
    expect(via?.ok && via.value.transport).toBe('TLS');
    first?.onFinal(200, undefined);
    await until(() => end.finals.length === 1);
    expect(end.finals[0]?.status).toBe(200);
    trunk.reply(requestFrom(listener.port), 202, undefined);
    await until(() => edge.replies.length === 1);
  });

  it('asks another edge by sips when the home of the flow is gone (RFC 5630 §5.3)', async () => {
    const { edge, listener } = await listen('127.0.0.1', edgeCredentials);
    const [gone = 0] = await freePorts(1);
    const router = new TlsCredentials({ ...cluster.issue({}), ca });
    const trunk = await trunkTo([gone, listener.port], '127.0.0.1', router);
    await until(() => trunk.edgesUp === 1);
    await delay(1100);
    trunk.deliver(deliveryTo(gone, { path: [`sips:e.t@127.0.0.1:${gone};lr`] }), sink());
    await until(() => edge.deliveries.length === 1);
    const [route = ''] = edge.deliveries[0]?.delivery.request.values(H.ROUTE) ?? [];
    expect(route).toBe(`<sips:127.0.0.1:${listener.port};lr>`);
  });

  it.each([
    ['that shows no certificate', { ca }],
    ['with a certificate of another authority', { ...stranger.issue({}), ca }],
    ['that speaks in clear', undefined],
  ])('turns a router away %s', async (_who, pem) => {
    const { edge, listener } = await listen('127.0.0.1', edgeCredentials);
    const router = pem === undefined ? undefined : new TlsCredentials(pem);
    const trunk = await trunkTo([listener.port], '127.0.0.1', router);
    const end = sink();
    trunk.deliver(deliveryTo(listener.port), end);
    await until(() => end.finals.length === 1);
    expect(end.finals[0]?.status).toBe(503);
    expect([trunk.edgesUp, edge.deliveries.length]).toEqual([0, 0]);
  });

  it.each([
    ['names another host', cluster.issue({ altNames: ['IP:127.0.0.2'] })],
    ['is of another authority', stranger.issue({ altNames })],
  ])('sends an edge nothing whose certificate %s (RFC 5922 §7.3)', async (_how, certificate) => {
    const { edge, listener } = await listen(
      '127.0.0.1',
      new TlsCredentials({ ...certificate, ca }),
    );
    const router = new TlsCredentials({ ...cluster.issue({}), ca });
    const trunk = await trunkTo([listener.port], '127.0.0.1', router);
    const end = sink();
    trunk.deliver(deliveryTo(listener.port), end);
    await until(() => end.finals.length === 1);
    expect(end.finals[0]?.status).toBe(503);
    expect([trunk.edgesUp, edge.deliveries.length]).toEqual([0, 0]);
  });
});
