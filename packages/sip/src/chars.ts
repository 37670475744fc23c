// Character classes of RFC 3261 §25.1, one bit each, in one 256-entry table.

export const TOKEN = 1;
export const DIGIT = 2;
export const HOST = 4;
/** user = 1*( unreserved / escaped / user-unreserved ), `%` checked apart. */
export const USER = 8;
/** password = *( unreserved / escaped / "&" / "=" / "+" / "$" / "," ) */
export const PASSWORD = 16;
/** paramchar = param-unreserved / unreserved / escaped */
export const PARAM = 32;
/** hname / hvalue characters, and the "=" and "&" between them. */
export const URI_HEADER = 64;
export const HEX = 128;

const ALPHANUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UNRESERVED = `${ALPHANUM}-_.!~*'()`;

const CLASS = new Uint8Array(256);

function mark(bit: number, chars: string): void {
  for (let i = 0; i < chars.length; i += 1) {
    const c = chars.charCodeAt(i);
    CLASS[c] = (CLASS[c] ?? 0) | bit;
  }
}
mark(TOKEN, `${ALPHANUM}-.!%*_+\`'~`);
mark(DIGIT, '0123456789');
mark(HEX, '0123456789ABCDEFabcdef');
// DEVIATION (liberal in what is accepted): "_" is no hostname character, yet private networks name hosts with it.
mark(HOST, `${ALPHANUM}-._`);
mark(USER, `${UNRESERVED}&=+$,;?/%`);
mark(PASSWORD, `${UNRESERVED}&=+$,%`);
mark(PARAM, `${UNRESERVED}[]/:&+$%`);
mark(URI_HEADER, `${UNRESERVED}[]/?:+$%&=`);

/** Is the character code in the class? Codes above 0xFF (never in a latin1 head) are in none. */
export function isIn(code: number, bit: number): boolean {
  return ((CLASS[code] ?? 0) & bit) !== 0;
}

/** First index in `[from, to)` whose character is not in the class; `to` if there is none. */
export function skipClass(text: string, from: number, to: number, bit: number): number {
  let i = from;
  while (i < to && ((CLASS[text.charCodeAt(i)] ?? 0) & bit) !== 0) i += 1;
  return i;
}

/** First index in `[from, to)` that is not SP, HTAB, CR or LF (folding was checked by the head scan). */
export function skipLws(text: string, from: number, to: number): number {
  let i = from;
  while (i < to && isLws(text.charCodeAt(i))) i += 1;
  return i;
}

/** End of `[from, to)` without trailing white space. */
export function trimEnd(text: string, from: number, to: number): number {
  let i = to;
  while (i > from && isLws(text.charCodeAt(i - 1))) i -= 1;
  return i;
}

/** SP, HTAB, CR or LF. */
export function isLws(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

/** Index after the closing quote of the quoted-string whose opening quote is at `from`, or -1 if it never closes. */
export function skipQuoted(text: string, from: number, to: number): number {
  for (let i = from + 1; i < to; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 34) return i + 1;
    // quoted-pair: any character but CR and LF, which the head scan lets through only as folding.
    if (c === 92) i += 1;
  }
  return -1;
}

/** Does every `%` in `[from, to)` start a valid escape? */
export function escapesValid(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    if (text.charCodeAt(i) !== 37) continue;
    if (i + 2 >= to || !isIn(text.charCodeAt(i + 1), HEX) || !isIn(text.charCodeAt(i + 2), HEX)) {
      return false;
    }
    i += 2;
  }
  return true;
}

/** Parse 1*DIGIT in `[from, to)`; -1 when it is empty, not all digits, or above `max`. Leading zeros are fine. */
export function parseDigits(text: string, from: number, to: number, max: number): number {
  if (from >= to) return -1;
  let n = 0;
  for (let i = from; i < to; i += 1) {
    const d = text.charCodeAt(i) - 48;
    if (d < 0 || d > 9) return -1;
    n = n * 10 + d;
    if (n > max) return -1;
  }
  return n;
}

/** `toLowerCase` that costs a scan and no more where there is nothing to change, which is the rule on the wire. */
export function lowerCase(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c >= 65 && c <= 90) return text.toLowerCase();
  }
  return text;
}

/** `toUpperCase`, likewise. */
export function upperCase(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c >= 97 && c <= 122) return text.toUpperCase();
  }
  return text;
}

/** `lastIndexOf` of one character within `[from, to)`, or -1. (The built-in leaves compiled code: 100 ns a call.) */
export function lastIndexIn(text: string, code: number, from: number, to: number): number {
  for (let i = to - 1; i >= from; i -= 1) if (text.charCodeAt(i) === code) return i;
  return -1;
}
