import { canonicalAor } from '@hermod/contracts';
import {
  checkRequest,
  formatSipUri,
  type GruuSeal,
  loopHash,
  type ProxyReject,
  parseUri,
  preprocessRoute,
  resolveGruu,
  type SipRequest,
  type SipUri,
  sipUriOfIm,
} from '@hermod/sip';
import type { Flow } from '../ports.ts';
import { type Lifetime, lifetimeOf } from './expiry.ts';
import type { OwnAddresses } from './own-addresses.ts';
import { runsOnTls } from './runs-on-tls.ts';
import { type EdgeSettings, RELAY_DENIED } from './settings.ts';

/** What this edge takes as Request-URI scheme, and what it takes where TLS is used on every hop (RFC 5630 §3.1, ADR 0015). */
const SCHEMES: ReadonlySet<string> = new Set(['sip']);
/** A MESSAGE may name an instant inbox, whatever protocol that is served by (RFC 3428 §5). */
const MESSAGE_SCHEMES: ReadonlySet<string> = new Set([...SCHEMES, 'im']);
const SECURED_SCHEMES: ReadonlySet<string> = new Set([...SCHEMES, 'sips']);
const SECURED_MESSAGE_SCHEMES: ReadonlySet<string> = new Set([...MESSAGE_SCHEMES, 'sips']);
/** Option tags this edge supports in Proxy-Require: none beyond the base protocol. */
const EXTENSIONS: ReadonlySet<string> = new Set();

/** What is asked of the flow that a request came by. */
type FlowKind = Pick<Flow, 'transport'>;

/** A request that passed the checks of RFC 3261 §16.3. */
export type Validated = {
  readonly ok: true;
  /** RFC 5393 §4.2: the hash part of the branch we push. */
  readonly loopHash: string;
};

/** A request that passed the checks of RFC 3261 §16.3 and whose Route is preprocessed (§16.4). */
export type Checked = Validated & {
  /** The Request-URI to forward. */
  readonly requestUri: string;
  /** True when Route values go to somebody else: not offered for what this edge forwards. */
  readonly isRouted: boolean;
};

/** A MESSAGE that may be appended. */
export type Admitted = Checked & { readonly aor: string; readonly lifetime: Lifetime };

/** The policy of an edge, as pure checks. Their order is the RFC's, so that the answer names the first fault. */
export class Policy {
  readonly #settings: EdgeSettings;
  readonly #own: OwnAddresses;
  readonly #gruuSeal: GruuSeal | undefined;

  /** @param gruuSeal undefined: temporary GRUUs are unknown */
  constructor(settings: EdgeSettings, own: OwnAddresses, gruuSeal?: GruuSeal) {
    this.#settings = settings;
    this.#own = own;
    this.#gruuSeal = gruuSeal;
  }

  /** RFC 3261 §16.3, for every method.
   *  @param flow that it came by
   *  @param isFromEdge another edge has measured it already, and has made it larger */
  validate(request: SipRequest, flow: FlowKind, isFromEdge = false): Validated | ProxyReject {
    const { maxHeadBytes, maxHeaderRows } = this.#settings.limits;
    if (!isFromEdge && request.head.length > maxHeadBytes) return refuse(513);
    if (!isFromEdge && request.headerRows > maxHeaderRows) {
      return refuse(400, 'Too Many Header Fields');
    }
    const hash = loopHash(request);
    const reject = checkRequest(request, {
      supportedExtensions: EXTENSIONS,
      schemes: this.#schemesFor(request, flow),
      loop: { hash, isOurSentBy: this.#own.isOurSentBy },
    });
    return reject ?? { ok: true, loopHash: hash };
  }

  /** RFC 3261 §16.3 and §16.4, for what this edge answers or appends itself. */
  check(request: SipRequest, flow: FlowKind): Checked | ProxyReject {
    const validated = this.validate(request, flow);
    if (!validated.ok) return validated;
    const route = preprocessRoute(request, this.#own.isOurs);
    if (!route.ok) return route;
    const sip = sipRequestUri(request, route.requestUri);
    if (typeof sip !== 'string') return sip;
    return {
      ok: true,
      requestUri: sip,
      isRouted: route.nextRoute !== undefined,
      loopHash: validated.loopHash,
    };
  }

  /** Everything that can refuse a MESSAGE before the log is touched.  @param nowMs arrival */
  admit(request: SipRequest, flow: FlowKind, nowMs: number): Admitted | ProxyReject {
    const checked = this.check(request, flow);
    if (!checked.ok) return checked;
    // To other domains, by Route or by Request-URI, is not the log's business.
    if (checked.isRouted) return RELAY_DENIED;
    const uri = this.#recipientOf(request, checked.requestUri);
    if (!('kind' in uri)) return uri;
    const aor = this.#aorOf(uri);
    if (typeof aor !== 'string') return aor;
    const isGruu = uri.params.entries.length > 0 && uri.params.has('gr');
    if (isGruu) return this.#admitToDevice(request, checked, uri, aor, nowMs);
    return this.#admitTo(request, checked, aor, lifetimeOf(request, nowMs), nowMs);
  }

  // RFC 5627 §5.1: to one device of a user. Its request is kept for no other, and so for none (ADR 0016).
  #admitToDevice(
    request: SipRequest,
    checked: Checked,
    uri: SipUri,
    aor: string,
    nowMs: number,
  ): Admitted | ProxyReject {
    const lifetime = lifetimeOf(request, nowMs, true);
    const device = resolveGruu(uri, this.#gruuSeal);
    if (device === uri) return this.#admitTo(request, checked, aor, lifetime, nowMs);
    const owner = device === undefined ? undefined : canonicalAor(device, this.#settings.domains);
    if (device === undefined || owner === undefined) return refuse(404);
    const requestUri = formatSipUri(device);
    return this.#admitTo(request, { ...checked, requestUri }, owner, lifetime, nowMs);
  }

  #admitTo(
    request: SipRequest,
    checked: Checked,
    aor: string,
    lifetime: Lifetime,
    nowMs: number,
  ): Admitted | ProxyReject {
    const limits = this.#settings.limits;
    if (request.body.length > limits.maxBodyBytes) return refuse(413);
    if (request.head.length + request.body.length > limits.maxMessageBytes) return refuse(513);
    // Not stored, not tried: it is over already (design §3.2). An `Expires: 0` still gets its one try.
    if (lifetime.expiresAtMs !== 0 && lifetime.expiresAtMs <= nowMs) {
      return refuse(480, 'Message Expired');
    }
    return {
      ok: true,
      requestUri: checked.requestUri,
      isRouted: false,
      loopHash: checked.loopHash,
      aor,
      lifetime,
    };
  }

  /** Is it addressed to this edge itself, rather than to a user or to somebody else? */
  isForEdge(request: SipRequest, { requestUri, isRouted }: Checked): boolean {
    const parsed = requestUri === request.requestUri ? request.uri : parseUri(requestUri);
    if (isRouted || !parsed.ok || parsed.value.kind !== 'sip') return false;
    const { host, port, user, params } = parsed.value;
    if (user !== undefined || params.has('maddr')) return false;
    return this.#settings.domains.canonical(host) !== undefined || this.#own.isOurs(host, port);
  }

  /** Does the Request-URI name a domain or an address of ours? `true`, or the refusal. */
  checkDomain(request: SipRequest, requestUri: string): true | ProxyReject {
    const parsed = requestUri === request.requestUri ? request.uri : parseUri(requestUri);
    if (!parsed.ok) return refuse(400, 'Malformed Request-URI');
    if (parsed.value.kind !== 'sip') return refuse(416);
    if (parsed.value.params.has('maddr')) return RELAY_DENIED;
    const { host, port } = parsed.value;
    if (this.#settings.domains.canonical(host) !== undefined) return true;
    return this.#own.isOurs(host, port) ? true : RELAY_DENIED;
  }

  #schemesFor(request: SipRequest, flow: FlowKind): ReadonlySet<string> {
    // TLS on this hop, and on all of ours behind it.
    const isSecured = runsOnTls(flow) && this.#settings.trunk.transport === 'TLS';
    if (request.method !== 'MESSAGE') return isSecured ? SECURED_SCHEMES : SCHEMES;
    return isSecured ? SECURED_MESSAGE_SCHEMES : MESSAGE_SCHEMES;
  }

  #recipientOf(request: SipRequest, requestUri: string): SipUri | ProxyReject {
    const parsed = requestUri === request.requestUri ? request.uri : parseUri(requestUri);
    if (!parsed.ok) return refuse(400, 'Malformed Request-URI');
    if (parsed.value.kind !== 'sip') return refuse(416);
    // RFC 3261 §16.5: a maddr decides the target. One that is ours is gone by now (§16.4), so this one means somebody else.
    if (parsed.value.params.has('maddr')) return RELAY_DENIED;
    return parsed.value;
  }

  #aorOf(recipient: SipUri): string | ProxyReject {
    const uri = this.#own.inDomain(recipient);
    const aor = uri && canonicalAor(uri, this.#settings.domains);
    if (aor === undefined) return RELAY_DENIED;
    // The domain itself has no mailbox and no device.
    return recipient.user === undefined ? refuse(404) : aor;
  }
}

/** The Request-URI as SIP routes by it: an `im:` URI of a domain of ours is a user of ours (RFC 3860 §3, RFC 5509 §3).
 *  @param requestUri after Route was looked at; what came out of Route is no `im:` URI (RFC 3428 §5) */
function sipRequestUri(request: SipRequest, requestUri: string): string | ProxyReject {
  const uri = request.uri;
  if (requestUri !== request.requestUri || !uri.ok || uri.value.kind === 'sip') return requestUri;
  const sip = sipUriOfIm(uri.value);
  return sip.ok ? formatSipUri(sip.value) : refuse(400, sip.reason);
}

function refuse(status: number, reason?: string): ProxyReject {
  return reason === undefined ? { ok: false, status } : { ok: false, status, reason };
}
