import { SUBSCRIBERS_KEY, type SubscriberStore, subscriberKey } from '@hermod/contracts';
import type { RedisConnection } from './redis-connection.ts';

/** {@link SubscriberStore} on Redis: a flag in the AoR's slot, which the recipient script reads, and one sorted set of all of them for listing. */
export class RedisSubscriberStore implements SubscriberStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async isProvisioned(aor: string): Promise<boolean> {
    const key = subscriberKey(aor);
    return (await this.#connection.command('isProvisioned', (client) => client.exists(key))) === 1;
  }

  async addSubscriber(aor: string): Promise<boolean> {
    // Two slots, so not atomic: the list comes first, and a repeat mends what a crash between the two left.
    await this.#connection.command('addSubscriber', (client) =>
      client.zadd(SUBSCRIBERS_KEY, 0, aor),
    );
    const set = await this.#connection.command('addSubscriber', (client) =>
      client.set(subscriberKey(aor), '1', 'NX'),
    );
    return set === 'OK';
  }

  async removeSubscriber(aor: string): Promise<boolean> {
    const removed = await this.#connection.command('removeSubscriber', (client) =>
      client.del(subscriberKey(aor)),
    );
    await this.#connection.command('removeSubscriber', (client) =>
      client.zrem(SUBSCRIBERS_KEY, aor),
    );
    return removed === 1;
  }

  async listSubscribers(afterAor: string, limit: number): Promise<readonly string[]> {
    // All scores are equal, so the set is sorted by the bytes of its members.
    const from = afterAor === '' ? '-' : `(${afterAor}`;
    return this.#connection.command('listSubscribers', (client) =>
      client.zrangebylex(SUBSCRIBERS_KEY, from, '+', 'LIMIT', 0, limit),
    );
  }
}
