import type { Binding } from '@hermod/sip';
import { type AorRow, decodeAorRow, decodeBindings } from './lmdb-rows.ts';

/** AoRs whose decoded row is kept: about 1 KB each. */
const MAX_ROWS = 16_384;

/** An AoR's row with its bindings decoded. Shared by all who look: not to be changed. */
export type RecipientRow = {
  readonly bytes: Buffer;
  readonly row: AorRow;
  readonly bindings: readonly Binding[];
  /** Of the binding that expires first; Infinity for none. */
  readonly firstExpiryMs: number;
};

/** Decoded rows by the bytes they were decoded from: a row that was written since, by whomever, is never taken for the old one. */
export class RecipientRowCache {
  #rows = new Map<string, RecipientRow>();

  /** @param bytes as read now; kept */
  decode(aorKey: string, bytes: Buffer): RecipientRow {
    const known = this.#rows.get(aorKey);
    if (known?.bytes.equals(bytes) === true) return known;
    if (this.#rows.size >= MAX_ROWS) this.#rows = new Map();
    const row = decodeAorRow(bytes);
    const bindings = decodeBindings(row.bindings);
    let firstExpiryMs = Number.POSITIVE_INFINITY;
    for (const { expiresAtMs } of bindings) firstExpiryMs = Math.min(firstExpiryMs, expiresAtMs);
    const decoded = { bytes, row, bindings, firstExpiryMs };
    this.#rows.set(aorKey, decoded);
    return decoded;
  }
}
