import { escapesValid, isIn, PARAM, skipClass, skipLws, skipQuoted, TOKEN } from './chars.ts';
import { type Parsed, type ParseError, parsed, parseError } from './result.ts';

/** One parameter as on the wire: `value` still quoted or escaped; `true` when there is no "=". */
export type ParamEntry = { readonly name: string; readonly value: string | true };

/** An ordered parameter list of a header value or of a URI. Immutable. Look-up ignores case; order and spelling are kept. */
export class Params {
  static readonly EMPTY = new Params([]);
  /** In wire order, values raw. */
  readonly entries: readonly ParamEntry[];

  constructor(entries: readonly ParamEntry[]) {
    this.entries = entries;
  }

  /** The value without quotes and URI escapes, `true` for a parameter without "=", undefined when absent.
   *  @param name lower case */
  get(name: string): string | true | undefined {
    for (let i = 0; i < this.entries.length; i += 1) {
      const entry = this.entries[i];
      if (entry !== undefined && sameName(entry.name, name)) {
        return entry.value === true ? true : plainValue(entry.value);
      }
    }
    return undefined;
  }

  /** The value when it is a string; undefined when absent or without "=". */
  getText(name: string): string | undefined {
    const value = this.get(name);
    return value === true ? undefined : value;
  }

  has(name: string): boolean {
    for (let i = 0; i < this.entries.length; i += 1) {
      const entry = this.entries[i];
      if (entry !== undefined && sameName(entry.name, name)) return true;
    }
    return false;
  }

  /** A copy in which `name` has the raw wire value `value`, in its old place or at the end. */
  with(name: string, value: string | true): Params {
    const next = this.entries.filter((entry) => !sameName(entry.name, name));
    const at = this.entries.findIndex((entry) => sameName(entry.name, name));
    next.splice(at === -1 ? next.length : at, 0, { name, value });
    return new Params(next);
  }

  /** A copy without the parameter. */
  without(name: string): Params {
    if (!this.has(name)) return this;
    return new Params(this.entries.filter((entry) => !sameName(entry.name, name)));
  }

  /** Wire form, each parameter with its leading ";"; '' for none. */
  format(): string {
    let out = '';
    for (let i = 0; i < this.entries.length; i += 1) {
      const entry = this.entries[i];
      if (entry === undefined) continue;
      out += entry.value === true ? `;${entry.name}` : `;${entry.name}=${entry.value}`;
    }
    return out;
  }
}

function sameName(wireName: string, name: string): boolean {
  if (wireName === name) return true;
  if (wireName.includes('%')) return unescapeText(wireName).toLowerCase() === name;
  return wireName.length === name.length && wireName.toLowerCase() === name;
}

function plainValue(raw: string): string {
  if (raw.charCodeAt(0) === 34) return unquote(raw);
  return raw.includes('%') ? unescapeText(raw) : raw;
}

/** Undo `"…"` and its quoted-pairs; a text that is not quoted comes back as it is. */
export function unquote(raw: string): string {
  if (raw.length < 2 || raw.charCodeAt(0) !== 34) return raw;
  if (!raw.includes('\\')) return raw.slice(1, -1);
  let out = '';
  for (let i = 1; i < raw.length - 1; i += 1) {
    if (raw.charCodeAt(i) === 92) i += 1;
    out += raw.charAt(i);
  }
  return out;
}

/** Undo `%HH` once; an invalid escape stays as it is. @returns latin1 text, one character per byte */
export function unescapeText(text: string): string {
  let at = text.indexOf('%');
  if (at === -1) return text;
  let out = '';
  let from = 0;
  while (at !== -1) {
    if (escapesValid(text, at, Math.min(at + 3, text.length))) {
      out +=
        text.slice(from, at) + String.fromCharCode(Number.parseInt(text.slice(at + 1, at + 3), 16));
      from = at + 3;
      at = text.indexOf('%', from);
    } else {
      at = text.indexOf('%', at + 1);
    }
  }
  return out + text.slice(from);
}

/** Parse `*( SEMI generic-param )` of a header value.
 *  @param text unfolded or folded latin1 text; `from` at the first ";" or at the end */
// generic-param = token [ EQUAL gen-value ] ; gen-value = token / host / quoted-string
export function parseHeaderParams(text: string, from: number, to: number): Parsed<Params> {
  let i = skipLws(text, from, to);
  if (i >= to) return EMPTY;
  const entries: ParamEntry[] = [];
  while (i < to) {
    if (text.charCodeAt(i) !== 59) return badParam(i);
    const nameStart = skipLws(text, i + 1, to);
    const nameEnd = skipClass(text, nameStart, to, TOKEN);
    if (nameEnd === nameStart) return badParam(nameStart);
    const name = text.slice(nameStart, nameEnd);
    i = skipLws(text, nameEnd, to);
    let value: string | true = true;
    if (i < to && text.charCodeAt(i) === 61) {
      const valueStart = skipLws(text, i + 1, to);
      const valueEnd =
        text.charCodeAt(valueStart) === 34
          ? skipQuoted(text, valueStart, to)
          : skipGenValue(text, valueStart, to);
      if (valueEnd === -1 || valueEnd === valueStart) return badParam(valueStart);
      value = text.slice(valueStart, valueEnd);
      i = skipLws(text, valueEnd, to);
    }
    if (isDuplicate(entries, name)) return badParam(nameStart);
    entries.push({ name, value });
  }
  return parsed(new Params(entries));
}

/** Parse `*( ";" uri-parameter )`: no white space, no quotes. `from` at the first ";" or at the end. */
export function parseUriParams(text: string, from: number, to: number): Parsed<Params> {
  if (from >= to) return EMPTY;
  const entries: ParamEntry[] = [];
  let i = from;
  while (i < to) {
    if (text.charCodeAt(i) !== 59) return badParam(i);
    const nameStart = i + 1;
    i = skipClass(text, nameStart, to, PARAM);
    if (i === nameStart || !escapesValid(text, nameStart, i)) return badParam(nameStart);
    const name = text.slice(nameStart, i);
    let value: string | true = true;
    if (i < to && text.charCodeAt(i) === 61) {
      const valueStart = i + 1;
      i = skipClass(text, valueStart, to, PARAM);
      if (i === valueStart || !escapesValid(text, valueStart, i)) return badParam(valueStart);
      value = text.slice(valueStart, i);
    }
    // RFC 3261 §19.1.1: any given parameter name must not appear more than once.
    if (isDuplicate(entries, name)) return badParam(nameStart);
    entries.push({ name, value });
  }
  return parsed(new Params(entries));
}

const EMPTY: Parsed<Params> = parsed(Params.EMPTY);

// A gen-value that is not quoted: token characters, and ":" "[" "]" of an IPv6 host.
function skipGenValue(text: string, from: number, to: number): number {
  let i = from;
  while (i < to) {
    const c = text.charCodeAt(i);
    if (!isIn(c, TOKEN) && c !== 58 && c !== 91 && c !== 93) break;
    i += 1;
  }
  return i;
}

function isDuplicate(entries: readonly ParamEntry[], name: string): boolean {
  if (entries.length === 0) return false;
  const key = name.toLowerCase();
  for (let i = 0; i < entries.length; i += 1) {
    const entry = entries[i];
    if (entry !== undefined && entry.name.toLowerCase() === key) return true;
  }
  return false;
}

function badParam(at: number): ParseError {
  return parseError('SIP_BAD_PARAM', at, 'Malformed Parameter');
}
