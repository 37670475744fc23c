import { describe, expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.ts';

describe('VirtualClock', () => {
  it('MUST fire timers in order of their due times, each at its own time', () => {
    const clock = new VirtualClock(1_000_000);
    const fired: [number, number][] = [];
    const target = { onTimer: (timer: number) => fired.push([timer, clock.nowMs() - 1_000_000]) };
    clock.timers.start(target, 2, 500);
    clock.timers.start(target, 1, 100);
    clock.advance(99);
    expect(fired).toEqual([]);
    clock.advance(401);
    expect(fired).toEqual([
      [1, 100],
      [2, 500],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('MUST fire a timer started by a timer within the same advance', () => {
    const clock = new VirtualClock(0);
    let count = 0;
    const target = {
      onTimer() {
        count++;
        if (count < 5) clock.timers.start(target, 0, 100);
      },
    };
    clock.timers.start(target, 0, 100);
    clock.advance(1_000);
    expect(count).toBe(5);
  });

  it('MUST run promise callbacks between the ticks of advanceAsync', async () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    const target = {
      onTimer() {
        void Promise.resolve().then(() => {
          seen.push(clock.nowMs());
          if (seen.length < 3) clock.timers.start(target, 0, 100);
        });
      },
    };
    clock.timers.start(target, 0, 100);
    await clock.advanceAsync(350);
    expect(seen).toEqual([100, 200, 300]);
  });
});
