import { decodeBinding } from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import { LEDGER_TTL_SEC } from '../store-lifetimes.ts';

/** What is kept per AoR in one value, so that a look-up is one read. */
export type AorRow = {
  readonly version: number;
  readonly mailboxCount: number;
  readonly provisioned: boolean;
  /** Some of its mail was stored for a sender that is counted. */
  readonly countsSenders: boolean;
  readonly changedAtMs: number;
  /** Encoded bindings (JSON, so without line feeds), one per line; '' for none. */
  readonly bindings: string;
};

/** The row of an AoR that nobody has written yet. */
export const EMPTY_AOR_ROW: AorRow = {
  version: 0,
  mailboxCount: 0,
  provisioned: false,
  countsSenders: false,
  changedAtMs: 0,
  bindings: '',
};

// flags u8 | mailbox count u32 | version f64 | changed at f64 | bindings UTF-8
const PROVISIONED = 1;
const COUNTS_SENDERS = 2;
const AOR_HEAD_BYTES = 21;

/** The row as bytes. */
export function encodeAorRow(row: AorRow): Buffer {
  const bytes = Buffer.allocUnsafe(AOR_HEAD_BYTES + Buffer.byteLength(row.bindings));
  const flags = (row.provisioned ? PROVISIONED : 0) | (row.countsSenders ? COUNTS_SENDERS : 0);
  bytes.writeUInt8(flags, 0);
  bytes.writeUInt32BE(row.mailboxCount, 1);
  bytes.writeDoubleBE(row.version, 5);
  bytes.writeDoubleBE(row.changedAtMs, 13);
  bytes.write(row.bindings, AOR_HEAD_BYTES);
  return bytes;
}

/** The inverse of {@link encodeAorRow}; no bytes are the row of an unknown AoR. */
export function decodeAorRow(bytes: Buffer | undefined): AorRow {
  if (bytes === undefined) return EMPTY_AOR_ROW;
  return {
    provisioned: (bytes.readUInt8(0) & PROVISIONED) !== 0,
    countsSenders: (bytes.readUInt8(0) & COUNTS_SENDERS) !== 0,
    mailboxCount: bytes.readUInt32BE(1),
    version: bytes.readDoubleBE(5),
    changedAtMs: bytes.readDoubleBE(13),
    bindings: bytes.toString('utf8', AOR_HEAD_BYTES),
  };
}

/** The bindings of a row. A line that cannot be decoded is left out: one bad binding must not make its AoR unreachable. */
export function decodeBindings(lines: string): Binding[] {
  const bindings: Binding[] = [];
  for (let start = 0; start < lines.length; ) {
    const lineEnd = lines.indexOf('\n', start);
    const end = lineEnd < 0 ? lines.length : lineEnd;
    const binding = decodeBinding(lines.slice(start, end));
    if (binding !== undefined) bindings.push(binding);
    start = end + 1;
  }
  return bindings;
}

/** Status of one delivery id. `order`: that of its mail entry, −1 when there is none (any more). */
export type LedgerRow = {
  readonly status: number;
  readonly order: number;
  readonly atMs: number;
};

// status u16 | order f64 | at f64
const LEDGER_BYTES = 18;

/** The row as bytes. */
export function encodeLedgerRow(row: LedgerRow): Buffer {
  const bytes = Buffer.allocUnsafe(LEDGER_BYTES);
  bytes.writeUInt16BE(row.status, 0);
  bytes.writeDoubleBE(row.order, 2);
  bytes.writeDoubleBE(row.atMs, 10);
  return bytes;
}

/** The inverse of {@link encodeLedgerRow}. */
export function decodeLedgerRow(bytes: Buffer | undefined): LedgerRow | undefined {
  if (bytes === undefined) return undefined;
  return {
    status: bytes.readUInt16BE(0),
    order: bytes.readDoubleBE(2),
    atMs: bytes.readDoubleBE(10),
  };
}

/** A status for as long as it is kept, then 0.  @param nowMs epoch */
export function statusOf({ status, order, atMs }: LedgerRow, nowMs: number): number {
  return order >= 0 || nowMs - atMs < LEDGER_TTL_SEC * 1000 ? status : 0;
}

/** A count as bytes. */
export function encodeCount(count: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(count);
  return bytes;
}

/** The inverse of {@link encodeCount}; no bytes are none. */
export function decodeCount(bytes: Buffer | undefined): number {
  return bytes?.readUInt32BE() ?? 0;
}

/** Epoch milliseconds as bytes. */
export function encodeTime(atMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(atMs, 0);
  return bytes;
}

/** The inverse of {@link encodeTime}. */
export function decodeTime(bytes: Buffer | undefined): number | undefined {
  return bytes?.readDoubleBE(0);
}
