/** Offset after the first CRLF CRLF in `bytes[from, to)`, or -1. */
// Boyer-Moore for this one pattern: an octet that is neither CR nor LF lets the window jump its whole length.
export function findHeadEnd(bytes: Uint8Array, from: number, to: number): number {
  let i = from + 3;
  while (i < to) {
    const c = bytes[i];
    if (c === 10) {
      if (bytes[i - 1] === 13 && bytes[i - 2] === 10 && bytes[i - 3] === 13) return i + 1;
      i += 2;
    } else {
      i += c === 13 ? 1 : 4;
    }
  }
  return -1;
}

/** How many octets of CRLF CRLF have been seen after `count` (0–3) of them and then `octet`. */
export function headEndProgress(count: number, octet: number): number {
  if (octet === 13) return count === 2 ? 3 : 1;
  if (octet === 10) return count === 1 ? 2 : count === 3 ? 4 : 0;
  return 0;
}
