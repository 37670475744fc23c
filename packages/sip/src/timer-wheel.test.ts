import { describe, expect, it } from 'vitest';
import { type TimerTarget, TimerWheel } from './timer-wheel.ts';

class Recorder implements TimerTarget {
  readonly fired: number[] = [];
  onTimer(timer: number): void {
    this.fired.push(timer);
  }
}

describe('TimerWheel', () => {
  it('MUST NOT fire early and MUST fire at the first tick at or after the due time', () => {
    const wheel = new TimerWheel(1_000_003);
    const target = new Recorder();
    wheel.start(target, 1, 500);
    wheel.start(target, 2, 501);
    wheel.advance(1_000_003 + 499.9);
    expect(target.fired).toEqual([]);
    wheel.advance(1_000_003 + 500);
    expect(target.fired).toEqual([1]);
    wheel.advance(1_000_003 + 509.9);
    expect(target.fired).toEqual([1]);
    wheel.advance(1_000_003 + 510);
    expect(target.fired).toEqual([1, 2]);
    expect(wheel.size).toBe(0);
  });

  it('MUST keep delays longer than one turn of the wheel', () => {
    const wheel = new TimerWheel(0);
    const target = new Recorder();
    wheel.start(target, 1, 90_000);
    wheel.start(target, 2, 90_000 - 4096 * 10);
    wheel.advance(89_999);
    expect(target.fired).toEqual([2]);
    expect(wheel.size).toBe(1);
    wheel.advance(90_000);
    expect(target.fired).toEqual([2, 1]);
  });

  it('MUST fire by due tick, then in the order of the starts, however many turns they lie apart', () => {
    const wheel = new TimerWheel(0);
    const target = new Recorder();
    wheel.start(target, 1, 90_000);
    wheel.start(target, 2, 90_010);
    wheel.advance(60_000);
    wheel.start(target, 3, 30_000);
    wheel.start(target, 4, 29_990);
    wheel.advance(100_000);
    expect(target.fired).toEqual([4, 1, 3, 2]);
  });

  it('MUST NOT fire a stopped timer, and stopping twice MUST be harmless', () => {
    const wheel = new TimerWheel(0);
    const target = new Recorder();
    const entry = wheel.start(target, 1, 100);
    wheel.start(target, 2, 100);
    expect(entry.active).toBe(true);
    wheel.stop(entry);
    wheel.stop(entry);
    wheel.stop(undefined);
    expect(entry.active).toBe(false);
    expect(wheel.size).toBe(1);
    wheel.advance(100);
    expect(target.fired).toEqual([2]);
  });

  it('MUST let a target stop its neighbours of the same tick and start timers while firing', () => {
    const wheel = new TimerWheel(0);
    const target = new Recorder();
    const victims: ReturnType<TimerWheel['start']>[] = [];
    wheel.start(
      {
        onTimer() {
          for (const victim of victims) wheel.stop(victim);
          wheel.start(target, 9, 0);
        },
      },
      0,
      50,
    );
    victims.push(wheel.start(target, 1, 50), wheel.start(target, 2, 50));
    wheel.start(target, 3, 50);
    wheel.advance(50);
    expect(target.fired).toEqual([3]);
    wheel.advance(60);
    expect(target.fired).toEqual([3, 9]);
    expect(wheel.size).toBe(0);
  });

  it('MUST replay a periodic timer within one long advance', () => {
    const wheel = new TimerWheel(0);
    const times: number[] = [];
    let dueMs = 500;
    const periodic: TimerTarget = {
      onTimer() {
        times.push(dueMs);
        dueMs += 500;
        wheel.start(periodic, 0, 500);
      },
    };
    wheel.start(periodic, 0, 500);
    wheel.advance(2_400);
    expect(times).toEqual([500, 1_000, 1_500, 2_000]);
    wheel.advance(2_499);
    expect(times).toHaveLength(4);
    wheel.advance(2_500);
    expect(times).toHaveLength(5);
  });

  it('MUST count a delay from the clock when the driver is late', () => {
    let nowMs = 0;
    const wheel = new TimerWheel(0, 10, { nowMs: () => nowMs });
    const target = new Recorder();
    nowMs = 300; // the loop was busy: no advance for 300 ms
    wheel.start(target, 1, 100);
    nowMs = 399;
    wheel.advance(nowMs);
    expect(target.fired).toEqual([]);
    nowMs = 400;
    wheel.advance(nowMs);
    expect(target.fired).toEqual([1]);
  });

  it('MUST ignore a clock that steps backwards', () => {
    const wheel = new TimerWheel(1_000);
    const target = new Recorder();
    wheel.advance(2_000);
    wheel.start(target, 1, 10);
    wheel.advance(500);
    expect(target.fired).toEqual([]);
    wheel.advance(2_010);
    expect(target.fired).toEqual([1]);
  });

  it('MUST NOT lose the timers of a tick in which a target threw', () => {
    const wheel = new TimerWheel(0);
    const target = new Recorder();
    wheel.start(
      {
        onTimer() {
          throw new Error('bug');
        },
      },
      0,
      20,
    );
    wheel.start(target, 1, 20);
    expect(() => wheel.advance(20)).toThrow('bug');
    wheel.advance(20);
    expect(target.fired).toEqual([1]);
  });

  it('MUST agree with a sorted list on 5,000 random starts and stops', () => {
    const wheel = new TimerWheel(0, 10);
    let seed = 12345;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % n;
    };
    const expected = new Map<number, number>();
    const firedAt = new Map<number, number>();
    const entries: ReturnType<TimerWheel['start']>[] = [];
    let nowMs = 0;
    const target: TimerTarget = {
      onTimer(timer) {
        firedAt.set(timer, nowMs);
      },
    };
    for (let i = 0; i < 5_000; i++) {
      const delayMs = random(60_000);
      entries.push(wheel.start(target, i, delayMs));
      expected.set(i, nowMs + delayMs);
      const victim = random(5_000);
      const entry = entries[victim];
      if (random(3) === 0 && entry?.active === true) {
        wheel.stop(entry);
        expected.delete(victim);
      }
      nowMs += random(7);
      wheel.advance(nowMs);
    }
    while (wheel.size > 0) {
      nowMs += 10;
      wheel.advance(nowMs);
    }
    expect([...firedAt.keys()].sort((a, b) => a - b)).toEqual(
      [...expected.keys()].sort((a, b) => a - b),
    );
    for (const [timer, dueMs] of expected) {
      const lateMs = (firedAt.get(timer) ?? 0) - dueMs;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(20);
    }
  });
});
