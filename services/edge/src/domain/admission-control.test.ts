import { type LocalLoad, TrafficClass } from '@hermod/congestion';
import { VirtualClock } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import {
  deliveryOf,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
} from '../../test/edge-world.ts';

const TICK_MS = 100;

/** An edge whose process is as busy as the test says. */
class BusyWorld extends EdgeWorld {
  readonly load: { utilisation: number; loopDelayMs: number };
  #sent = 0;

  constructor() {
    const load: { -readonly [K in 'utilisation' | 'loopDelayMs']: LocalLoad[K] } = {
      utilisation: 0.5,
      loopDelayMs: 0,
    };
    super(new VirtualClock(), {}, undefined, {
      congestion: { process: { read: () => load } },
    });
    this.load = load;
  }

  /** One request more of its own. */
  send(flow: FakeFlow, parts: MessageParts = {}): void {
    this.#sent += 1;
    this.receive(flow, this.text(flow, this.#sent, parts));
  }

  text(flow: FakeFlow, n: number, parts: MessageParts = {}): string {
    const via = `SIP/2.0/${flow.transport} client.invalid:5060;rport;branch=z9hG4bK${n}`;
    return messageText({ via, callId: `${n}`, ...parts });
  }

  /** `perTick` requests of each flow for a while. */
  async run(flows: readonly FakeFlow[], perTick: number, ticks: number): Promise<void> {
    for (let tick = 0; tick < ticks; tick += 1) {
      for (let i = 0; i < perTick; i += 1) for (const flow of flows) this.send(flow);
      await this.clock.advanceAsync(TICK_MS);
      this.edge.tick();
    }
  }

  /** Overloaded for so long that next to nothing is taken on. */
  async exhaust(flow: FakeFlow): Promise<void> {
    this.load.utilisation = 1;
    this.load.loopDelayMs = 500;
    await this.run([flow], 50, 100);
  }
}

function counted(flow: FakeFlow, status: number): number {
  return flow.statuses.filter((one) => one === status).length;
}

describe('admission control of an edge', () => {
  test('MUST take on what comes while nothing is wrong', async () => {
    const world = new BusyWorld();
    await world.run([new FakeFlow()], 20, 50);
    expect(world.log.records).toHaveLength(1_000);
    expect(world.edge.stats.rejectedCongestion).toBe(0);
  });

  test('MUST refuse what is too much with 503 and a Retry-After, and keep nothing of it (RFC 3261 §21.5.4)', async () => {
    const world = new BusyWorld();
    const flow = new FakeFlow('UDP');
    await world.exhaust(flow);
    const refused = flow.responses.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(20);
    for (const one of refused) {
      expect(Number(one.byName('Retry-After'))).toBeGreaterThanOrEqual(1);
      expect(Number(one.byName('Retry-After'))).toBeLessThanOrEqual(30);
    }
    const { appended, rejectedCongestion } = world.edge.stats;
    expect(appended + rejectedCongestion).toBe(5_000);
    expect(appended).toBeLessThan(3_000);
    // Beyond that answers would cost too much.
    expect(refused.length).toBeLessThan(rejectedCongestion / 2);
    expect(world.edge.gauges.serverTransactions).toBeLessThanOrEqual(appended);
  });

  test('MUST take on again what comes when it is over', async () => {
    const world = new BusyWorld();
    const flow = new FakeFlow('UDP');
    await world.exhaust(flow);
    world.load.utilisation = 0.2;
    world.load.loopDelayMs = 0;
    await world.run([flow], 20, 50);
    const before = world.edge.stats.rejectedCongestion;
    await world.run([flow], 20, 20);
    expect(world.edge.stats.rejectedCongestion).toBe(before);
  });

  test('MUST absorb the repeat of what was taken on, and ask about it no more (RFC 3261 §17.2.2)', async () => {
    const world = new BusyWorld();
    const flow = new FakeFlow('UDP');
    const first = world.text(flow, 1_000_000);
    world.receive(flow, first);
    await world.exhaust(new FakeFlow('UDP', '203.0.113.9'));
    const { rejectedCongestion, retransmissions } = world.edge.stats;
    const before = JSON.stringify(world.edge.congestion?.stats.classes);
    for (let i = 0; i < 50; i += 1) world.receive(flow, first);
    expect(world.edge.stats.retransmissions).toBe(retransmissions + 50);
    expect(world.edge.stats.rejectedCongestion).toBe(rejectedCongestion);
    expect(JSON.stringify(world.edge.congestion?.stats.classes)).toBe(before);
  });

  test('MUST serve whoever sends little while another sends too much', async () => {
    const world = new BusyWorld();
    const heavy = new FakeFlow('UDP', '203.0.113.9');
    const light = new FakeFlow('UDP', '198.51.100.1');
    await world.exhaust(heavy);
    world.load.utilisation = 0.98;
    world.load.loopDelayMs = 30;
    const before = world.edge.stats.appended;
    for (let tick = 0; tick < 100; tick += 1) {
      await world.run([heavy], 40, 1);
      // Less than an equal part of the 10 per second that are always taken on.
      if (tick % 5 === 0) world.send(light);
    }
    expect(counted(light, 503)).toBe(0);
    expect(world.edge.stats.appended - before).toBeGreaterThanOrEqual(20);
    expect(world.edge.stats.rejectedCongestion).toBeGreaterThan(3_000);
  });

  test('MUST refuse what can wait before a text, and let go what ends work', async () => {
    const world = new BusyWorld();
    await world.exhaust(new FakeFlow('UDP', '203.0.113.9'));
    const flow = new FakeFlow('UDP', '198.51.100.1');
    const { classes } = world.edge.congestion?.stats ?? { classes: [] };
    for (let i = 0; i < 12; i += 1) world.send(flow, { method: 'OPTIONS' });
    for (let i = 0; i < 12; i += 1) world.send(flow);
    world.send(flow, { method: 'BYE', toTag: 'x' });
    const [release, , , , , message] = classes;
    expect(classes.at(-1)?.admitted).toBeLessThan(6);
    expect((message?.admitted ?? 0) > 0).toBe(true);
    expect(release?.admitted).toBe(1);
  });
});

describe('a stream whose sender is above its share', () => {
  test('MUST be left unread for a moment, and then be read again', async () => {
    const world = new BusyWorld();
    const flow = new FakeFlow('TCP', '203.0.113.9');
    const other = new FakeFlow('TCP', '198.51.100.1');
    await world.exhaust(flow);
    expect(world.edge.stats.readingPauses).toBe(0);
    // Now there is somebody to share with.
    world.send(other);
    for (let i = 0; i < 20 && !flow.isPaused; i += 1) world.send(flow);
    expect([flow.isPaused, other.isPaused]).toEqual([true, false]);
    expect(world.edge.stats.readingPauses).toBeGreaterThan(0);
    await world.clock.advanceAsync(250);
    expect(flow.isPaused).toBe(false);
  });

  test('MUST be read while its device owes an answer', async () => {
    const world = new BusyWorld();
    const flow = new FakeFlow('TCP', '203.0.113.9');
    world.edge.onOpen(flow);
    const flowToken = world.tokens.tokenOf(flow) ?? '';
    world.edge.deliver(deliveryOf({ flowToken, flowBound: true }), () => undefined);
    await world.exhaust(flow);
    world.send(new FakeFlow('TCP', '198.51.100.1'));
    for (let i = 0; i < 20; i += 1) world.send(flow);
    expect(world.edge.stats.rejectedCongestion).toBeGreaterThan(0);
    expect(world.edge.stats.readingPauses).toBe(0);
  });

  test('MUST be passed over while its MESSAGEs would be dropped, and no longer, and what was passed over counts as dropped', async () => {
    const world = new BusyWorld();
    const flow = new FakeFlow('TCP', '203.0.113.9');
    expect(world.edge.passesOver(flow)).toBe(false);
    await world.exhaust(flow);
    const message = world.edge.congestion?.stats.classes[TrafficClass.MESSAGE];
    if (message === undefined) throw new Error('not controlled');
    // While there are answers left, what is refused is to have one.
    const { dropped } = message;
    const asked: boolean[] = [];
    do {
      asked.push(world.edge.passesOver(flow));
      world.send(flow);
    } while (message.dropped === dropped);
    expect(asked.pop()).toBe(true);
    expect(asked).not.toContain(true);
    expect(world.edge.passesOver(flow)).toBe(true);
    const { rejectedCongestion } = world.edge.stats;
    world.edge.onPassedOver(flow, 7);
    expect(message.dropped).toBe(dropped + 8);
    expect(world.edge.stats.rejectedCongestion).toBe(rejectedCongestion + 7);
    await world.clock.advanceAsync(2_000);
    expect(world.edge.passesOver(flow)).toBe(false);
  });

  test('MUST NOT be passed over when it is a server that speaks for many', async () => {
    const world = new BusyWorld();
    world.locator.isOpen = true;
    const flow = new FakeFlow('TCP', '203.0.113.9');
    await world.exhaust(flow);
    for (let i = 0; i < 200; i += 1) world.send(flow);
    expect(world.edge.stats.rejectedCongestion).toBeGreaterThan(100);
    expect(world.edge.passesOver(flow)).toBe(false);
  });
});
