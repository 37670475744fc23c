import type { Latin1Codec } from '@hermod/sip';
import type { LogRecord, RecordType } from './ports.ts';

// version u8 | type u8 | flags u8 | priority u8 | receivedAt f64 | expiresAt f64 | delivery id 22 × ASCII — one packed
// header, because each further Kafka header costs more than the SIP parse.
const VERSION = 1;
const TYPE_CODES: Record<RecordType, number> = { message: 1, registered: 2 };
const DELIVERY_ID_AT = 20;
const DELIVERY_ID_CHARS = 22;

/** Bytes of an encoded record header. */
export const RECORD_HEADER_BYTES = DELIVERY_ID_AT + DELIVERY_ID_CHARS;

/** The fields that travel in the packed header. */
export type RecordHeader = Pick<
  LogRecord,
  'type' | 'deliveryId' | 'receivedAtMs' | 'expiresAtMs' | 'flags'
>;

/** Writes the packed header at `target[at…at+RECORD_HEADER_BYTES)`. The delivery id is 22 ASCII characters, or empty. */
export function encodeRecordHeader(record: RecordHeader, target: Uint8Array, at: number): void {
  const view = new DataView(target.buffer, target.byteOffset + at, RECORD_HEADER_BYTES);
  view.setUint8(0, VERSION);
  view.setUint8(1, TYPE_CODES[record.type]);
  view.setUint8(2, record.flags);
  view.setUint8(3, 0);
  view.setFloat64(4, record.receivedAtMs);
  view.setFloat64(12, record.expiresAtMs);
  for (let i = 0; i < DELIVERY_ID_CHARS; i += 1) {
    const code = i < record.deliveryId.length ? record.deliveryId.charCodeAt(i) : 0;
    target[at + DELIVERY_ID_AT + i] = code;
  }
}

/** Reads a packed header. @returns undefined when it is cut short, of another version or type: poison */
export function decodeRecordHeader(bytes: Uint8Array, at: number): RecordHeader | undefined {
  if (bytes.length - at < RECORD_HEADER_BYTES || bytes[at] !== VERSION) return undefined;
  const typeCode = bytes[at + 1];
  const type =
    typeCode === TYPE_CODES.message
      ? 'message'
      : typeCode === TYPE_CODES.registered
        ? 'registered'
        : undefined;
  if (type === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, RECORD_HEADER_BYTES);
  let deliveryId = '';
  for (let i = 0; i < DELIVERY_ID_CHARS; i += 1) {
    const code = view.getUint8(DELIVERY_ID_AT + i);
    if (code === 0) break;
    deliveryId += String.fromCharCode(code);
  }
  return {
    type,
    flags: view.getUint8(2),
    receivedAtMs: view.getFloat64(4),
    expiresAtMs: view.getFloat64(12),
    deliveryId,
  };
}

/** The record's value as bytes: head (latin1) followed by the body. */
export function encodeRecordValue(record: LogRecord, codec: Latin1Codec): Uint8Array {
  const value = new Uint8Array(record.head.length + record.body.length);
  value.set(codec.encode(record.head), 0);
  value.set(record.body, record.head.length);
  return value;
}

/** Splits `bytes[start…end)` at the first empty line into head and body; the body borrows from `bytes`.
 *  @returns undefined when there is no empty line: poison */
export function decodeRecordValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  codec: Latin1Codec,
): { readonly head: string; readonly body: Uint8Array } | undefined {
  if (start === end) return { head: '', body: bytes.subarray(start, end) };
  for (let i = bytes.indexOf(13, start); i >= 0 && i + 3 < end; i = bytes.indexOf(13, i + 1)) {
    if (bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) {
      return { head: codec.decode(bytes, start, i + 4), body: bytes.subarray(i + 4, end) };
    }
  }
  return undefined;
}
