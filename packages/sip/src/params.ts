import {
  escapesValid,
  isIn,
  lowerCase,
  PARAM,
  skipClass,
  skipLws,
  skipQuoted,
  TOKEN,
} from './chars.ts';
import { type Parsed, type ParseError, parsed, parseError } from './result.ts';

/** Parameters accepted in one list. Names are compared with each other, so without a cap the time that a list takes grows with the
 *  square of its length: a head full of parameters would hold the process for a quarter of a second. */
export const MAX_PARAMS = 64;

/** One parameter as on the wire: `value` still quoted or escaped; `true` when there is no "=". */
export type ParamEntry = { readonly name: string; readonly value: string | true };

/** Where a parameter list stands. In a URI `%HH` is an escape; in a header `%` is a token character like any other
 *  (RFC 4475 §3.1.1.2), and values may be quoted. */
export type ParamsPlace = 'header' | 'uri';

/** An ordered parameter list of a header value or of a URI. Immutable. Look-up ignores case; order and spelling are kept. */
export class Params {
  static readonly EMPTY = new Params([], 'header');
  static readonly EMPTY_IN_URI = new Params([], 'uri');
  /** In wire order, values raw. */
  readonly entries: readonly ParamEntry[];
  readonly place: ParamsPlace;

  constructor(entries: readonly ParamEntry[], place: ParamsPlace) {
    this.entries = entries;
    this.place = place;
  }

  /** The value without quotes (header) or escapes (URI), `true` for a parameter without "=", undefined when absent.
   *  @param name lower case */
  get(name: string): string | true | undefined {
    const at = this.#indexOf(name);
    const value = at === -1 ? undefined : this.entries[at]?.value;
    if (value === undefined || value === true) return value;
    return this.place === 'uri' ? unescapeText(value) : unquote(value);
  }

  /** The value when it is a string; undefined when absent or without "=". */
  getText(name: string): string | undefined {
    const value = this.get(name);
    return value === true ? undefined : value;
  }

  /** @param name lower case */
  has(name: string): boolean {
    return this.#indexOf(name) !== -1;
  }

  /** A copy in which `name` has the raw wire value `value`, in its old place or at the end. */
  with(name: string, value: string | true): Params {
    const next = this.entries.slice();
    const at = this.#indexOf(name.toLowerCase());
    next.splice(at === -1 ? next.length : at, at === -1 ? 0 : 1, { name, value });
    return new Params(next, this.place);
  }

  /** A copy without the parameter. @param name lower case */
  without(name: string): Params {
    const at = this.#indexOf(name);
    if (at === -1) return this;
    const next = this.entries.slice();
    next.splice(at, 1);
    return new Params(next, this.place);
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

  #indexOf(name: string): number {
    const entries = this.entries;
    for (let i = 0; i < entries.length; i += 1) {
      const entry = entries[i];
      if (entry !== undefined && sameName(entry.name, name, this.place)) return i;
    }
    return -1;
  }
}

function sameName(wireName: string, name: string, place: ParamsPlace): boolean {
  if (wireName === name) return true;
  if (wireName.length === name.length) return lowerCase(wireName) === name;
  if (place === 'header' || wireName.length < name.length || !wireName.includes('%')) return false;
  return lowerCase(unescapeText(wireName)) === name;
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
    if (entries.length === MAX_PARAMS) return tooManyParams(nameStart);
    if (isDuplicate(entries, name, 'header')) return badParam(nameStart);
    entries.push({ name, value });
  }
  return parsed(new Params(entries, 'header'));
}

/** Parse `*( ";" uri-parameter )`: no white space, no quotes. `from` at the first ";" or at the end. */
export function parseUriParams(text: string, from: number, to: number): Parsed<Params> {
  if (from >= to) return EMPTY_IN_URI;
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
    if (entries.length === MAX_PARAMS) return tooManyParams(nameStart);
    // RFC 3261 §19.1.1: any given parameter name must not appear more than once.
    if (isDuplicate(entries, name, 'uri')) return badParam(nameStart);
    entries.push({ name, value });
  }
  return parsed(new Params(entries, 'uri'));
}

const EMPTY: Parsed<Params> = parsed(Params.EMPTY);
const EMPTY_IN_URI: Parsed<Params> = parsed(Params.EMPTY_IN_URI);

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

function isDuplicate(
  entries: readonly ParamEntry[],
  wireName: string,
  place: ParamsPlace,
): boolean {
  if (entries.length === 0) return false;
  const name = lowerCase(place === 'uri' ? unescapeText(wireName) : wireName);
  for (let i = 0; i < entries.length; i += 1) {
    const entry = entries[i];
    if (entry !== undefined && sameName(entry.name, name, place)) return true;
  }
  return false;
}

function badParam(at: number): ParseError {
  return parseError('SIP_BAD_PARAM', at, 'Malformed Parameter');
}

function tooManyParams(at: number): ParseError {
  return parseError('SIP_BAD_PARAM', at, 'Too Many Parameters');
}
