import type { Latin1Codec } from '@hermod/sip';
import {
  decodeRecordHeader,
  decodeRecordValue,
  encodeRecordHeader,
  RECORD_HEADER_BYTES,
} from './log-record.ts';
import type { MailEntry } from './ports.ts';

// order f64 | record header | head and body; or, where somebody counts it:
// order f64 | MAIL_WITH_SENDER u8 | sender 22 × ASCII | record header | head and body.
// The AoR is the key it is stored under. A record header begins with its version, 1.
const ORDER_BYTES = 8;

/** The byte behind the order of an entry that says whom it counts for. */
export const MAIL_WITH_SENDER = 2;
/** Where such an entry has its sender. */
export const MAIL_SENDER_AT = ORDER_BYTES + 1;
/** Length of a sender. */
export const MAIL_SENDER_CHARS = 22;

/** A stored message as one value: its order, whom it counts for, the log record's header and the original bytes.
 *  @param sender 22 ASCII characters; '' when it counts for nobody */
export function encodeMail(entry: MailEntry, codec: Latin1Codec, sender = ''): Uint8Array {
  const { record } = entry;
  const headerAt = sender === '' ? ORDER_BYTES : MAIL_SENDER_AT + MAIL_SENDER_CHARS;
  const valueAt = headerAt + RECORD_HEADER_BYTES;
  const bytes = new Uint8Array(valueAt + record.head.length + record.body.length);
  new DataView(bytes.buffer).setFloat64(0, entry.order);
  if (sender !== '') {
    bytes[ORDER_BYTES] = MAIL_WITH_SENDER;
    bytes.set(codec.encode(sender), MAIL_SENDER_AT);
  }
  encodeRecordHeader(record, bytes, headerAt);
  bytes.set(codec.encode(record.head), valueAt);
  bytes.set(record.body, valueAt + record.head.length);
  return bytes;
}

/** The inverse of {@link encodeMail}; the body borrows from `bytes`. @returns undefined when the bytes are not a mail entry */
export function decodeMail(
  aor: string,
  bytes: Uint8Array,
  codec: Latin1Codec,
): MailEntry | undefined {
  const headerAt =
    bytes[ORDER_BYTES] === MAIL_WITH_SENDER ? MAIL_SENDER_AT + MAIL_SENDER_CHARS : ORDER_BYTES;
  const valueAt = headerAt + RECORD_HEADER_BYTES;
  if (bytes.length < valueAt) return undefined;
  const header = decodeRecordHeader(bytes, headerAt);
  if (header === undefined) return undefined;
  const value = decodeRecordValue(bytes, valueAt, bytes.length, codec);
  if (value === undefined) return undefined;
  const order = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
  return { order, record: { ...header, aor, head: value.head, body: value.body } };
}

/** Whom an encoded entry counts for, '' for nobody. */
export function mailSender(bytes: Uint8Array): string {
  if (bytes[ORDER_BYTES] !== MAIL_WITH_SENDER) return '';
  return String.fromCharCode(...bytes.subarray(MAIL_SENDER_AT, MAIL_SENDER_AT + MAIL_SENDER_CHARS));
}

/** What a mailbox holds at a place, where `bytes` lie (undefined: nothing does): that message, which borrows from them, or what
 *  {@link MailEntry} says of bytes that are none. */
export function storedMail(
  place: { readonly aor: string; readonly order: number; readonly deliveryId: string },
  bytes: Uint8Array | undefined,
  codec: Latin1Codec,
): MailEntry {
  const { aor, order, deliveryId } = place;
  const entry = bytes === undefined ? undefined : decodeMail(aor, bytes, codec);
  // Another message would be delivered, and never leave the mailbox, where it goes by another name.
  if (entry?.order === order && entry.record.deliveryId === deliveryId) return entry;
  const none = { receivedAtMs: 0, expiresAtMs: 0, flags: 0, head: '' } as const;
  const body = bytes ?? new Uint8Array(0);
  return { order, record: { type: 'message', aor, deliveryId, ...none, body } };
}
