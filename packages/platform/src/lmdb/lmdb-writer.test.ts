import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LmdbWriter } from './lmdb-writer.ts';

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('LmdbWriter', () => {
  it('MUST reject what is pending when its thread ends, and start another', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'hermod-lmdb-'));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    // A file where the directory should be: the thread cannot open it, and ends.
    writeFileSync(join(dir, 'in-the-way'), '');
    const writer = new LmdbWriter(
      join(dir, 'in-the-way', 'db'),
      () => 0,
      () => {},
    );
    cleanups.push(() => writer.close());
    const write = writer.write({ op: 'probe' });
    await expect(write).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    await expect(writer.write({ op: 'probe' })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    rmSync(join(dir, 'in-the-way'));
    await vi.waitFor(() => writer.write({ op: 'probe' }), { timeout: 5000, interval: 50 });
  });
});
