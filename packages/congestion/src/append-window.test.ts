import { describe, expect, test } from 'vitest';
import { AppendWindow } from './append-window.ts';
import { CongestionController } from './congestion-controller.ts';
import { TrafficClass } from './traffic-class.ts';

const { MESSAGE, OTHER, REGISTER, RELEASE } = TrafficClass;

describe('AppendWindow', () => {
  test('MUST hold what is appended within 75 ms and the time of an append alone', () => {
    const window = new AppendWindow();
    window.resize(1_000, 20);
    expect(window.size).toBe(95);
  });

  test('MUST have room for a few whatever the rate', () => {
    const window = new AppendWindow();
    window.resize(10, 0);
    expect(window.hasRoom(MESSAGE, 5)).toBe(true);
    expect(window.hasRoom(MESSAGE, 8)).toBe(false);
  });

  test('MUST refuse what can wait first, and never what ends work (RFC 7339 §5.10.1)', () => {
    const window = new AppendWindow();
    window.resize(1_000, 0);
    expect([OTHER, REGISTER, MESSAGE].map((one) => window.hasRoom(one, 40))).toEqual([
      false,
      true,
      true,
    ]);
    expect(window.hasRoom(MESSAGE, 70)).toBe(false);
    expect(window.hasRoom(RELEASE, 110)).toBe(true);
  });

  test('MUST be full while it refuses, held for two seconds more, and then open', () => {
    const window = new AppendWindow();
    window.resize(100, 0);
    expect(window.take()).toBe('open');
    window.hasRoom(MESSAGE, 100);
    expect(window.take()).toBe('full');
    const states = Array.from({ length: 20 }, () => window.take());
    expect(states.indexOf('open')).toBe(19);
    expect(new Set(states.slice(0, 19))).toEqual(new Set(['held']));
  });
});

/** A process whose log and loop serve so many per second, one turn of them at a time; nothing but the window can know. */
function serve(
  offeredPerSec: (sec: number) => number,
  capacityPerSec: (sec: number) => number,
  seconds: number,
) {
  const queue: number[] = [];
  const waitedMs: number[] = [];
  const servedIn: number[] = [];
  let utilisation = 0;
  const controller = new CongestionController(
    {
      signals: {
        read: () => ({
          utilisation,
          loopDelayMs: 50 * utilisation,
          appendMs: 80 * utilisation,
          sojournMs: Number.NaN,
          inFlight: 0.01,
          routerLoss: Number.NaN,
        }),
        get appending() {
          return queue.length;
        },
      },
      random: () => 0.5,
    },
    0,
  );
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 20) {
    const sec = Math.floor(nowMs / 1_000);
    const capacity = capacityPerSec(nowMs / 1_000);
    utilisation = capacity > 0 ? Math.min(1, (queue.length * 50) / capacity) : 1;
    for (let i = 0; i < capacity / 50 && queue.length > 0; i += 1) {
      waitedMs.push(nowMs - (queue.shift() ?? nowMs));
      servedIn[sec] = (servedIn[sec] ?? 0) + 1;
    }
    for (let i = 0; i < offeredPerSec(sec) / 50; i += 1) {
      if (controller.admit(MESSAGE, i, nowMs) === 'admit') queue.push(nowMs);
    }
    if (nowMs % 100 === 80) controller.tick(nowMs);
  }
  return { waitedMs, servedIn, controller };
}

describe('a log that serves 1,000 requests per second', () => {
  test.each([1.5, 10])('MUST serve as many at %s times that, none of them late', (factor) => {
    const { waitedMs, servedIn, controller } = serve(
      () => 1_000 * factor,
      () => 1_000,
      10,
    );
    expect(Math.min(...servedIn.slice(1))).toBeGreaterThan(950);
    expect(Math.max(...waitedMs.slice(2_000))).toBeLessThanOrEqual(220);
    const { rejectedWindow } = controller.stats.classes[MESSAGE] ?? {};
    expect(rejectedWindow).toBeGreaterThan(0);
  });

  test.each([2, 5, 10])(
    'MUST keep nobody waiting when %s times that follows a moment of standing still',
    (factor) => {
      const offered = (sec: number) => (sec < 6 ? 900 : 1_000 * factor);
      const capacity = (sec: number) => (sec >= 4 && sec < 4.3 ? 0 : 1_000);
      const { waitedMs } = serve(offered, capacity, 10);
      expect(Math.max(...waitedMs.slice(5_000))).toBeLessThanOrEqual(220);
    },
  );

  test('MUST refuse nobody at half of that, after overload, though it stands still for a moment every second', () => {
    const offered = (sec: number) => (sec < 6 ? 10_000 : 500);
    const capacity = (sec: number) => (sec > 7 && sec % 1 < 0.18 ? 0 : 1_000);
    const [before, after] = [7, 30].map((seconds) => {
      const { controller } = serve(offered, capacity, seconds);
      return controller.stats.classes[MESSAGE]?.rejectedWindow;
    });
    expect(before).toBeGreaterThan(0);
    expect(after).toBe(before);
  });

  test('MUST refuse one in fifty at most at half of that, though it stands still for a quarter of every second', () => {
    const { controller } = serve(
      () => 500,
      (sec) => (sec % 1 < 0.26 ? 0 : 1_000),
      60,
    );
    const { rejectedWindow, dropped } = controller.stats.classes[MESSAGE] ?? {};
    expect(rejectedWindow).toBeLessThan((500 * 60) / 50);
    expect(dropped).toBe(0);
  });

  test('MUST be followed when it slows down to a tenth, and when it is well again', () => {
    const capacity = (sec: number) => (sec >= 4 && sec < 8 ? 100 : 1_000);
    const { servedIn, controller } = serve(() => 2_000, capacity, 16);
    expect(servedIn[7]).toBeGreaterThan(90);
    expect(Math.min(...servedIn.slice(12))).toBeGreaterThan(900);
    expect(controller.state().window).toBeGreaterThan(80);
  });
});
