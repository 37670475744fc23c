import { describe, expect, test } from 'vitest';
import {
  ACCEPT_MS,
  percentile,
  type Run,
  runEdge,
  type Senders,
  sum,
} from '../testdata/one-edge.ts';
import { CongestionController, type LocalLoad, TrafficClass } from './index.ts';

const CAPACITY = 1_000 / ACCEPT_MS;
const IDLE: LocalLoad = {
  utilisation: 0.1,
  loopDelayMs: 1,
  appendMs: Number.NaN,
  sojournMs: Number.NaN,
  inFlight: 0,
  routerLoss: Number.NaN,
};

/** 5 s at half the capacity, 10 s at `factor` times, 5 s at half. */
function surge(factor: number): Senders {
  return {
    count: 100,
    perSec: (nowMs) => (CAPACITY / 100) * (nowMs >= 5_000 && nowMs < 15_000 ? factor : 0.5),
  };
}

function admittedShare(run: Run, kind: number, from: number, to: number): number {
  const counts = run.byKind[kind];
  if (counts === undefined) throw new Error('no such kind of sender');
  return sum(counts.admitted, from, to) / sum(counts.offered, from, to);
}

/** Highest rate at which, without control, the 99th percentile stays below 250 ms: what overload is measured against. */
function lossFreePeak(): number {
  for (let rate = CAPACITY; ; rate -= CAPACITY / 100) {
    const senders = [{ count: 100, perSec: () => rate / 100 }];
    if (percentile(runEdge({ seconds: 20, senders, isControlled: false }), 0.99, 5, 20) <= 250) {
      return rate;
    }
  }
}

describe('one edge, an accepted request costs ten refused ones', () => {
  test.each([
    [1, 0.95],
    [2, 0.95],
    [5, 0.92],
    // Reading and throwing away the nine tenths that are too much takes 9 % of the core.
    [10, 0.87],
  ])('MUST keep its goodput at %s times its capacity (RFC 5390 §4 REQ 1)', (factor, least) => {
    const run = runEdge({ seconds: 20, senders: [surge(factor)] });
    const goodput = sum(run.byKind[0]?.admitted ?? [], 6, 15) / 9;
    expect(goodput / lossFreePeak()).toBeGreaterThan(least);
    expect(percentile(run, 0.99, 6, 15)).toBeLessThan(250);
  });

  test('without control the queue MUST be seen to collapse it: the model can fail', () => {
    const run = runEdge({ seconds: 20, senders: [surge(2)], isControlled: false });
    expect(percentile(run, 0.99, 6, 15)).toBeGreaterThan(2_000);
  });

  test.each([2, 5, 10])('MUST stop refusing within 5 s after %s times (REQ 21)', (factor) => {
    const run = runEdge({ seconds: 20, senders: [surge(factor)] });
    expect(admittedShare(run, 0, 16, 20)).toBe(1);
  });

  test('MUST refuse nobody at half of its capacity', () => {
    expect(admittedShare(runEdge({ seconds: 20, senders: [surge(0.5)] }), 0, 0, 20)).toBe(1);
  });

  test('a source at ten times its fair share MUST leave 98 % to the others (REQ 5)', () => {
    const share = CAPACITY / 21;
    const run = runEdge({
      seconds: 20,
      senders: [
        { count: 20, perSec: () => share * 0.8 },
        { count: 1, perSec: (nowMs) => share * (nowMs < 5_000 ? 0.8 : 10) },
      ],
    });
    expect(admittedShare(run, 0, 5, 20)).toBeGreaterThan(0.98);
    expect(admittedShare(run, 1, 5, 20)).toBeLessThan(0.5);
  });

  test('MUST serve texts before typing notices, of the same persons (RFC 7339 §5.10.1)', () => {
    const run = runEdge({
      seconds: 20,
      senders: [
        { count: 100, perSec: () => 7, persons: 1 },
        { count: 100, perSec: () => 7, persons: 1, trafficClass: TrafficClass.COMPOSING },
      ],
    });
    expect(admittedShare(run, 0, 5, 20)).toBeGreaterThan(0.97);
    const notices = admittedShare(run, 1, 5, 20);
    expect(notices).toBeGreaterThan(0.2);
    expect(notices).toBeLessThan(0.5);
  });

  test('signals that are missing or absurd in every third tick MUST NOT bring it down', () => {
    let tick = 0;
    const bad = [Number.NaN, -5, Infinity, 1e12];
    const run = runEdge({
      seconds: 20,
      senders: [surge(2)],
      distort: (load) => {
        tick += 1;
        const value = bad[tick % bad.length] ?? Number.NaN;
        return tick % 3 === 0 ? { ...load, utilisation: value, loopDelayMs: value } : load;
      },
    });
    expect(sum(run.byKind[0]?.admitted ?? [], 6, 15) / 9).toBeGreaterThan(0.9 * CAPACITY);
    expect(run.controller.state().ignoredLocal).toBeGreaterThan(10);
  });
});

describe('CongestionController', () => {
  const make = (load: LocalLoad = IDLE, random = () => 0.5) =>
    new CongestionController(
      { signals: { read: () => load, appending: 0 }, random, initialPerSec: 1_000 },
      0,
    );

  test('MUST answer few of those that it refuses, and drop the rest', () => {
    const controller = make();
    const seen = { admit: 0, reject: 0, drop: 0 };
    for (let i = 0; i < 10_000; i += 1)
      seen[controller.admit(TrafficClass.MESSAGE, i, i / 10)] += 1;
    expect(seen.admit).toBeLessThan(1_200);
    expect(seen.reject).toBeGreaterThan(100);
    expect(seen.reject).toBeLessThan(250);
    const stats = controller.stats.classes[TrafficClass.MESSAGE];
    expect(stats).toEqual({
      admitted: seen.admit,
      rejectedRate: seen.reject,
      rejectedShare: 0,
      rejectedWindow: 0,
      dropped: seen.drop,
    });
  });

  test.each([
    [0.2, 0],
    [0.95, 1_600],
    [Number.NaN, 1_600],
  ])(
    'MUST answer all that it refuses while it has the time: utilisation %s',
    (utilisation, least) => {
      // The log stands still: nothing is let in to speak of.
      const controller = make({ ...IDLE, utilisation, appendMs: 2_000 });
      const seen = { admit: 0, reject: 0, drop: 0 };
      let pausedMs = 0;
      for (let tick = 1; tick <= 100; tick += 1) {
        for (let i = 0; i < 45; i += 1) {
          const nowMs = tick * 100 - 100 + 2 * i;
          const verdict = controller.admit(TrafficClass.MESSAGE, i % 4, nowMs);
          if (tick > 50) seen[verdict] += 1;
          if (tick > 50 && verdict !== 'admit') pausedMs += controller.pauseMs(i % 4, nowMs);
        }
        controller.tick(tick * 100);
      }
      expect(seen.admit).toBeLessThan(400);
      if (least === 0) expect([seen.drop, pausedMs]).toEqual([0, 0]);
      else expect(seen.drop).toBeGreaterThan(least);
    },
  );

  test.each([
    ['the window is full', 200, { ...IDLE, utilisation: 0.95 }],
    ['the rate is low', 0, { ...IDLE, utilisation: 0.99, loopDelayMs: 400 }],
    ['the cluster wants less', 0, { ...IDLE, utilisation: 0.99, routerLoss: 80 }],
  ])('MUST decide unseen as it would have when asked: %s', (_why, appending, load) => {
    const pair = [false, true].map((isAskedFirst) => {
      const signals = { read: () => load, appending };
      const controller = new CongestionController(
        { signals, random: () => 0.5, initialPerSec: 400 },
        0,
      );
      return { controller, isAskedFirst, unseen: 0 };
    });
    for (let ms = 0; ms < 20_000; ms += 1) {
      // Eight who send 25 per second, and one who sends 500.
      const sources = [ms % 5 === 0 ? (ms / 5) % 8 : undefined, ms % 2 === 0 ? 99 : undefined];
      for (const source of sources) {
        if (source === undefined) continue;
        for (const one of pair) {
          if (one.isAskedFirst && one.controller.drops(source, ms)) {
            one.controller.passedOver(1);
            one.unseen += 1;
          } else one.controller.admit(TrafficClass.MESSAGE, source, ms);
        }
      }
      if (ms % 100 === 99) for (const one of pair) one.controller.tick(ms + 1);
    }
    const [asked, unseen] = pair;
    expect(unseen?.unseen).toBeGreaterThan(5_000);
    expect(unseen?.controller.state()).toEqual(asked?.controller.state());
    expect(unseen?.controller.stats).toEqual(asked?.controller.stats);
  });

  test('MUST NOT take more than the routers want (RFC 7339 §7.2)', () => {
    const controller = make({ ...IDLE, routerLoss: 75 });
    for (let tick = 1; tick <= 50; tick += 1) {
      for (let i = 0; i < 80; i += 1) controller.admit(TrafficClass.MESSAGE, i, tick * 100 - 50);
      controller.tick(tick * 100);
    }
    expect(controller.state().routerPerSec).toBeCloseTo(200, 0);
    expect(controller.state().perSec).toBeCloseTo(200, 0);
  });

  test('Retry-After MUST be spread, the wider the more is refused, 1 to 30 s', () => {
    let u = 0;
    const controller = make({ ...IDLE, utilisation: 0.98 }, () => u);
    u = 0.999;
    expect(controller.retryAfterSec()).toBe(2);
    for (let tick = 1; tick <= 30; tick += 1) {
      for (let i = 0; i < 1_000; i += 1) controller.admit(TrafficClass.OTHER, i, tick * 100 - 50);
      controller.tick(tick * 100);
    }
    expect(controller.retryAfterSec()).toBeGreaterThan(5);
    expect(controller.retryAfterSec()).toBeLessThanOrEqual(30);
    u = 0;
    expect(controller.retryAfterSec()).toBe(1);
  });

  test('MUST have a stream left unread while its sender is above its share, never for long', () => {
    const controller = make({ ...IDLE, utilisation: 1 });
    for (let tick = 1; tick <= 30; tick += 1) {
      for (let i = 0; i < 500; i += 1) {
        controller.admit(TrafficClass.MESSAGE, i % 2 === 0 ? 7 : i, tick * 100 - 100 + i / 5);
      }
      controller.tick(tick * 100);
    }
    expect(controller.pauseMs(7, 3_000)).toBeGreaterThan(20);
    expect(controller.pauseMs(7, 3_000)).toBeLessThanOrEqual(100);
    expect(controller.pauseMs(123_456, 3_000)).toBe(0);
  });

  test('MUST leave nobody unread while it is others that are slow', () => {
    const load = { ...IDLE, routerLoss: 90 };
    const controller = new CongestionController(
      { signals: { read: () => load, appending: 0 }, random: () => 0.5 },
      0,
    );
    for (let nowMs = 0; nowMs < 3_000; nowMs += 1) {
      controller.admit(TrafficClass.MESSAGE, nowMs % 2, nowMs);
      if (nowMs % 100 === 99) controller.tick(nowMs + 1);
    }
    expect(controller.stats.limitingTicks).toBeGreaterThan(10);
    expect(controller.pauseMs(0, 3_000)).toBe(0);
  });

  test('a clock that is set back MUST NOT stop it', () => {
    const controller = make({ ...IDLE, utilisation: 0.98 });
    const admittedOf = (requests: number, nowMs: number): number => {
      let admitted = 0;
      for (let i = 0; i < requests; i += 1) {
        if (controller.admit(TrafficClass.MESSAGE, i, nowMs) === 'admit') admitted += 1;
      }
      return admitted;
    };
    for (let nowMs = 1e6; nowMs < 1e6 + 1_000; nowMs += 100) {
      admittedOf(500, nowMs);
      controller.tick(nowMs);
    }
    // A small step back, with something counted since the last tick.
    admittedOf(500, 1e6 + 950);
    controller.tick(1e6 + 899);
    controller.tick(5_000);
    expect(controller.state().admittedPerSec).toBeGreaterThan(0);
    let admitted = 0;
    for (let nowMs = 5_100; nowMs <= 6_000; nowMs += 100) {
      admitted += admittedOf(500, nowMs);
      controller.tick(nowMs);
    }
    // Bursts once in 100 ms meet a bucket of 40 ms.
    expect(admitted).toBeGreaterThan(200);
    expect(admitted).toBeLessThan(1_500);
  });
});
