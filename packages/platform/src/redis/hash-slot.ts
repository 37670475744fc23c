const SLOTS = 16384;

/** The cluster slot of a key: CRC-16/XMODEM over the hash tag `{…}` (UTF-8), or over the whole key.
 *  @returns 0 … 16383  @see Redis cluster specification, "Key distribution model" */
export function hashSlot(key: string): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const tag = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    }
    crc &= 0xffff;
  }
  return crc % SLOTS;
}
