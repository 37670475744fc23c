import { loadConfig } from '@hermod/platform';
import { ClusterBackends } from '@hermod/platform/cluster';
import { startKafka, startRedis } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { afterEach, expect, test } from 'vitest';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('a cluster service MUST say what is away and which variable names it, and go on by itself', async () => {
  const kafka = await startKafka({ own: true });
  cleanups.push(() => kafka.stop());
  const redis = await startRedis({ own: true });
  cleanups.push(() => redis.stop());
  await Promise.all([kafka.kill(), redis.kill()]);
  const loaded = loadConfig('registrar', {
    HERMOD_DOMAINS: 'example.com',
    HERMOD_TRUNK_LISTEN: '127.0.0.1:0',
    HERMOD_KAFKA_BROKERS: kafka.brokers.join(),
    HERMOD_KAFKA_REPLICATION: '1',
    HERMOD_PARTITIONS: '2',
    HERMOD_REDIS_URL: redis.url,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const problems: unknown[] = [];
  const ignore = (): void => undefined;
  const logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields: { readonly problem?: unknown }) => void problems.push(fields.problem),
    fatal: ignore,
    child: () => logger,
  };
  const backends = ClusterBackends.connect(loaded.config, 'test', logger, bufferCodec);
  cleanups.push(() => backends.close());
  const verified = backends.verify();
  await expect.poll(() => backends.problem, { timeout: 10_000 }).toContain('HERMOD_KAFKA_BROKERS');
  await expect(backends.verified()).rejects.toThrow('HERMOD_KAFKA_BROKERS');
  await kafka.restart();
  await expect.poll(() => backends.problem, { timeout: 30_000 }).toContain('HERMOD_REDIS_URL');
  await redis.restart();
  expect(await verified).toBe(true);
  expect(backends.problem).toBeUndefined();
  await backends.verified();
  // Logged when it changes, not once a second.
  expect(problems.length).toBeLessThan(6);
});
