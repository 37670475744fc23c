import {
  DIGIT,
  escapesValid,
  isIn,
  lastIndexIn,
  lowerCase,
  PASSWORD,
  skipClass,
  URI_HEADER,
  USER,
} from './chars.ts';
import { normalHost, parsePort, scanHost } from './host.ts';
import { Params, parseUriParams, unescapeText } from './params.ts';
import { type Parsed, type ParseError, parsed, parseError } from './result.ts';

/** A SIP or SIPS URI (RFC 3261 §19.1). `user`, `password` and `headers` are still escaped; `host` is lower case, IPv6 with brackets and
 *  as RFC 5952 writes it. */
export type SipUri = {
  readonly kind: 'sip';
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** Text after "?", undefined when there is none. */
  readonly headers: string | undefined;
};

/** An absolute URI of a scheme that Hermod does not route by: `im:`, `tel:` and the like. */
export type OtherUri = { readonly kind: 'other'; readonly scheme: string; readonly text: string };

/** Any URI that may stand in a Request-URI or a name-addr; tell them apart by `kind`. */
export type Uri = SipUri | OtherUri;

/** Parse an addr-spec (no angle brackets, no white space). Errors: `SIP_BAD_URI`, `SIP_BAD_PARAM`, both 400.
 *  @see RFC 3261 §19.1.1, §25.1 */
export function parseUri(text: string): Parsed<Uri> {
  const colon = text.indexOf(':');
  if (colon <= 0) return badUri(0);
  const scheme = lowerCase(text.slice(0, colon));
  return scheme === 'sip' || scheme === 'sips'
    ? parseSipUri(text, scheme, colon + 1)
    : parseOtherUri(text, scheme, colon);
}

// SIP-URI = "sip:" [ userinfo ] hostport uri-parameters [ headers ]
function parseSipUri(text: string, scheme: 'sip' | 'sips', from: number): Parsed<Uri> {
  const end = text.length;
  // "@" may stand nowhere else unescaped, so the last one ends the userinfo and the character check below does the rest.
  const at = lastIndexIn(text, 64, from, end);
  let user: string | undefined;
  let password: string | undefined;
  let i = from;
  if (at >= from) {
    const userEnd = skipClass(text, from, at, USER);
    if (userEnd === from || !escapesValid(text, from, at)) return badUri(from);
    user = text.slice(from, userEnd);
    if (userEnd < at) {
      if (text.charCodeAt(userEnd) !== 58) return badUri(userEnd);
      if (skipClass(text, userEnd + 1, at, PASSWORD) !== at) return badUri(userEnd + 1);
      password = text.slice(userEnd + 1, at);
    }
    i = at + 1;
  }
  const hostEnd = scanHost(text, i, end);
  if (hostEnd === -1) return badUri(i);
  const host = normalHost(text.slice(i, hostEnd));
  i = hostEnd;
  let port: number | undefined;
  if (i < end && text.charCodeAt(i) === 58) {
    const portEnd = skipClass(text, i + 1, end, DIGIT);
    port = parsePort(text, i + 1, portEnd);
    if (port === undefined) return badUri(i + 1);
    i = portEnd;
  }
  const question = text.indexOf('?', i);
  const paramsEnd = question === -1 ? end : question;
  let params = Params.EMPTY_IN_URI;
  if (i < paramsEnd) {
    const parsedParams = parseUriParams(text, i, paramsEnd);
    if (!parsedParams.ok) return parsedParams;
    params = parsedParams.value;
  }
  let headers: string | undefined;
  if (question !== -1) {
    if (skipClass(text, question + 1, end, URI_HEADER) !== end) return badUri(question);
    if (question + 1 === end || !escapesValid(text, question, end)) return badUri(question);
    headers = text.slice(question + 1);
  }
  return parsed({ kind: 'sip', scheme, user, password, host, port, params, headers });
}

// absoluteURI = scheme ":" ( hier-part / opaque-part ); scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
function parseOtherUri(text: string, scheme: string, colon: number): Parsed<Uri> {
  for (let i = 0; i < colon; i += 1) {
    const c = scheme.charCodeAt(i);
    const isAlpha = c >= 97 && c <= 122;
    if (!isAlpha && (i === 0 || (!isIn(c, DIGIT) && c !== 43 && c !== 45 && c !== 46))) {
      return badUri(i);
    }
  }
  if (colon + 1 === text.length) return badUri(colon);
  for (let i = colon + 1; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    // Anything printable but space, quotes and angle brackets: the scheme's own grammar is not ours to judge.
    if (c <= 32 || c >= 127 || c === 34 || c === 60 || c === 62) return badUri(i);
  }
  return parsed({ kind: 'other', scheme, text });
}

/** Wire form of a SIP or SIPS URI, without angle brackets. */
export function formatSipUri(uri: SipUri): string {
  let out = `${uri.scheme}:`;
  if (uri.user !== undefined) {
    out += uri.user;
    if (uri.password !== undefined) out += `:${uri.password}`;
    out += '@';
  }
  out += uri.host;
  if (uri.port !== undefined) out += `:${uri.port}`;
  out += uri.params.format();
  if (uri.headers !== undefined) out += `?${uri.headers}`;
  return out;
}

/** Undo `%HH` once (RFC 3261 §19.1.2: never twice). @returns latin1 text */
export function unescapeUser(text: string): string {
  return unescapeText(text);
}

/** Escape what a user part may not hold as it is, and nothing else; hex digits upper case. Inverse of {@link unescapeUser}. */
export function escapeUser(text: string): string {
  const clean = skipUserPlain(text, 0);
  if (clean === text.length) return text;
  let out = text.slice(0, clean);
  for (let i = clean; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c !== 37 && isIn(c, USER)) out += text.charAt(i);
    else out += `%${HEX_DIGITS.charAt((c >> 4) & 15)}${HEX_DIGITS.charAt(c & 15)}`;
  }
  return out;
}

const HEX_DIGITS = '0123456789ABCDEF';

function skipUserPlain(text: string, from: number): number {
  let i = from;
  while (i < text.length && text.charCodeAt(i) !== 37 && isIn(text.charCodeAt(i), USER)) i += 1;
  return i;
}

function badUri(at: number): ParseError {
  return parseError('SIP_BAD_URI', at, 'Malformed URI');
}
