import { Buffer } from 'node:buffer';
import type { Latin1Codec } from '@hermod/sip';

// Present in every Node since 0.11 and what `toString('latin1')` and `write(…, 'latin1')` end in, but in no type
// declaration; called directly they save the look-up of the encoding for every message.
type Latin1Buffer = Buffer & {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number, length: number): number;
};

/** View over the same memory, without a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Write latin1 text, where there is room for it. @returns octets written, one per character */
export function writeLatin1(target: Buffer, text: string, at: number): number {
  return (target as Latin1Buffer).latin1Write(text, at, text.length);
}

/**
 * Bytes ↔ latin1 by Buffer: one byte is one UTF-16 unit 0–255, both ways.
 * (`TextDecoder('latin1')` is windows-1252 and loses 0x80–0x9f.)
 */
export const bufferCodec: Latin1Codec = {
  decode(bytes, start, end) {
    return (asBuffer(bytes) as Latin1Buffer).latin1Slice(start, end);
  },
  encode(text) {
    return Buffer.from(text, 'latin1');
  },
};
