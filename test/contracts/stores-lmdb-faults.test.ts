import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '@hermod/contracts';
import { LmdbStores } from '@hermod/platform/lmdb';
import { bufferCodec } from '@hermod/transport';
import { afterEach, describe, expect, it } from 'vitest';
import { ANY, AOR, idOf, mail, NOW_MS } from './stored-mail.ts';

const DAY_MS = 86_400_000;

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'hermod-lmdb-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function openStores(dir: string, nowMs: () => number = () => NOW_MS): LmdbStores {
  const stores = LmdbStores.open(dir, { codec: bufferCodec, nowMs });
  cleanups.push(() => stores.close());
  return stores;
}

function mountTmpfs(dir: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir]);
  cleanups.push(() => {
    execFileSync('umount', ['-l', dir]);
  });
}

// A small file system of its own: only root may mount one.
describe.skipIf(process.getuid?.() !== 0)('LMDB stores on a full disk', () => {
  it('MUST refuse with DISK_FULL, lose nothing, and work again once space is freed', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => {
      unhandled.push(reason);
    };
    process.on('unhandledRejection', onUnhandled);
    cleanups.push(() => {
      process.off('unhandledRejection', onUnhandled);
    });
    const dir = tempDir();
    mountTmpfs(dir, 4);
    const stores = openStores(join(dir, 'db'));
    const ballast = join(dir, 'ballast');
    writeFileSync(ballast, new Uint8Array(1_500_000));

    const stored: number[] = [];
    let failure: unknown;
    for (let n = 1; n < 400 && failure === undefined; n += 1) {
      try {
        const result = await stores.recipients.appendMail(
          AOR,
          mail(n, new Uint8Array(20_000)),
          ANY,
        );
        if (result.kind === 'stored') stored.push(n);
      } catch (error) {
        failure = error;
      }
    }
    expect(failure).toBeInstanceOf(PlatformError);
    expect(failure).toMatchObject({ code: 'DISK_FULL', retryable: true });
    expect(stored.length).toBeGreaterThan(20);
    await expect(
      stores.recipients.appendMail(AOR, mail(900, new Uint8Array(60_000)), ANY),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
    // What was accepted is there, what was refused is not.
    const readBack = await stores.recipients.readMail(AOR, -1, 1000);
    expect(readBack.map((entry) => entry.order)).toEqual(stored);
    expect((await stores.recipients.read(AOR, idOf(900), NOW_MS)).ledgerStatus).toBe(0);

    unlinkSync(ballast);
    const again = await stores.recipients.appendMail(AOR, mail(900, new Uint8Array(60_000)), ANY);
    expect(again).toEqual({ kind: 'stored', count: stored.length + 1 });
    await stores.recipients.probe();
    expect(statfsSync(dir).bavail).toBeGreaterThan(0);
    expect(unhandled).toEqual([]);
  });

  it('MUST let removals through beside refused appends', async () => {
    const dir = tempDir();
    mountTmpfs(dir, 4);
    const stores = openStores(join(dir, 'db'));
    for (let n = 1; n <= 60; n += 1) {
      await stores.recipients.appendMail(AOR, mail(n, new Uint8Array(20_000)), ANY);
    }
    // A delete writes before it frees; pages that a commit has freed can be used by the second commit after it.
    await stores.recipients.removeMail(
      AOR,
      [1, 2, 3, 4].map((n) => ({ deliveryId: idOf(n), status: 200 })),
    );
    for (let n = 0; n < 3; n += 1) await stores.due.schedule(1, AOR, NOW_MS + n, 'replace');
    writeFileSync(
      join(dir, 'ballast'),
      new Uint8Array(statfsSync(dir).bavail * statfsSync(dir).bsize),
    );
    const [removed, appended] = await Promise.allSettled([
      stores.recipients.removeMail(AOR, [{ deliveryId: idOf(10), status: 200 }]),
      stores.recipients.appendMail(AOR, mail(901, new Uint8Array(2_000_000)), ANY),
    ]);
    expect(appended).toMatchObject({ status: 'rejected', reason: { code: 'DISK_FULL' } });
    expect(removed).toEqual({ status: 'fulfilled', value: 55 });
    await expect(
      stores.recipients.appendMail(AOR, mail(902, new Uint8Array(2_000_000)), ANY),
    ).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
  });
});

describe('LMDB stores over time', () => {
  it('MUST have everything again after they were closed and opened', async () => {
    const dir = tempDir();
    const first = openStores(dir);
    await first.recipients.appendMail(AOR, mail(1), ANY);
    await first.recipients.removeMail(AOR, [{ deliveryId: idOf(1), status: 200 }]);
    await first.recipients.appendMail(AOR, mail(2), ANY);
    await first.due.schedule(3, AOR, NOW_MS, 'earliest');
    await first.due.writeMark(3, 'mark');
    await first.subscribers.addSubscriber(AOR);
    await first.close();
    await expect(first.recipients.appendMail(AOR, mail(3), ANY)).rejects.toMatchObject({
      code: 'CLOSED',
    });
    const second = openStores(dir);
    expect(await second.recipients.read(AOR, idOf(1), NOW_MS)).toEqual({
      version: 0,
      bindings: [],
      mailboxCount: 1,
      provisioned: true,
      ledgerStatus: 200,
    });
    const entries = await second.recipients.readMail(AOR, -1, 9);
    expect(entries.map((entry) => entry.order)).toEqual([2]);
    expect(await second.due.due(3, NOW_MS, 9)).toEqual([{ aor: AOR, atMs: NOW_MS }]);
    expect(await second.due.readMark(3)).toBe('mark');
  });

  it('MUST resolve what was written before close()', async () => {
    const stores = openStores(tempDir());
    const write = stores.recipients.appendMail(AOR, mail(1), ANY);
    await stores.close();
    expect(await write).toEqual({ kind: 'stored', count: 1 });
  });

  it('MUST forget the status of a finished delivery after its time, never that of stored mail', async () => {
    let nowMs = NOW_MS;
    const stores = openStores(tempDir(), () => nowMs);
    const status = async (n: number): Promise<number> =>
      (await stores.recipients.read(AOR, idOf(n), nowMs)).ledgerStatus;
    for (const n of [1, 2, 3]) await stores.recipients.appendMail(AOR, mail(n), ANY);
    await stores.recipients.removeMail(AOR, [{ deliveryId: idOf(1), status: 200 }]);
    await stores.recipients.recordStatus(AOR, idOf(9), 486);
    nowMs += DAY_MS - 1;
    await stores.recipients.removeMail(AOR, [{ deliveryId: idOf(2), status: 480 }]);
    expect([await status(1), await status(2), await status(3), await status(9)]).toEqual([
      200, 480, 202, 486,
    ]);
    nowMs += 2;
    expect([await status(1), await status(2), await status(3), await status(9)]).toEqual([
      0, 480, 202, 0,
    ]);
    // Also on disk: the next sweep finds both, and the one after it nothing.
    expect(await stores.sweep()).toBe(2);
    expect(await stores.sweep()).toBe(0);
    expect([await status(2), await status(3)]).toEqual([480, 202]);
  });

  it('MUST shrink the ledger while it writes, without a sweep', async () => {
    let nowMs = NOW_MS;
    const stores = openStores(tempDir(), () => nowMs);
    const record = (n: number): Promise<void> => stores.recipients.recordStatus(AOR, idOf(n), 200);
    for (let n = 0; n < 100; n += 1) await record(n);
    nowMs += DAY_MS + 1;
    for (let n = 0; n < 50; n += 1) await record(1000 + n);
    // 100 old rows went with the 50 writes (two each), so the clock alone decides what a sweep finds now.
    expect(await stores.sweep()).toBe(0);
    nowMs += DAY_MS + 1;
    expect(await stores.sweep()).toBe(50);
  });

  it('MUST forget an AoR that has nothing any more, a day later', async () => {
    let nowMs = NOW_MS;
    const stores = openStores(tempDir(), () => nowMs);
    await stores.bindings.compareAndSet('sip:gone@example.com', 0, []);
    await stores.subscribers.addSubscriber('sip:kept@example.com');
    nowMs += DAY_MS - 1;
    expect(await stores.sweep()).toBe(0);
    nowMs += 2;
    expect(await stores.sweep()).toBe(1);
    expect((await stores.bindings.readBindings('sip:gone@example.com')).version).toBe(0);
    expect(await stores.subscribers.isProvisioned('sip:kept@example.com')).toBe(true);
  });
});

describe('LMDB stores and a write that cannot be made', () => {
  it('MUST fail that write alone, and not retryably', async () => {
    const stores = openStores(tempDir());
    const bad = { ...mail(2), record: { ...mail(2).record, deliveryId: 'x'.repeat(5000) } };
    const [before, failed, after] = await Promise.allSettled([
      stores.recipients.appendMail(AOR, mail(1), ANY),
      stores.recipients.appendMail(AOR, bad, ANY),
      stores.recipients.appendMail(AOR, mail(3), ANY),
    ]);
    expect(before).toEqual({ status: 'fulfilled', value: { kind: 'stored', count: 1 } });
    expect(failed).toMatchObject({ reason: { code: 'STORE_MISCONFIGURED', retryable: false } });
    expect(after).toEqual({ status: 'fulfilled', value: { kind: 'stored', count: 2 } });
    const entries = await stores.recipients.readMail(AOR, -1, 9);
    expect(entries.map((entry) => entry.order)).toEqual([1, 3]);
  });
});
