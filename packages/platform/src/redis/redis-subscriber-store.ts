import { SUBSCRIBERS_KEY, type SubscriberStore, subscriberKey } from '@hermod/contracts';
import type { DurableWriter } from './durable-writer.ts';
import type { RedisConnection } from './redis-connection.ts';
import { integerOf } from './redis-reply.ts';
import { ADD_MEMBER, REMOVE_MEMBER, REMOVE_TEXT, WRITE_TEXT } from './redis-scripts.ts';

/** {@link SubscriberStore} on Redis: a flag in the AoR's slot, which the recipient script reads, and one sorted set of all of them for listing.
 *  Nobody would write again what a fail-over loses: writes are durable. */
export class RedisSubscriberStore implements SubscriberStore {
  readonly #connection: RedisConnection;
  readonly #writer: DurableWriter;

  constructor(connection: RedisConnection, writer: DurableWriter) {
    this.#connection = connection;
    this.#writer = writer;
  }

  async isProvisioned(aor: string): Promise<boolean> {
    const key = subscriberKey(aor);
    return (await this.#connection.command('isProvisioned', (client) => client.exists(key))) === 1;
  }

  async addSubscriber(aor: string): Promise<boolean> {
    // Two slots, so not atomic: the list comes first, and a repeat mends what a crash between the two left.
    await this.#writer.write(ADD_MEMBER, [SUBSCRIBERS_KEY], [aor]);
    return integerOf(await this.#writer.write(WRITE_TEXT, [subscriberKey(aor)], ['1'])) === 1;
  }

  async removeSubscriber(aor: string): Promise<boolean> {
    const removed = await this.#writer.write(REMOVE_TEXT, [subscriberKey(aor)], []);
    await this.#writer.write(REMOVE_MEMBER, [SUBSCRIBERS_KEY], [aor]);
    return integerOf(removed) === 1;
  }

  async listSubscribers(afterAor: string, limit: number): Promise<readonly string[]> {
    // All scores are equal, so the set is sorted by the bytes of its members.
    const from = afterAor === '' ? '-' : `(${afterAor}`;
    return this.#connection.command('listSubscribers', (client) =>
      client.zrangebylex(SUBSCRIBERS_KEY, from, '+', 'LIMIT', 0, limit),
    );
  }
}
