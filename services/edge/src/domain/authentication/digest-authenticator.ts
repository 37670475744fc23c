// Digest authentication at the edge: RFC 3261 §22, RFC 7616, RFC 8760. Decisions: docs/adr/0012.
import { type CredentialStore, canonicalAor, type ServedDomains } from '@hermod/contracts';
import {
  type DigestAlgorithm,
  type DigestCredentials,
  type DigestHash,
  digestResponse,
  equalsInConstantTime,
  type FoundCredentials,
  findCredentials,
  formatChallengeLines,
  H,
  type IdSource,
  isImUri,
  type Mac,
  type NameAddr,
  NonceCounts,
  NonceMint,
  networkOf,
  type Parsed,
  type ProxyReject,
  type SipRequest,
  sipUriOfIm,
} from '@hermod/sip';
import type { Flow } from '../../ports.ts';
import { CredentialCache, NO_HA1 } from './credential-cache.ts';
import { GuessLimiter } from './guess-limiter.ts';
import {
  forgetProof,
  isOwnFlow,
  lastProofOn,
  markAsProved,
  type Proof,
  proofOn,
  provenSender,
  rememberProof,
  type Sender,
} from './sender.ts';
import { isSameResource, type NamedUser, namedUser } from './user-name.ts';

/** What {@link DigestAuthenticator} is made of. */
export type DigestAuthenticatorParts = {
  readonly domains: ServedDomains;
  /** The protection domain that the stored hashes were made for. Without quotes and backslashes. */
  readonly realm: string;
  /** Offered, the most preferred first; at least one. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly nonceLifetimeMs: number;
  readonly credentials: Pick<CredentialStore, 'readCredential'>;
  readonly hash: DigestHash;
  /** With a secret of this process: nonces of others are none of ours. */
  readonly mac: Mac;
  /** With a secret of the cluster where there is one: dialogs outlive processes. */
  readonly dialogMac: Mac;
  readonly ids: IdSource;
};

/** The credential of this user has to be loaded; then the request is checked again. */
export type NeedsCredential = { readonly ok: 'load'; readonly aor: string };

/** Plain counters; all only grow. */
export type AuthenticationStats = {
  /** 401 and 407 to requests without credentials of ours. */
  challenged: number;
  /** 401 and 407 with stale=true. */
  stale: number;
  /** Credentials that were right. */
  proven: number;
  /** Credentials that were wrong, of users who exist or not. */
  wrong: number;
  /** 503: too many wrong ones before. */
  slowedDown: number;
  /** 403: somebody who is not whom From or To names. */
  foreign: number;
  /** 400: credentials that cannot be right whatever the password. */
  malformed: number;
};

/** Counters at zero. */
export function newAuthenticationStats(): AuthenticationStats {
  return {
    challenged: 0,
    stale: 0,
    proven: 0,
    wrong: 0,
    slowedDown: 0,
    foreign: 0,
    malformed: 0,
  };
}

/** Nonces in use at once, some 150 bytes each. */
const MAX_NONCES = 200_000;
/** A longer user name is nobody's: it would be kept with every failure. */
const MAX_USERNAME_CHARS = 256;

/** How an element challenges: as a registrar, or as a proxy (RFC 3261 §22.2, §22.3). */
type Role = {
  readonly status: 401 | 407;
  readonly header: typeof H.AUTHORIZATION | typeof H.PROXY_AUTHORIZATION;
};
const REGISTRAR: Role = { status: 401, header: H.AUTHORIZATION };
const PROXY: Role = { status: 407, header: H.PROXY_AUTHORIZATION };

/** Finds out who sent a request. It answers REGISTER for the registrars (401), and everything else as the proxy it is (407). */
export class DigestAuthenticator {
  readonly stats: AuthenticationStats = newAuthenticationStats();
  readonly #parts: DigestAuthenticatorParts;
  readonly #mint: NonceMint;
  readonly #counts: NonceCounts;
  readonly #cache: CredentialCache;
  readonly #guesses = new GuessLimiter();

  constructor(parts: DigestAuthenticatorParts) {
    this.#parts = parts;
    this.#mint = new NonceMint(parts.ids, parts.mac, parts.nonceLifetimeMs);
    this.#counts = new NonceCounts(MAX_NONCES, parts.nonceLifetimeMs);
    this.#cache = new CredentialCache(parts.credentials);
  }

  /** The protection domain: nobody else may challenge for it. */
  get realm(): string {
    return this.#parts.realm;
  }

  /** For what stands in the Record-Route of a dialog. */
  get dialogMac(): Mac {
    return this.#parts.dialogMac;
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

  /**
   * Who sent this request, and may it say what it says? The sender must be whom From names, in a REGISTER whom To names (RFC 3261 §10.3
   * step 4); who was called in a dialog, any user of ours: that one's From says whom the caller has dialled (§12.2.1.1). Not to be asked about ACK and CANCEL, which nobody can send again with credentials (§22.1).
   *
   * @param request that passed `checkRequest`  @param nowMs its arrival  @param isCalled its sender was called in its dialog
   * @returns the sender; a refusal: 401, 407, 403, 400, or 503 with Retry-After to a source that guesses; or whom to {@link load} first
   */
  check(
    flow: Flow,
    request: SipRequest,
    nowMs: number,
    isCalled = false,
  ): Sender | ProxyReject | NeedsCredential {
    const isRegister = request.method === 'REGISTER';
    const role = isRegister ? REGISTRAR : PROXY;
    const claimed = this.#aorOf(isRegister ? request.to : request.from);
    const isOwn = isOwnFlow(flow, request);
    if (isOwn) {
      const named = claimed === undefined ? undefined : proofOn(flow, claimed);
      const proof = named ?? (isCalled ? lastProofOn(flow) : undefined);
      const known = proof === undefined ? undefined : this.#recheck(flow, proof, nowMs);
      if (known !== undefined) return known;
    }
    const { realm, algorithms } = this.#parts;
    const found = findCredentials(request, role.header, realm, algorithms);
    if (found === undefined) {
      this.stats.challenged += 1;
      return this.#challenge(role, flow, nowMs, false);
    }
    const user = namedUser(
      found.credentials.username,
      claimed === undefined ? this.#parts.domains.primary : domainOf(claimed),
      this.#parts.domains,
    );
    const ha1 = this.#verify(flow, request, role, found, user, nowMs);
    if (typeof ha1 !== 'string') return ha1;
    if (user.aor !== claimed && !isCalled) {
      this.stats.foreign += 1;
      return refusal(403, isRegister ? 'To Is Not Your Address' : 'From Is Not Your Address');
    }
    const sender = provenSender(user.aor, realm);
    markAsProved(flow);
    if (isOwn) rememberProof(flow, { ...user, sender, algorithm: found.algorithm, ha1 });
    return sender;
  }

  /** What was proved on a flow holds while the password is the same: a user who was removed, or has another one, is asked anew within the
   *  time that credentials are cached for.  @returns undefined when it holds no more */
  #recheck(flow: Flow, proof: Proof, nowMs: number): Sender | NeedsCredential | undefined {
    const { aor, form, algorithm, ha1 } = proof;
    const credential = this.#cache.get(aor, nowMs);
    if (credential === undefined) return { ok: 'load', aor };
    if (credential[form][algorithm] === ha1) return proof.sender;
    forgetProof(flow, proof);
    return undefined;
  }

  /** Loads what {@link check} asked for. Rejects with a PlatformError when the store does not answer. */
  load(needs: NeedsCredential, nowMs: number): Promise<void> {
    return this.#cache.load(needs.aor, nowMs);
  }

  /** Are the credentials right, and used for the first time? In this order, what costs nothing first; and nothing that depends on the
   *  user's existence before the end. */
  #verify(
    flow: Flow,
    request: SipRequest,
    role: Role,
    found: FoundCredentials,
    user: NamedUser,
    nowMs: number,
  ): string | ProxyReject | NeedsCredential {
    const { credentials } = found;
    const count = nonceCountOf(credentials);
    if (count === undefined || !isSameResource(credentials.uri, request, this.#parts.domains)) {
      this.stats.malformed += 1;
      return refusal(400, 'Bad Digest Credentials');
    }
    const { username, nonce } = credentials;
    const { address } = flow.remote;
    const issuedAtMs = this.#mint.issuedAt(nonce, address, nowMs);
    if (issuedAtMs === undefined || this.#counts.isUsed(nonce, issuedAtMs, count)) {
      // Before the password is looked at, so that no answer tells anything about it.
      this.stats.stale += 1;
      return this.#challenge(role, flow, nowMs, true);
    }
    const source = networkOf(address);
    const waitSec = this.#guesses.waitSec(source, username, nowMs);
    if (waitSec > 0) {
      this.stats.slowedDown += 1;
      return { ok: false, status: 503, headers: [`Retry-After: ${waitSec}`] };
    }
    const credential = this.#cache.get(user.aor, nowMs);
    if (credential === undefined) return { ok: 'load', aor: user.aor };
    const ha1 = credential[user.form][found.algorithm];
    if (!this.#isRight(request, found, ha1) || ha1 === undefined) {
      this.#guesses.onFailure(source, username, nowMs);
      this.stats.wrong += 1;
      return this.#challenge(role, flow, nowMs, false);
    }
    this.#counts.use(nonce, issuedAtMs, count, nowMs);
    this.#guesses.onSuccess(source, username, nowMs);
    this.stats.proven += 1;
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

  #challenge(role: Role, flow: Flow, nowMs: number, isStale: boolean): ProxyReject {
    const { realm, algorithms } = this.#parts;
    const nonce = this.#mint.issue(flow.remote.address, nowMs);
    const headers = formatChallengeLines(role.status, realm, nonce, algorithms, isStale);
    return { ok: false, status: role.status, headers };
  }

  /** The canonical AoR that a From or To names; undefined when it is none of ours. */
  #aorOf(nameAddr: Parsed<NameAddr>): string | undefined {
    let uri = nameAddr.ok ? nameAddr.value.uri : nameAddr;
    // RFC 3428 §5 allows an im: URI in From.
    if (uri.ok && uri.value.kind === 'other' && isImUri(uri.value)) uri = sipUriOfIm(uri.value);
    if (!uri.ok || uri.value.kind !== 'sip' || uri.value.user === undefined) return undefined;
    return canonicalAor(uri.value, this.#parts.domains);
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

function refusal(status: number, reason: string): ProxyReject {
  return { ok: false, status, reason };
}
