import { RedisStores } from '@hermod/platform/redis';
import { type RedisServer, STORE_CLAUSES, type StoresUnderTest, startRedis } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { damageRedisMail } from './stored-mail.ts';

describe('Redis stores, one server and one replica', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let stores: RedisStores;
  let outside: Redis;
  let subject: StoresUnderTest;

  beforeAll(async () => {
    master = await startRedis({ own: true, appendFsync: 'everysec' });
    replica = await startRedis({ own: true, replicaOf: master.port });
    stores = RedisStores.connect(master.url, { codec: bufferCodec, replicas: 1 });
    await stores.ready(5000);
    outside = new Redis(master.url);
    subject = Object.assign(stores, {
      damageMail: damageRedisMail.bind(undefined, outside),
      holdDurability: async () => {
        replica.pause();
        return async () => replica.resume();
      },
    });
  });
  afterAll(async () => {
    outside?.disconnect();
    stores?.close();
    await Promise.all([replica?.stop(), master?.stop()]);
  });

  for (const clause of STORE_CLAUSES) it(clause.name, () => clause.check(subject));
});

describe('Redis stores, one server that syncs every write', () => {
  let server: RedisServer;
  let stores: RedisStores;
  let outside: Redis;
  let subject: StoresUnderTest;

  beforeAll(async () => {
    server = await startRedis({ own: true });
    stores = RedisStores.connect(server.url, { codec: bufferCodec });
    await stores.ready(5000);
    outside = new Redis(server.url);
    subject = Object.assign(stores, {
      damageMail: damageRedisMail.bind(undefined, outside),
      // Its reply is the proof of durability, so a server that stands still vouches for nothing.
      holdDurability: async () => {
        server.pause();
        return async () => server.resume();
      },
    });
  });
  afterAll(async () => {
    outside?.disconnect();
    stores?.close();
    await server?.stop();
  });

  it('MUST pass the check of its settings', async () => {
    expect(await stores.verify()).toEqual([]);
  });

  for (const clause of STORE_CLAUSES) it(clause.name, () => clause.check(subject));
});
