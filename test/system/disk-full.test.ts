import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';

const SIZE_MB = 16;
const RECOVERS_WITHIN_MS = 5_000;

let scene: Scene;
let mountPoint: string;
beforeEach(() => {
  if (process.getuid?.() !== 0) throw new Error('this test mounts a small tmpfs: run it as root');
  scene = new Scene();
  mountPoint = mkdtempSync(join(tmpdir(), 'hermod-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', mountPoint]);
});
afterEach(async () => {
  await scene.close();
  execFileSync('umount', ['-l', mountPoint]);
  rmdirSync(mountPoint);
});

/** Takes what is left of the disk but for `leaveBytes`. */
function fill(ballast: string, leaveBytes: number): void {
  const { bavail, bsize } = statfsSync(mountPoint);
  writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)));
}

describe('a full disk', () => {
  test.each([0, 256 * 1024])(
    'with %i bytes left: 503, never a 2xx for what is not durable, and recovery without a restart',
    async (leaveBytes) => {
      const directory = join(mountPoint, 'data');
      const first = await scene.start(directory);
      const alice = await scene.tcp(first.sipPort, 'alice');
      const bob = await scene.device(first.sipPort, 'bob');
      const promised: string[] = [];
      const statuses: number[] = [];
      let sent = 0;
      const store = async (): Promise<number> => {
        sent += 1;
        const body = `${sent} ${'x'.repeat(4000)}`;
        const { status, response } = await alice.sendMessage('sip:carol@localhost', body);
        if (status === 202) promised.push(body);
        else expect(response.byName('retry-after')).toMatch(/^\d+/);
        statuses.push(status);
        return status;
      };
      for (let i = 0; i < 10; i += 1) expect(await store()).toBe(202);
      const ballast = join(mountPoint, 'ballast');
      fill(ballast, leaveBytes);
      const deadline = performance.now() + 8_000;
      while (statuses.at(-1) !== 503 && performance.now() < deadline) await store();
      // From here on nothing is accepted, until there is room.
      await delay(1_200);
      for (let i = 0; i < 5; i += 1) expect(await store()).toBe(503);
      expect((await alice.sendMessage(bob.aor, 'direct')).status).toBe(503);
      expect((await fetch(`${first.http}/readyz`)).status).toBe(503);
      expect((await fetch(`${first.http}/healthz`)).status).toBe(200);
      expect(new Set(statuses)).toEqual(new Set([202, 503]));
      expect(first.isRunning).toBe(true);

      rmSync(ballast);
      const freedMs = performance.now();
      while ((await store()) !== 202) {
        expect(performance.now() - freedMs).toBeLessThan(RECOVERS_WITHIN_MS);
        await delay(50);
      }
      console.info(
        `accepts again ${Math.round(performance.now() - freedMs)} ms after space was freed`,
      );
      const received = bob.received.length;
      expect((await alice.sendMessage(bob.aor, 'direct again')).status).toBe(200);
      expect(bob.texts.slice(received)).toEqual(['direct again']);
      expect((await fetch(`${first.http}/readyz`)).status).toBe(200);

      await first.kill();
      const second = await scene.start(directory);
      const carol = await scene.device(second.sipPort, 'carol');
      await carol.waitForRequests(promised.length);
      expect(carol.texts.filter((text) => promised.includes(text))).toEqual(promised);
      expect(new Set(carol.texts).size).toBe(carol.texts.length);
      console.info(`${promised.length} of ${sent} accepted, ${carol.texts.length} came`);
    },
  );
});
