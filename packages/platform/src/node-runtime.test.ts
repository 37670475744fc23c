import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import {
  driveTimers,
  monotonicMs,
  RandomIdSource,
  sha256Hash,
  systemClock,
} from './node-runtime.ts';

describe('RandomIdSource', () => {
  test('tokens MUST be SIP tokens of the asked-for randomness, and distinct over many batches', () => {
    const ids = new RandomIdSource();
    const seen = new Set<string>();
    for (let i = 0; i < 20_000; i += 1) seen.add(ids.token());
    expect(seen.size).toBe(20_000);
    for (const token of seen) expect(token).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect(ids.token(4)).toMatch(/^[A-Za-z0-9_-]{6}$/);
    expect(ids.token(8192).length).toBe(10_923);
  });
});

describe('sha256Hash', () => {
  test('MUST be the first 16 bytes of SHA-256 over the latin1 text', () => {
    const text = 'a84b4c76e66710@pc33.example.com\xe9';
    const expected = createHash('sha256').update(text, 'latin1').digest().subarray(0, 16);
    expect(sha256Hash.digest(text)).toBe(expected.toString('base64url'));
    expect(sha256Hash.digest(text).length).toBe(22);
  });

  test.each([0, 3, 16_384, 70_000])('MUST take %d octets behind the text as they are', (length) => {
    const octets = randomBytes(length);
    const expected = createHash('sha256').update('text\xe9', 'latin1').update(octets).digest();
    expect(sha256Hash.digest('text\xe9', octets)).toBe(expected.toString('base64url', 0, 16));
  });
});

describe('driveTimers', () => {
  test('MUST advance the wheel with a time that never goes back, until stopped', async () => {
    const times: number[] = [];
    const startMs = monotonicMs();
    await new Promise<void>((resolve) => {
      const stop = driveTimers(
        {
          advance(nowMs) {
            times.push(nowMs);
            if (times.length < 5) return;
            stop();
            resolve();
          },
        },
        1,
      );
    });
    const before = times.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(times.length).toBe(before);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(times[0]).toBeGreaterThanOrEqual(startMs);
  });

  test('MUST let what has arrived be read before a timer fires, when the process has stood still', async () => {
    const server = createServer((socket) => socket.write('here'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    // The other end has a loop of its own: this one is about to stand still.
    const peer = new Worker(
      `const socket = require('node:net').connect(${port}, '127.0.0.1');
       socket.on('data', () => setTimeout(() => socket.write('answer'), 100));`,
      { eval: true },
    );
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const events: string[] = [];
    accepted.on('data', () => events.push('read'));
    await new Promise<void>((resolve) => {
      const stop = driveTimers({
        advance(nowMs) {
          if (nowMs < dueMs) return;
          events.push('fired');
          stop();
          resolve();
        },
      });
      const dueMs = monotonicMs() + 300;
      setImmediate(() => {
        const untilMs = dueMs + 200;
        while (monotonicMs() < untilMs);
      });
    });
    await peer.terminate();
    accepted.destroy();
    server.close();
    expect(events).toEqual(['read', 'fired']);
  });
});

test('systemClock MUST be epoch milliseconds', () => {
  expect(Math.abs(systemClock.nowMs() - Date.now())).toBeLessThan(1000);
});
