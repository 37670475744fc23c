import { PlatformError } from '@hermod/contracts';
import { type RedisArg, type RedisConnection, scriptCommands } from './redis-connection.ts';
import { isNoScript, toPlatformError } from './redis-errors.ts';
import type { RedisScript } from './redis-scripts.ts';

/** How long the server may take to hear from the replicas (design §4 rule 6). */
const WAIT_TIMEOUT_MS = 500;

type PendingWrite = {
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: readonly RedisArg[];
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: PlatformError) => void;
};

/** Scripts whose effect must survive the loss of a server: they resolve when it is durable.
 *  With replicas, all writes of a turn (or those that came while the last batch was away) share one `WAIT`, pipelined behind them.
 *  Without, the server runs `appendfsync always` and its reply is the proof. */
export class DurableWriter {
  readonly connection: RedisConnection;
  readonly #replicas: number;
  readonly #batches = new Map<string, PendingWrite[]>();
  readonly #running = new Set<string>();

  /** @param connection its own when `replicas` > 0: WAIT blocks the connection, and nothing else should stand behind it */
  constructor(connection: RedisConnection, replicas: number) {
    this.connection = connection;
    this.#replicas = replicas;
  }

  /** @returns the script's reply, once durable. Rejects with STORE_NOT_DURABLE when too few replicas answered (the write may exist: repeat it), or as RedisConnection.run */
  async write(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArg[],
  ): Promise<unknown> {
    if (this.#replicas === 0) return this.connection.run(script, keys, args);
    const group = this.connection.nodeGroup(keys[0] ?? '');
    return new Promise((resolve, reject) => {
      const pending: PendingWrite = { script, keys, args, resolve, reject };
      const batch = this.#batches.get(group);
      if (batch !== undefined) {
        batch.push(pending);
        return;
      }
      this.#batches.set(group, [pending]);
      if (!this.#running.has(group)) setImmediate(() => void this.#supervise(group));
    });
  }

  async #supervise(group: string): Promise<void> {
    if (this.#running.has(group)) return;
    this.#running.add(group);
    // One batch at a time: each WAIT may take its 500 ms, and a queue of them would run into the command time-out.
    for (;;) {
      const batch = this.#batches.get(group);
      if (batch === undefined) break;
      this.#batches.delete(group);
      try {
        await this.#send(batch, true);
      } catch (error) {
        const reason = toPlatformError(error, 'durable write');
        for (const pending of batch) pending.reject(reason);
      }
    }
    this.#running.delete(group);
  }

  async #send(batch: readonly PendingWrite[], mayLoad: boolean): Promise<void> {
    const replies = await this.connection.command('durable write', (client) => {
      const pipeline = client.pipeline();
      for (const { script, keys, args } of batch) {
        // A pipeline's commands return promises only as a courtesy: the replies come with exec().
        void scriptCommands(pipeline).evalshaBuffer(script.sha, keys.length, ...keys, ...args);
      }
      return pipeline.wait(this.#replicas, WAIT_TIMEOUT_MS).exec();
    });
    const waited = replies?.[batch.length];
    const shortfall = shortfallOf(waited, this.#replicas);
    const unknown: PendingWrite[] = [];
    for (const [i, pending] of batch.entries()) {
      const [error, reply] = replies?.[i] ?? [new Error('no reply'), undefined];
      if (mayLoad && isNoScript(error)) unknown.push(pending);
      else if (error !== null) pending.reject(toPlatformError(error, pending.script.name));
      else if (shortfall !== undefined) pending.reject(shortfall);
      else pending.resolve(reply);
    }
    if (unknown.length > 0) await this.#sendTexts(unknown);
  }

  // A server that has just (re)started knows no script: load them, then write as usual.
  async #sendTexts(batch: readonly PendingWrite[]): Promise<void> {
    try {
      for (const master of this.connection.masters()) {
        for (const script of new Set(batch.map((pending) => pending.script))) {
          await master.script('LOAD', script.lua);
        }
      }
      await this.#send(batch, false);
    } catch (error) {
      const reason = toPlatformError(error, 'load scripts');
      for (const pending of batch) pending.reject(reason);
    }
  }
}

function shortfallOf(
  waited: [error: Error | null, result: unknown] | undefined,
  replicas: number,
): PlatformError | undefined {
  const [error, count] = waited ?? [new Error('no reply'), 0];
  if (error !== null) return toPlatformError(error, 'WAIT');
  if (Number(count) >= replicas) return undefined;
  return new PlatformError(
    'STORE_NOT_DURABLE',
    `Redis: ${Number(count)} of ${replicas} replicas confirmed the write within ${WAIT_TIMEOUT_MS} ms`,
  );
}
