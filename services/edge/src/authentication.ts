import type { CredentialStore, ServedDomains } from '@hermod/contracts';
import { type Metrics, nodeDigestHash, randomMac, type Series, secretMac } from '@hermod/platform';
import type { DigestAlgorithm, IdSource } from '@hermod/sip';
import {
  DigestAuthenticator,
  newAuthenticationStats,
} from './domain/authentication/digest-authenticator.ts';

/** What the configuration of an edge says about authentication. */
export type AuthenticationConfig = {
  /** Only `open` asks nobody. */
  readonly auth: 'open' | 'digest' | undefined;
  /** Undefined: the first of the domains. */
  readonly authRealm: string | undefined;
  readonly authAlgorithms: readonly DigestAlgorithm[];
  readonly authNonceSec: number;
  /** Undefined: dialogs are known again by the process that saw them begin, and by no other. */
  readonly gruuSecret: string | undefined;
};

/** The authenticator that the configuration asks for; undefined where nobody has to prove anything. */
export function newAuthenticator(
  config: AuthenticationConfig,
  domains: ServedDomains,
  credentials: Pick<CredentialStore, 'readCredential'>,
  ids: IdSource,
): DigestAuthenticator | undefined {
  if (config.auth === 'open') return undefined;
  const { gruuSecret } = config;
  return new DigestAuthenticator({
    domains,
    realm: config.authRealm ?? domains.primary,
    algorithms: config.authAlgorithms,
    nonceLifetimeMs: config.authNonceSec * 1000,
    credentials,
    hash: nodeDigestHash,
    mac: randomMac(),
    dialogMac: gruuSecret === undefined ? randomMac() : secretMac(gruuSecret, 'hermod dialog'),
    ids,
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
] as const;

const gauge = (name: string, help: string): Series => ({ name, help, kind: 'gauge' });

/** Publishes what an authenticator counts; zeros where there is none. */
export function exposeAuthenticationMetrics(
  metrics: Metrics,
  authenticator: DigestAuthenticator | undefined,
): void {
  const stats = authenticator?.stats ?? newAuthenticationStats();
  metrics.collect(
    {
      name: 'sip_authentications_total',
      help: 'Requests that had to prove who sent them, by result.',
      kind: 'counter',
    },
    ['result'],
    (emit) => {
      for (const { field, result } of RESULTS) emit(stats[field], { result });
    },
  );
  metrics.collect(gauge('sip_nonces', 'Nonces in use.'), [], (emit) =>
    emit(authenticator?.gauges.nonces ?? 0),
  );
  metrics.collect(gauge('sip_cached_credentials', 'Users whose password is cached.'), [], (emit) =>
    emit(authenticator?.gauges.credentials ?? 0),
  );
}
