import {
  formatSipUri,
  requestUriFor,
  type SipRequest,
  type SipUri,
  selectTargets,
} from '@hermod/sip';
import type { EdgePorts, Outlet } from '../../ports.ts';
import { type Sender, SOMEBODY_ELSE } from '../authentication/sender.ts';
import { type NextHop, nextHopOf, streamHopOf } from '../next-hop.ts';
import { locatedAttempts } from '../relay/located-attempts.ts';
import type { EdgeSettings } from '../settings.ts';
import type { Routed } from './next-step.ts';
import { isClientFlow } from './outgoing.ts';
import type { Targets } from './proxied-request.ts';
import { FLOW_BOUND_PARAM, type RouteSet, SECURED_PARAM } from './route-set.ts';
import type { Attempt } from './ways.ts';

/** Addresses tried for one request at most. */
const MAX_HOPS = 8;

/** From the next step of a request to its targets (RFC 3261 §16.5): the devices of a user of ours, or the next hops of somebody else's domain. */
export class TargetFinder {
  readonly #settings: EdgeSettings;
  readonly #ports: Pick<EdgePorts, 'clock' | 'locator' | 'recipients'>;

  constructor(settings: EdgeSettings, ports: Pick<EdgePorts, 'clock' | 'locator' | 'recipients'>) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** At once where no look-up is needed, so that what follows each other in a dialog stays in order. Rejects when the store is away. */
  of(step: Routed, request: SipRequest, sender: Sender): Targets | Promise<Targets> {
    const { requestUri } = step.route;
    switch (step.kind) {
      case 'outlet':
        return [[outletAttempt(step.outlet, step.route)]];
      case 'contact':
        return [[{ kind: 'hop', hop: contactOf(step.route), requestUri }]];
      case 'recipient':
        return this.#devicesOf(step, request, sender);
      case 'foreign':
        return step.isInbox === true
          ? this.#hopsOfInbox(step.uri, request)
          : this.hopsOf(step.uri, request, requestUri);
    }
  }

  async #devicesOf(
    { aor, uri }: { readonly aor: string; readonly uri: SipUri },
    request: SipRequest,
    sender: Sender,
  ): Promise<Targets> {
    const nowMs = this.#ports.clock.nowMs();
    const { bindings, provisioned } = await this.#ports.recipients.read(aor, nowMs);
    const { targets, refusal, warning } = selectTargets(request, bindings, nowMs, uri);
    // RFC 3261 §16.5: 404 for a user that does not exist, 480 for one that is not there. Users of ours alone may know (ADR 0014).
    if (targets.length === 0) {
      const isUnknown = !provisioned && !this.#settings.openDomain;
      if (isUnknown && sender !== SOMEBODY_ELSE) return { status: 404 };
      return { status: refusal || 480, headers: warning === undefined ? [] : [warning] };
    }
    return targets.map((target) => {
      return [target.binding, ...target.fallbacks].map((binding) => {
        const requestUri = requestUriFor(uri.scheme === 'sips', binding.contact);
        return { kind: 'binding', binding, requestUri };
      });
    });
  }

  /** The addresses of somebody else's domain, as ways of one target. Never rejects. */
  async hopsOf(
    uri: SipUri,
    request: SipRequest,
    requestUri: string,
  ): Promise<readonly (readonly Attempt[])[]> {
    const hops = (await this.#ports.locator?.locate(uri)) ?? [];
    // None: it fails as a request to a next hop that does not answer (RFC 3263 §4.3).
    if (hops.length === 0) return [[{ kind: 'hop', hop: undefined, requestUri }]];
    return [locatedAttempts(hops, request, requestUri)];
  }

  /** RFC 5509 §3: of each server that serves the domain's instant inboxes, with a SIP URI at that server in the place of the `im:` URI.
   *  @param uri with the user and domain of that */
  async #hopsOfInbox(uri: SipUri, request: SipRequest): Promise<readonly (readonly Attempt[])[]> {
    const servers = (await this.#ports.locator?.locateIm(uri.host)) ?? [];
    const found = await Promise.all(
      servers.map(({ host, port }) => {
        const at = { ...uri, host, port };
        return this.hopsOf(at, request, formatSipUri(at));
      }),
    );
    const attempts = found.flat(2).filter(({ kind }) => kind === 'located');
    if (attempts.length > 0) return [attempts.slice(0, MAX_HOPS)];
    return [[{ kind: 'hop', hop: undefined, requestUri: formatSipUri(uri) }]];
  }
}

/** Over a flow that a token named, or to another edge. */
function outletAttempt(outlet: Outlet, route: RouteSet): Attempt {
  const { requestUri, nextRoute, ownRoute } = route;
  const isBound = !isClientFlow(outlet) || ownRoute?.params.has(FLOW_BOUND_PARAM) === true;
  const streamHop = isBound ? undefined : streamHopOf(outlet, nextRoute ?? requestUri);
  return { kind: 'outlet', outlet, requestUri, streamHop };
}

/** The address of a device whose flow is gone, as the edge that knows its binding has described it. */
function contactOf({ nextRoute, requestUri, ownRoute }: RouteSet): NextHop | undefined {
  return nextHopOf(nextRoute ?? requestUri, ownRoute?.params.has(SECURED_PARAM) === true);
}
