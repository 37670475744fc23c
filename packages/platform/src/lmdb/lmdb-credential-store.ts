import {
  type Credential,
  type CredentialStore,
  decodeCredential,
  encodeCredential,
} from '@hermod/contracts';
import { aorKeyOf, type LmdbTables } from './lmdb-tables.ts';
import type { LmdbWriter } from './lmdb-writer.ts';

/** {@link CredentialStore} on LMDB: a table of its own, since a recipient's row is read for every message and needs none of it. */
export class LmdbCredentialStore implements CredentialStore {
  readonly #tables: LmdbTables;
  readonly #writer: LmdbWriter;

  constructor(tables: LmdbTables, writer: LmdbWriter) {
    this.#tables = tables;
    this.#writer = writer;
  }

  async readCredential(aor: string): Promise<Credential | undefined> {
    const bytes = this.#tables.credentials.get(aorKeyOf(aor));
    return bytes === undefined ? undefined : decodeCredential(bytes.toString());
  }

  async writeCredential(aor: string, credential: Credential): Promise<void> {
    const encoded = encodeCredential(credential);
    await this.#writer.write({ op: 'writeCredential', aor, encoded });
  }

  async removeCredential(aor: string): Promise<boolean> {
    return (await this.#writer.write({ op: 'removeCredential', aor })).value === 1;
  }
}
