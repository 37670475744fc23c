// Digest authentication at the edge: RFC 3261 §22, RFC 7616, RFC 8760. Decisions: docs/adr/0012.
import type { CredentialStore, ServedDomains } from '@hermod/contracts';
import {
  type DigestAlgorithm,
  type DigestCredentials,
  type DigestHash,
  digestResponse,
  equalsInConstantTime,
  type FoundCredentials,
  findCredentials,
  formatChallengeLines,
  type HeaderId,
  type IdSource,
  type Mac,
  NonceCounts,
  NonceMint,
  networkOf,
  type ProxyReject,
  type SipRequest,
} from '@hermod/sip';
import type { Flow } from '../../ports.ts';
import type { AuthenticationStats } from './authentication-stats.ts';
import { CredentialCache, NO_HA1 } from './credential-cache.ts';
import { GuessLimiter } from './guess-limiter.ts';
import type { DigestEvidence, Refused } from './sender.ts';
import { isSameResource, type NamedUser, namedUser } from './user-name.ts';

/** What {@link DigestAuthenticator} is made of. */
export type DigestAuthenticatorParts = {
  readonly domains: ServedDomains;
  /** The protection domain that the stored hashes were made for. Without quotes and backslashes. */
  readonly realm: string;
  /** Offered, the most preferred first; none: no digests are taken. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly nonceLifetimeMs: number;
  readonly credentials: Pick<CredentialStore, 'readCredential'>;
  readonly hash: DigestHash;
  /** With a secret of this process: nonces of others are none of ours. */
  readonly mac: Mac;
  readonly ids: IdSource;
};

/** The credential of this user has to be loaded; then the request is checked again. */
export type NeedsCredential = { readonly ok: 'load'; readonly aor: string };

/** Nonces in use at once, some 150 bytes each. */
const MAX_NONCES = 200_000;
/** A longer user name is nobody's: it would be kept with every failure. */
const MAX_USERNAME_CHARS = 256;

const STALE: Refused = { ok: 'refused', isStale: true, tokenError: undefined };
const WRONG: Refused = { ok: 'refused', isStale: false, tokenError: undefined };

/** Finds out whose password a request was made with. */
export class DigestAuthenticator {
  readonly #parts: DigestAuthenticatorParts;
  readonly #stats: AuthenticationStats;
  readonly #mint: NonceMint;
  readonly #counts: NonceCounts;
  readonly #cache: CredentialCache;
  readonly #guesses = new GuessLimiter();

  constructor(parts: DigestAuthenticatorParts, stats: AuthenticationStats) {
    this.#parts = parts;
    this.#stats = stats;
    this.#mint = new NonceMint(parts.ids, parts.mac, parts.nonceLifetimeMs);
    this.#counts = new NonceCounts(MAX_NONCES, parts.nonceLifetimeMs);
    this.#cache = new CredentialCache(parts.credentials);
  }

  /** What is held now, for gauges. */
  get gauges(): {
    readonly nonces: number;
    readonly credentials: number;
    readonly guesses: number;
  } {
    return {
      nonces: this.#counts.size,
      credentials: this.#cache.size,
      guesses: this.#guesses.size,
    };
  }

  /** Whom do the credentials of a request prove?
   *  @param header where they are  @param claimed the AoR that the request says it is from; undefined: none of ours
   *  @returns undefined when there are none for us */
  check(
    flow: Flow,
    request: SipRequest,
    header: HeaderId,
    claimed: string | undefined,
    nowMs: number,
  ): DigestEvidence | Refused | ProxyReject | NeedsCredential | undefined {
    const { realm, algorithms, domains } = this.#parts;
    const found = findCredentials(request, header, realm, algorithms);
    if (found === undefined) return undefined;
    const domain = claimed === undefined ? domains.primary : domainOf(claimed);
    const user = namedUser(found.credentials.username, domain, domains);
    const ha1 = this.#verify(flow, request, found, user, nowMs);
    if (typeof ha1 !== 'string') return ha1;
    return { by: 'digest', ...user, algorithm: found.algorithm, ha1 };
  }

  /** What was proved on a flow holds while the password is the same: a user who was removed, or has another one, is asked anew within the
   *  time that credentials are cached for. */
  stillHolds(
    { aor, form, algorithm, ha1 }: DigestEvidence,
    nowMs: number,
  ): boolean | NeedsCredential {
    const credential = this.#cache.get(aor, nowMs);
    if (credential === undefined) return { ok: 'load', aor };
    return credential[form][algorithm] === ha1;
  }

  /** Loads what was asked for. Rejects with a PlatformError when the store does not answer. */
  load(needs: NeedsCredential, nowMs: number): Promise<void> {
    return this.#cache.load(needs.aor, nowMs);
  }

  /** The lines of a 401 or 407, one per algorithm; none where no digests are taken. */
  challengeLines(flow: Flow, status: 401 | 407, isStale: boolean, nowMs: number): string[] {
    const { realm, algorithms } = this.#parts;
    if (algorithms.length === 0) return [];
    const nonce = this.#mint.issue(flow.remote.address, nowMs);
    return formatChallengeLines(status, realm, nonce, algorithms, isStale);
  }

  /** Are the credentials right, and used for the first time? In this order, what costs nothing first; and nothing that depends on the
   *  user's existence before the end. */
  #verify(
    flow: Flow,
    request: SipRequest,
    found: FoundCredentials,
    user: NamedUser,
    nowMs: number,
  ): string | Refused | ProxyReject | NeedsCredential {
    const { credentials } = found;
    const count = nonceCountOf(credentials);
    if (count === undefined || !isSameResource(credentials.uri, request, this.#parts.domains)) {
      this.#stats.malformed += 1;
      return { ok: false, status: 400, reason: 'Bad Digest Credentials' };
    }
    const { username, nonce } = credentials;
    const { address } = flow.remote;
    const issuedAtMs = this.#mint.issuedAt(nonce, address, nowMs);
    if (issuedAtMs === undefined || this.#counts.isUsed(nonce, issuedAtMs, count)) {
      // Before the password is looked at, so that no answer tells anything about it.
      this.#stats.stale += 1;
      return STALE;
    }
    const source = networkOf(address);
    const waitSec = this.#guesses.waitSec(source, username, nowMs);
    if (waitSec > 0) {
      this.#stats.slowedDown += 1;
      return { ok: false, status: 503, headers: [`Retry-After: ${waitSec}`] };
    }
    const credential = this.#cache.get(user.aor, nowMs);
    if (credential === undefined) return { ok: 'load', aor: user.aor };
    const ha1 = credential[user.form][found.algorithm];
    if (!this.#isRight(request, found, ha1) || ha1 === undefined) {
      this.#guesses.onFailure(source, username, nowMs);
      this.#stats.wrong += 1;
      return WRONG;
    }
    this.#counts.use(nonce, issuedAtMs, count, nowMs);
    this.#guesses.onSuccess(source, username, nowMs);
    this.#stats.proven += 1;
    return ha1;
  }

  /** @param ha1 undefined: none is stored, which costs the same */
  #isRight(request: SipRequest, found: FoundCredentials, ha1: string | undefined): boolean {
    const { algorithm, credentials } = found;
    const { method, body } = request;
    const stored = ha1 ?? NO_HA1[algorithm];
    const want = digestResponse(this.#parts.hash, algorithm, stored, method, credentials, body);
    return equalsInConstantTime(credentials.response, want);
  }
}

// nc-value = 8LHEX; RFC 7616 §3.4: cnonce and nc must come with qop, and qop must come since we send it.
function nonceCountOf(credentials: DigestCredentials): number | undefined {
  const { username, qop, cnonce, nc } = credentials;
  if (qop !== 'auth' && qop !== 'auth-int') return undefined;
  if (cnonce === undefined || nc === undefined || username.length > MAX_USERNAME_CHARS)
    return undefined;
  const count = NONCE_COUNT.test(nc) ? Number.parseInt(nc, 16) : 0;
  return count > 0 ? count : undefined;
}

const NONCE_COUNT = /^[0-9a-fA-F]{8}$/;

function domainOf(aor: string): string {
  return aor.slice(aor.lastIndexOf('@') + 1);
}
