import { type Binding, isSips, parseUri } from '@hermod/sip';
import type { Connector, EdgeTrunks, FlowTokens, Hop, HopBounds, Outlet } from '../../ports.ts';
import { type NextHop, nextHopOf, streamHopOf } from '../next-hop.ts';
import type { OwnAddresses } from '../own-addresses.ts';
import { FLOW_BOUND_PARAM, SECURED_PARAM } from './route-set.ts';

/** One way to try to reach a target. */
export type Attempt =
  /** A device, as it registered. */
  | { readonly kind: 'binding'; readonly binding: Binding; readonly requestUri: string }
  /** Somewhere that needs no look-up any more. */
  | {
      readonly kind: 'outlet';
      readonly outlet: Outlet;
      readonly requestUri: string;
      readonly streamHop: NextHop | undefined;
    }
  /** An address that stands for somebody else's domain. */
  | { readonly kind: 'located'; readonly hop: Hop; readonly requestUri: string }
  /** An address; undefined when there is none that could be used. */
  | { readonly kind: 'hop'; readonly hop: NextHop | undefined; readonly requestUri: string };

/** A way that is open. */
export type Way = {
  readonly outlet: Outlet;
  readonly requestUri: string;
  /** Route values to push, topmost first, each a name-addr. */
  readonly routes: readonly string[];
  /** By UDP: where a request goes instead that is too large for a datagram (RFC 3261 §18.1.1). */
  readonly streamHop?: NextHop | undefined;
  /** It leads to somebody else's domain: found by look-up, and the next time again, whether the connection still stands or not. */
  readonly isElsewhere?: boolean;
};

/** Made up here when there is no way: 430 when only a flow would do that is gone, else 503. */
export type NoWay = 430 | 503;

const NO_ROUTES: readonly string[] = [];

/** What {@link Ways} needs from its edge. */
export type WaysParts = {
  readonly own: OwnAddresses;
  readonly tokens: FlowTokens;
  readonly trunks: EdgeTrunks | undefined;
  readonly connector: Connector;
};

/** Finds flows and connections to targets: of a binding the flow it registered on, at this edge or at another one, else its Contact. */
export class Ways {
  readonly #parts: WaysParts;

  constructor(parts: WaysParts) {
    this.#parts = parts;
  }

  /** A promise only where a connection has to be looked for; it never rejects. */
  of(attempt: Attempt): Way | NoWay | Promise<Way | NoWay> {
    switch (attempt.kind) {
      case 'outlet': {
        const { outlet, requestUri, streamHop } = attempt;
        return { outlet, requestUri, routes: NO_ROUTES, streamHop };
      }
      case 'located': {
        const { address, port, transport, domain } = attempt.hop;
        return this.#toElsewhere({ host: address, port, transport, domain }, attempt.requestUri);
      }
      case 'hop':
        return this.#connect(attempt.hop, attempt.requestUri, NO_ROUTES);
      case 'binding':
        return this.#toDevice(attempt.binding, attempt.requestUri);
    }
  }

  /** The same way by TCP; undefined when there is none. The connection may be under way yet. Never rejects. */
  async byStream(way: Way): Promise<Way | undefined> {
    const { streamHop, requestUri, routes } = way;
    const stream = await this.#connect(streamHop, requestUri, routes);
    return typeof stream === 'number' ? undefined : stream;
  }

  async #toElsewhere(hop: NextHop, requestUri: string): Promise<Way | NoWay> {
    const way = await this.#connect({ ...hop, isElsewhere: true }, requestUri, NO_ROUTES);
    return typeof way === 'number' ? way : { ...way, isElsewhere: true };
  }

  #toDevice(binding: Binding, requestUri: string): Way | NoWay | Promise<Way | NoWay> {
    const { contact, path, flowToken, flowBound } = binding;
    const { own, tokens, trunks } = this.#parts;
    const isSecured = isSips(contact);
    const home = path[0] === undefined ? undefined : parseUri(path[0]);
    const beyond = path.slice(1).map((uri) => `<${uri}>`);
    if (home?.ok === true && home.value.kind === 'sip') {
      const { host, port } = home.value;
      if (own.isOurSocket(host, port)) {
        const flow = flowToken === '' ? undefined : tokens.flowOf(flowToken);
        if (flow !== undefined) {
          const streamHop = flowBound ? undefined : streamHopOf(flow, beyond[0] ?? contact);
          return { outlet: flow, requestUri, routes: beyond, streamHop };
        }
      } else {
        const outlet = port === undefined ? undefined : trunks?.trunkTo(host, port);
        if (outlet?.isOpen === true) {
          const bound = flowBound ? `;${FLOW_BOUND_PARAM}` : '';
          const secured = isSecured ? `;${SECURED_PARAM}` : '';
          const routes = [`<${path[0]}${bound}${secured}>`, ...beyond];
          return { outlet, requestUri, routes };
        }
      }
    }
    // RFC 5626 §5.3: gone with its flow. Any other can be reached from any edge (design §7).
    if (flowBound) return 430;
    return this.#connect(nextHopOf(beyond[0] ?? contact, isSecured), requestUri, beyond);
  }

  async #connect(
    hop: (NextHop & HopBounds) | undefined,
    requestUri: string,
    routes: readonly string[],
  ): Promise<Way | NoWay> {
    if (hop === undefined) return 503;
    const outlet = await this.#parts.connector
      .flowTo(hop.host, hop.port, hop.transport, hop)
      .catch(() => undefined);
    if (outlet === undefined) return 503;
    if (hop.transport !== 'UDP' || hop.isElsewhere === true) return { outlet, requestUri, routes };
    return { outlet, requestUri, routes, streamHop: { ...hop, transport: 'TCP' } };
  }
}
