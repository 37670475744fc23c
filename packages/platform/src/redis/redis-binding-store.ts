import { type BindingStore, bindingsKey, mailboxKey } from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import { IDLE_VERSION_SEC } from '../store-lifetimes.ts';
import type { RedisConnection } from './redis-connection.ts';
import { RedisReply } from './redis-reply.ts';
import { COMPARE_AND_SET } from './redis-scripts.ts';
import { bindingsOf, pushBindings } from './stored-bindings.ts';

/** {@link BindingStore} on Redis. Registrations are not awaited on replicas: what a fail-over loses comes back with the next refresh. */
export class RedisBindingStore implements BindingStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async readBindings(aor: string): ReturnType<BindingStore['readBindings']> {
    const reply = await this.#connection.command('readBindings', (client) =>
      client.hgetall(bindingsKey(aor)),
    );
    return bindingsOf(new RedisReply(Object.entries(reply).flat()));
  }

  async compareAndSet(
    aor: string,
    expectedVersion: number,
    bindings: readonly Binding[],
  ): ReturnType<BindingStore['compareAndSet']> {
    let latestExpiryMs = 0;
    for (const { expiresAtMs } of bindings) latestExpiryMs = Math.max(latestExpiryMs, expiresAtMs);
    const args: (string | number)[] = [expectedVersion, latestExpiryMs, IDLE_VERSION_SEC];
    pushBindings(args, bindings);
    const keys = [bindingsKey(aor), mailboxKey(aor)];
    const reply = new RedisReply(await this.#connection.run(COMPARE_AND_SET, keys, args));
    const version = reply.integer(0);
    if (version < 0) return { kind: 'conflict' };
    return { kind: 'written', version, mailboxCount: reply.integer(1) };
  }
}
