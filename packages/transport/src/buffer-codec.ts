import { Buffer } from 'node:buffer';
import type { Latin1Codec } from '@hermod/sip';

/** View over the same memory, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Bytes ↔ latin1 by Buffer: one byte is one UTF-16 unit 0–255, both ways.
 * (`TextDecoder('latin1')` is windows-1252 and loses 0x80–0x9f.)
 */
export const bufferCodec: Latin1Codec = {
  decode(bytes, start, end) {
    return asBuffer(bytes).latin1Slice(start, end);
  },
  encode(text) {
    return Buffer.from(text, 'latin1');
  },
};
