import {
  H,
  type IsOurs,
  type ProxyReject,
  parseNameAddr,
  preprocessRoute,
  type SipRequest,
  type SipUri,
} from '@hermod/sip';

/** A parameter of the Record-Route values that edges write for one another: only the flow of its token will do, and the request is no
 *  delivery of a router. */
export const RECORD_ROUTE_PARAM = 'rr';
/** A parameter of the Route that a binding's Path becomes: only the flow of its token will do (design §7). */
export const FLOW_BOUND_PARAM = 'fb';
/** Another one: without that flow, only TLS will do (RFC 5630 §5.3). */
export const SECURED_PARAM = 'sec';

/** What the Route of a request says once our own values are off it (RFC 3261 §16.4). */
export type RouteSet = {
  readonly ok: true;
  readonly requestUri: string;
  readonly popRoutes: number;
  readonly dropLastRoute: boolean;
  /** The first Route value that is not ours: a name-addr; undefined when there is none. */
  readonly nextRoute: string | undefined;
  /** Flow tokens of our values, in order, each once. */
  readonly tokens: readonly string[];
  /** The URI of our first value that has a token: the one that faces whoever sent the request. */
  readonly ownRoute: SipUri | undefined;
  /** Which Route value that is; -1 when it is none, or was the Request-URI. */
  readonly ownIndex: number;
};

/**
 * Take the values off the top of Route that we have written in one pass. There may be several: an edge that joins two flows, or a flow and a
 * trunk, records itself once for each side (RFC 5658 §3), and each value has the token of a flow. Those of another pass, or made up, stay: whoever
 * gets the request sends it on by them.
 *
 * @param flows that this edge joins for the request: 2, or 1 and a trunk
 * @returns a {@link RouteSet}, or 400 for a Route that cannot be parsed where it must be looked at
 */
export function routeSetOf(
  request: SipRequest,
  isOurs: IsOurs,
  flows: 1 | 2,
): RouteSet | ProxyReject {
  const step = preprocessRoute(request, isOurs);
  if (!step.ok) return step;
  const { requestUri, dropLastRoute, ownRoute } = step;
  const tokens: string[] = step.flowUser === undefined ? [] : [step.flowUser];
  const routes = request.has(H.ROUTE) ? request.values(H.ROUTE) : [];
  const last = dropLastRoute ? routes.length - 1 : routes.length;
  let popRoutes = step.popRoutes;
  for (; popRoutes < last; popRoutes += 1) {
    const route = parseNameAddr(routes[popRoutes] ?? '');
    const uri = route.ok ? route.value.uri : route;
    if (!uri.ok) return { ok: false, status: 400, reason: `Route: ${uri.reason}` };
    if (uri.value.kind !== 'sip' || !isOurs(uri.value.host, uri.value.port)) break;
    const { user } = uri.value;
    if (user === undefined || user === tokens.at(-1)) continue;
    if (tokens.length === flows) break;
    tokens.push(user);
  }
  const nextRoute = popRoutes < last ? routes[popRoutes] : undefined;
  const ownIndex = step.popRoutes - 1;
  return { ok: true, requestUri, popRoutes, dropLastRoute, nextRoute, tokens, ownRoute, ownIndex };
}
