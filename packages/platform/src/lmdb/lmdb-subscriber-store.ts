import type { SubscriberStore } from '@hermod/contracts';
import { decodeAorRow } from './lmdb-rows.ts';
import { aorKeyOf, type LmdbTables } from './lmdb-tables.ts';
import type { LmdbWriter } from './lmdb-writer.ts';

/** {@link SubscriberStore} on LMDB: the flag is in the AoR's row; a table of its own lists them. */
export class LmdbSubscriberStore implements SubscriberStore {
  readonly #tables: LmdbTables;
  readonly #writer: LmdbWriter;

  constructor(tables: LmdbTables, writer: LmdbWriter) {
    this.#tables = tables;
    this.#writer = writer;
  }

  async isProvisioned(aor: string): Promise<boolean> {
    return decodeAorRow(this.#tables.aors.get(aorKeyOf(aor))).provisioned;
  }

  async addSubscriber(aor: string): Promise<boolean> {
    return (await this.#writer.write({ op: 'addSubscriber', aor })).value === 1;
  }

  async removeSubscriber(aor: string): Promise<boolean> {
    return (await this.#writer.write({ op: 'removeSubscriber', aor })).value === 1;
  }

  async listSubscribers(afterAor: string, limit: number): Promise<readonly string[]> {
    const after = aorKeyOf(afterAor);
    const range = afterAor === '' ? {} : { start: after };
    const listed: string[] = [];
    for (const { key, value } of this.#tables.subscribers.getRange(range)) {
      if (listed.length >= limit) break;
      if (key !== after) listed.push(value.toString());
    }
    return listed;
  }
}
