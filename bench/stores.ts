// What the stores cost: calls per second, latency and CPU at a given concurrency, and bytes per row in Redis.
//   node --conditions=source bench/stores.ts [lmdb|redis] [--count 20000] [--concurrency 500]
// HERMOD_TEST_REDIS measures another Redis than one of its own: an empty one, what is written stays.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  bindingsKey,
  ledgerPrefix,
  type MailEntry,
  mailboxKey,
  mailEntriesKey,
} from '@hermod/contracts';
import { LmdbStores } from '@hermod/platform/lmdb';
import { RedisStores } from '@hermod/platform/redis';
import type { Binding } from '@hermod/sip';
import { startRedis } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { Redis } from 'ioredis';

const NOW_MS = Date.now();
const HEAD = [
  'MESSAGE sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/TCP 10.0.0.1:5064;branch=z9hG4bKabcdefabcdef.abcdefghijklmnop;rport',
  'Max-Forwards: 69',
  'From: <sip:alice@example.com>;tag=1234567',
  'To: <sip:bob@example.com>',
  'Call-ID: 1234567890abcdef@10.0.0.1',
  'CSeq: 1 MESSAGE',
  'Content-Type: text/plain',
  'Content-Length: 300',
  '\r\n',
].join('\r\n');
const BODY = new Uint8Array(300).fill(65);

type Stores = Pick<RedisStores, 'recipients' | 'bindings' | 'due'> | LmdbStores;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '20000' },
    concurrency: { type: 'string', default: '500' },
  },
});
const count = Number(values.count);
const concurrency = Number(values.concurrency);

const aorOf = (i: number): string => `sip:user${i}@example.com`;
const idOf = (i: number): string => String(i).padStart(22, 'x');

function binding(i: number): Binding {
  const instance = `<urn:uuid:00000000-0000-1000-8000-${String(i).padStart(12, '0')}>`;
  return {
    key: `${instance};1`,
    contact: `sip:user${i}@192.0.2.7:5070;transport=tcp`,
    params: `;+sip.instance="${instance}";reg-id=1`,
    q: 1000,
    callId: 'abcdefabcdefabcdef@192.0.2.7',
    cseq: 7,
    expiresAtMs: NOW_MS + 3_600_000,
    path: ['sip:edge1.AbCdEfGhIjKlMnOp@10.0.0.1:5064;transport=tcp;lr;ob'],
    flowToken: 'edge1.AbCdEfGhIjKlMnOp',
    flowBound: true,
    refusesMessage: false,
    gruuSinceMs: 0,
  };
}

function mail(i: number): MailEntry {
  const times = { receivedAtMs: NOW_MS, expiresAtMs: NOW_MS + 3_600_000 };
  const record = { type: 'message', aor: aorOf(i), deliveryId: idOf(i), flags: 2 } as const;
  return { order: i, record: { ...record, ...times, head: HEAD, body: BODY } };
}

async function measure(label: string, call: (i: number) => Promise<unknown>): Promise<void> {
  const latencies: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const i = next;
      next += 1;
      const startedMs = performance.now();
      await call(i);
      latencies.push(performance.now() - startedMs);
    }
  };
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  const elapsedMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  const at = (share: number): string =>
    (latencies[Math.min(count - 1, Math.floor(count * share))] ?? 0).toFixed(2);
  const rate = Math.round((count / elapsedMs) * 1000);
  const cpuUs = ((cpu.user + cpu.system) / count).toFixed(1);
  console.log(
    `${label}: ${rate}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${cpuUs} µs CPU per call`,
  );
}

async function run(name: string, stores: Stores): Promise<void> {
  const options = { seenVersion: 1, maxEntries: 1000, nowMs: NOW_MS };
  await measure(`${name} compareAndSet`, (i) =>
    stores.bindings.compareAndSet(aorOf(i), 0, [binding(i)]),
  );
  await measure(`${name} read`, (i) => stores.recipients.read(aorOf(i), idOf(i), NOW_MS));
  await measure(`${name} appendMail`, (i) =>
    stores.recipients.appendMail(aorOf(i), mail(i), options),
  );
  await measure(`${name} readMail`, (i) => stores.recipients.readMail(aorOf(i), -1, 16));
  await measure(`${name} schedule`, (i) => stores.due.schedule(1, aorOf(i), NOW_MS, 'earliest'));
}

async function removeAll(name: string, stores: Stores): Promise<void> {
  await measure(`${name} removeMail`, (i) =>
    stores.recipients.removeMail(aorOf(i), [{ deliveryId: idOf(i), status: 200 }]),
  );
}

async function reportMemory(url: string): Promise<void> {
  const client = new Redis(url);
  const aor = aorOf(1);
  const keys = {
    'bindings (one)': bindingsKey(aor),
    'mailbox index (one)': mailboxKey(aor),
    'mail entries (one)': mailEntriesKey(aor),
    'ledger row': ledgerPrefix(aor) + idOf(1),
  };
  for (const [what, key] of Object.entries(keys)) {
    console.log(`redis bytes, ${what}: ${await client.memory('USAGE', key, 'SAMPLES', 0)}`);
  }
  client.disconnect();
}

if (positionals[0] !== 'redis') {
  // Not the temporary directory: it may be in memory.
  const dir = mkdtempSync(join(import.meta.dirname, '../node_modules/.bench-stores-'));
  const stores = LmdbStores.open(dir, { codec: bufferCodec });
  await run('lmdb', stores);
  await removeAll('lmdb', stores);
  await stores.close();
  rmSync(dir, { recursive: true });
}
if (positionals[0] !== 'lmdb') {
  const server = await startRedis();
  const stores = RedisStores.connect(server.url, { codec: bufferCodec });
  await stores.ready(5000);
  await run('redis (appendfsync always)', stores);
  await reportMemory(server.url);
  await removeAll('redis (appendfsync always)', stores);
  // A mailbox of a hundred, to see what one more costs.
  const client = new Redis(server.url);
  const usage = async (aor: string): Promise<number> => {
    const keys = [mailboxKey(aor), mailEntriesKey(aor)];
    const each = await Promise.all(keys.map((key) => client.memory('USAGE', key, 'SAMPLES', 0)));
    return each.reduce<number>((sum, bytes) => sum + Number(bytes), 0);
  };
  const options = { seenVersion: undefined, maxEntries: 0, nowMs: NOW_MS };
  for (let i = 0; i < 100; i += 1) {
    await stores.recipients.appendMail('sip:full@example.com', mail(i), options);
  }
  console.log(
    `redis bytes per mail in a mailbox of 100: ${(await usage('sip:full@example.com')) / 100}`,
  );
  client.disconnect();
  stores.close();
  await server.stop();
}
