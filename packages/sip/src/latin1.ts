/** Bytes ↔ latin1 strings, one character per byte, every byte 0–255 round-trips.
 *  A port: the fast conversions belong to the run-time (`TextDecoder('latin1')` is windows-1252 and loses 0x80). */
export interface Latin1Codec {
  /** Decode `bytes[start, end)`. The result owns its characters: the bytes may be reused afterwards. */
  decode(bytes: Uint8Array, start: number, end: number): string;
  /** Encode a string whose characters are all below 0x100 into bytes that the caller owns. */
  encode(text: string): Uint8Array;
}
