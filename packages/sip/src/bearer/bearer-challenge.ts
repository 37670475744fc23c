/** Why an access token is refused; RFC 6750 §3.1. */
export type TokenError = 'invalid_token' | 'insufficient_scope';

/** What a challenge says to whoever has no token, or the wrong one. All texts without quotes and backslashes. */
export type BearerChallenge = {
  readonly realm: string;
  /** The https URI of the authorization server that gives out tokens. */
  readonly authzServer: string;
  /** What a token has to allow at least, words with a space between them; undefined: nothing in particular. */
  readonly scope: string | undefined;
};

/** One challenge value.  @param error undefined: there was no token, and nothing is wrong (RFC 6750 §3.1)
 *  @see RFC 8898 §4 */
// challenge =/ ("Bearer" LWS bearer-cln *(COMMA bearer-cln))
// bearer-cln = realm / scope-param / authz-server-param / error-param / auth-param
export function formatBearerChallenge(
  { realm, authzServer, scope }: BearerChallenge,
  error: TokenError | undefined,
): string {
  const scopeParam = scope === undefined ? '' : `, scope="${scope}"`;
  const errorParam = error === undefined ? '' : `, error="${error}"`;
  return `Bearer realm="${realm}"${scopeParam}, authz_server="${authzServer}"${errorParam}`;
}

/** The same as a header line.  @param status 401 of a registrar, 407 of a proxy (RFC 8898 §2.2, §2.3) */
export function formatBearerLine(
  status: 401 | 407,
  challenge: BearerChallenge,
  error: TokenError | undefined,
): string {
  const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  return `${name}: ${formatBearerChallenge(challenge, error)}`;
}
