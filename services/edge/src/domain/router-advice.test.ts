import { OC_OFFER } from '@hermod/congestion';
import { parseMessage, SipResponse } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { expect, test } from 'vitest';
import {
  asRequest,
  EdgeWorld,
  FakeFlow,
  messageText,
  responseTo,
  sip,
} from '../../test/edge-world.ts';
import type { RouterLoad } from '../ports.ts';
import { RouterAdvice } from './router-advice.ts';

const TICK_MS = 100;

/** A response whose topmost Via says something. */
function saying(oc: string): SipResponse {
  const message = sip(`SIP/2.0 200 OK\nVia: SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK1${oc}\n`);
  if (!(message instanceof SipResponse)) throw new Error('not a response');
  return message;
}

test('the most that a router has asked for MUST hold, for as long as it said (RFC 7339 §5.4)', () => {
  const advice = new RouterAdvice();
  expect(advice.percent(0)).toBe(0);
  advice.receive(saying(';oc=40;oc-algo="loss";oc-validity=500;oc-seq=1.1'), 0);
  advice.receive(saying(';oc=70;oc-algo="loss";oc-validity=500;oc-seq=9.1'), 100);
  for (const other of [
    ';oc=20;oc-algo="loss";oc-validity=500;oc-seq=2.1',
    ';oc=0;oc-algo="loss";oc-validity=0;oc-seq=2.2',
    ';oc=1000;oc-algo="rate";oc-validity=500;oc-seq=2.3',
    OC_OFFER,
    '',
  ]) {
    advice.receive(saying(other), 200);
  }
  expect(advice.percent(599)).toBe(70);
  expect(advice.percent(600)).toBe(0);
  advice.receive(saying(';oc=20;oc-algo="loss";oc-validity=500;oc-seq=2.4'), 600);
  expect(advice.percent(700)).toBe(20);
  expect(advice.percent(-1_000)).toBe(0);
});

/** An edge whose routers are elsewhere, or in its process. */
function worldWith(router?: RouterLoad): EdgeWorld {
  const process = { read: () => ({ utilisation: 0.1, loopDelayMs: 0 }) };
  return new EdgeWorld(new VirtualClock(), {}, undefined, {
    congestion: { process, router },
  });
}

test('an edge MUST offer its routers to obey, and take on what they leave it (RFC 7339 §5.1, §5.10)', async () => {
  const world = worldWith();
  const alice = new FakeFlow('TCP', '203.0.113.1');
  let admitted = 0;
  for (let tick = 0; tick < 100; tick += 1) {
    const { length } = world.log.records;
    for (let i = 0; i < 20; i += 1) {
      const n = `${tick}x${i}`;
      const via = `SIP/2.0/TCP client.invalid:5060;branch=z9hG4bK${n}`;
      world.receive(alice, messageText({ via, callId: n }));
    }
    if (tick >= 50) admitted += world.log.records.length - length;
    const [record] = world.log.records;
    if (record === undefined) throw new Error('nothing was appended');
    const reply = responseTo(asRequest(record), 200).head;
    expect(reply).toContain(OC_OFFER);
    const oc = `;oc=60;oc-algo="loss";oc-validity=500;oc-seq=${tick}.0`;
    const told = parseMessage(reply.replace(OC_OFFER, oc), new Uint8Array(0));
    if (!told.ok || !(told.value instanceof SipResponse)) throw new Error('not a response');
    world.edge.reply(world.lastBranch, 200, told.value);
    await world.clock.advanceAsync(TICK_MS);
    world.edge.tick();
  }
  // Of 200 per second.
  expect(world.edge.congestion?.state().routerPerSec).toBeCloseTo(80, 0);
  expect(admitted / 5).toBeGreaterThan(75);
  expect(admitted / 5).toBeLessThan(85);
  expect(alice.statuses).toContain(503);
  expect(alice.responses.map(({ head }) => head).join()).not.toContain(';oc');
});

test('a router in the same process MUST be offered nothing', () => {
  const world = worldWith({ sojournMs: 0, fill: 0 });
  world.receive(new FakeFlow(), messageText());
  expect(world.log.records[0]?.head).not.toContain(';oc');
  expect(world.edge.routerLoss).toBeUndefined();
});
