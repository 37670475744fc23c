import { setTimeout as delay } from 'node:timers/promises';
import { PlatformError } from '@hermod/contracts';
import {
  type RedisConnectionEvent,
  RedisStores,
  type RedisStoresOptions,
} from '@hermod/platform/redis';
import { type RedisServer, type StartRedisOptions, startRedis } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { ANY, AOR, idOf, mail, NOW_MS } from './stored-mail.ts';

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(options: StartRedisOptions = {}): Promise<RedisServer> {
  const redis = await startRedis({ own: true, ...options });
  cleanups.push(() => redis.stop());
  return redis;
}

function connect(url: string, options: Partial<RedisStoresOptions> = {}): RedisStores {
  const stores = RedisStores.connect(url, {
    codec: bufferCodec,
    maxReconnectDelayMs: 200,
    ...options,
  });
  cleanups.push(() => stores.close());
  return stores;
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const probes = async (stores: RedisStores): Promise<boolean> =>
  (await failureOf(stores.recipients.probe())) === undefined;

describe('Redis stores and a server that fails', () => {
  it('MUST fail fast and retryably while the server is away, keep what was stored, and recover alone', async () => {
    const redis = await server();
    const stores = connect(redis.url);
    expect(await stores.ready(5000)).toBe(true);
    await stores.recipients.appendMail(AOR, mail(1), ANY);
    await redis.kill();
    await expect.poll(() => probes(stores), { timeout: 2000 }).toBe(false);
    const startedMs = performance.now();
    const failures = await Promise.all([
      failureOf(stores.recipients.read(AOR, 'x', NOW_MS)),
      failureOf(stores.recipients.appendMail(AOR, mail(2), ANY)),
      failureOf(stores.bindings.compareAndSet(AOR, 0, [])),
      failureOf(stores.due.due(1, NOW_MS, 1)),
      failureOf(stores.recipients.probe()),
    ]);
    expect(performance.now() - startedMs).toBeLessThan(200);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(PlatformError);
      expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    }
    await redis.restart();
    await expect.poll(() => probes(stores), { timeout: 5000 }).toBe(true);
    // The new process knows no script: the texts are sent again.
    expect(await stores.recipients.appendMail(AOR, mail(3), ANY)).toEqual({
      kind: 'stored',
      count: 2,
    });
    expect((await stores.recipients.readMail(AOR, -1, 9)).map((entry) => entry.order)).toEqual([
      1, 3,
    ]);
  });

  it.each([
    ['its memory is full', ['maxmemory', '100kb']],
    ['it misses replicas', ['min-replicas-to-write', '1']],
  ])(
    'MUST fail the probe while the server answers but takes no writes: %s (design §3.3)',
    async (_why, setting) => {
      const redis = await server();
      const stores = connect(redis.url);
      expect(await stores.ready(5000)).toBe(true);
      expect(await probes(stores)).toBe(true);
      const client = new Redis(redis.url);
      cleanups.push(() => client.disconnect());
      const [name = '', value = ''] = setting;
      await client.config('SET', name, value);
      expect(await client.ping()).toBe('PONG');
      expect(await failureOf(stores.recipients.probe())).toMatchObject({ retryable: true });
      await client.config('SET', name, '0');
      expect(await probes(stores)).toBe(true);
    },
  );

  it('MUST NOT flood the log while the server is away, or comes and goes, and MUST end with how things stand', async () => {
    const redis = await server();
    const events: RedisConnectionEvent[] = [];
    const stores = connect(redis.url, { log: (event) => events.push(event) });
    await stores.ready(5000);
    await redis.kill();
    await delay(2500);
    expect(events.map((event) => event.event)).toEqual(['ready', 'error']);
    for (let outage = 0; outage < 3; outage += 1) {
      await redis.restart();
      await expect.poll(() => probes(stores), { timeout: 5000 }).toBe(true);
      await redis.kill();
      await expect.poll(() => probes(stores), { timeout: 2000 }).toBe(false);
    }
    await redis.restart();
    await expect.poll(() => probes(stores), { timeout: 5000 }).toBe(true);
    expect(events.map((event) => event.event)).toEqual(['ready', 'error', 'ready']);
    expect(events[2]?.suppressed).toBeGreaterThan(2);
  });

  it('MUST reject what is in flight when the server stops answering, and recover', async () => {
    const redis = await server();
    const stores = connect(redis.url, { commandTimeoutMs: 300, socketTimeoutMs: 600 });
    await stores.ready(5000);
    redis.pause();
    const startedMs = performance.now();
    const failure = await failureOf(stores.recipients.read(AOR, 'x', NOW_MS));
    expect(performance.now() - startedMs).toBeLessThan(1500);
    expect(failure).toMatchObject({ code: 'STORE_TIMEOUT', retryable: true });
    redis.resume();
    await expect.poll(() => probes(stores), { timeout: 5000 }).toBe(true);
    expect((await stores.recipients.read(AOR, 'x', NOW_MS)).version).toBe(0);
  });

  it('MUST start without a server and work when it comes', async () => {
    const redis = await server();
    await redis.kill();
    const stores = connect(redis.url);
    expect(await stores.ready(100)).toBe(false);
    expect(await failureOf(stores.verify())).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await failureOf(stores.recipients.probe())).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await redis.restart();
    expect(await stores.ready(5000)).toBe(true);
    expect(await stores.verify()).toEqual([]);
  });

  it('MUST reject with STORE_NOT_DURABLE when a replica does not confirm, and store once on a repeat (rule 6)', async () => {
    const master = await server({ appendFsync: 'everysec' });
    const replica = await server({ replicaOf: master.port });
    const stores = connect(master.url, { replicas: 1 });
    await stores.ready(5000);
    await stores.recipients.appendMail(AOR, mail(1), ANY);
    replica.pause();
    const failure = await failureOf(stores.recipients.appendMail(AOR, mail(2), ANY));
    expect(failure).toMatchObject({ code: 'STORE_NOT_DURABLE', retryable: true });
    // Readers and registrations do not stand behind the WAIT.
    const held = failureOf(stores.recipients.appendMail(AOR, mail(2), ANY));
    await delay(50);
    const startedMs = performance.now();
    await stores.recipients.read(AOR, 'x', NOW_MS);
    await stores.bindings.compareAndSet(AOR, 0, []);
    expect(performance.now() - startedMs).toBeLessThan(200);
    expect(await held).toMatchObject({ code: 'STORE_NOT_DURABLE' });
    // A connection that has written nothing must not take its first repeat for durable.
    const fresh = connect(master.url, { replicas: 1 });
    await fresh.ready(5000);
    for (const repeat of [
      fresh.recipients.appendMail(AOR, mail(2), ANY),
      fresh.recipients.removeMail(AOR, [{ deliveryId: idOf(1), status: 200 }]),
      fresh.due.schedule(1, AOR, NOW_MS, 'earliest'),
    ]) {
      expect(await failureOf(repeat)).toMatchObject({ code: 'STORE_NOT_DURABLE' });
    }
    const fresher = connect(master.url, { replicas: 1 });
    await fresher.ready(5000);
    const again = fresher.recipients.removeMail(AOR, [{ deliveryId: idOf(1), status: 200 }]);
    expect(await failureOf(again)).toMatchObject({ code: 'STORE_NOT_DURABLE' });
    const freshest = connect(master.url, { replicas: 1 });
    await freshest.ready(5000);
    const due = freshest.due.schedule(1, AOR, NOW_MS + 5, 'earliest');
    expect(await failureOf(due)).toMatchObject({ code: 'STORE_NOT_DURABLE' });
    replica.resume();
    await expect
      .poll(() => failureOf(stores.recipients.appendMail(AOR, mail(2), ANY)), { timeout: 5000 })
      .toBeUndefined();
    expect((await stores.recipients.readMail(AOR, -1, 9)).map((entry) => entry.order)).toEqual([2]);
  });
});

describe('verifyRedis', () => {
  it('MUST refuse a server that evicts, and name the remedy', async () => {
    const redis = await server({ settings: { 'maxmemory-policy': 'allkeys-lru' } });
    const stores = connect(redis.url);
    await stores.ready(5000);
    const failure = await failureOf(stores.verify());
    expect(failure).toMatchObject({ code: 'STORE_MISCONFIGURED', retryable: false });
    expect(String(failure)).toContain('maxmemory-policy noeviction');
  });

  it('MUST refuse a server that may lose mail in a crash, unless replicas confirm it', async () => {
    const redis = await server({ appendFsync: 'everysec' });
    const stores = connect(redis.url);
    await stores.ready(5000);
    const failure = await failureOf(stores.verify());
    expect(failure).toMatchObject({ code: 'STORE_MISCONFIGURED' });
    expect(String(failure)).toContain('appendfsync always');
    const replicated = connect(redis.url, { replicas: 1 });
    await replicated.ready(5000);
    expect(await replicated.verify()).toEqual([]);
  });

  it('MUST only warn when the server hides its settings', async () => {
    const redis = await server({ settings: { 'rename-command': 'CONFIG ""' } });
    const stores = connect(redis.url);
    await stores.ready(5000);
    const warnings = await stores.verify();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('noeviction');
  });
});
