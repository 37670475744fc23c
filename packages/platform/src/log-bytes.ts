import { Buffer } from 'node:buffer';
import {
  decodeRecordHeader,
  decodeRecordValue,
  type LogRecord,
  type RecordHeader,
} from '@hermod/contracts';
import type { Latin1Codec } from '@hermod/sip';

/** The same memory as a Buffer, without a copy. */
export function viewAsBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes ↔ latin1 for the record codec of `contracts`. */
export const logLatin1: Latin1Codec = {
  decode(bytes, start, end) {
    return viewAsBuffer(bytes).toString('latin1', start, end);
  },
  encode(text) {
    return Buffer.from(text, 'latin1');
  },
};

/** Puts a record together from its three parts as any log stores them.
 *  @param body whether the body is copied out of `value` (`copy`: `value` will be reused) or borrows from it
 *  @returns undefined when header or value are poison */
export function decodeLogRecord(
  aor: string,
  header: Uint8Array,
  headerAt: number,
  value: Uint8Array,
  start: number,
  end: number,
  body: 'copy' | 'borrow',
): LogRecord | undefined {
  const fields: RecordHeader | undefined = decodeRecordHeader(header, headerAt);
  if (fields === undefined) return undefined;
  const parts = decodeRecordValue(value, start, end, logLatin1);
  if (parts === undefined || aor === '') return undefined;
  return {
    type: fields.type,
    aor,
    deliveryId: fields.deliveryId,
    receivedAtMs: fields.receivedAtMs,
    expiresAtMs: fields.expiresAtMs,
    flags: fields.flags,
    head: parts.head,
    body: body === 'copy' ? Uint8Array.prototype.slice.call(parts.body) : parts.body,
  };
}
