import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { H } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { asRequest, EdgeWorld, FakeFlow, messageText, responseTo } from '../../test/edge-world.ts';

let world: EdgeWorld;
let flow: FakeFlow;

beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
  flow = new FakeFlow();
});

function lastRecordRequest() {
  const record = world.log.records.at(-1);
  if (record === undefined) throw new Error('nothing was appended');
  return asRequest(record);
}

describe('the waiting sender', () => {
  test('MUST get 202 when no final came within the accept time (RFC 3428 §7)', async () => {
    world.receive(flow, messageText());
    await world.clock.advanceAsync(2_990);
    expect(flow.statuses).toEqual([]);
    await world.clock.advanceAsync(20);
    expect(flow.statuses).toEqual([202]);
    expect(world.edge.stats.acceptedByTime).toBe(1);
    expect(world.edge.gauges.waitingSenders).toBe(0);
  });

  test('MUST NOT get 202 before the append resolved (design rule 1)', async () => {
    world.log.mode = 'hold';
    world.receive(flow, messageText());
    await world.clock.advanceAsync(3_400);
    expect(flow.statuses).toEqual([]);
    world.log.release();
    await world.settle();
    expect(flow.statuses).toEqual([202]);
  });

  test('MUST get 100 at 3.5 s when nothing else went out (RFC 4320 §4.1)', async () => {
    world.log.mode = 'hold';
    world.receive(flow, messageText());
    await world.clock.advanceAsync(3_480);
    expect(flow.statuses).toEqual([]);
    await world.clock.advanceAsync(40);
    expect(flow.statuses).toEqual([100]);
    world.log.release();
    await world.settle();
    expect(flow.statuses).toEqual([100, 202]);
  });

  test('MUST get a 200 of the router at once, before the append resolved (design rule 1)', async () => {
    world.log.mode = 'hold';
    world.receive(flow, messageText());
    world.edge.reply(world.lastBranch, 200, responseTo(lastRecordRequest(), 200));
    expect(flow.statuses).toEqual([200]);
    world.log.fail();
    await world.settle();
    expect(flow.statuses).toEqual([200]);
  });

  test('MUST get a 202 of the router only once the append has resolved (design rule 1)', async () => {
    world.log.mode = 'hold';
    world.receive(flow, messageText());
    world.edge.reply(world.lastBranch, 202, undefined);
    await world.clock.advanceAsync(100);
    expect(flow.statuses).toEqual([]);
    world.log.release();
    await world.settle();
    expect(flow.statuses).toEqual([202]);
  });

  test.each(['unavailable', 'timeout'] as const)(
    'MUST get 503 with Retry-After when the log is %s (design §3.3)',
    async (mode) => {
      world.log.mode = mode;
      world.receive(flow, messageText());
      await world.settle();
      expect(flow.statuses).toEqual([503]);
      expect(flow.responses[0]?.get(H.RETRY_AFTER)).toMatch(/^[1-5]$/);
      expect(flow.responses[0]?.to).toMatchObject({ ok: true });
      await world.clock.advanceAsync(40_000);
      expect(flow.statuses).toEqual([503]);
      expect(world.edge.stats.appendFailures).toBe(1);
    },
  );

  test('MUST count the accept time from arrival, not from the append', async () => {
    world.log.mode = 'hold';
    world.receive(flow, messageText());
    await world.clock.advanceAsync(1_000);
    world.log.release();
    await world.clock.advanceAsync(1_980);
    expect(flow.statuses).toEqual([]);
    await world.clock.advanceAsync(30);
    expect(flow.statuses).toEqual([202]);
  });

  test('MUST forward a 2xx without body and without Contact (RFC 3428 §7)', async () => {
    world.receive(flow, messageText());
    const response = responseTo(
      lastRecordRequest(),
      200,
      ['Contact: <sip:bob@198.51.100.9>', 'Content-Type: text/plain', 'X-Kept: yes'],
      'body',
    );
    world.edge.reply(world.lastBranch, 200, response);
    const [sent] = flow.responses;
    expect(sent?.status).toBe(200);
    expect(sent?.has(H.CONTACT)).toBe(false);
    expect(sent?.has(H.CONTENT_TYPE)).toBe(false);
    expect(sent?.get(H.CONTENT_LENGTH)).toBe('0');
    expect(sent?.body.length).toBe(0);
    expect(sent?.byName('X-Kept')).toBe('yes');
  });

  test('MUST pop its own Via and keep the client completed one (RFC 3261 §16.7, RFC 3581 §4)', () => {
    world.receive(flow, messageText());
    world.edge.reply(world.lastBranch, 486, responseTo(lastRecordRequest(), 486));
    expect(flow.responses[0]?.all(H.VIA)).toEqual([
      'SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc1;rport=40000;received=198.51.100.7',
    ]);
  });

  test('MUST drop a final that comes after the 202 (RFC 4320 §4.2)', async () => {
    world.receive(flow, messageText());
    const branch = world.lastBranch;
    const late = responseTo(lastRecordRequest(), 200);
    await world.clock.advanceAsync(3_010);
    world.edge.reply(branch, 200, late);
    expect(flow.statuses).toEqual([202]);
    expect(world.edge.stats.lateReplies).toBe(1);
  });

  test('MUST NOT be told 408 (RFC 4320 §4.2)', () => {
    world.receive(flow, messageText());
    world.edge.reply(world.lastBranch, 408, undefined);
    expect(flow.statuses).toEqual([480]);
  });

  test('SHOULD ignore a provisional response of the router', async () => {
    world.receive(flow, messageText());
    world.edge.reply(world.lastBranch, 100, undefined);
    expect(flow.statuses).toEqual([]);
    world.edge.reply(world.lastBranch, 200, undefined);
    expect(flow.statuses).toEqual([200]);
  });

  test('MUST be answered once when it repeats the request over UDP (RFC 3261 §17.2.2)', async () => {
    const udp = new FakeFlow('UDP');
    const text = messageText({ via: 'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKu1;rport' });
    world.receive(udp, text);
    world.receive(udp, text);
    await world.clock.advanceAsync(3_010);
    expect(udp.statuses).toEqual([202]);
    world.receive(udp, text);
    expect(udp.statuses).toEqual([202, 202]);
    expect(world.log.records).toHaveLength(1);
    expect(world.edge.stats.retransmissions).toBe(2);
    await world.clock.advanceAsync(32_100);
    expect(world.edge.gauges.serverTransactions).toBe(0);
  });
});

test('an answered request MUST NOT be held for as long as its transaction lives (64·T1)', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const udp = new FakeFlow('UDP');
  const bodies: WeakRef<Uint8Array>[] = [];
  for (let i = 0; i < 100; i += 1) {
    const via = `SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKg${i};rport`;
    world.receive(udp, messageText({ via, body: 'x'.repeat(10_000) }));
    for (const { body } of world.log.records.splice(0, world.log.records.length - 1)) {
      bodies.push(new WeakRef(body));
    }
    world.edge.reply(world.lastBranch, 200, undefined);
  }
  await world.settle();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(world.edge.gauges.serverTransactions).toBe(100);
  // Those that the stack still names.
  expect(bodies.filter((body) => body.deref() !== undefined).length).toBeLessThan(10);
});

describe('caps', () => {
  test('MUST answer 503 with a spread Retry-After beyond the cap of waiting senders', () => {
    world = new EdgeWorld(new VirtualClock(), { maxPending: 2 });
    for (let i = 0; i < 9; i += 1) {
      world.receive(
        flow,
        messageText({ via: `SIP/2.0/TCP c:5060;branch=z9hG4bKn${i}`, cseq: `${i} MESSAGE` }),
      );
    }
    expect(world.log.records).toHaveLength(2);
    expect(flow.statuses).toEqual([503, 503, 503, 503, 503, 503, 503]);
    const waits = flow.responses.map((response) => response.get(H.RETRY_AFTER));
    expect(waits).toEqual(['1', '2', '3', '4', '5', '1', '2']);
    expect(world.edge.stats.rejectedPendingCap).toBe(7);
  });

  test('MUST answer 503 beyond the cap of one flow, and go on serving others', () => {
    world = new EdgeWorld(new VirtualClock(), { maxPendingPerFlow: 1 });
    const other = new FakeFlow('TCP', '198.51.100.8');
    world.receive(flow, messageText({ via: 'SIP/2.0/TCP c:1;branch=z9hG4bK1a' }));
    world.receive(flow, messageText({ via: 'SIP/2.0/TCP c:1;branch=z9hG4bK1b' }));
    world.receive(other, messageText({ via: 'SIP/2.0/TCP d:1;branch=z9hG4bK1c' }));
    expect(flow.statuses).toEqual([503]);
    expect(world.log.records).toHaveLength(2);
    expect(world.edge.stats.rejectedFlowCap).toBe(1);
    world.edge.reply(world.lastBranch, 200, undefined);
    expect(other.statuses).toEqual([200]);
    world.receive(other, messageText({ via: 'SIP/2.0/TCP d:1;branch=z9hG4bK1d' }));
    expect(world.log.records).toHaveLength(3);
  });

  test('MUST answer 503 beyond the cap of server transactions', async () => {
    world = new EdgeWorld(new VirtualClock(), { maxTransactions: 1 });
    const udp = new FakeFlow('UDP');
    world.receive(udp, messageText({ via: 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKt1;rport' }));
    world.edge.reply(world.lastBranch, 200, undefined);
    world.receive(udp, messageText({ via: 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKt2;rport' }));
    expect(udp.statuses).toEqual([200, 503]);
    expect(world.edge.stats.rejectedTransactionCap).toBe(1);
    await world.clock.advanceAsync(32_100);
    world.receive(udp, messageText({ via: 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKt3;rport' }));
    expect(world.log.records).toHaveLength(2);
  });

  test('MUST answer 503 beyond the bytes that server transactions hold: requests, then responses with their Vias', async () => {
    world = new EdgeWorld(new VirtualClock(), { maxTransactionBytes: 8_000 });
    const udp = new FakeFlow('UDP');
    const long = `SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKlong;x=${'y'.repeat(6_000)}`;
    const send = (n: number, body: string, headers: readonly string[] = []): void => {
      const via = `SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKb${n};rport`;
      world.receive(udp, messageText({ via, headers, body }));
    };
    send(1, 'x'.repeat(9_000));
    send(2, 'hi');
    expect(udp.statuses).toEqual([503]);
    // Answered: the body is let go of.
    world.edge.reply(world.lastBranch, 200, undefined);
    send(3, 'hi', [`Via: ${long}`]);
    world.edge.reply(world.lastBranch, 200, undefined);
    send(4, 'x'.repeat(3_000));
    send(5, 'hi');
    expect(udp.statuses).toEqual([503, 200, 200, 503]);
    expect(world.edge.stats.rejectedTransactionCap).toBe(2);
    world.edge.reply(world.lastBranch, 200, undefined);
    await world.clock.advanceAsync(32_100);
    send(6, 'x'.repeat(7_000));
    expect(world.log.records).toHaveLength(4);
    // A stream's transaction ends with its answer, and lets go of everything.
    const tcp = new FakeFlow('TCP');
    world.edge.reply(world.lastBranch, 200, undefined);
    await world.clock.advanceAsync(32_100);
    for (let n = 0; n < 50; n += 1) {
      const via = `SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKc${n}`;
      world.receive(tcp, messageText({ via, body: 'x'.repeat(1_000) }));
      world.edge.reply(world.lastBranch, 200, undefined);
    }
    expect(tcp.statuses).toEqual(Array(50).fill(200));
  });

  test('MUST answer 503 before the append while log or store is away (design §3.3)', () => {
    world.gate.open = false;
    world.receive(flow, messageText());
    expect(flow.statuses).toEqual([503]);
    expect(flow.responses[0]?.has(H.RETRY_AFTER)).toBe(true);
    expect(world.log.records).toHaveLength(0);
  });
});
