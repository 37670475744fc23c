import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Probed, ProbeGate } from './probe-gate.ts';

function block(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

describe('ProbeGate', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function rig(): {
    gate: ProbeGate;
    answers: { store: () => Promise<void> };
    changes: (string | undefined)[];
  } {
    const answers = { store: async () => undefined };
    const log: Probed = { name: 'log', probe: async () => undefined };
    const store: Probed = { name: 'store', probe: () => answers.store() };
    const changes: (string | undefined)[] = [];
    const gate = new ProbeGate([log, store], (failing) => changes.push(failing));
    return { gate, answers, changes };
  }

  it('is closed until everything has answered once', async () => {
    const { gate } = rig();
    expect(gate.open).toBe(false);
    await gate.start();
    expect(gate.open).toBe(true);
    gate.stop();
  });

  it.each([
    ['refuses', () => Promise.reject(new Error('connection refused'))],
    ['is silent', () => new Promise<void>(() => undefined)],
  ])('closes within a second of the beginning of an outage that %s', async (_, outage) => {
    const { gate, answers, changes } = rig();
    await gate.start();
    await vi.advanceTimersByTimeAsync(2000);
    answers.store = outage;
    await vi.advanceTimersByTimeAsync(700);
    expect(gate.open).toBe(true);
    await vi.advanceTimersByTimeAsync(300);
    expect(gate.open).toBe(false);
    expect(gate.reason).toContain('store');
    expect(gate.reason).not.toContain('log:');
    expect(changes).toHaveLength(2);
    gate.stop();
  });

  it('opens with the first answer, and says so once', async () => {
    const { gate, answers, changes } = rig();
    answers.store = () => Promise.reject(new Error('away'));
    await gate.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(gate.open).toBe(false);
    answers.store = async () => undefined;
    await vi.advanceTimersByTimeAsync(250);
    expect(gate.open).toBe(true);
    expect(changes).toEqual([undefined]);
    gate.stop();
  });

  it('a process that was held up itself does not take the others for away, nor trusts them longer after', async () => {
    vi.useRealTimers();
    const { gate, answers, changes } = rig();
    await gate.start();
    let answer: () => void = () => undefined;
    answers.store = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Held up for longer than silence is borne; what had been asked is answered before the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    block(1500);
    answer();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(changes).toEqual([undefined]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(gate.open).toBe(false);
    expect(gate.reason).toBe('store: does not answer');
    gate.stop();
  });

  it('one slow answer closes nothing', async () => {
    const { gate, answers } = rig();
    await gate.start();
    await vi.advanceTimersByTimeAsync(1000);
    answers.store = () => new Promise((resolve) => setTimeout(resolve, 600));
    await vi.advanceTimersByTimeAsync(600);
    expect(gate.open).toBe(true);
    await vi.advanceTimersByTimeAsync(3000);
    expect(gate.open).toBe(true);
    gate.stop();
  });
});
