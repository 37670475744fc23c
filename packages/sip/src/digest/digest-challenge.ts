import type { DigestAlgorithm } from './digest-hash.ts';

/** One challenge value: `Digest realm="…", nonce="…", …`. RFC 3261 §22.4 item 8: a server always sends qop.
 *  @param realm without quotes and backslashes  @param nonce likewise  @param isStale the nonce was refused, not the password
 *  @see RFC 7616 §3.3 */
export function formatDigestChallenge(
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
