import { lowerCase, skipClass, TOKEN } from '../chars.ts';
import { ROW_STRIDE } from '../head-scan.ts';
import type { HeaderId } from '../header-name.ts';
import type { SipResponse } from '../message.ts';
import { type AuthParamSink, readAuthParams } from './digest-credentials.ts';
import type { DigestAlgorithm } from './digest-hash.ts';

/** One challenge value: `Digest realm="…", nonce="…", …`. RFC 3261 §22.4 item 8: a server always sends qop.
 *  @param realm without quotes and backslashes  @param nonce likewise  @param isStale the nonce was refused, not the password
 *  @see RFC 7616 §3.3 */
function formatDigestChallenge(
  realm: string,
  nonce: string,
  algorithm: DigestAlgorithm,
  isStale: boolean,
): string {
  const stale = isStale ? ', stale=true' : '';
  return `Digest realm="${realm}", nonce="${nonce}"${stale}, algorithm=${algorithm}, qop="auth,auth-int"`;
}

/** The header lines of a challenge: one row per algorithm, in order of preference (RFC 8760 §2.3), never joined into one row.
 *  @param status 401 of a registrar, 407 of a proxy (RFC 3261 §22.2, §22.3) */
export function formatChallengeLines(
  status: 401 | 407,
  realm: string,
  nonce: string,
  algorithms: readonly DigestAlgorithm[],
  isStale: boolean,
): string[] {
  const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  return algorithms.map(
    (algorithm) => `${name}: ${formatDigestChallenge(realm, nonce, algorithm, isStale)}`,
  );
}

/** The realm of one WWW-Authenticate or Proxy-Authenticate row, of any scheme; undefined where it cannot be told for certain: bad
 *  syntax, several challenges in one row, no realm or two. */
export function challengeRealm(text: string): string | undefined {
  const found = new FoundRealm();
  const error = readAuthParams(text, skipClass(text, 0, text.length, TOKEN), found);
  return error === undefined ? found.realm : undefined;
}

/** Indexes into {@link SipResponse.rows} of the rows of `header` that challenge for `realm`, in any case, or that may: those whose realm
 *  cannot be told.  @param header WWW_AUTHENTICATE or PROXY_AUTHENTICATE */
export function challengeRows(response: SipResponse, header: HeaderId, realm: string): number[] {
  const found: number[] = [];
  const { rows } = response;
  for (let i = 0; i < rows.length; i += ROW_STRIDE) {
    if (rows[i] !== header) continue;
    const named = challengeRealm(response.valueAt(i));
    if (named === undefined || lowerCase(named) === lowerCase(realm)) found.push(i);
  }
  return found;
}

class FoundRealm implements AuthParamSink {
  realm: string | undefined;

  add(name: string, value: string): boolean {
    if (name !== 'realm') return true;
    if (this.realm !== undefined) return false;
    this.realm = value;
    return true;
  }
}
