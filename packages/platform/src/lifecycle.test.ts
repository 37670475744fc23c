import { EventEmitter } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { Health } from './health.ts';
import { Lifecycle } from './lifecycle.ts';
import { createLogger } from './logger.ts';

/** Stands for `process`: signals are emitted, exits recorded. */
class ScriptedProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

function setUp(graceMs = 1000) {
  const lines: string[] = [];
  const logger = createLogger('info', {}, { write: (line) => void lines.push(line) });
  const health = new Health();
  const scripted = new ScriptedProcess();
  const time = { nowMs: 0 };
  const monotonicMs = () => time.nowMs;
  const lifecycle = new Lifecycle({ logger, health, graceMs, process: scripted, monotonicMs });
  return { lines, health, scripted, time, lifecycle };
}

describe('Lifecycle', () => {
  test('MUST stop the parts one after the other, last opened first, and exit 0', async () => {
    const { lifecycle, scripted } = setUp();
    const order: string[] = [];
    lifecycle.onStop('store', () => void order.push('store'));
    lifecycle.onStop('edge', async () => {
      order.push('edge begins');
      await Promise.resolve();
      order.push('edge ends');
    });
    await lifecycle.stop('test');
    expect(order).toEqual(['edge begins', 'edge ends', 'store']);
    expect(scripted.exits).toEqual([0]);
  });

  test('MUST be unready from the first signal on', async () => {
    const { lifecycle, health, scripted } = setUp();
    lifecycle.install();
    let failingDuringStop = {};
    lifecycle.onStop('edge', () => {
      failingDuringStop = health.failing();
    });
    expect(health.failing()).toEqual({});
    scripted.emit('SIGTERM');
    await lifecycle.stop('again');
    expect(failingDuringStop).toEqual({ stopping: 'the process is stopping' });
  });

  test('SIGHUP MUST read again what can be, and stop the process when nothing can', async () => {
    const { lifecycle, scripted } = setUp();
    lifecycle.install();
    let reloads = 0;
    lifecycle.onReload(() => {
      reloads += 1;
    });
    scripted.emit('SIGHUP');
    expect([reloads, lifecycle.isStopping]).toEqual([1, false]);
    const without = setUp();
    without.lifecycle.install();
    without.scripted.emit('SIGHUP');
    expect(without.lifecycle.isStopping).toBe(true);
    await without.lifecycle.stop('again');
  });

  test('MUST NOT mind further signals', async () => {
    const { lifecycle, scripted } = setUp();
    lifecycle.install();
    let stops = 0;
    lifecycle.onStop('edge', () => {
      stops += 1;
      scripted.emit('SIGINT');
    });
    scripted.emit('SIGINT');
    scripted.emit('SIGTERM');
    scripted.emit('SIGHUP');
    await lifecycle.stop('again');
    expect(stops).toBe(1);
    expect(scripted.exits).toEqual([0]);
  });

  test('MUST give each step what is left of the grace period', async () => {
    const { lifecycle, time } = setUp(1000);
    const given: number[] = [];
    lifecycle.onStop('third', (graceMs) => void given.push(graceMs));
    lifecycle.onStop('second', (graceMs) => {
      given.push(graceMs);
      time.nowMs += 2000;
    });
    lifecycle.onStop('first', (graceMs) => {
      given.push(graceMs);
      time.nowMs += 300;
    });
    await lifecycle.stop('test');
    expect(given).toEqual([1000, 700, 0]);
  });

  test('a step that fails MUST NOT keep the others from ending, and MUST make the exit code 1', async () => {
    const { lifecycle, scripted, lines } = setUp();
    let storeClosed = false;
    lifecycle.onStop('store', () => {
      storeClosed = true;
    });
    lifecycle.onStop('edge', () => Promise.reject(new Error('stuck')));
    await lifecycle.stop('test');
    expect(storeClosed).toBe(true);
    expect(scripted.exits).toEqual([1]);
    expect(lines.join('')).toContain('stuck');
  });

  test('a step that does not end MUST NOT keep the process from ending', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { lifecycle, scripted, lines } = setUp(1000);
    lifecycle.onStop('edge', () => new Promise<void>(() => undefined));
    void lifecycle.stop('test');
    await vi.advanceTimersByTimeAsync(5999);
    expect(scripted.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(scripted.exits).toEqual([1]);
    expect(lines.join('')).toContain('"step":"edge"');
    vi.useRealTimers();
  });

  test.each(['uncaughtException', 'unhandledRejection'])(
    '%s MUST be logged and end the process with 1',
    (event) => {
      const { lifecycle, scripted, lines } = setUp();
      lifecycle.install();
      scripted.emit(event, new Error('a bug'));
      expect(scripted.exits).toEqual([1]);
      expect(lines.join('')).toContain('a bug');
    },
  );
});
