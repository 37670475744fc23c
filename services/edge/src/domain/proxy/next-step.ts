import { canonicalAor } from '@hermod/contracts';
import {
  type GruuSeal,
  isImUri,
  isInDialog,
  isSips,
  type ProxyReject,
  parseNameAddr,
  parseUri,
  resolveGruu,
  SIPS_NOT_ALLOWED,
  type SipRequest,
  type SipUri,
  sipUriOfIm,
} from '@hermod/sip';
import type { EdgeTrunks, FlowTokens, Outlet } from '../../ports.ts';
import type { OwnAddresses } from '../own-addresses.ts';
import { runsOnTls } from '../runs-on-tls.ts';
import { ALLOW, type EdgeSettings, RELAY_DENIED } from '../settings.ts';
import { FLOW_BOUND_PARAM, RECORD_ROUTE_PARAM, type RouteSet, routeSetOf } from './route-set.ts';
import type { Source } from './source.ts';

/** Where a request goes next (RFC 3261 §16.5, RFC 5626 §5.3). */
export type NextStep =
  /** Over a flow that its token named, or to another edge. */
  | { readonly kind: 'outlet'; readonly outlet: Outlet }
  /** To the address in the Request-URI: the flow of a binding is gone, and it can be reached without. */
  | { readonly kind: 'contact' }
  /** To the devices of a user of ours; `uri` names the user, or one device (RFC 5627). */
  | { readonly kind: 'recipient'; readonly aor: string; readonly uri: SipUri }
  /** To the elements that serve somebody else's URI; `isInbox`: it stands for an `im:` URI. */
  | { readonly kind: 'foreign'; readonly uri: SipUri; readonly isInbox?: boolean };

/** A {@link NextStep} with the Route it follows from. */
export type Routed = NextStep & { readonly ok: true; readonly route: RouteSet };

const FLOW_FAILED: ProxyReject = { ok: false, status: 430 };
const EDGE_AWAY: ProxyReject = { ok: false, status: 503 };
const BAD_URI: ProxyReject = { ok: false, status: 400, reason: 'Malformed Request-URI' };
const UNKNOWN_USER: ProxyReject = { ok: false, status: 404 };
const BAD_SCHEME: ProxyReject = { ok: false, status: 416 };
const UNKNOWN_DIALOG: ProxyReject = { ok: false, status: 481 };
const NOT_SECURED: ProxyReject = { ok: false, status: 480, headers: [SIPS_NOT_ALLOWED] };
const NOT_FOR_US: ProxyReject = { ok: false, status: 405, headers: [ALLOW] };

/** What {@link NextSteps} needs from its edge. */
export type NextStepsParts = {
  readonly settings: EdgeSettings;
  readonly own: OwnAddresses;
  readonly tokens: FlowTokens;
  readonly trunks: EdgeTrunks | undefined;
  readonly gruuSeal: GruuSeal | undefined;
};

/** Decides the next step of requests that this edge proxies. */
export class NextSteps {
  readonly #parts: NextStepsParts;

  constructor(parts: NextStepsParts) {
    this.#parts = parts;
  }

  /** @param request passed `Policy.validate` */
  of(source: Source, request: SipRequest): Routed | ProxyReject {
    const route = routeSetOf(request, this.#parts.own.isOurs, source.isTrunk ? 1 : 2);
    if (!route.ok) return route;
    const step =
      this.#byToken(source, route) ?? this.#byRoute(route) ?? this.#byUri(request, route);
    if ('ok' in step) return step;
    const secured = isSips(route.requestUri) ? securedStep(step) : step;
    return 'ok' in secured ? secured : { ...secured, ok: true, route };
  }

  /**
   * RFC 5626 §5.3.1: a request whose token is not that of the flow it came by is an incoming one, and goes over the token's flow. That of a
   * client is an outgoing one if the Route goes on to another edge or, after its flow has been replaced by a new one, to anybody. What another
   * edge sends goes to a client: a Route that leads from edge to edge and back ends at the second.
   * @returns undefined for an outgoing request
   */
  #byToken(source: Source, route: RouteSet): NextStep | ProxyReject | undefined {
    // Of two tokens the first is that of the side the request comes from: this edge joins both.
    const token = route.tokens.at(-1);
    if (token === undefined) return undefined;
    const flow = this.#parts.tokens.flowOf(token);
    if (route.tokens.length === 1 && !source.isTrunk) {
      if (flow !== undefined && flow === source.flow) return undefined;
      if (this.#edgeOf(route.nextRoute) !== undefined) return undefined;
      if (flow === undefined && route.nextRoute !== undefined) return undefined;
    }
    if (flow !== undefined) return { kind: 'outlet', outlet: flow };
    // From another edge: a binding that is not bound to its flow is tried where its Contact says (design §7).
    // A strict router's Request-URI is none of a binding's: clients can write that one, and it is not looked at by the edge in between.
    const params = route.dropLastRoute ? undefined : route.ownRoute?.params;
    const isBound =
      params === undefined || params.has(FLOW_BOUND_PARAM) || params.has(RECORD_ROUTE_PARAM);
    return source.isTrunk && !isBound ? { kind: 'contact' } : FLOW_FAILED;
  }

  #byRoute(route: RouteSet): NextStep | ProxyReject | undefined {
    if (route.nextRoute === undefined) return undefined;
    const edge = this.#edgeOf(route.nextRoute);
    const uri = routeUri(route.nextRoute);
    if (uri === undefined) return BAD_URI;
    if (edge === undefined) return { kind: 'foreign', uri };
    // Anybody can write any Route. Without these it would be taken for that of a binding, and lead to whatever host is written behind it.
    if (uri.user === undefined || !uri.params.has(RECORD_ROUTE_PARAM)) return RELAY_DENIED;
    return edge.isOpen ? { kind: 'outlet', outlet: edge } : EDGE_AWAY;
  }

  #byUri(request: SipRequest, route: RouteSet): NextStep | ProxyReject {
    const { requestUri } = route;
    const named = requestUri === request.requestUri ? request.uri : parseUri(requestUri);
    if (!named.ok) return BAD_URI;
    const isInbox = named.value.kind === 'other' && isImUri(named.value);
    const parsed = named.value.kind === 'other' && isInbox ? sipUriOfIm(named.value) : named;
    if (!parsed.ok) return BAD_URI;
    if (parsed.value.kind !== 'sip') return BAD_SCHEME;
    const { params, user } = parsed.value;
    // RFC 3261 §16.5: a maddr decides the target. One that is ours is gone by now (§16.4), so this one means somebody else.
    if (params.has('maddr')) return { kind: 'foreign', uri: parsed.value };
    const uri = this.#parts.own.inDomain(parsed.value);
    if (uri === undefined) return { kind: 'foreign', uri: parsed.value, isInbox };
    if (user === undefined) return isInDialog(request) ? UNKNOWN_DIALOG : NOT_FOR_US;
    const resolved = resolveGruu(uri, this.#parts.gruuSeal);
    if (resolved === undefined) return UNKNOWN_USER;
    const aor = canonicalAor(resolved, this.#parts.settings.domains);
    return aor === undefined ? BAD_URI : { kind: 'recipient', aor, uri: resolved };
  }

  #edgeOf(route: string | undefined): Outlet | undefined {
    const uri = route === undefined ? undefined : routeUri(route);
    if (uri?.port === undefined) return undefined;
    return this.#parts.trunks?.trunkTo(uri.host, uri.port);
  }
}

/** RFC 3261 §26.2.2: to a sips URI each hop is TLS, whatever the scheme in Route; the devices of a user are chosen by that anyway. */
function securedStep(step: NextStep): NextStep | ProxyReject {
  switch (step.kind) {
    case 'outlet':
      return runsOnTls(step.outlet) ? step : NOT_SECURED;
    case 'foreign':
      return { ...step, uri: { ...step.uri, scheme: 'sips' } };
    case 'contact':
    case 'recipient':
      return step;
  }
}

function routeUri(route: string): SipUri | undefined {
  const address = parseNameAddr(route);
  if (!address.ok) return undefined;
  const uri = address.value.uri;
  return uri.ok && uri.value.kind === 'sip' ? uri.value : undefined;
}
