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
  const schemeEnd = skipClass(text, 0, trimEnd(text, 0, text.length), TOKEN);
  if (lowerCase(text.slice(0, schemeEnd)) !== SCHEME) return badCredentials(0);
  const found = new FoundParams();
  return readAuthParams(text, schemeEnd, found) ?? found.credentials() ?? badCredentials(0);
}

/** Takes the parameters of one row. */
export interface AuthParamSink {
  /** @param name lower case  @param value unquoted  @returns false when that makes the row malformed */
  add(name: string, value: string): boolean;
}

/** Reads the parameters of one row of credentials or of a challenge, those of one scheme.  @param start behind the scheme
 *  @returns undefined, or the fault */
// LWS auth-param *(COMMA auth-param) ; auth-param = token EQUAL ( token / quoted-string )
export function readAuthParams(
  text: string,
  start: number,
  sink: AuthParamSink,
): ParseError | undefined {
  const to = trimEnd(text, 0, text.length);
  let next = start;
  for (let count = 0; next < to; count += 1) {
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
    const isNew = sink.add(name, unquote(text.slice(valueStart, valueEnd)));
    if (!isNew || count === MAX_AUTH_PARAMS) return badCredentials(nameStart);
    const comma = skipLws(text, valueEnd, to);
    if (comma < to && text.charCodeAt(comma) !== 44) return badCredentials(comma);
    if (comma + 1 === to) return badCredentials(comma);
    next = comma + 1;
  }
  return undefined;
}

/** The parameters of one row as they are found. Fields rather than a Map: on UDP every request brings a row. */
class FoundParams implements AuthParamSink {
  #username: string | undefined;
  #realm: string | undefined;
  #nonce: string | undefined;
  #uri: string | undefined;
  #response: string | undefined;
  #algorithm: string | undefined;
  #cnonce: string | undefined;
  #qop: string | undefined;
  #nc: string | undefined;

  /** @param name lower case  @returns false when it is there already */
  add(name: string, value: string): boolean {
    switch (name) {
      case 'username':
        if (this.#username !== undefined) return false;
        this.#username = value;
        return true;
      case 'realm':
        if (this.#realm !== undefined) return false;
        this.#realm = value;
        return true;
      case 'nonce':
        if (this.#nonce !== undefined) return false;
        this.#nonce = value;
        return true;
      case 'uri':
        if (this.#uri !== undefined) return false;
        this.#uri = value;
        return true;
      case 'response':
        if (this.#response !== undefined) return false;
        this.#response = lowerCase(value);
        return true;
      case 'algorithm':
        if (this.#algorithm !== undefined) return false;
        this.#algorithm = value;
        return true;
      case 'cnonce':
        if (this.#cnonce !== undefined) return false;
        this.#cnonce = value;
        return true;
      case 'qop':
        if (this.#qop !== undefined) return false;
        this.#qop = lowerCase(value);
        return true;
      case 'nc':
        if (this.#nc !== undefined) return false;
        this.#nc = value;
        return true;
      default:
        return true;
    }
  }

  /** @returns undefined when a mandatory one is missing or empty */
  credentials(): Parsed<DigestCredentials> | undefined {
    const [username, realm, nonce] = [this.#username, this.#realm, this.#nonce];
    const [uri, response] = [this.#uri, this.#response];
    if (username === undefined || !realm || !nonce || !uri || !response) return undefined;
    return parsed({
      username,
      realm,
      nonce,
      uri,
      response,
      algorithm: this.#algorithm,
      cnonce: this.#cnonce,
      qop: this.#qop,
      nc: this.#nc,
    });
  }
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
