import {
  type Credential,
  type CredentialStore,
  credentialKey,
  decodeCredential,
  encodeCredential,
} from '@hermod/contracts';
import type { DurableWriter } from './durable-writer.ts';
import type { RedisConnection } from './redis-connection.ts';
import { integerOf } from './redis-reply.ts';
import { REMOVE_TEXT, WRITE_TEXT } from './redis-scripts.ts';

/** {@link CredentialStore} on Redis: one text per user, in the AoR's slot. Nobody would write again what a fail-over loses: writes are durable. */
export class RedisCredentialStore implements CredentialStore {
  readonly #connection: RedisConnection;
  readonly #writer: DurableWriter;

  constructor(connection: RedisConnection, writer: DurableWriter) {
    this.#connection = connection;
    this.#writer = writer;
  }

  async readCredential(aor: string): Promise<Credential | undefined> {
    const text = await this.#connection.command('readCredential', (client) =>
      client.get(credentialKey(aor)),
    );
    return text === null ? undefined : decodeCredential(text);
  }

  async writeCredential(aor: string, credential: Credential): Promise<void> {
    await this.#writer.write(WRITE_TEXT, [credentialKey(aor)], [encodeCredential(credential)]);
  }

  async removeCredential(aor: string): Promise<boolean> {
    return integerOf(await this.#writer.write(REMOVE_TEXT, [credentialKey(aor)], [])) === 1;
  }
}
