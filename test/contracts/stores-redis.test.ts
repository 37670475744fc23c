import { RedisStores } from '@hermod/platform/redis';
import { type RedisServer, STORE_CLAUSES, type StoresUnderTest, startRedis } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { afterAll, beforeAll, describe, it } from 'vitest';

describe('Redis stores, one server and one replica', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let stores: RedisStores;
  let subject: StoresUnderTest;

  beforeAll(async () => {
    master = await startRedis({ own: true, appendFsync: 'everysec' });
    replica = await startRedis({ own: true, replicaOf: master.port });
    stores = RedisStores.connect(master.url, { codec: bufferCodec, replicas: 1 });
    await stores.ready(5000);
    subject = Object.assign(stores, {
      holdDurability: async () => {
        replica.pause();
        return async () => replica.resume();
      },
    });
  });
  afterAll(async () => {
    stores?.close();
    await Promise.all([replica?.stop(), master?.stop()]);
  });

  for (const clause of STORE_CLAUSES) it(clause.name, () => clause.check(subject));
});
