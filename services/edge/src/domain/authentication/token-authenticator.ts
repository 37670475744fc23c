// Access tokens at the edge: RFC 8898, RFC 6750. Decisions: docs/adr/0028.
import type { ServedDomains } from '@hermod/contracts';
import {
  type DigestHash,
  findBearerToken,
  formatBearerChallenge,
  formatBearerLine,
  H,
  type HeaderId,
  isLoopback,
  type SipRequest,
  type TokenError,
} from '@hermod/sip';
import type { Flow, TokenFault, TokenVerifier } from '../../ports.ts';
import { runsOnTls } from '../runs-on-tls.ts';
import type { AuthenticationStats } from './authentication-stats.ts';
import { RecentMap } from './recent-map.ts';
import type { Refused, TokenEvidence } from './sender.ts';
import { aorOfUser } from './user-name.ts';

/** How tokens are taken. */
export type TokenParts = {
  readonly verifier: TokenVerifier;
  /** The https URI of the authorization server, which clients are told. Without quotes and backslashes, as `scope`. */
  readonly authzServer: string;
  /** What a token has to allow, words with a space between them; undefined: nothing in particular. */
  readonly scope: string | undefined;
};

/** What {@link TokenAuthenticator} is made of. */
export type TokenAuthenticatorParts = TokenParts & {
  readonly realm: string;
  readonly domains: ServedDomains;
  readonly hash: DigestHash;
  readonly stats: AuthenticationStats;
};

/** This token has to be verified; then the request is checked again. */
export type NeedsVerification = {
  readonly ok: 'load';
  readonly token: string;
  /** Its hash. */
  readonly key: string;
};

/** A longer one is none: it would be hashed and kept. */
const MAX_TOKEN_CHARS = 8_192;
/** Tokens known at once: far more than may be waited for. */
const MAX_TOKENS = 20_000;
/** How long a token is refused without another look: its key may be published after it. */
const REFUSED_MS = 30_000;

const ERRORS: Readonly<Record<TokenFault, TokenError>> = {
  expired: 'invalid_token',
  wrong: 'invalid_token',
  scope: 'insufficient_scope',
};

/** What became of a token, by its hash. */
type Verdict =
  | { readonly evidence: TokenEvidence; readonly fault?: undefined }
  | { readonly fault: TokenFault; readonly untilMs: number };

/** Finds out whom a token is of. A signature costs some 100 µs on another thread: each token is verified once, and found again by its hash. */
export class TokenAuthenticator {
  readonly #parts: TokenAuthenticatorParts;
  readonly #verdicts = new RecentMap<Verdict>(MAX_TOKENS);
  readonly #verifications = new Map<string, Promise<void>>();

  constructor(parts: TokenAuthenticatorParts) {
    this.#parts = parts;
  }

  /** Tokens held: a gauge. */
  get size(): number {
    return this.#verdicts.size;
  }

  /** Keys that tokens may be signed with: a gauge. */
  get keys(): number {
    return this.#parts.verifier.keys;
  }

  /** The token of a request, if it may be looked at. DEVIATION (ADR 0028): in Authorization beside Proxy-Authorization, where JsSIP puts
   *  it into every request. */
  tokenIn(flow: Flow, request: SipRequest, header: HeaderId): string | undefined {
    if (!mayCarryTokens(flow)) return undefined;
    const found = request.has(header) ? findBearerToken(request, header) : undefined;
    if (found !== undefined || header === H.AUTHORIZATION) return found;
    return request.has(H.AUTHORIZATION) ? findBearerToken(request, H.AUTHORIZATION) : undefined;
  }

  /** Whom is it of? */
  check(token: string, nowMs: number): TokenEvidence | Refused | NeedsVerification {
    if (token.length > MAX_TOKEN_CHARS) return this.#refuse('wrong');
    const key = this.#parts.hash.hashText('SHA-256', token);
    const verdict = this.#verdicts.get(key);
    if (verdict === undefined) return { ok: 'load', token, key };
    if (verdict.fault !== undefined) {
      return nowMs < verdict.untilMs ? this.#refuse(verdict.fault) : { ok: 'load', token, key };
    }
    if (nowMs >= verdict.evidence.expiresAtMs) return this.#refuse('expired');
    this.#parts.stats.tokenProven += 1;
    return verdict.evidence;
  }

  /** Verifies it, once for all who ask at the same time; they go on in the order in which they asked. Rejects with a PlatformError while the
   *  keys cannot be had. The caller bounds how many wait. */
  load({ token, key }: NeedsVerification, nowMs: number): Promise<void> {
    const known = this.#verifications.get(key);
    if (known !== undefined) return known;
    const verification = this.#verify(token, key, nowMs);
    this.#verifications.set(key, verification);
    return verification;
  }

  /** The line of a 401 or 407; undefined on a flow that no token may come over (RFC 6750 §5.3). */
  challengeLine(flow: Flow, status: 401 | 407, error: TokenError | undefined): string | undefined {
    return mayCarryTokens(flow) ? formatBearerLine(status, this.#parts, error) : undefined;
  }

  /** The same for HTTP, which has no other status and always may be told. */
  httpChallenge(error: TokenError | undefined): string {
    return formatBearerChallenge(this.#parts, error);
  }

  async #verify(token: string, key: string, nowMs: number): Promise<void> {
    try {
      const verified = await this.#parts.verifier.verify(token, nowMs);
      const aor = verified.ok ? aorOfUser(verified.user, this.#parts.domains) : undefined;
      if (verified.ok && aor !== undefined) {
        const { expiresAtMs } = verified;
        this.#verdicts.set(key, { evidence: { by: 'token', aor, expiresAtMs } });
      } else {
        const fault = verified.ok ? 'wrong' : verified.fault;
        this.#verdicts.set(key, { fault, untilMs: nowMs + REFUSED_MS });
      }
    } finally {
      this.#verifications.delete(key);
    }
  }

  #refuse(fault: TokenFault): Refused {
    if (fault === 'expired') this.#parts.stats.tokenExpired += 1;
    else this.#parts.stats.tokenWrong += 1;
    return { ok: 'refused', isStale: false, tokenError: ERRORS[fault] };
  }
}

/** RFC 6750 §5.3, RFC 8898 §2.1.2: who reads a token has it. It may come over TLS, or from this machine: a proxy that ends TLS is there. */
export function mayCarryTokens(flow: Flow): boolean {
  return runsOnTls(flow) || isLoopback(flow.remote.address);
}
