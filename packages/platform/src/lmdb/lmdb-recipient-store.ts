import {
  type AppendMailOptions,
  type AppendMailResult,
  encodeMail,
  type MailEntry,
  type RecipientState,
  type RecipientStore,
  storedMail,
} from '@hermod/contracts';
import type { Latin1Codec } from '@hermod/sip';
import { decodeLedgerRow, EMPTY_AOR_ROW, statusOf } from './lmdb-rows.ts';
import { aorKeyOf, type LmdbTables } from './lmdb-tables.ts';
import type { LmdbWriter } from './lmdb-writer.ts';
import { RecipientRowCache } from './recipient-row-cache.ts';
import { ENDED, FULL, MOVED } from './writer-protocol.ts';

/** {@link RecipientStore} on LMDB: reads are synchronous look-ups in mapped memory, writes go through the writer thread. */
export class LmdbRecipientStore implements RecipientStore {
  readonly #tables: LmdbTables;
  readonly #writer: LmdbWriter;
  readonly #codec: Latin1Codec;
  readonly #nowMs: () => number;
  readonly #rows = new RecipientRowCache();
  #lastWriteFailed = false;

  /** @param nowMs the clock that the ledger's ages are measured by */
  constructor(tables: LmdbTables, writer: LmdbWriter, codec: Latin1Codec, nowMs: () => number) {
    this.#tables = tables;
    this.#writer = writer;
    this.#codec = codec;
    this.#nowMs = nowMs;
  }

  async read(aor: string, deliveryId: string, nowMs: number): Promise<RecipientState> {
    return this.readNow(aor, deliveryId, nowMs);
  }

  readNow(aor: string, deliveryId: string, nowMs: number): RecipientState {
    const aorKey = aorKeyOf(aor);
    const ledgerStatus = this.#ledgerStatus(aorKey, deliveryId);
    const bytes = this.#tables.aors.get(aorKey);
    if (bytes === undefined) {
      const { version, mailboxCount, provisioned } = EMPTY_AOR_ROW;
      return { version, bindings: [], mailboxCount, provisioned, ledgerStatus };
    }
    const { row, bindings, firstExpiryMs } = this.#rows.decode(aorKey, bytes);
    return {
      version: row.version,
      bindings:
        firstExpiryMs > nowMs
          ? bindings
          : bindings.filter(({ expiresAtMs }) => expiresAtMs > nowMs),
      mailboxCount: row.mailboxCount,
      provisioned: row.provisioned,
      ledgerStatus,
    };
  }

  async appendMail(
    aor: string,
    entry: MailEntry,
    options: AppendMailOptions,
  ): Promise<AppendMailResult> {
    const { deliveryId } = entry.record;
    const { perSender } = options;
    const encoded = encodeMail(entry, this.#codec, perSender?.sender);
    const { value } = await this.#guard(
      this.#writer.write({
        op: 'appendMail',
        aor,
        deliveryId,
        order: entry.order,
        seenVersion: options.seenVersion,
        maxEntries: options.maxEntries,
        perSender,
        at: this.#writer.place(encoded),
        length: encoded.length,
      }),
    );
    if (value === MOVED || value === ENDED) {
      const kind = value === MOVED ? 'moved' : 'ended';
      return { kind, state: this.readNow(aor, deliveryId, options.nowMs) };
    }
    return value === FULL ? { kind: 'full' } : { kind: 'stored', count: value };
  }

  async readMail(aor: string, afterOrder: number, limit: number): Promise<readonly MailEntry[]> {
    const aorKey = aorKeyOf(aor);
    const entries: MailEntry[] = [];
    for (const { key, value } of this.#tables.mail.getRange({ start: [aorKey, afterOrder, ''] })) {
      if (key[0] !== aorKey || entries.length >= limit) break;
      if (key[1] <= afterOrder) continue;
      const place = { aor, order: key[1], deliveryId: key[2] };
      // A copy: what LMDB hands out may be its own memory, and the body borrows from it.
      entries.push(storedMail(place, new Uint8Array(value), this.#codec));
    }
    return entries;
  }

  async removeMail(
    aor: string,
    finished: Parameters<RecipientStore['removeMail']>[1],
  ): Promise<number> {
    return (await this.#guard(this.#writer.write({ op: 'removeMail', aor, finished }))).value;
  }

  async recordStatus(aor: string, deliveryId: string, status: number): Promise<void> {
    await this.#guard(this.#writer.write({ op: 'recordStatus', aor, deliveryId, status }));
  }

  async removeBinding(aor: string, bindingKey: string, flowToken: string): Promise<boolean> {
    const op = { op: 'removeBinding', aor, bindingKey, flowToken } as const;
    return (await this.#writer.write(op)).value === 1;
  }

  async refuseMessage(aor: string, bindingKey: string, flowToken: string): Promise<boolean> {
    const op = { op: 'refuseMessage', aor, bindingKey, flowToken } as const;
    return (await this.#writer.write(op)).value === 1;
  }

  /** A read; after a failed write a write, as a full disk shows in nothing else. */
  async probe(): Promise<void> {
    if (this.#lastWriteFailed) await this.#guard(this.#writer.write({ op: 'probe' }));
    else this.#writer.assertRunning();
  }

  async #guard<T>(write: Promise<T>): Promise<T> {
    try {
      const result = await write;
      this.#lastWriteFailed = false;
      return result;
    } catch (error) {
      this.#lastWriteFailed = true;
      throw error;
    }
  }

  #ledgerStatus(aorKey: string, deliveryId: string): number {
    const row = decodeLedgerRow(this.#tables.ledger.get([aorKey, deliveryId]));
    return row === undefined ? 0 : statusOf(row, this.#nowMs());
  }
}
