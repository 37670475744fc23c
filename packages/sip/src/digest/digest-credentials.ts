// Authorization and Proxy-Authorization: RFC 3261 §25.1 (credentials), RFC 7616 §3.4.
import { lowerCase, skipClass, skipLws, skipQuoted, TOKEN, trimEnd } from '../chars.ts';
import { ROW_STRIDE } from '../head-scan.ts';
import type { HeaderId } from '../header-name.ts';
import type { SipRequest } from '../message.ts';
import { unquote } from '../params.ts';
import { type Parsed, type ParseError, parsed, parseError } from '../result.ts';
import { type DigestAlgorithm, parseDigestAlgorithm } from './digest-hash.ts';

/** Parameters accepted in one row: twice what all RFCs together define. */
const MAX_AUTH_PARAMS = 32;

/** Digest credentials as sent: quotes and quoted-pairs undone, nothing verified. Texts are latin1 and never empty but `username`, `cnonce`. */
export type DigestCredentials = {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  /** The digest-uri. */
  readonly uri: string;
  /** Lower-cased. */
  readonly response: string;
  /** As sent; undefined means MD5. */
  readonly algorithm: string | undefined;
  readonly cnonce: string | undefined;
  /** Lower-cased. */
  readonly qop: string | undefined;
  /** As sent: it goes into the hash as text. */
  readonly nc: string | undefined;
};

/** Credentials for one realm and algorithm, found in a request. */
export type FoundCredentials = {
  readonly credentials: DigestCredentials;
  readonly algorithm: DigestAlgorithm;
};

const SCHEME = 'digest';

/**
 * Parse one Authorization or Proxy-Authorization row. Commas separate parameters, so a row is never split as a list (RFC 3261 §7.3.1).
 * Unknown parameters are skipped. Quotes where the grammar wants a token, or a token where it wants quotes, are taken: both are sent.
 *
 * @returns `SIP_BAD_CREDENTIALS` (400) for another scheme, bad syntax, a parameter that comes twice, or a mandatory one that is missing
 */
// credentials = ("Digest" LWS digest-response) / other-response ; digest-response = dig-resp *(COMMA dig-resp)
export function parseDigestCredentials(text: string): Parsed<DigestCredentials> {
  const to = trimEnd(text, 0, text.length);
  let next = skipClass(text, 0, to, TOKEN);
  if (lowerCase(text.slice(0, next)) !== SCHEME) return badCredentials(0);
  const values = new Map<string, string>();
  while (next < to) {
    const nameStart = skipLws(text, next, to);
    const nameEnd = skipClass(text, nameStart, to, TOKEN);
    const equals = skipLws(text, nameEnd, to);
    if (nameEnd === nameStart || text.charCodeAt(equals) !== 61) return badCredentials(nameEnd);
    const valueStart = skipLws(text, equals + 1, to);
    const valueEnd =
      text.charCodeAt(valueStart) === 34
        ? skipQuoted(text, valueStart, to)
        : skipClass(text, valueStart, to, TOKEN);
    if (valueEnd === -1 || valueEnd === valueStart) return badCredentials(valueStart);
    const name = lowerCase(text.slice(nameStart, nameEnd));
    if (values.has(name) || values.size === MAX_AUTH_PARAMS) return badCredentials(nameStart);
    values.set(name, unquote(text.slice(valueStart, valueEnd)));
    const comma = skipLws(text, valueEnd, to);
    if (comma < to && text.charCodeAt(comma) !== 44) return badCredentials(comma);
    if (comma + 1 === to) return badCredentials(comma);
    next = comma + 1;
  }
  return credentialsOf(values);
}

function credentialsOf(values: ReadonlyMap<string, string>): Parsed<DigestCredentials> {
  const username = values.get('username');
  const realm = values.get('realm');
  const nonce = values.get('nonce');
  const uri = values.get('uri');
  const response = values.get('response');
  if (username === undefined || !realm || !nonce || !uri || !response) return badCredentials(0);
  const qop = values.get('qop');
  return parsed({
    username,
    realm,
    nonce,
    uri,
    response: lowerCase(response),
    algorithm: values.get('algorithm'),
    cnonce: values.get('cnonce'),
    qop: qop === undefined ? undefined : lowerCase(qop),
    nc: values.get('nc'),
  });
}

/** The first credentials of a request that are for our realm and an algorithm that we offer. Rows that are somebody else's, or
 *  malformed, are passed over.
 *  @param header AUTHORIZATION or PROXY_AUTHORIZATION  @see RFC 3261 §22.3; RFC 8760 §2.4 */
export function findCredentials(
  request: SipRequest,
  header: HeaderId,
  realm: string,
  algorithms: readonly DigestAlgorithm[],
): FoundCredentials | undefined {
  const { rows } = request;
  for (let i = 0; i < rows.length; i += ROW_STRIDE) {
    if (rows[i] !== header) continue;
    const row = parseDigestCredentials(request.valueAt(i));
    if (!row.ok || row.value.realm !== realm) continue;
    const algorithm = parseDigestAlgorithm(row.value.algorithm);
    if (algorithm === undefined || !algorithms.includes(algorithm)) continue;
    return { credentials: row.value, algorithm };
  }
  return undefined;
}

/** Indexes into {@link SipRequest.rows} of the rows of `header` that hold credentials for `realm`, whatever else is wrong with them.
 *  A proxy may remove those, and must leave the others (RFC 3261 §22.3). */
export function credentialRows(request: SipRequest, header: HeaderId, realm: string): number[] {
  const found: number[] = [];
  const { rows } = request;
  for (let i = 0; i < rows.length; i += ROW_STRIDE) {
    if (rows[i] !== header) continue;
    const row = parseDigestCredentials(request.valueAt(i));
    if (row.ok && row.value.realm === realm) found.push(i);
  }
  return found;
}

function badCredentials(at: number): ParseError {
  return parseError('SIP_BAD_CREDENTIALS', at, 'Malformed Credentials');
}
