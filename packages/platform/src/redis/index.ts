export { DurableWriter, WAIT_TIMEOUT_MS } from './durable-writer.ts';
export { RedisBindingStore } from './redis-binding-store.ts';
export {
  connectRedis,
  RedisConnection,
  type RedisConnectionEvent,
  type RedisConnectionOptions,
} from './redis-connection.ts';
export { RedisDueStore } from './redis-due-store.ts';
export { DEFAULT_LEDGER_TTL_SEC, RedisRecipientStore } from './redis-recipient-store.ts';
export { RedisStores, type RedisStoresOptions } from './redis-stores.ts';
export { RedisSubscriberStore } from './redis-subscriber-store.ts';
export { parseRedisUrl, type RedisTarget } from './redis-url.ts';
export { verifyRedis } from './verify-redis.ts';
