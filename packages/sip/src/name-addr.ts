import { isIn, skipLws, skipQuoted, TOKEN, trimEnd } from './chars.ts';
import { type Params, parseHeaderParams, unquote } from './params.ts';
import { type Parsed, type ParseError, parsed, parseError } from './result.ts';
import { parseUri, type Uri } from './uri.ts';

/** A name-addr or addr-spec with its header parameters (From, To, Contact, Route, Path …). The URI is parsed on first use. */
export class NameAddr {
  /** Without quotes; undefined when there is none. */
  readonly displayName: string | undefined;
  /** URI text, without angle brackets. */
  readonly uriText: string;
  /** Header parameters, those after ">" (or after the addr-spec when it is not bracketed). */
  readonly params: Params;
  #uri: Parsed<Uri> | undefined;

  constructor(displayName: string | undefined, uriText: string, params: Params) {
    this.displayName = displayName;
    this.uriText = uriText;
    this.params = params;
  }

  get uri(): Parsed<Uri> {
    this.#uri ??= parseUri(this.uriText);
    return this.#uri;
  }

  /** The `tag` parameter, undefined when absent. */
  get tag(): string | undefined {
    return this.params.getText('tag');
  }
}

/** Parse one `( name-addr / addr-spec ) *( SEMI generic-param )` that fills `text[from, to)`, the whole by default.
 *  Error: `SIP_BAD_NAME_ADDR` or `SIP_BAD_PARAM`, 400. The URI inside is judged by `uri`. */
// name-addr = [ display-name ] LAQUOT addr-spec RAQUOT ; display-name = *( token LWS ) / quoted-string
export function parseNameAddr(text: string, from = 0, to = text.length): Parsed<NameAddr> {
  const end = trimEnd(text, from, to);
  const start = skipLws(text, from, end);
  if (start >= end) return badNameAddr(start);
  const first = text.charCodeAt(start);
  let displayName: string | undefined;
  let i = start;
  if (first === 34) {
    const quoteEnd = skipQuoted(text, start, end);
    if (quoteEnd === -1) return badNameAddr(start);
    displayName = unquote(text.slice(start, quoteEnd));
    i = skipLws(text, quoteEnd, end);
    if (text.charCodeAt(i) !== 60) return badNameAddr(i);
  } else if (first !== 60) {
    const open = text.indexOf('<', start);
    if (open === -1 || open >= end) return parseBareAddr(text, start, end);
    // A "<" that comes later than the first ";" or a URI's ":" is not ours: display tokens hold neither.
    i = skipDisplayTokens(text, start, open);
    if (i !== open) return badNameAddr(i);
    displayName = text.slice(start, trimEnd(text, start, open));
  }
  const close = text.indexOf('>', i + 1);
  if (close === -1 || close >= end || close === i + 1) return badNameAddr(i);
  const params = parseHeaderParams(text, close + 1, end);
  if (!params.ok) return params;
  return parsed(new NameAddr(displayName, text.slice(i + 1, close), params.value));
}

// RFC 3261 §20.10: without brackets everything after ";" is a header parameter, and "," and "?" may not occur.
function parseBareAddr(text: string, start: number, end: number): Parsed<NameAddr> {
  let i = start;
  for (; i < end; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 59) break;
    if (c === 44 || c === 63 || c === 62 || c === 34) return badNameAddr(i);
  }
  const uriEnd = trimEnd(text, start, i);
  if (uriEnd === start) return badNameAddr(start);
  const params = parseHeaderParams(text, i, end);
  if (!params.ok) return params;
  return parsed(new NameAddr(undefined, text.slice(start, uriEnd), params.value));
}

// RFC 4475 §3.1.1.6: a display token may touch "<".
function skipDisplayTokens(text: string, from: number, to: number): number {
  let i = from;
  while (i < to) {
    const c = text.charCodeAt(i);
    if (!isIn(c, TOKEN) && c !== 32 && c !== 9 && c !== 13 && c !== 10) return i;
    i += 1;
  }
  return i;
}

function badNameAddr(at: number): ParseError {
  return parseError('SIP_BAD_NAME_ADDR', at, 'Malformed Address');
}
