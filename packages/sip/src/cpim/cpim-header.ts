import { type Parsed, type ParseError, parsed, parseError } from '../result.ts';
import { unescapeCpim } from './cpim-text.ts';

/** The namespace of headers without a prefix, until an NS header says otherwise (RFC 3862 §3.4). */
export const CPIM_NAMESPACE = 'urn:ietf:params:cpim-headers:';

/** One metadata header. */
export type CpimHeader = {
  /** The URI that its prefix stands for; undefined for a prefix that no NS header above has declared. */
  readonly namespace: string | undefined;
  /** Without prefix. Case-sensitive (RFC 3862 §3.1). */
  readonly name: string;
  /** Language of the value (RFC 3862 §3.3), as written. */
  readonly lang: string | undefined;
  /** As on the wire, escapes included, without spaces around it. */
  readonly value: string;
};

/** A header line before its prefix is resolved. */
export type CpimLine = {
  readonly prefix: string;
  readonly name: string;
  readonly lang: string | undefined;
  readonly value: string;
};

/** An address or namespace value. */
export type CpimAddress = {
  /** Unquoted and unescaped; '' when there is none. */
  readonly formalName: string;
  /** Text between the angle brackets: visible ASCII, not judged further. */
  readonly uri: string;
};

// NAMECHAR: "." is left out, it ends the prefix.
const HEADER_NAME = /^(?:([!#-'*+\-^-`|~A-Za-z0-9]+)\.)?([!#-'*+\-^-`|~A-Za-z0-9]+)$/;

// Header = Header-name ":" *( ";" Parameter ) SP Header-value
/** Parses one header line. Spaces around the value are forgiven, a missing one behind the colon is not.
 *  Error: `CPIM_BAD_HEADER`.
 *  @param line latin1, without CRLF  @param at its offset, for the error
 *  @see RFC 3862 §2.2, §3.6 */
export function parseCpimLine(line: string, at: number): Parsed<CpimLine> {
  if (hasControl(line)) return badHeader(at);
  const colon = line.indexOf(':');
  const name = colon === -1 ? null : HEADER_NAME.exec(line.slice(0, colon));
  if (name === null) return badHeader(at);
  let i = colon + 1;
  let lang: string | undefined;
  while (line[i] === ';') {
    const equals = line.indexOf('=', i);
    const end = equals === -1 ? -1 : parameterEnd(line, equals + 1);
    if (end === -1 || end === equals + 1) return badHeader(at + i);
    if (line.slice(i + 1, equals) === 'lang') lang = line.slice(equals + 1, end);
    i = end;
  }
  if (line[i] !== ' ') return badHeader(at + i);
  return parsed({ prefix: name[1] ?? '', name: name[2] ?? '', lang, value: trim(line.slice(i)) });
}

// From-header-value = [ Formal-name ] "<" URI ">" ; Formal-name = 1*( Token SP ) / String
/** Parses the value of From, To, cc, NS and the like. A formal name may touch the bracket.
 *  @returns undefined when there are no brackets, or nothing in them */
export function parseCpimAddress(value: string): CpimAddress | undefined {
  const formalEnd = value[0] === '"' ? parameterEnd(value, 0) : 0;
  const open = formalEnd === -1 ? -1 : value.indexOf('<', formalEnd);
  if (open === -1 || value[value.length - 1] !== '>' || open + 2 >= value.length) return undefined;
  const uri = value.slice(open + 1, -1);
  if (!/^[!-;=?-~]+$/.test(uri)) return undefined;
  const formal = trim(value.slice(0, open));
  const isString = formal.length >= 2 && formal[0] === '"' && formal.endsWith('"');
  return { formalName: unescapeCpim(isString ? formal.slice(1, -1) : formal), uri };
}

/** End of a parameter value: a string in double quotes, or everything up to ";" or SP; -1 for quotes that never close. */
function parameterEnd(text: string, from: number): number {
  let i = from;
  if (text[i] !== '"') {
    while (i < text.length && text[i] !== ';' && text[i] !== ' ') i += 1;
    return i;
  }
  for (i += 1; i < text.length; i += 1) {
    if (text[i] === '"') return i + 1;
    if (text[i] === '\\') i += 1;
  }
  return -1;
}

/** RFC 3862 §2.2: no control characters, written out, in a header. */
function hasControl(line: string): boolean {
  for (let i = 0; i < line.length; i += 1) {
    const code = line.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function trim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text[from] === ' ') from += 1;
  while (to > from && text[to - 1] === ' ') to -= 1;
  return text.slice(from, to);
}

function badHeader(at: number): ParseError {
  return parseError('CPIM_BAD_HEADER', at, 'Malformed CPIM Header');
}
