// RFC 3261 §16.4: route information preprocessing.
import { H } from '../header-name.ts';
import { normalHost } from '../host.ts';
import type { SipRequest } from '../message.ts';
import { type NameAddr, parseNameAddr } from '../name-addr.ts';
import type { Parsed } from '../result.ts';
import { formatSipUri, type SipUri } from '../uri.ts';
import type { ProxyReject } from './reject.ts';

/** Where a request goes as far as its own Route says; feeds `forwardRequest`. */
export type RouteStep = {
  readonly ok: true;
  /** Request-URI text to go on with. */
  readonly requestUri: string;
  /** Route values to take off the top. */
  readonly popRoutes: number;
  /** True when the last Route value became the Request-URI (strict router upstream) and must be taken off the end. */
  readonly dropLastRoute: boolean;
  /** The topmost Route value that stays (a name-addr), undefined when none does: the next hop. */
  readonly nextRoute: string | undefined;
  /** User part of `ownRoute` (the flow token), undefined when it had none. */
  readonly flowUser: string | undefined;
  /** The URI of the last Route value we popped, for its parameters; when none was, the one that a strict router made the Request-URI. */
  readonly ownRoute: SipUri | undefined;
};

/** Whether a host and port mean this element; `host` in lower case, IPv6 with brackets. */
export type IsOurs = (host: string, port: number | undefined) => boolean;

/**
 * Undo what a strict router upstream did, strip a `maddr` that is ours, and take our own values off the top of Route.
 *
 * RFC 3261 §16.4 removes one value and would then send a second one of ours to itself; they are removed together here,
 * up to and including the first that has a user part: that one is a flow token and decides the next hop (RFC 5626 §5.3).
 *
 * @returns a {@link RouteStep}, or 400 for a Route that cannot be parsed where it must be looked at
 */
export function preprocessRoute(request: SipRequest, isOurs: IsOurs): RouteStep | ProxyReject {
  const uri = request.uri;
  if (!uri.ok) return { ok: false, status: uri.status, reason: uri.reason };
  const sipUri = uri.value.kind === 'sip' ? uri.value : undefined;
  if (!request.has(H.ROUTE)) {
    return {
      ok: true,
      requestUri: withoutOurMaddr(request.requestUri, sipUri, isOurs),
      popRoutes: 0,
      dropLastRoute: false,
      nextRoute: undefined,
      flowUser: undefined,
      ownRoute: undefined,
    };
  }
  const routes = request.values(H.ROUTE);
  let last = routes.length;
  let requestUri = request.requestUri;
  let effectiveUri = sipUri;
  let dropLastRoute = false;
  let ownRoute: SipUri | undefined;
  // A Request-URI with `lr` that is ours is a value we once put into Record-Route or Path: only a strict router puts it there.
  if (sipUri?.params.has('lr') && isOurs(sipUri.host, sipUri.port)) {
    const target = parseNameAddr(routes[last - 1] ?? '');
    if (!target.ok) return badRoute(target);
    const targetUri = target.value.uri;
    if (!targetUri.ok) return badRoute(targetUri);
    requestUri = target.value.uriText;
    effectiveUri = targetUri.value.kind === 'sip' ? targetUri.value : undefined;
    dropLastRoute = true;
    ownRoute = sipUri;
    last -= 1;
  }
  requestUri = withoutOurMaddr(requestUri, effectiveUri, isOurs);

  let popRoutes = 0;
  while (popRoutes < last && ownRoute?.user === undefined) {
    const route: Parsed<NameAddr> = parseNameAddr(routes[popRoutes] ?? '');
    if (!route.ok) return badRoute(route);
    const routeUri = route.value.uri;
    if (!routeUri.ok) return badRoute(routeUri);
    if (routeUri.value.kind !== 'sip' || !isOurs(routeUri.value.host, routeUri.value.port)) break;
    ownRoute = routeUri.value;
    popRoutes += 1;
  }
  return {
    ok: true,
    requestUri,
    popRoutes,
    dropLastRoute,
    nextRoute: popRoutes < last ? routes[popRoutes] : undefined,
    flowUser: ownRoute?.user,
    ownRoute,
  };
}

// RFC 3261 §16.4: a maddr that is ours is stripped, together with a non-default port and the transport. That the request came by the
// transport it names is not asked for: it would only be sent to ourselves over that one first.
function withoutOurMaddr(text: string, uri: SipUri | undefined, isOurs: IsOurs): string {
  if (uri === undefined || uri.params.entries.length === 0) return text;
  const maddr = uri.params.get('maddr');
  if (typeof maddr !== 'string' || !isOurs(normalHost(maddr), uri.port)) return text;
  return formatSipUri({
    kind: 'sip',
    scheme: uri.scheme,
    user: uri.user,
    password: uri.password,
    host: uri.host,
    port: undefined,
    params: uri.params.without('maddr').without('transport'),
    headers: uri.headers,
  });
}

function badRoute(error: { readonly reason: string }): ProxyReject {
  return { ok: false, status: 400, reason: `Route: ${error.reason}` };
}
