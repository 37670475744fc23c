import { type DueStore, dueKey, markKey } from '@hermod/contracts';
import type { DurableWriter } from './durable-writer.ts';
import type { RedisConnection } from './redis-connection.ts';
import { REMOVE_MEMBER, SCHEDULE, WRITE_TEXT } from './redis-scripts.ts';

/** {@link DueStore} on Redis: a sorted set per partition. */
export class RedisDueStore implements DueStore {
  readonly #connection: RedisConnection;
  readonly #writer: DurableWriter;

  constructor(connection: RedisConnection, writer: DurableWriter) {
    this.#connection = connection;
    this.#writer = writer;
  }

  async schedule(...[partition, aor, atMs, mode]: Parameters<DueStore['schedule']>): Promise<void> {
    await this.#writer.write(SCHEDULE, [dueKey(partition)], [aor, atMs, mode]);
  }

  async due(partition: number, nowMs: number, limit: number): ReturnType<DueStore['due']> {
    const key = dueKey(partition);
    const reply = await this.#connection.command('due', (client) =>
      client.zrangebyscore(key, '-inf', nowMs, 'WITHSCORES', 'LIMIT', 0, limit),
    );
    const found: { aor: string; atMs: number }[] = [];
    for (let i = 0; i + 1 < reply.length; i += 2) {
      found.push({ aor: reply[i] ?? '', atMs: Number(reply[i + 1]) });
    }
    return found;
  }

  async clear(partition: number, aor: string): Promise<void> {
    await this.#writer.write(REMOVE_MEMBER, [dueKey(partition)], [aor]);
  }

  async size(partition: number): Promise<number> {
    const key = dueKey(partition);
    return this.#connection.command('size', (client) => client.zcard(key));
  }

  async readMark(partition: number): Promise<string> {
    const mark = await this.#connection.command('readMark', (client) =>
      client.get(markKey(partition)),
    );
    return mark ?? '';
  }

  async writeMark(partition: number, mark: string): Promise<void> {
    await this.#writer.write(WRITE_TEXT, [markKey(partition)], [mark]);
  }
}
