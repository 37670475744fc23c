import { describe, expect, test } from 'vitest';
import { OuterLoop } from './outer-loop.ts';
import type { ClusterLoad } from './ports.ts';

const NOW = 1_795_348_800_000;
type Said = Omit<ClusterLoad, 'atMs' | 'lagAtMs'>;

const WELL: Said = {
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
  sample: (sec: number) => Said | undefined,
  admittedPerSec = () => 1_000,
): void {
  let last: ClusterLoad | undefined;
  for (let tick = 1; tick <= seconds * 10; tick += 1) {
    const sec = fromSec + tick / 10;
    if (tick % 20 === 1) {
      const values = sample(sec);
      const atMs = NOW + sec * 1_000 - 500;
      last = values === undefined ? last : { ...values, atMs, lagAtMs: atMs };
    }
    loop.tick(last, Math.min(admittedPerSec(), loop.perSec) / 10, 0.1, NOW + sec * 1_000);
  }
}

/** Routers that take only a part of what comes, for a minute: what they are behind and what is admitted, every 100 ms. They are scraped once a
 *  second, and asked about twice.  @param phaseMs so long after a scrape */
function slowRouters(
  offeredPerSec: number,
  taken: number,
  phaseMs: number,
): { readonly lagSec: readonly number[]; readonly admittedPerSec: readonly number[] } {
  const loop = new OuterLoop();
  run(
    loop,
    0,
    10,
    () => WELL,
    () => offeredPerSec,
  );
  const lagSec: number[] = [];
  const admittedPerSec: number[] = [];
  const log: { readonly sec: number; left: number }[] = [];
  let scraped = { lagSec: 0, lagAtMs: NOW };
  let sample: ClusterLoad | undefined;
  for (let tick = 1; tick <= 600; tick += 1) {
    const sec = 10 + tick / 10;
    const nowMs = NOW + sec * 1_000;
    const admitted = Math.min(offeredPerSec, loop.perSec);
    log.push({ sec, left: admitted / 10 });
    let room = (offeredPerSec * taken) / 10;
    for (let head = log[0]; head !== undefined && room > 0; head = log[0]) {
      const served = Math.min(room, head.left);
      head.left -= served;
      room -= served;
      if (head.left > 1e-9) break;
      log.shift();
    }
    const head = log[0];
    lagSec.push(head === undefined ? 0 : sec - head.sec);
    admittedPerSec.push(admitted);
    if (tick % 10 === 0) scraped = { lagSec: lagSec.at(-1) ?? 0, lagAtMs: nowMs };
    if ((tick * 100 - phaseMs) % 500 === 0) {
      const lagAtMs = scraped.lagAtMs + (tick % 7);
      sample = { ...WELL, lagSec: scraped.lagSec, lagAtMs, atMs: nowMs };
    }
    loop.tick(sample, admitted / 10, 0.1, nowMs);
  }
  return { lagSec, admittedPerSec };
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
    run(loop, -10, 10, () => WELL);
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

  test('MUST NOT take away more for a slow store than leaves as much under way as there was', () => {
    const loop = new OuterLoop();
    run(loop, 0, 10, () => WELL);
    run(loop, 10, 60, () => ({ ...WELL, storeSec: 0.5 }));
    expect(loop.perSec).toBeGreaterThanOrEqual(199);
    expect(loop.perSec).toBeLessThan(220);
  });

  test('MUST know a pause by what is taken after it', () => {
    const loop = new OuterLoop();
    run(loop, 0, 10, () => WELL);
    run(loop, 10, 2, () => ({ ...WELL, lagSec: 1.5 }));
    expect(loop.perSec).toBeLessThan(300);
    run(loop, 12, 2, () => WELL);
    expect(loop.perSec).toBeGreaterThan(700);
  });

  test.each([
    [0.6, 0.9],
    [0.4, 0.9],
    [1 / 3, 0.85],
  ])(
    'routers that take %s of what comes MUST NOT be 5 s behind for long, nor be left idle',
    (taken, least) => {
      for (let phaseMs = 0; phaseMs < 500; phaseMs += 100) {
        const { lagSec, admittedPerSec } = slowRouters(1_000, taken, phaseMs);
        expect(Math.max(...lagSec)).toBeLessThan(5);
        const late = admittedPerSec.slice(100);
        const mean = late.reduce((sum, one) => sum + one, 0) / late.length;
        expect(mean).toBeGreaterThan(1_000 * taken * least);
      }
    },
  );

  test('a limit MUST end by itself, slowly, when Prometheus is gone', () => {
    const loop = new OuterLoop();
    run(loop, -10, 10, () => WELL);
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
      loop.tick({ ...WELL, storeSec: 2, atMs: nowMs + off, lagAtMs: nowMs }, 100, 0.1, nowMs);
    }
    expect(loop.perSec).toBe(Infinity);
    expect(loop.ignored).toBe(100);
  });
});
