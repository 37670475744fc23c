import { OC_OFFER } from '@hermod/congestion';
import { H, type SipRequest } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerTo,
  deliveryOf,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
} from '../../../test/edge-world.ts';

const CAROL = 'sip:carol@other.example';
let clock: VirtualClock;
let world: EdgeWorld;
let alice: FakeFlow;
let transactions = 0;

beforeEach(() => {
  clock = new VirtualClock();
  world = new EdgeWorld(clock);
  world.locator.isOpen = true;
  alice = new FakeFlow('TCP', '198.51.100.7', 40_000);
});

/** Makes these the servers of other.example, in this order. */
function servers(...hops: readonly (readonly ['TCP' | 'UDP', string])[]): FakeFlow[] {
  const all = hops.map(([transport, address]) => {
    return { transport, address, port: 5060, domain: 'other.example' };
  });
  world.locator.hops.set('other.example', all);
  return hops.map(([transport, address]) => {
    const flow = new FakeFlow(transport, address, 5060);
    world.connector.flows.set(`${transport} ${address}:5060`, flow);
    return flow;
  });
}

async function send(parts: MessageParts = {}): Promise<void> {
  transactions += 1;
  const via = `SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKt${transactions};rport`;
  world.receive(alice, messageText({ uri: CAROL, via, ...parts }));
  await world.settle();
}

/** A server answers what it got last, and says something by `oc` in our Via. */
async function answer(flow: FakeFlow | undefined, status: number, says = ''): Promise<void> {
  if (flow === undefined) throw new Error('no such server');
  const text = answerTo(flow, status);
  world.receive(flow, says === '' ? text : text.replace(OC_OFFER, says));
  await world.settle();
}

const viaOf = (request: SipRequest | undefined): string => request?.get(H.VIA) ?? '';
const methods = (flow: FakeFlow | undefined) => flow?.requests.map(({ method }) => method);
const finals = (): number[] => alice.statuses.filter((status) => status >= 200);

describe('what servers of other domains are offered (RFC 7339 §5.1)', () => {
  test('MUST be both algorithms, in every request to them and in none to a device', async () => {
    const [server] = servers(['TCP', '203.0.113.1']);
    await send();
    await send({ method: 'INVITE', headers: ['Contact: <sip:alice@198.51.100.7>'] });
    await answer(server, 180);
    const { length } = server?.requests ?? [];
    const via = `SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKt${transactions};rport`;
    world.receive(alice, messageText({ uri: CAROL, via, method: 'CANCEL', cseq: '1 CANCEL' }));
    await world.settle();
    expect(server?.requests.length).toBe(length + 1);
    for (const request of server?.requests ?? []) expect(viaOf(request)).toContain(OC_OFFER);
    const device = new FakeFlow('TCP', '198.51.100.9');
    const flowToken = world.tokens.tokenOf(device) ?? '';
    world.edge.deliver(deliveryOf({ flowToken }), () => undefined);
    const route = `Route: <sip:${flowToken}@192.0.2.1:5060;lr>`;
    await send({ method: 'INFO', uri: 'sip:bob@198.51.100.9', headers: [route] });
    expect(methods(device)).toEqual(['MESSAGE', 'INFO']);
    expect(device.requests.map(({ head }) => head).join()).not.toContain(';oc');
  });
});

describe('a server that asks for less (RFC 7339 §5.4, §5.10)', () => {
  const FULL = ';oc=100;oc-algo="loss";oc-validity=1000;oc-seq=1.1';

  test('MUST get nothing more than it asked for while that holds: 503 without Retry-After, then everything again', async () => {
    const [server] = servers(['TCP', '203.0.113.1']);
    await send();
    await answer(server, 200, FULL);
    await send();
    expect(world.edge.gauges.limitingHops).toBe(1);
    await clock.advanceAsync(999);
    await send();
    expect(server?.requests).toHaveLength(1);
    expect(finals()).toEqual([200, 503, 503]);
    expect(alice.responses.at(-1)?.has(H.RETRY_AFTER)).toBe(false);
    expect(world.edge.stats.limitedByNeighbours).toBe(2);
    await clock.advanceAsync(1);
    await send();
    expect(server?.requests).toHaveLength(2);
    expect(world.edge.gauges.limitingHops).toBe(0);
  });

  test('MUST be heard in provisional responses, and in answers to requests that were left', async () => {
    const [first, second] = servers(['TCP', '203.0.113.1'], ['TCP', '203.0.113.2']);
    await send();
    await answer(first, 100, FULL);
    await send();
    expect(methods(second)).toEqual(['MESSAGE']);
    await answer(second, 200);
    await clock.advanceAsync(1_000);
    await send();
    await clock.advanceAsync(4_000);
    await answer(first, 404, FULL.replace('1.1', '1.2'));
    expect(world.edge.gauges.limitingHops).toBe(1);
  });

  test('what it does not want MUST go to the next server of its domain, and be 503 when that wants none either', async () => {
    const [first, second] = servers(['TCP', '203.0.113.1'], ['TCP', '203.0.113.2']);
    await send();
    await answer(first, 200, FULL);
    await send();
    expect(second?.requests).toHaveLength(1);
    await answer(second, 200, FULL);
    await send();
    expect([first?.requests.length, second?.requests.length]).toEqual([1, 1]);
    expect(finals()).toEqual([200, 200, 503]);
  });

  test('MUST still get what belongs to a dialog, when texts alone are to be left out (RFC 7339 §5.10.1)', async () => {
    const [server] = servers(['TCP', '203.0.113.1']);
    await send();
    await answer(server, 200, FULL.replace('oc=100', 'oc=60'));
    const bye = { method: 'BYE', toTag: 'there', body: '' };
    await send();
    await send(bye);
    expect(methods(server)).toEqual(['MESSAGE', 'BYE']);
  });

  test('MUST be asked once per request, though it can be reached in two ways', async () => {
    const [udp] = servers(['UDP', '203.0.113.1']);
    const tcp = new FakeFlow('TCP', '203.0.113.1', 5060);
    world.connector.flows.set('TCP 203.0.113.1:5060', tcp);
    await send({ body: 'x'.repeat(1_000) });
    await answer(tcp, 200, FULL);
    await send({ body: 'x'.repeat(1_000) });
    expect(world.edge.stats.limitedByNeighbours).toBe(1);
    expect(udp?.requests).toHaveLength(0);
    expect(finals()).toEqual([200, 503]);
  });

  test('a silent one MUST be left alone, be probed ever more seldom, and get everything after one answer (RFC 7339 §5.9)', async () => {
    const [silent, second] = servers(['TCP', '203.0.113.1'], ['TCP', '203.0.113.2']);
    const probedSec: number[] = [];
    for (let sec = 0; sec <= 340; sec += 5) {
      const { length } = silent?.requests ?? [];
      await send();
      if (silent?.requests.length !== length) probedSec.push(sec);
      await clock.advanceAsync(4_000);
      await answer(second, 200);
      await clock.advanceAsync(1_000);
    }
    // 10 s after the silence of 4 s, then 20, 40, 80, 160.
    expect(probedSec).toEqual([0, 15, 40, 85, 170, 335]);
    await clock.advanceAsync(160_000);
    await send();
    await send();
    expect(silent?.requests).toHaveLength(7);
    await answer(silent, 200);
    await send();
    await send();
    expect(silent?.requests).toHaveLength(9);
  });
});

describe('what a server or a device says in a Via that is not ours (RFC 7339 §5.6, §11)', () => {
  const LIE = ';OC=100; oc-algo="loss";oc-validity=600000;oc-seq=9.9';

  test('MUST NOT reach our client, which would send us less', async () => {
    const [server] = servers(['TCP', '203.0.113.1']);
    await send({
      via: 'SIP/2.0/TCP p.invalid;branch=z9hG4bKp;oc;oc-algo="loss",SIP/2.0/UDP u.invalid;branch=z9hG4bKu;rport',
    });
    if (server === undefined) throw new Error('no server');
    const text = answerTo(server, 200)
      .replace('branch=z9hG4bKp', `branch=z9hG4bKp${LIE}`)
      .replace('branch=z9hG4bKu', `branch=z9hG4bKu${LIE}`);
    expect(text).toContain(LIE);
    world.receive(server, text);
    await world.settle();
    const vias = alice.responses.at(-1)?.values(H.VIA) ?? [];
    expect(vias).toHaveLength(2);
    expect(vias[0]).toMatch(/^SIP\/2\.0\/TCP p\.invalid;branch=z9hG4bKp;received=198\.51\.100\.7/);
    expect(vias[1]).toBe('SIP/2.0/UDP u.invalid;branch=z9hG4bKu;rport');
  });

  test('of a device, MUST NOT reach the sender either', () => {
    const device = new FakeFlow('TCP', '198.51.100.9');
    const flowToken = world.tokens.tokenOf(device) ?? '';
    const heads: string[] = [];
    world.edge.deliver(deliveryOf({ flowToken }), (_status, response) => {
      heads.push(response?.head ?? '');
    });
    const text = answerTo(device, 200).replace('branch=z9hG4bKx.y', `branch=z9hG4bKx.y${LIE}`);
    expect(text).toContain(LIE);
    world.receive(device, text);
    expect(heads).toHaveLength(1);
    expect(heads[0]).toContain('branch=z9hG4bKx.y\r\n');
    expect(heads[0]).not.toMatch(/;\s*oc/i);
  });
});
