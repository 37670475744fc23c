import type { Latin1Codec } from '@hermod/sip';
import { DurableWriter } from './durable-writer.ts';
import { RedisBindingStore } from './redis-binding-store.ts';
import {
  connectRedis,
  type RedisConnection,
  type RedisConnectionOptions,
} from './redis-connection.ts';
import { RedisCredentialStore } from './redis-credential-store.ts';
import { RedisDueStore } from './redis-due-store.ts';
import { RedisRecipientStore } from './redis-recipient-store.ts';
import { RedisStats } from './redis-stats.ts';
import { RedisSubscriberStore } from './redis-subscriber-store.ts';
import { verifyRedis } from './verify-redis.ts';

/** Options of {@link RedisStores}. */
export type RedisStoresOptions = Omit<RedisConnectionOptions, 'stats'> & {
  readonly codec: Latin1Codec;
  /** Replicas that must confirm a mailbox write; 0 (default): the server runs `appendfsync always`. */
  readonly replicas?: number;
};

/** The stores on one Redis. */
export class RedisStores {
  readonly recipients: RedisRecipientStore;
  readonly bindings: RedisBindingStore;
  readonly subscribers: RedisSubscriberStore;
  readonly credentials: RedisCredentialStore;
  readonly due: RedisDueStore;
  /** Of all its connections. */
  readonly stats: RedisStats;
  readonly #connections: readonly [RedisConnection, RedisConnection];
  readonly #replicas: number;

  /** @param connections for reading, and for writing what must be durable: the same one without replicas */
  private constructor(
    connections: readonly [RedisConnection, RedisConnection],
    stats: RedisStats,
    options: RedisStoresOptions,
  ) {
    const [connection, writing] = connections;
    this.stats = stats;
    this.#connections = connections;
    this.#replicas = options.replicas ?? 0;
    const writer = new DurableWriter(writing, this.#replicas);
    this.recipients = new RedisRecipientStore(connection, writer, options.codec);
    this.bindings = new RedisBindingStore(connection);
    this.subscribers = new RedisSubscriberStore(connection, writer);
    this.credentials = new RedisCredentialStore(connection, writer);
    this.due = new RedisDueStore(connection, writer);
  }

  /** Starts to connect (see connectRedis: it neither waits nor fails while the server is away). */
  static connect(url: string, options: RedisStoresOptions): RedisStores {
    const stats = new RedisStats();
    const connecting = { ...options, stats };
    const connection = connectRedis(url, connecting);
    const waits = (options.replicas ?? 0) > 0;
    const writing = waits ? connectRedis(url, connecting) : connection;
    return new RedisStores([connection, writing], stats, options);
  }

  /** Waits until all connections can be used. @returns false when `timeoutMs` passed first */
  async ready(timeoutMs: number): Promise<boolean> {
    const all = await Promise.all(this.#connections.map((each) => each.ready(timeoutMs)));
    return all.every(Boolean);
  }

  /** As {@link verifyRedis}. */
  async verify(): Promise<readonly string[]> {
    return verifyRedis(this.#connections[0], this.#replicas);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
