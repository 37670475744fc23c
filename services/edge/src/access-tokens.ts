import { ConfigError, type PemWatchTools } from '@hermod/platform';
import { normalHost } from '@hermod/sip';
import { JoseTokenVerifier } from './adapters/jose-token-verifier.ts';
import { JwksKeys, type KeyLog } from './adapters/jwks-keys.ts';
import type { TokenParts } from './domain/authentication/token-authenticator.ts';

/** What the configuration of an edge says about access tokens. */
export type TokenConfig = {
  /** Undefined: none are taken. */
  readonly tokenJwks: string | undefined;
  readonly tokenIssuer: string | undefined;
  /** Undefined: the realm. */
  readonly tokenAudience: string | undefined;
  readonly tokenClaim: string;
  readonly tokenScope: string | undefined;
  readonly authRealm: string | undefined;
  readonly domains: readonly string[];
};

/** The parts of a process that {@link openAccessTokens} uses. */
export type TokenTools = Pick<PemWatchTools, 'lifecycle'> & { readonly logger: KeyLog };

/** What access tokens are verified with, kept up to date; undefined where none are taken. A URL may be away: then nobody gets in by token yet.
 *  Rejects with a ConfigError when a file cannot be used. */
export async function openAccessTokens(
  config: TokenConfig,
  { logger, lifecycle }: TokenTools,
): Promise<TokenParts | undefined> {
  const { tokenJwks, tokenIssuer: issuer, tokenClaim: claim, tokenScope: scope } = config;
  // The configuration has been checked: keys come with the issuer.
  if (tokenJwks === undefined || issuer === undefined) return undefined;
  const keys = new JwksKeys(tokenJwks, logger);
  await keys.start();
  lifecycle.onStop('keys of access tokens', () => keys.stop());
  if (keys.count === 0 && keys.isFile) throw unusable(tokenJwks, keys.failure);
  lifecycle.onReload(() => void keys.refresh());
  const audience = config.tokenAudience ?? config.authRealm ?? normalHost(config.domains[0] ?? '');
  const verifier = new JoseTokenVerifier(keys, { issuer, audience, claim, scope });
  return { verifier, authzServer: issuer, scope };
}

function unusable(path: string, failure: unknown): ConfigError {
  const why = failure instanceof Error ? failure.message : String(failure);
  return new ConfigError(
    {
      variable: 'HERMOD_TOKEN_JWKS',
      fault: `${path} cannot be used: ${why}`,
      remedy:
        'set it to a JSON Web Key Set with the public keys of the authorization server, or mend the file',
    },
    failure,
  );
}
