import { type OuterState, TICK_MS } from '@hermod/congestion';
import {
  ConfigError,
  formatHostPort,
  type Logger,
  listenError,
  monotonicMs,
} from '@hermod/platform';
import { uriHost } from '@hermod/sip';
import {
  ConnectionPool,
  type FlowHandlers,
  FlowRegistry,
  type Listener,
  type MayOpen,
  NameResolver,
  PeerBudget,
  type PeerCaps,
  SctpListener,
  SctpUnavailable,
  type SocketAddress,
  TcpListener,
  type TlsCredentials,
  TlsListener,
  UdpListener,
  type UpgradeRules,
  WsListener,
  WssListener,
} from '@hermod/transport';
import { NodeLoad } from './adapters/node-load.ts';
import { OwnSockets } from './adapters/own-sockets.ts';
import { type PrometheusOptions, PrometheusSignals } from './adapters/prometheus-signals.ts';
import { reaches, TransportConnector } from './adapters/transport-connector.ts';
import { upgradeAuthorization } from './adapters/upgrade-authorization.ts';
import type { ClientTls } from './client-tls.ts';
import { edgeListeners } from './domain/listener-addresses.ts';
import type { PriorityRules } from './domain/priority-rules.ts';
import { runsOnTls } from './domain/runs-on-tls.ts';
import type { EdgeListener, EdgeSettings, HostPort } from './domain/settings.ts';
import type { TrunkAddress } from './domain/trunk-address.ts';
import { Edge } from './edge.ts';
import type { Destinations, EdgePorts, RouterLoad } from './ports.ts';

const FORBIDDEN_QUIET_MS = 10_000;

/** A client listener as configured; port 0 = any free one. */
export type ClientEndpoint = HostPort & {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'sctp' | 'ws' | 'wss';
  /** SCTP: further addresses, each for a path of its own. */
  readonly alsoAt?: readonly string[];
};

/** What {@link openEdge} is given: the edge's ports save those that the sockets themselves provide. */
export type OpenEdgeOptions = {
  readonly edgeId: string;
  readonly listen: readonly ClientEndpoint[];
  readonly advertise: readonly ClientEndpoint[] | undefined;
  /** `listen` for `tls://` and `wss://` listeners. */
  readonly tls: ClientTls;
  /** Whose web pages may connect to `ws://` and `wss://` listeners. */
  readonly mayOpen: MayOpen;
  /** Nobody opens a WebSocket without an access token; default: whoever shows one needs no further proof on it. */
  readonly requireToken?: boolean;
  /** Where routers reach this edge; told the most secure client address, for processes that have no trunk of their own. */
  readonly trunkOf: (client: TrunkAddress) => TrunkAddress;
  /** What else listens here or at a neighbour, besides the client listeners: nobody's device is there. */
  readonly ownSockets: readonly HostPort[];
  /** What one address, and all together, may take of the sockets. */
  readonly peerCaps: PeerCaps;
  /** Where others may make it connect to. */
  readonly destinations: Destinations;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly settings: Omit<EdgeSettings, 'trunk' | 'listeners' | 'offersAlias'>;
  /** Undefined: whatever comes is taken on, up to the caps (`HERMOD_CONGESTION=off`). */
  readonly congestion?:
    | {
        readonly router?: RouterLoad | undefined;
        /** Undefined: nobody has a priority. */
        readonly priority?: PriorityRules | undefined;
        /** Undefined: nobody knows about the cluster. */
        readonly prometheus?: PrometheusOptions | undefined;
      }
    | undefined;
  readonly ports: Omit<EdgePorts, 'tokens' | 'connector' | 'congestion' | 'random'>;
};

/** An edge with its sockets. */
export type OpenEdge = {
  readonly edge: Edge;
  readonly listeners: readonly Listener[];
  /** Of the listeners, as told to others. */
  readonly addresses: readonly EdgeListener[];
  /** Of the listeners, for people: `tcp://127.0.0.1:5060`. */
  readonly urls: readonly string[];
  readonly pool: ConnectionPool;
  readonly tokens: FlowRegistry;
  readonly budget: PeerBudget;
  /** Undefined: it is not asked. */
  readonly prometheus: PrometheusSignals | undefined;
  stopAccepting(): void;
  close(): Promise<void>;
};

/** Binds the client listeners and puts an edge behind them. Rejects when an address cannot be bound, with a message that says what to change. */
export async function openEdge(options: OpenEdgeOptions): Promise<OpenEdge> {
  const { listen, advertise, ports } = options;
  // The sockets need the edge, and the edge needs their addresses: flows that come before it is there are none of its own.
  let edge: Edge | undefined;
  const handlers: FlowHandlers = {
    onOpen: (flow) => edge?.onOpen(flow),
    onMessage: (flow, message) => edge?.onMessage(flow, message),
    onFramingError: (flow, error, partial) => edge?.onFramingError(flow, error, partial),
    passesOver: (flow) => edge?.passesOver(flow) ?? false,
    onPassedOver: (flow, count) => edge?.onPassedOver(flow, count),
    onClosed: (flow) => edge?.onClosed(flow),
    onPeerEnded: (flow) => edge?.onPeerEnded(flow) ?? false,
  };
  const tokens = new FlowRegistry(options.edgeId, ports.ids);
  const budget = new PeerBudget(options.peerCaps);
  const listeners: Listener[] = [];
  const pool = new ConnectionPool({
    handlers,
    credentials: options.tls.connect,
    budget,
    sctpFrom: (remote) => {
      const from = listeners.find(({ transport, address: { address } }) => {
        return transport === 'SCTP' && reaches(address, remote);
      });
      return from && addressesOf(from).map(({ address }) => address);
    },
  });
  const datagram: UdpListener[] = [];
  const { mayOpen, requireToken = false } = options;
  const authorize = upgradeAuthorization(ports.authenticator, ports.clock, requireToken);
  const upgrades = { mayOpen, authorize };
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await pool.close();
  };
  try {
    for (const endpoint of listen) {
      const listener = await openListener(
        endpoint,
        handlers,
        budget,
        pool,
        upgrades,
        options,
      ).catch(rethrowFor(endpoint));
      listeners.push(listener);
      if (listener instanceof UdpListener) datagram.push(listener);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const addresses = edgeListeners(
    listeners.flatMap((listener) => {
      const { transport } = listener;
      return addressesOf(listener).map(({ address, port }) => {
        return { transport, host: uriHost(address), port };
      });
    }),
    advertise ?? [],
  );
  const trunk = options.trunkOf(mostSecure(addresses));
  const own = new OwnSockets([
    ...options.ownSockets,
    ...listeners.flatMap(addressesOf).map(({ address, port }) => ({ host: address, port })),
    ...addresses.map(({ told }) => told),
  ]);
  own.start();
  const connector = new TransportConnector({
    pool,
    datagram,
    names: new NameResolver(),
    own,
    destinations: options.destinations,
    onForbidden: forbiddenLog(options.logger),
  });
  const load = options.congestion === undefined ? undefined : new NodeLoad();
  const { router, priority, prometheus: asked } = options.congestion ?? {};
  const prometheus =
    asked === undefined ? undefined : new PrometheusSignals(asked, ports.clock, Math.random);
  prometheus?.start();
  const congestion =
    load === undefined ? undefined : { process: load, router, priority, cluster: prometheus };
  edge = new Edge(
    {
      ...options.settings,
      trunk: { ...trunk, host: uriHost(trunk.host) },
      listeners: addresses,
      // Where clients show certificates this edge does, too, and its own names a listener.
      offersAlias:
        options.tls.requireClientCertificate &&
        addresses.some(({ transport }) => transport === 'TLS'),
    },
    { ...ports, tokens, connector, congestion, random: Math.random },
  );
  const opened = edge;
  const logOuter = outerLog(options.logger, prometheus);
  const ticking = setInterval(() => {
    opened.tick();
    logOuter(opened.congestion?.state().outer ?? 'off');
  }, TICK_MS);
  return {
    edge,
    listeners,
    addresses,
    urls: listeners.map((listener) => {
      const { transport, address } = listener;
      const hosts = addressesOf(listener).map((one) => uriHost(one.address));
      return `${transport.toLowerCase()}://${hosts.join('+')}:${address.port}`;
    }),
    pool,
    tokens,
    budget,
    prometheus,
    stopAccepting: () => {
      for (const listener of listeners) listener.stopAccepting();
    },
    close: () => {
      own.stop();
      clearInterval(ticking);
      prometheus?.stop();
      load?.stop();
      return close();
    },
  };
}

/** Where a listener is bound: several addresses only for SCTP. */
function addressesOf({ address, alsoAt = [] }: Listener): readonly SocketAddress[] {
  return [address, ...alsoAt];
}

/** Once per 10 s at most: whoever serves a domain decides how often there is something to say. */
function forbiddenLog(
  logger: OpenEdgeOptions['logger'],
): (domain: string, address: string) => void {
  let quietUntilMs = 0;
  let suppressed = 0;
  return (domain, address) => {
    if (monotonicMs() < quietUntilMs) {
      suppressed += 1;
      return;
    }
    quietUntilMs = monotonicMs() + FORBIDDEN_QUIET_MS;
    logger.warn(
      { domain, address, suppressed },
      'not connected to: an address of no other domain, unless it is in HERMOD_CONTACT_NETWORKS',
    );
    suppressed = 0;
  };
}

/** One line per change. */
function outerLog(
  logger: OpenEdgeOptions['logger'],
  prometheus: PrometheusSignals | undefined,
): (outer: OuterState) => void {
  let before: OuterState = 'off';
  return (outer) => {
    if (outer === before) return;
    before = outer;
    if (outer === 'live') logger.info({}, 'Prometheus tells about the cluster');
    else {
      const failure = prometheus?.failure ?? 'no value that makes sense';
      logger.warn({ failure }, 'Prometheus tells nothing: each edge goes by what it sees itself');
    }
  };
}

function mostSecure(listeners: readonly EdgeListener[]): TrunkAddress {
  const tls = listeners.find(runsOnTls);
  const tcp = listeners.find(({ transport }) => transport === 'TCP');
  const told = (tls ?? tcp ?? listeners[0])?.told;
  if (told === undefined) throw new Error('an edge needs a client listener');
  return { ...told, transport: tls === undefined ? 'TCP' : 'TLS' };
}

function openListener(
  { transport, host, port, alsoAt = [] }: ClientEndpoint,
  handlers: FlowHandlers,
  budget: PeerBudget,
  pool: ConnectionPool,
  upgrades: UpgradeRules,
  { tls }: OpenEdgeOptions,
): Promise<Listener> {
  const options = { address: host, port, handlers, budget };
  switch (transport) {
    case 'udp':
      return UdpListener.listen(options);
    case 'tcp':
      return TcpListener.listen({ ...options, directory: pool });
    case 'sctp':
      return SctpListener.listen({ ...options, directory: pool, alsoAt });
    case 'tls':
      return TlsListener.listen({
        ...options,
        directory: pool,
        credentials: certificateOf(tls),
        requireClientCertificate: tls.requireClientCertificate,
      });
    case 'ws':
      return WsListener.listen({ ...options, ...upgrades });
    case 'wss':
      return WssListener.listen({ ...options, ...upgrades, credentials: certificateOf(tls) });
  }
}

function certificateOf({ listen }: ClientTls): TlsCredentials {
  // The configuration has been checked: a listener for TLS comes with its certificate.
  if (listen === undefined) throw new Error('a listener for TLS needs a certificate');
  return listen;
}

/** The system's error names neither the transport nor what the operator has to change. */
function rethrowFor(endpoint: ClientEndpoint): (cause: unknown) => never {
  return (cause) => {
    const address = `${endpoint.transport}://${formatHostPort(endpoint)}`;
    if (cause instanceof SctpUnavailable) {
      const { fault, remedy } = cause;
      const what = `has ${address}, and ${fault}`;
      const how = `${remedy}, or take it off the list`;
      throw new ConfigError({ variable: 'HERMOD_SIP_LISTEN', fault: what, remedy: how }, cause);
    }
    throw listenError(cause, address, 'HERMOD_SIP_LISTEN');
  };
}
