import { PlatformError } from '@hermod/contracts';
import type { Latin1Codec } from '@hermod/sip';
import { makeDirectory } from '../data-directory.ts';
import { LmdbBindingStore } from './lmdb-binding-store.ts';
import { LmdbCredentialStore } from './lmdb-credential-store.ts';
import { LmdbDueStore } from './lmdb-due-store.ts';
import { LmdbRecipientStore } from './lmdb-recipient-store.ts';
import { LmdbSubscriberStore } from './lmdb-subscriber-store.ts';
import { type LmdbTables, openTables } from './lmdb-tables.ts';
import { LmdbWriter } from './lmdb-writer.ts';

/** Options of {@link LmdbStores}. */
export type LmdbStoresOptions = {
  readonly codec: Latin1Codec;
  /** Epoch milliseconds, for the ledger's ages. Default Date.now. */
  readonly nowMs?: () => number;
};

/** The stores on one LMDB directory. One process at a time may have it open. */
export class LmdbStores {
  readonly recipients: LmdbRecipientStore;
  readonly bindings: LmdbBindingStore;
  readonly subscribers: LmdbSubscriberStore;
  readonly credentials: LmdbCredentialStore;
  readonly due: LmdbDueStore;
  readonly #tables: LmdbTables;
  readonly #writer: LmdbWriter;

  private constructor(tables: LmdbTables, dir: string, options: LmdbStoresOptions) {
    const nowMs = options.nowMs ?? Date.now;
    this.#tables = tables;
    // Reads of this turn may hold an older snapshot than what was just written.
    const onDurable = (): void => tables.root.resetReadTxn();
    this.#writer = new LmdbWriter(dir, nowMs, onDurable);
    this.recipients = new LmdbRecipientStore(tables, this.#writer, options.codec, nowMs);
    this.bindings = new LmdbBindingStore(tables, this.#writer);
    this.subscribers = new LmdbSubscriberStore(tables, this.#writer);
    this.credentials = new LmdbCredentialStore(tables, this.#writer);
    this.due = new LmdbDueStore(tables, this.#writer);
  }

  /** Opens the stores of a directory, and makes it when it is not there.
   *  @throws PlatformError STORE_UNAVAILABLE when it cannot be opened */
  static open(dir: string, options: LmdbStoresOptions): LmdbStores {
    try {
      makeDirectory(dir);
      return new LmdbStores(openTables(dir), dir, options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PlatformError('STORE_UNAVAILABLE', `LMDB: cannot open ${dir}: ${reason}`, error);
    }
  }

  /** Removes old ledger rows and idle AoRs, at most some thousand per call (writes remove old ledger rows as they go, too).
   *  @returns how many rows went */
  async sweep(): Promise<number> {
    return (await this.#writer.write({ op: 'sweep' })).value;
  }

  /** Waits for pending writes, then closes. Idempotent. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#tables.root.close();
  }
}
