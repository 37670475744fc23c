import type { CredentialStore, ServedDomains } from '@hermod/contracts';
import { type Metrics, nodeDigestHash, randomMac, secretMac } from '@hermod/platform';
import type { DigestAlgorithm, IdSource } from '@hermod/sip';
import { newAuthenticationStats } from './domain/authentication/authentication-stats.ts';
import { Authenticator } from './domain/authentication/authenticator.ts';
import type { TokenParts } from './domain/authentication/token-authenticator.ts';

/** What the configuration of an edge says about authentication. */
export type AuthenticationConfig = {
  /** Only `open` asks nobody. */
  readonly auth: 'open' | 'digest' | 'token' | undefined;
  /** Undefined: the first of the domains. */
  readonly authRealm: string | undefined;
  readonly authAlgorithms: readonly DigestAlgorithm[];
  readonly authNonceSec: number;
  /** Undefined: dialogs are known again by the process that saw them begin, and by no other. */
  readonly gruuSecret: string | undefined;
};

/** The authenticator that the configuration asks for; undefined where nobody has to prove anything.  @param tokens undefined: none are taken */
export function newAuthenticator(
  config: AuthenticationConfig,
  domains: ServedDomains,
  credentials: Pick<CredentialStore, 'readCredential'>,
  ids: IdSource,
  tokens?: TokenParts,
): Authenticator | undefined {
  if (config.auth === 'open') return undefined;
  const { gruuSecret } = config;
  return new Authenticator({
    domains,
    realm: config.authRealm ?? domains.primary,
    algorithms: config.auth === 'token' ? [] : config.authAlgorithms,
    nonceLifetimeMs: config.authNonceSec * 1000,
    credentials,
    hash: nodeDigestHash,
    mac: randomMac(),
    dialogMac: gruuSecret === undefined ? randomMac() : secretMac(gruuSecret, 'hermod dialog'),
    ids,
    tokens,
  });
}

const RESULTS = [
  { field: 'challenged', result: 'challenged' },
  { field: 'stale', result: 'stale' },
  { field: 'proven', result: 'proven' },
  { field: 'wrong', result: 'wrong' },
  { field: 'slowedDown', result: 'slowed_down' },
  { field: 'foreign', result: 'foreign' },
  { field: 'malformed', result: 'malformed' },
  { field: 'tokenProven', result: 'token_proven' },
  { field: 'tokenExpired', result: 'token_expired' },
  { field: 'tokenWrong', result: 'token_wrong' },
] as const;

/** Publishes what an authenticator counts; zeros where there is none. */
export function exposeAuthenticationMetrics(
  metrics: Metrics,
  authenticator: Authenticator | undefined,
): void {
  const stats = authenticator?.stats ?? newAuthenticationStats();
  metrics.collect(
    {
      name: 'sip_authentications_total',
      help: 'Requests and WebSockets that had to prove whose they are, by result.',
      kind: 'counter',
    },
    ['result'],
    (emit) => {
      for (const { field, result } of RESULTS) emit(stats[field], { result });
    },
  );
  const gauges = [
    ['nonces', 'sip_nonces', 'Nonces in use.'],
    ['credentials', 'sip_cached_credentials', 'Users whose password is cached.'],
    ['tokens', 'sip_cached_tokens', 'Access tokens that were looked at.'],
    [
      'tokenKeys',
      'sip_token_keys',
      'Keys that access tokens may be signed with; 0: there are none.',
    ],
  ] as const;
  for (const [field, name, help] of gauges) {
    metrics.collect({ name, help, kind: 'gauge' }, [], (emit) =>
      emit(authenticator?.gauges[field] ?? 0),
    );
  }
}
