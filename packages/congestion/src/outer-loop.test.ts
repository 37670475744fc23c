import { describe, expect, test } from 'vitest';
import { OuterLoop } from './outer-loop.ts';
import type { ClusterLoad } from './ports.ts';

const NOW = 1_795_348_800_000;
const WELL: Omit<ClusterLoad, 'atMs'> = {
  lagSec: 0.1,
  deliveryP99Sec: 0.2,
  storeSec: 0.005,
  logSec: 0.02,
  routerSaturation: 0.3,
};

/** Lets `seconds` pass in ticks of 100 ms, with a sample every 2 s. */
function run(
  loop: OuterLoop,
  fromSec: number,
  seconds: number,
  sample: (sec: number) => Omit<ClusterLoad, 'atMs'> | undefined,
  admittedPerSec = () => 1_000,
): void {
  let last: ClusterLoad | undefined;
  for (let tick = 1; tick <= seconds * 10; tick += 1) {
    const sec = fromSec + tick / 10;
    if (tick % 20 === 1) {
      const values = sample(sec);
      last = values === undefined ? last : { ...values, atMs: NOW + sec * 1_000 - 500 };
    }
    loop.tick(last, Math.min(admittedPerSec(), loop.perSec), 0.1, NOW + sec * 1_000);
  }
}

describe('OuterLoop', () => {
  test('MUST limit nothing while the cluster is well', () => {
    const loop = new OuterLoop();
    expect(loop.state).toBe('off');
    run(loop, 0, 60, () => WELL);
    expect(loop.perSec).toBe(Infinity);
    expect(loop.state).toBe('live');
  });

  test.each([
    ['lag', { lagSec: 4 }],
    ['delivery', { deliveryP99Sec: 9 }],
    ['store', { storeSec: 2 }],
    ['log', { logSec: 3 }],
    ['router_saturation', { routerSaturation: 1 }],
  ] as const)('MUST throttle for %s, say so, and let go when it is over', (worst, part) => {
    const loop = new OuterLoop();
    run(loop, 0, 10, () => ({ ...WELL, ...part }));
    expect(loop.worst).toBe(worst);
    expect(loop.perSec).toBeLessThan(900);
    run(loop, 10, 60, () => WELL);
    expect(loop.perSec).toBe(Infinity);
  });

  test('MUST throttle hard within two samples while nothing is taken from the log', () => {
    const loop = new OuterLoop();
    run(loop, 0, 10, () => WELL);
    run(loop, 10, 5, (sec) => ({ ...WELL, lagSec: sec - 10 }));
    expect(loop.perSec).toBeLessThan(300);
    run(loop, 15, 100, (sec) => ({ ...WELL, lagSec: sec - 10 }));
    // Some go through, always: or nobody would learn that it is over.
    expect(loop.perSec).toBeGreaterThanOrEqual(50);
  });

  test('a limit MUST end by itself, slowly, when Prometheus is gone', () => {
    const loop = new OuterLoop();
    run(loop, 0, 10, () => ({ ...WELL, storeSec: 2 }));
    const limit = loop.perSec;
    run(loop, 10, 10, () => undefined);
    expect(loop.state).toBe('live');
    expect(loop.perSec).toBe(limit);
    run(loop, 20, 7, () => undefined);
    expect(loop.state).toBe('alone');
    expect(loop.perSec).toBeGreaterThan(limit);
    expect(loop.perSec).toBeLessThan(limit * 2);
    run(loop, 27, 60, () => undefined);
    expect(loop.perSec).toBe(Infinity);
  });

  test.each([Number.NaN, -1, Infinity, 1e9])('MUST ignore %s', (value) => {
    const loop = new OuterLoop();
    const bad = {
      lagSec: value,
      deliveryP99Sec: value,
      storeSec: value,
      logSec: value,
      routerSaturation: value,
    };
    run(loop, 0, 30, () => bad);
    expect(loop.perSec).toBe(Infinity);
    expect(loop.state).toBe('off');
    if (!Number.isNaN(value)) expect(loop.ignored).toBeGreaterThan(10);
    // One of them alone does not hide the others.
    run(loop, 30, 10, () => ({ ...WELL, storeSec: 2, lagSec: value }));
    expect(loop.perSec).toBeLessThan(900);
  });

  test.each([-60_000, 60_000])('MUST ignore a sample that is %s ms off', (off) => {
    const loop = new OuterLoop();
    for (let i = 0; i < 100; i += 1) {
      const nowMs = NOW + i * 1_000;
      loop.tick({ ...WELL, storeSec: 2, atMs: nowMs + off }, 1_000, 0.1, nowMs);
    }
    expect(loop.perSec).toBe(Infinity);
    expect(loop.ignored).toBe(100);
  });
});
