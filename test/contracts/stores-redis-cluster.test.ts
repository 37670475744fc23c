import { RedisStores } from '@hermod/platform/redis';
import { type RedisServer, STORE_CLAUSES, type StoresUnderTest, startRedis } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { damageRedisMail } from './stored-mail.ts';

const LAST_SLOT = 16383;
const HALF = 8191;

describe('Redis stores on a cluster of two masters with a replica each', () => {
  const servers: RedisServer[] = [];
  let stores: RedisStores;
  let outside: Cluster;
  let subject: StoresUnderTest;

  beforeAll(async () => {
    const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '15000' };
    for (let i = 0; i < 4; i += 1) {
      servers.push(await startRedis({ own: true, appendFsync: 'everysec', settings }));
    }
    const clients = servers.map((server) => new Redis(server.url));
    const [a, b, replicaOfA, replicaOfB] = clients;
    if (!a || !b || !replicaOfA || !replicaOfB) throw new Error('four servers expected');
    await a.cluster('ADDSLOTSRANGE', 0, HALF);
    await b.cluster('ADDSLOTSRANGE', HALF + 1, LAST_SLOT);
    for (const server of servers.slice(1)) await a.cluster('MEET', '127.0.0.1', server.port);
    const until = async (check: () => Promise<boolean>): Promise<void> => {
      for (let i = 0; i < 400; i += 1) {
        if (await check().catch(() => false)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error('the cluster did not form');
    };
    const masters = await Promise.all(
      [a, b].map(async (client) => String(await client.cluster('MYID'))),
    );
    for (const [i, client] of [replicaOfA, replicaOfB].entries()) {
      await until(async () => (await client.cluster('REPLICATE', masters[i] ?? '')) === 'OK');
    }
    for (const client of clients) {
      await until(async () => String(await client.cluster('INFO')).includes('cluster_state:ok'));
    }
    for (const client of [replicaOfA, replicaOfB]) {
      await until(async () => (await client.info('replication')).includes('master_link_status:up'));
    }
    for (const client of clients) client.disconnect();
    const seeds = servers.map((server) => `127.0.0.1:${server.port}`).join();
    stores = RedisStores.connect(`redis+cluster://${seeds}`, { codec: bufferCodec, replicas: 1 });
    if (!(await stores.ready(10_000))) throw new Error('the cluster client did not connect');
    outside = new Cluster(servers.map(({ port }) => ({ host: '127.0.0.1', port })));
    subject = Object.assign(stores, {
      damageMail: damageRedisMail.bind(undefined, outside),
      holdDurability: async () => {
        for (const server of servers.slice(2)) server.pause();
        return async () => {
          for (const server of servers.slice(2)) server.resume();
        };
      },
    });
  });
  afterAll(async () => {
    outside?.disconnect();
    stores?.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  for (const clause of STORE_CLAUSES) it(clause.name, () => clause.check(subject));

  it('MUST verify every master', async () => {
    expect(await stores.verify()).toEqual([]);
    for (const server of servers.slice(0, 2)) {
      const client = new Redis(server.url);
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await expect(stores.verify()).rejects.toMatchObject({ code: 'STORE_MISCONFIGURED' });
      await client.config('SET', 'maxmemory-policy', 'noeviction');
      client.disconnect();
    }
    expect(await stores.verify()).toEqual([]);
  });
});
