import { formatHostPort, listenError } from '@hermod/platform';
import {
  buildResponse,
  type IsOurs,
  normalHost,
  preprocessRoute,
  type SipRequest,
  type SipResponse,
  uriHost,
} from '@hermod/sip';
import {
  type Flow,
  type FlowHandlers,
  type Listener,
  listenForPeers,
  PeerList,
  type TlsCredentials,
} from '@hermod/transport';
import { FLOW_BOUND_PARAM, RECORD_ROUTE_PARAM, SECURED_PARAM } from '../domain/proxy/route-set.ts';
import type { EdgeNeighbour, EdgeService } from '../ports.ts';
import { TRUNK_FRAMER_LIMITS } from './trunk-framer-limits.ts';

/** What a trunk listener is started with. */
export type TrunkListenerOptions = {
  readonly edge: EdgeService & EdgeNeighbour;
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Addresses of routers and of other edges, besides loopback: literal IPs. Others are turned away (design §2). */
  readonly peers: readonly string[];
  /** TLS, admitting by certificate whoever connects; undefined: TCP in clear. */
  readonly credentials?: TlsCredentials | undefined;
  /** What routers are told: sent-by of our Vias, host and port of our Path; the bound address where undefined. */
  readonly advertised?: { readonly host: string; readonly port: number };
};

/** Counters; all only grow. */
export type TrunkStats = {
  /** Connections in clear from addresses that are no peers. */
  refusedPeers: number;
  /** Streams that cannot be framed, responses whose top Via is not ours, and requests without a usable Via or without our Route. */
  dropped: number;
  /** Finals that could not be sent back. */
  lostFinals: number;
};

/**
 * SIP over TCP or TLS from routers and other edges (design §2): requests to deliver or to proxy, and final responses for waiting senders.
 * There is no private protocol: the target flow stands in our Route (RFC 3327), the waiting sender in our Via's branch.
 */
export class TrunkListener implements FlowHandlers {
  readonly stats: TrunkStats = {
    refusedPeers: 0,
    dropped: 0,
    lostFinals: 0,
  };
  readonly #edge: EdgeService & EdgeNeighbour;
  readonly #peers: PeerList;
  #listener: Listener | undefined;
  #host = '';
  #port = 0;

  /** Binds and listens. Rejects when that cannot be done, with a message that says what to change. */
  static async listen(options: TrunkListenerOptions): Promise<TrunkListener> {
    const { address, port, credentials } = options;
    const trunk = new TrunkListener(options.edge, options.peers);
    const listener = await listenForPeers({
      address,
      port,
      handlers: trunk,
      limits: { framer: TRUNK_FRAMER_LIMITS },
      credentials,
    }).catch((cause: unknown) => {
      const url = `${credentials === undefined ? 'tcp' : 'tls'}://${formatHostPort({ host: address, port })}`;
      throw listenError(cause, url, 'HERMOD_TRUNK_LISTEN');
    });
    trunk.#listener = listener;
    trunk.#host = normalHost(uriHost(options.advertised?.host ?? address));
    trunk.#port = options.advertised?.port ?? listener.address.port;
    return trunk;
  }

  private constructor(edge: EdgeService & EdgeNeighbour, peers: readonly string[]) {
    this.#edge = edge;
    this.#peers = new PeerList(peers);
  }

  /** The port it is bound to. */
  get port(): number {
    return this.#listener?.address.port ?? 0;
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  onOpen(flow: Flow): void {
    if (this.#peers.admits(flow)) return;
    this.stats.refusedPeers += 1;
    flow.close();
  }

  onMessage(flow: Flow, message: SipRequest | SipResponse): void {
    // A Via from the trunk decides where answers go, so nobody but a peer may speak here.
    if (!this.#peers.admits(flow)) return;
    if (message.kind === 'response') this.#onResponse(message);
    else this.#onRequest(flow, message);
  }

  onFramingError(): void {
    // Counted by the listener; the connection closes, and the router repeats what it still needs.
    this.stats.dropped += 1;
  }

  onClosed(flow: Flow): void {
    // Deliveries go on: their 2xx is kept in the branch table for the router, or its successor (design §3.7).
    if (this.#peers.admits(flow)) this.#edge.routerLost();
  }

  #onResponse(response: SipResponse): void {
    const via = response.topVia;
    const branch = via.ok ? via.value.branch : undefined;
    // RFC 3261 §18.1.2: a response whose sent-by is not ours is dropped.
    if (!via.ok || branch === undefined || !this.#isOurs(via.value.host, via.value.port)) {
      this.stats.dropped += 1;
      return;
    }
    this.#edge.reply(branch, response.status, response);
  }

  #onRequest(flow: Flow, request: SipRequest): void {
    // Routers send nothing but MESSAGE.
    if (request.method !== 'MESSAGE') {
      this.#edge.forward(flow, request);
      return;
    }
    const via = request.topVia;
    const branch = via.ok ? via.value.branch : undefined;
    if (branch === undefined) {
      this.stats.dropped += 1;
      return;
    }
    const route = preprocessRoute(request, this.#isOurs);
    if (!route.ok) {
      this.#answer(flow, request, route.status, undefined);
      return;
    }
    // In a dialog (RFC 3428 §8): another edge sends it where that was recorded.
    if (route.ownRoute?.params.has(RECORD_ROUTE_PARAM) === true) {
      this.#edge.forward(flow, request);
      return;
    }
    if (route.popRoutes === 0) {
      // Routers write a Route of ours (design §7). This comes from an edge whose device's Contact is this very address: it would go
      // round for ever, since whoever delivers does not count Max-Forwards down.
      this.stats.dropped += 1;
      this.#answer(flow, request, 503, undefined);
      return;
    }
    this.#edge.deliver(
      {
        branch,
        request,
        targetUri: route.requestUri,
        isSecured: route.ownRoute?.params.has(SECURED_PARAM) === true,
        flowToken: route.flowUser ?? '',
        flowBound: route.ownRoute?.params.has(FLOW_BOUND_PARAM) === true,
        popRoutes: route.popRoutes,
        nextRoute: route.nextRoute,
      },
      (status, response) => this.#answer(flow, request, status, response),
    );
  }

  #answer(
    flow: Flow,
    request: SipRequest,
    status: number,
    response: SipResponse | undefined,
  ): void {
    // The top Via is the router's: the response goes back on its connection (RFC 3261 §18.2.2).
    const message = response ?? buildResponse(request, status, { toTag: 'hermod-trunk' });
    if (!flow.send(message)) this.stats.lostFinals += 1;
  }

  readonly #isOurs: IsOurs = (host, port) => port === this.#port && normalHost(host) === this.#host;
}
