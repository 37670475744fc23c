import type { Latin1Codec } from '@hermod/sip';
import {
  decodeRecordHeader,
  decodeRecordValue,
  encodeRecordHeader,
  RECORD_HEADER_BYTES,
} from './log-record.ts';
import type { MailEntry } from './ports.ts';

// order f64 | record header | head and body. The AoR is the key it is stored under.
const HEADER_AT = 8;
const VALUE_AT = HEADER_AT + RECORD_HEADER_BYTES;

/** A stored message as one value: its order, the log record's header and the original bytes. */
export function encodeMail(entry: MailEntry, codec: Latin1Codec): Uint8Array {
  const { record } = entry;
  const bytes = new Uint8Array(VALUE_AT + record.head.length + record.body.length);
  new DataView(bytes.buffer).setFloat64(0, entry.order);
  encodeRecordHeader(record, bytes, HEADER_AT);
  bytes.set(codec.encode(record.head), VALUE_AT);
  bytes.set(record.body, VALUE_AT + record.head.length);
  return bytes;
}

/** The inverse of {@link encodeMail}; the body borrows from `bytes`. @returns undefined when the bytes are not a mail entry */
export function decodeMail(
  aor: string,
  bytes: Uint8Array,
  codec: Latin1Codec,
): MailEntry | undefined {
  if (bytes.length < VALUE_AT) return undefined;
  const header = decodeRecordHeader(bytes, HEADER_AT);
  if (header === undefined) return undefined;
  const value = decodeRecordValue(bytes, VALUE_AT, bytes.length, codec);
  if (value === undefined) return undefined;
  const order = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
  return { order, record: { ...header, aor, head: value.head, body: value.body } };
}
