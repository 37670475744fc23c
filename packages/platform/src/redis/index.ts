export type { RedisConnectionEvent } from './redis-connection.ts';
export { RedisStores, type RedisStoresOptions } from './redis-stores.ts';
