const ESCAPED: ReadonlyMap<number, string> = new Map([
  [0x5c, '\\\\'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
]);
/** What stands for a surrogate without its other half. */
const REPLACEMENT = 0xfffd;

/** Writes text so that it fits on one header line.
 *  @param text UTF-8, one character per byte
 *  @param quote the kind of quotes it will stand in, if any: only that kind is escaped
 *  @see RFC 3862 §2.3.1 */
export function escapeCpim(text: string, quote?: '"' | "'"): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const escaped = text[i] === quote ? `\\${quote}` : escapeOf(text.charCodeAt(i));
    if (escaped === undefined) continue;
    out += text.slice(from, i) + escaped;
    from = i + 1;
  }
  return out + text.slice(from);
}

function escapeOf(code: number): string | undefined {
  if (code >= 0x20 && code !== 0x5c && code !== 0x7f) return undefined;
  return ESCAPED.get(code) ?? `\\u${code.toString(16).padStart(4, '0')}`;
}

// Escape = "\" ( "u" 4(HEXDIG) / "b" / "t" / "n" / "r" / DQUOTE / "'" / "\" )
/** Undoes {@link escapeCpim}. Never fails: an unknown escape means its character, a backslash at the end nothing.
 *  @param text latin1 of the wire's UTF-8  @returns the same, `\uXXXX` as UTF-8 bytes; two that are surrogates of each other as one character
 *  @see RFC 3862 §2.3.1 */
export function unescapeCpim(text: string): string {
  let at = text.indexOf('\\');
  if (at === -1) return text;
  let out = '';
  let from = 0;
  while (at !== -1) {
    out += text.slice(from, at);
    const unit = hexUnitAt(text, at);
    if (unit === -1) {
      out += unescaped(text.charAt(at + 1));
      from = at + 2;
    } else {
      const low = isHighSurrogate(unit) ? hexUnitAt(text, at + 6) : -1;
      const isPair = low >= 0xdc00 && low <= 0xdfff;
      out += utf8Of(isPair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit);
      from = at + (isPair ? 12 : 6);
    }
    at = text.indexOf('\\', from);
  }
  return out + text.slice(from);
}

function unescaped(char: string): string {
  switch (char) {
    case 'b':
      return '\b';
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    default:
      return char;
  }
}

/** The UTF-16 unit of a `\uXXXX` at `at`, or -1. */
function hexUnitAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== 0x5c || text.charCodeAt(at + 1) !== 0x75) return -1;
  const digits = text.slice(at + 2, at + 6);
  return /^[0-9A-Fa-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** UTF-8 of one code point, one character per byte. */
function utf8Of(codePoint: number): string {
  const code = codePoint >= 0xd800 && codePoint <= 0xdfff ? REPLACEMENT : codePoint;
  if (code < 0x80) return String.fromCharCode(code);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), tail(code));
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12), tail(code >> 6), tail(code));
  return String.fromCharCode(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
}

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}
