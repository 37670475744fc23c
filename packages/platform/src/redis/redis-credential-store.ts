import {
  type Credential,
  type CredentialStore,
  credentialKey,
  decodeCredential,
  encodeCredential,
} from '@hermod/contracts';
import type { RedisConnection } from './redis-connection.ts';

/** {@link CredentialStore} on Redis: one text per user, in the AoR's slot. */
export class RedisCredentialStore implements CredentialStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async readCredential(aor: string): Promise<Credential | undefined> {
    const text = await this.#connection.command('readCredential', (client) =>
      client.get(credentialKey(aor)),
    );
    return text === null ? undefined : decodeCredential(text);
  }

  async writeCredential(aor: string, credential: Credential): Promise<void> {
    await this.#connection.command('writeCredential', (client) =>
      client.set(credentialKey(aor), encodeCredential(credential)),
    );
  }

  async removeCredential(aor: string): Promise<boolean> {
    const removed = await this.#connection.command('removeCredential', (client) =>
      client.del(credentialKey(aor)),
    );
    return removed === 1;
  }
}
