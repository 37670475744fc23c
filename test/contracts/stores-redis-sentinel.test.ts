import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisStores } from '@hermod/platform/redis';
import { startRedis } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { ANY, AOR, mail } from './stored-mail.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function startSentinel(masterPort: number): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'hermod-sentinel-'));
  const port = await freePort();
  const file = join(dir, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 3000',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child: ChildProcess = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  cleanups.push(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(dir, { recursive: true, force: true });
  });
  return port;
}

describe('Redis stores behind Sentinel', () => {
  it('MUST find the new master after a fail-over, with every mail that was called stored', async () => {
    const master = await startRedis({ own: true, appendFsync: 'everysec' });
    cleanups.push(() => master.stop());
    const replica = await startRedis({
      own: true,
      replicaOf: master.port,
      appendFsync: 'everysec',
    });
    cleanups.push(() => replica.stop());
    const sentinelPort = await startSentinel(master.port);
    const sentinel = new Redis(sentinelPort, '127.0.0.1');
    cleanups.push(() => sentinel.disconnect());
    sentinel.on('error', () => {});
    // Sentinel learns about replicas from the master's INFO, and then from theirs; without that there is nothing to fail over to.
    await expect
      .poll(async () => String(await sentinel.call('SENTINEL', 'REPLICAS', 'mymaster')), {
        timeout: 15_000,
      })
      .toContain('master-link-status,ok');
    const url = `redis+sentinel://127.0.0.1:${sentinelPort}/mymaster`;
    const open = (replicas: number): RedisStores => {
      const stores = RedisStores.connect(url, { codec: bufferCodec, replicas });
      cleanups.push(() => stores.close());
      return stores;
    };
    const safe = open(1);
    const plain = open(0);
    expect(await safe.ready(10_000)).toBe(true);
    expect(await plain.ready(10_000)).toBe(true);
    const orders = Array.from({ length: 100 }, (_, i) => i);
    await Promise.all(orders.map((order) => safe.recipients.appendMail(AOR, mail(order), ANY)));

    await master.kill();
    await expect
      .poll(() => plain.recipients.appendMail(AOR, mail(500), ANY), { timeout: 20_000 })
      .toMatchObject({ kind: 'stored' });
    const kept = await plain.recipients.readMail(AOR, -1, 1000);
    expect(kept.map((entry) => entry.order)).toEqual([...orders, 500]);
    // One server is left: nobody confirms, so nothing is called stored.
    const outcome = (): Promise<string> =>
      safe.recipients.appendMail(AOR, mail(501), ANY).then(
        () => 'stored',
        (error: { code: string }) => error.code,
      );
    await expect.poll(outcome, { timeout: 10_000 }).toBe('STORE_NOT_DURABLE');
  });
});
