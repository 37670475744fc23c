// Access tokens in Authorization and Proxy-Authorization: RFC 8898 §2, RFC 6750 §2.1.
import { lowerCase, skipClass, skipLws, TOKEN, trimEnd } from '../chars.ts';
import { ROW_STRIDE } from '../head-scan.ts';
import type { HeaderId } from '../header-name.ts';
import type { SipRequest } from '../message.ts';
import { type Parsed, parsed, parseError } from '../result.ts';

const SCHEME = 'bearer';
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Parse one Authorization or Proxy-Authorization row that carries an access token.
 *
 * @returns the token as sent, not looked into; `SIP_BAD_CREDENTIALS` (400) for another scheme, or what no token may hold
 */
// credentials = "Bearer" LWS b64token ; b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
export function parseBearerToken(text: string): Parsed<string> {
  const to = trimEnd(text, 0, text.length);
  const schemeEnd = schemeEndOf(text);
  if (schemeEnd === -1) return parseError('SIP_BAD_CREDENTIALS', 0, 'Malformed Credentials');
  const token = text.slice(skipLws(text, schemeEnd, to), to);
  if (B64TOKEN.test(token)) return parsed(token);
  return parseError('SIP_BAD_CREDENTIALS', schemeEnd, 'Malformed Access Token');
}

/** The first access token in rows of `header`; rows that are of another scheme, or malformed, are passed over.
 *  @param header AUTHORIZATION or PROXY_AUTHORIZATION */
export function findBearerToken(request: SipRequest, header: HeaderId): string | undefined {
  const { rows } = request;
  for (let i = 0; i < rows.length; i += ROW_STRIDE) {
    if (rows[i] !== header) continue;
    const token = parseBearerToken(request.valueAt(i));
    if (token.ok) return token.value;
  }
  return undefined;
}

/** Indexes into {@link SipRequest.rows} of the rows of `header` that are of this scheme, whatever is wrong with them. They do not tell for
 *  whom they are: who takes tokens must let none pass, or whoever gets the request may use it. */
export function bearerRows(request: SipRequest, header: HeaderId): number[] {
  const found: number[] = [];
  const { rows } = request;
  for (let i = 0; i < rows.length; i += ROW_STRIDE) {
    if (rows[i] === header && schemeEndOf(request.valueAt(i)) !== -1) found.push(i);
  }
  return found;
}

/** Where "Bearer" ends; -1 for another scheme. */
function schemeEndOf(text: string): number {
  const end = skipClass(text, 0, text.length, TOKEN);
  return end === SCHEME.length && lowerCase(text.slice(0, end)) === SCHEME ? end : -1;
}
