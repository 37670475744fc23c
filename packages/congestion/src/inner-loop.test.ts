import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InnerLoop } from './inner-loop.ts';
import type { LocalLoad } from './ports.ts';

const NOTHING: LocalLoad = {
  utilisation: Number.NaN,
  loopDelayMs: Number.NaN,
  appendMs: Number.NaN,
  sojournMs: Number.NaN,
  inFlight: Number.NaN,
  routerLoss: Number.NaN,
};

describe('InnerLoop', () => {
  test('MUST find the capacity of a log by its delay alone, and keep its queue at the target', () => {
    const capacity = 1_000;
    const loop = new InnerLoop(3_000);
    const rates: number[] = [];
    const delays: number[] = [];
    let queued = 0;
    for (let tick = 0; tick < 600; tick += 1) {
      queued = Math.max(0, queued + (loop.perSec - capacity) * 0.1);
      const appendMs = 20 + (queued / capacity) * 1_000;
      loop.tick({ ...NOTHING, appendMs }, loop.perSec, true, 0.1);
      rates.push(loop.perSec);
      delays.push(appendMs);
    }
    expect(loop.worst).toBe('append');
    const settled = rates.slice(300);
    expect(Math.min(...settled)).toBeGreaterThan(0.9 * capacity);
    expect(Math.max(...settled)).toBeLessThan(1.1 * capacity);
    expect(Math.max(...delays.slice(300))).toBeLessThan(250);
    expect(Math.max(...delays)).toBeLessThan(1_500);
  });

  test('MUST slow down while a delay stands, and not while it falls: the queue is emptied already', () => {
    const loop = new InnerLoop(1_000);
    for (let tick = 0; tick < 10; tick += 1) {
      loop.tick({ ...NOTHING, loopDelayMs: 120 }, loop.perSec, true, 0.1);
    }
    const slow = loop.perSec;
    expect(slow).toBeLessThan(700);
    for (let delayMs = 110; delayMs > 30; delayMs -= 10) {
      loop.tick({ ...NOTHING, loopDelayMs: delayMs }, loop.perSec, true, 0.1);
    }
    expect(loop.perSec).toBe(slow);
  });

  test('MUST stay where it is while nothing is known', () => {
    const loop = new InnerLoop(1_234);
    for (let tick = 0; tick < 50; tick += 1) loop.tick(NOTHING, 1_000, true, 0.1);
    expect(loop.perSec).toBe(1_234);
    expect(loop.worst).toBeUndefined();
  });

  test('one collection of garbage MUST NOT bring the rate down to a low load', () => {
    const loop = new InnerLoop(2_000);
    const calm = { ...NOTHING, utilisation: 0.05, loopDelayMs: 1 };
    for (let tick = 0; tick < 10; tick += 1) loop.tick(calm, 20, false, 0.1);
    loop.tick({ ...calm, loopDelayMs: 60 }, 20, false, 0.1);
    loop.tick(calm, 20, false, 0.1);
    expect(loop.perSec).toBeGreaterThan(1_500);
  });

  test('one tick in which the process stood still MUST NOT lower the rate while requests are refused', () => {
    const loop = new InnerLoop(1_000);
    const busy = { ...NOTHING, utilisation: 0.9, loopDelayMs: 10, appendMs: 30 };
    for (let tick = 0; tick < 20; tick += 1) loop.tick(busy, 1_000, true, 0.1);
    const before = loop.perSec;
    loop.tick({ ...busy, utilisation: 1, loopDelayMs: 250, appendMs: 280 }, 400, true, 0.3);
    loop.tick(busy, 600, true, 0.1);
    expect(loop.perSec).toBeGreaterThanOrEqual(before);
  });

  test('a process that stands still again and again MUST be brought down', () => {
    const loop = new InnerLoop(1_000);
    for (let tick = 0; tick < 20; tick += 1) {
      loop.tick({ ...NOTHING, loopDelayMs: 200 }, 1_000, true, 0.3);
    }
    expect(loop.perSec).toBeLessThan(700);
  });

  test('a log that always takes long MUST NOT count as overloaded, and one that takes longer MUST', () => {
    const loop = new InnerLoop(1_000);
    const far = { ...NOTHING, utilisation: 0.3, appendMs: 90 };
    for (let tick = 0; tick < 600; tick += 1) loop.tick(far, 500, false, 0.1);
    expect(loop.error).toBeLessThan(0);
    expect(loop.perSec).toBeGreaterThanOrEqual(1_000);
    for (let tick = 0; tick < 20; tick += 1) {
      loop.tick({ ...far, appendMs: 250 }, loop.perSec, true, 0.1);
    }
    expect(loop.worst).toBe('append');
    expect(loop.perSec).toBeLessThan(900);
  });

  test('what the rate did not cause MUST NOT take it all at once, and MUST in the end', () => {
    const loop = new InnerLoop(1_000);
    for (let tick = 0; tick < 20; tick += 1) {
      loop.tick({ ...NOTHING, loopDelayMs: 10 }, 1_000, true, 0.1);
    }
    const before = loop.perSec;
    for (let delayMs = 100; delayMs <= 600; delayMs += 100) {
      loop.tick({ ...NOTHING, loopDelayMs: delayMs }, loop.perSec, true, 0.1);
    }
    expect(loop.perSec).toBeGreaterThan(before * 0.4);
    for (let tick = 0; tick < 100; tick += 1) {
      loop.tick({ ...NOTHING, loopDelayMs: 600 }, loop.perSec, true, 0.1);
    }
    expect(loop.perSec).toBeLessThan(before * 0.1);
  });

  test('MUST be back within two seconds of what it knew, once a slow log is well', () => {
    const loop = new InnerLoop(1_000);
    const well = { ...NOTHING, utilisation: 0.3, appendMs: 10 };
    for (let tick = 0; tick < 100; tick += 1) {
      loop.tick({ ...well, appendMs: 2_000 }, loop.perSec, true, 0.1);
    }
    expect(loop.perSec).toBeLessThan(50);
    for (let tick = 0; tick < 30; tick += 1) loop.tick(well, loop.perSec, true, 0.1);
    expect(loop.perSec).toBeGreaterThan(700);
  });

  test('whatever is measured, the rate MUST be a number of at least 10', () => {
    const signal = fc.oneof(fc.double(), fc.double({ min: 0, max: 1_000 }));
    const load = fc.record({
      utilisation: signal,
      loopDelayMs: signal,
      appendMs: signal,
      sojournMs: signal,
      inFlight: signal,
      routerLoss: signal,
    });
    const steps = fc.array(
      fc.tuple(load, fc.double({ min: 0, max: 1e5, noNaN: true }), fc.boolean()),
    );
    fc.assert(
      fc.property(steps, (all) => {
        const loop = new InnerLoop(1_000);
        for (const [one, admitted, isLimiting] of all) {
          loop.tick(one, admitted, isLimiting, 0.1);
          expect(loop.perSec).toBeGreaterThanOrEqual(10);
          expect(loop.perSec).toBeLessThan(Infinity);
        }
      }),
    );
  });
});
