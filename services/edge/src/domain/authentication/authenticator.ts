// Who sent a request, and may it say what it says: RFC 3261 §22, RFC 8898. Decisions: docs/adr/0012, docs/adr/0028.
import { canonicalAor, type ServedDomains } from '@hermod/contracts';
import {
  H,
  isImUri,
  type Mac,
  type NameAddr,
  type Parsed,
  type ProxyReject,
  type SipRequest,
  sipUriOfIm,
  type TokenError,
} from '@hermod/sip';
import type { Flow } from '../../ports.ts';
import { type AuthenticationStats, newAuthenticationStats } from './authentication-stats.ts';
import {
  DigestAuthenticator,
  type DigestAuthenticatorParts,
  type NeedsCredential,
} from './digest-authenticator.ts';
import {
  type Evidence,
  forgetProof,
  isOwnFlow,
  lastProofOn,
  markAsProved,
  type Protection,
  proofOn,
  provenSender,
  type Refused,
  rememberProof,
  type Sender,
} from './sender.ts';
import {
  mayCarryTokens,
  type NeedsVerification,
  TokenAuthenticator,
  type TokenParts,
} from './token-authenticator.ts';

/** What {@link Authenticator} is made of. */
export type AuthenticatorParts = DigestAuthenticatorParts & {
  /** With a secret of the cluster where there is one: dialogs outlive processes. */
  readonly dialogMac: Mac;
  /** Undefined: no access tokens are taken. */
  readonly tokens?: TokenParts | undefined;
};

/** What has to be loaded before the request is checked again. */
export type NeedsLoad = NeedsCredential | NeedsVerification;

/** Why nobody gets in by the token that it brought, or did not bring. */
export type TokenRefusal = { readonly ok: false; readonly error: TokenError | undefined };

/** How an element challenges: as a registrar, or as a proxy (RFC 3261 §22.2, §22.3). */
type Role = {
  readonly status: 401 | 407;
  readonly header: typeof H.AUTHORIZATION | typeof H.PROXY_AUTHORIZATION;
};
const REGISTRAR: Role = { status: 401, header: H.AUTHORIZATION };
const PROXY: Role = { status: 407, header: H.PROXY_AUTHORIZATION };

const NOTHING_SHOWN: Refused = { ok: 'refused', isStale: false, tokenError: undefined };

/** Finds out who sent a request, by digest or by access token. It answers REGISTER for the registrars (401), and everything else as the
 *  proxy it is (407). */
export class Authenticator {
  readonly stats: AuthenticationStats = newAuthenticationStats();
  /** What credentials are for this element. */
  readonly protection: Protection;
  /** For what stands in the Record-Route of a dialog. */
  readonly dialogMac: Mac;
  readonly #domains: ServedDomains;
  readonly #digest: DigestAuthenticator;
  readonly #tokens: TokenAuthenticator | undefined;

  constructor(parts: AuthenticatorParts) {
    const { domains, realm, hash, tokens } = parts;
    this.dialogMac = parts.dialogMac;
    this.#domains = domains;
    this.protection = { realm, takesTokens: tokens !== undefined };
    this.#digest = new DigestAuthenticator(parts, this.stats);
    this.#tokens =
      tokens && new TokenAuthenticator({ ...tokens, realm, domains, hash, stats: this.stats });
  }

  /** The protection domain: nobody else may challenge for it. */
  get realm(): string {
    return this.protection.realm;
  }

  /** What is held now, for gauges. */
  get gauges(): {
    readonly nonces: number;
    readonly credentials: number;
    readonly guesses: number;
    readonly tokens: number;
    readonly tokenKeys: number;
  } {
    const { size: tokens = 0, keys: tokenKeys = 0 } = this.#tokens ?? {};
    return { ...this.#digest.gauges, tokens, tokenKeys };
  }

  /**
   * Who sent this request, and may it say what it says? The sender must be whom From names, in a REGISTER whom To names (RFC 3261 §10.3
   * step 4); who was called in a dialog, any user of ours: that one's From says whom the caller has dialled (§12.2.1.1). Not to be asked about ACK and CANCEL, which nobody can send again with credentials (§22.1).
   *
   * @param request that passed `checkRequest`  @param nowMs its arrival  @param isCalled its sender was called in its dialog
   * @returns the sender; a refusal: 401, 407, 403, 400, or 503 with Retry-After to a source that guesses; or what to {@link load} first
   */
  check(
    flow: Flow,
    request: SipRequest,
    nowMs: number,
    isCalled = false,
  ): Sender | ProxyReject | NeedsLoad {
    const isRegister = request.method === 'REGISTER';
    const role = isRegister ? REGISTRAR : PROXY;
    const claimed = this.#aorOf(isRegister ? request.to : request.from);
    const isOwn = isOwnFlow(flow, request);
    // A token in a REGISTER is looked at though its user is known: it may be good for longer.
    if (isOwn && !(isRegister && this.#tokens?.tokenIn(flow, request, role.header))) {
      const known = this.#knownSender(flow, claimed, nowMs, isCalled);
      if (known !== undefined) return known;
    }
    const shown = this.#evidenceIn(flow, request, role, claimed, nowMs);
    if ('ok' in shown)
      return shown.ok === 'refused' ? this.#challenge(role, flow, shown, nowMs) : shown;
    if (shown.aor !== claimed && !isCalled) {
      this.stats.foreign += 1;
      return refusal(403, isRegister ? 'To Is Not Your Address' : 'From Is Not Your Address');
    }
    const sender = provenSender(shown.aor, this.protection);
    markAsProved(flow);
    if (isOwn) rememberProof(flow, { ...shown, sender });
    return sender;
  }

  /** Whose flow is this, by the token that it is opened with? From then on it speaks for that user (RFC 7118 §7).
   *  @param token undefined: there was none  @returns undefined: it is that user's; or what to {@link load} first */
  admitFlow(
    flow: Flow,
    token: string | undefined,
    nowMs: number,
  ): TokenRefusal | NeedsVerification | undefined {
    if (token === undefined || this.#tokens === undefined || !mayCarryTokens(flow)) {
      this.stats.challenged += 1;
      return { ok: false, error: undefined };
    }
    const shown = this.#tokens.check(token, nowMs);
    if ('ok' in shown) return shown.ok === 'load' ? shown : { ok: false, error: shown.tokenError };
    markAsProved(flow);
    rememberProof(flow, { ...shown, sender: provenSender(shown.aor, this.protection) });
    return undefined;
  }

  /** The challenge of an HTTP response (RFC 6750 §3); undefined where no tokens are taken. */
  httpChallenge(error: TokenError | undefined): string | undefined {
    return this.#tokens?.httpChallenge(error);
  }

  /** Loads what {@link check} asked for. Rejects with a PlatformError when that cannot be had for now. */
  load(needs: NeedsLoad, nowMs: number): Promise<void> {
    if ('aor' in needs) return this.#digest.load(needs, nowMs);
    if (this.#tokens === undefined) throw new Error('nobody asked for a token');
    return this.#tokens.load(needs, nowMs);
  }

  /** What was proved on this flow before.  @returns undefined: nothing that still holds */
  #knownSender(
    flow: Flow,
    claimed: string | undefined,
    nowMs: number,
    isCalled: boolean,
  ): Sender | NeedsCredential | undefined {
    const named = claimed === undefined ? undefined : proofOn(flow, claimed);
    const proof = named ?? (isCalled ? lastProofOn(flow) : undefined);
    if (proof === undefined) return undefined;
    const holds =
      proof.by === 'token' ? nowMs < proof.expiresAtMs : this.#digest.stillHolds(proof, nowMs);
    if (holds === true) return proof.sender;
    if (holds === false) forgetProof(flow, proof);
    return holds === false ? undefined : holds;
  }

  /** What the credentials of a request say about its sender. */
  #evidenceIn(
    flow: Flow,
    request: SipRequest,
    { header }: Role,
    claimed: string | undefined,
    nowMs: number,
  ): Evidence | Refused | ProxyReject | NeedsLoad {
    const token = this.#tokens?.tokenIn(flow, request, header);
    if (this.#tokens !== undefined && token !== undefined) return this.#tokens.check(token, nowMs);
    const shown = this.#digest.check(flow, request, header, claimed, nowMs);
    if (shown !== undefined) return shown;
    this.stats.challenged += 1;
    return NOTHING_SHOWN;
  }

  /** RFC 8760 §2.3: the most preferred first. Tokens come last: who has one does not look for anything else, and many clients look at no
   *  other challenge than the first (ADR 0028). */
  #challenge(role: Role, flow: Flow, why: Refused, nowMs: number): ProxyReject {
    const { status } = role;
    const headers = this.#digest.challengeLines(flow, status, why.isStale, nowMs);
    const line = this.#tokens?.challengeLine(flow, status, why.tokenError);
    if (line !== undefined) headers.push(line);
    // RFC 3261 §21.4.2: a 401 says how to do better.
    return headers.length === 0
      ? refusal(403, 'Tokens Come Over TLS')
      : { ok: false, status, headers };
  }

  /** The canonical AoR that a From or To names; undefined when it is none of ours. */
  #aorOf(nameAddr: Parsed<NameAddr>): string | undefined {
    let uri = nameAddr.ok ? nameAddr.value.uri : nameAddr;
    // RFC 3428 §5 allows an im: URI in From.
    if (uri.ok && uri.value.kind === 'other' && isImUri(uri.value)) uri = sipUriOfIm(uri.value);
    if (!uri.ok || uri.value.kind !== 'sip' || uri.value.user === undefined) return undefined;
    return canonicalAor(uri.value, this.#domains);
  }
}

function refusal(status: number, reason: string): ProxyReject {
  return { ok: false, status, reason };
}
