import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MailEntry } from '@hermod/contracts';
import { LmdbStores } from '@hermod/platform/lmdb';
import { STORE_CLAUSES, type StoresUnderTest } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { open } from 'lmdb';
import { afterAll, beforeAll, describe, it } from 'vitest';

// Another process that takes LMDB's write lock and keeps it until its input ends: until then nothing commits.
const HOLD_WRITE_LOCK = `
import { readSync, writeSync } from 'node:fs';
import { open } from 'lmdb';
const root = open({ path: process.argv[1], maxDbs: 12, encoding: 'binary', overlappingSync: false });
root.transactionSync(() => {
  writeSync(1, 'held');
  try { readSync(0, Buffer.alloc(1)); } catch {}
});
await root.close();
`;

async function holdWriteLock(dir: string): Promise<() => Promise<void>> {
  const args = ['--input-type=module', '-e', HOLD_WRITE_LOCK, dir];
  const holder: ChildProcess = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(holder, 'exit');
  if (holder.stdout !== null) await once(holder.stdout, 'data');
  return async () => {
    holder.stdin?.end('x');
    await exited;
  };
}

describe('LMDB stores', () => {
  let dir: string;
  let stores: LmdbStores;
  let subject: StoresUnderTest;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hermod-lmdb-'));
    stores = LmdbStores.open(dir, { codec: bufferCodec });
    subject = Object.assign(stores, {
      holdDurability: () => holdWriteLock(dir),
      damageMail: async (aor: string, { order, record }: MailEntry, bytes: Uint8Array) => {
        const root = open({ path: dir, maxDbs: 12, encoding: 'binary', overlappingSync: false });
        const mail = root.openDB('mail', { encoding: 'binary' });
        mail.putSync([aor, order, record.deliveryId], Buffer.from(bytes));
        await root.close();
      },
    });
  });
  afterAll(async () => {
    await stores?.close();
    await rm(dir, { recursive: true, force: true });
  });

  for (const clause of STORE_CLAUSES) it(clause.name, () => clause.check(subject));
});
