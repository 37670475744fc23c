import { type BindingStore, bindingsKey, mailboxKey } from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import type { RedisConnection } from './redis-connection.ts';
import { RedisReply } from './redis-reply.ts';
import { COMPARE_AND_SET } from './redis-scripts.ts';
import { bindingsOf, pushBindings } from './stored-bindings.ts';

/** How long an AoR's version outlives its last binding. Whoever holds an old version acts on it within seconds. */
const IDLE_VERSION_SEC = 86_400;

/** {@link BindingStore} on Redis. Registrations are not awaited on replicas: what a fail-over loses comes back with the next refresh. */
export class RedisBindingStore implements BindingStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async readBindings(
    aor: string,
  ): Promise<{ readonly version: number; readonly bindings: readonly Binding[] }> {
    const reply = await this.#connection.command('readBindings', (client) =>
      client.hgetall(bindingsKey(aor)),
    );
    return bindingsOf(new RedisReply(Object.entries(reply).flat()));
  }

  async compareAndSet(
    aor: string,
    expectedVersion: number,
    bindings: readonly Binding[],
  ): Promise<
    | { readonly kind: 'written'; readonly version: number; readonly mailboxCount: number }
    | { readonly kind: 'conflict' }
  > {
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
