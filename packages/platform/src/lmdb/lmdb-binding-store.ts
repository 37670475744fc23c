import { type BindingStore, encodeBinding } from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import { decodeAorRow, decodeBindings } from './lmdb-rows.ts';
import { aorKeyOf, type LmdbTables } from './lmdb-tables.ts';
import type { LmdbWriter } from './lmdb-writer.ts';
import { CONFLICT } from './writer-protocol.ts';

/** {@link BindingStore} on LMDB. */
export class LmdbBindingStore implements BindingStore {
  readonly #tables: LmdbTables;
  readonly #writer: LmdbWriter;

  constructor(tables: LmdbTables, writer: LmdbWriter) {
    this.#tables = tables;
    this.#writer = writer;
  }

  async readBindings(aor: string): ReturnType<BindingStore['readBindings']> {
    const row = decodeAorRow(this.#tables.aors.get(aorKeyOf(aor)));
    return { version: row.version, bindings: decodeBindings(row.bindings) };
  }

  async compareAndSet(
    aor: string,
    expectedVersion: number,
    bindings: readonly Binding[],
  ): ReturnType<BindingStore['compareAndSet']> {
    const { value, extra } = await this.#writer.write({
      op: 'compareAndSet',
      aor,
      expectedVersion,
      bindings: bindings.map(encodeBinding).join('\n'),
    });
    if (value === CONFLICT) return { kind: 'conflict' };
    return { kind: 'written', version: value, mailboxCount: extra };
  }
}
