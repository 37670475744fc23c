import type { DueStore } from '@hermod/contracts';
import type { LmdbTables } from './lmdb-tables.ts';
import type { LmdbWriter } from './lmdb-writer.ts';

/** {@link DueStore} on LMDB: one table by AoR, one by time. */
export class LmdbDueStore implements DueStore {
  readonly #tables: LmdbTables;
  readonly #writer: LmdbWriter;

  constructor(tables: LmdbTables, writer: LmdbWriter) {
    this.#tables = tables;
    this.#writer = writer;
  }

  async schedule(...[partition, aor, atMs, mode]: Parameters<DueStore['schedule']>): Promise<void> {
    await this.#writer.write({ op: 'schedule', partition, aor, atMs, mode });
  }

  async due(partition: number, nowMs: number, limit: number): ReturnType<DueStore['due']> {
    const found: { aor: string; atMs: number }[] = [];
    const start: [number, number, string] = [partition, 0, ''];
    for (const { key, value } of this.#tables.times.getRange({ start })) {
      if (key[0] !== partition || key[1] > nowMs || found.length >= limit) break;
      found.push({ aor: value.toString(), atMs: key[1] });
    }
    return found;
  }

  async clear(partition: number, aor: string): Promise<void> {
    await this.#writer.write({ op: 'clear', partition, aor });
  }

  /** Of the whole table: the embedded store serves a log of one partition, and LMDB counts no ranges. */
  async size(_partition: number): Promise<number> {
    // lmdb leaves the fields of its statistics out of its types.
    const { entryCount = 0 }: { entryCount?: number } = this.#tables.due.getStats();
    return entryCount;
  }

  async readMark(partition: number): Promise<string> {
    // Stored behind one '=', as an empty text is a value too.
    return this.#tables.marks.get(partition)?.toString('utf8', 1) ?? '';
  }

  async writeMark(partition: number, mark: string): Promise<void> {
    await this.#writer.write({ op: 'writeMark', partition, mark });
  }
}
