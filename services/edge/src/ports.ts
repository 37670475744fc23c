import type { ClusterSignals, LocalLoad, Random } from '@hermod/congestion';
import type { LogAppender, Tracer } from '@hermod/contracts';
import type {
  Binding,
  Clock,
  GruuSeal,
  Hash,
  IdSource,
  Latin1Codec,
  OutgoingMessage,
  SipRequest,
  SipResponse,
  SipUri,
  Timers,
} from '@hermod/sip';
import type { Authenticator } from './domain/authentication/authenticator.ts';
import type { PriorityRules } from './domain/priority-rules.ts';

/** Transports that an edge can send by to an address, as they stand in a Via. */
export type Transport = 'UDP' | 'TCP' | 'TLS' | 'SCTP';
/** Transports of flows; those of a WebSocket only clients open (RFC 7118). */
export type FlowTransport = Transport | 'WS' | 'WSS';

/** The part of a transport flow that the edge uses: one connection, or one UDP address pair (RFC 5626 §3.1). */
export interface Flow {
  readonly transport: FlowTransport;
  readonly reliable: boolean;
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  readonly isOpen: boolean;
  /** False: closed, or its bounded queue is full. A temporary failure. */
  send(message: OutgoingMessage): boolean;
  close(): void;
  /** No idle time-out may end it before `ms` from now. */
  keepFor(ms: number): void;
  /** Stop (true) or go on (false) reading from the peer; without effect on datagram flows.
   *  @param newest of the plain MESSAGEs that gather on a stream meanwhile, about so many are wanted; absent: all of them */
  pauseReading(paused: boolean, newest?: number): void;
  /** The edge keeps its {@link FlowState} here. */
  context: unknown;
}

/** What a request can be sent by: a client flow, or the trunk to another edge. */
export type Outlet = Pick<Flow, 'transport' | 'reliable' | 'isOpen' | 'send' | 'context'>;

/** The kept connections to the other edges of the cluster (SIP over TCP between elements that trust each other). */
export interface EdgeTrunks {
  /** @param host as in a URI, lower case, IPv6 in brackets
   *  @returns undefined when that is no other edge; not open while the edge does not answer */
  trunkTo(host: string, port: number): Outlet | undefined;
}

/** Where the users of the served domains can be reached. */
export interface Recipients {
  /** Rejects with a PlatformError when the store is away.  @param aor canonical */
  read(
    aor: string,
    nowMs: number,
  ): Promise<{ readonly bindings: readonly Binding[]; readonly provisioned: boolean }>;
  /** Removes a binding if it is still that of the flow. Rejects likewise.  @returns whether it was there */
  removeBinding(aor: string, bindingKey: string, flowToken: string): Promise<boolean>;
}

/** Who may send requests on to domains that are not ours, and who may come in from them. */
export interface RelayPolicy {
  /** May this request of a client leave the served domains, for where `uri` says? Where its From is ours, its sender has to prove that
   *  besides; an address that `uri` has only by look-up is judged by the {@link Connector}. */
  mayRelay(flow: Flow, request: SipRequest, uri: SipUri): boolean;
  /** Where clients have to prove who they are: is this one taken without, since its From is none of ours and its source may come in? */
  needsNoProof(flow: Flow, request: SipRequest, toward: Toward): boolean;
  /** Is it the flow of another server that is known? What that sends may be old: it may have stored it. */
  isPeer(flow: Flow): boolean;
}

/** Where a request goes: to a user of ours, within a dialog over a flow that it names by its token, or to somebody else's domain. */
export type Toward = 'user' | 'dialog' | 'elsewhere';

/** A set of IP addresses. */
export interface AddressSet {
  /** @param address literal, IPv6 without brackets */
  has(address: string): boolean;
}

/** Where others may make an edge connect to, by what they register or send (ADR 0020). */
export type Destinations = {
  /** What the names in Contacts and Paths may mean. */
  readonly ofDevices: AddressSet;
  /** Of the elements that serve somebody else's domain. */
  readonly ofDomains: AddressSet;
};

/** Flow token ↔ open flow of this process. */
export interface FlowTokens {
  /** The token of an open flow, drawn on first use; undefined when the flow has closed. */
  tokenOf(flow: Flow): string | undefined;
  /** The open flow of a token; undefined for anything this process did not draw, or whose flow is gone. */
  flowOf(token: string): Flow | undefined;
  /** Forgets a closed flow. */
  remove(flow: Flow): unknown;
}

/** Ways to an address that is not a known flow: an existing connection first, then a new one; for UDP the listener's socket. */
export interface Connector {
  /** @param host name or address, IPv6 without brackets
   *  @returns undefined when it cannot be reached; never rejects, and settles within a few seconds */
  flowTo(
    host: string,
    port: number,
    transport: Transport,
    bounds?: HopBounds,
  ): Promise<Flow | undefined>;
  /** The same at once, for a literal address; undefined for a name.  @param domain as in {@link HopBounds} */
  flowToAddress(host: string, port: number, transport: Transport, domain: string): Flow | undefined;
}

/** What a flow to an address has to fulfil besides. */
export type HopBounds = {
  /** Whence a datagram has to leave; otherwise from a socket that reaches the address. */
  readonly local?: Flow['local'];
  /** Whom a TLS certificate has to name; otherwise the host itself (RFC 5922 §7.3). */
  readonly domain?: string;
  /** It serves somebody else's domain: it must be one of {@link Destinations.ofDomains}. */
  readonly isElsewhere?: boolean;
};

/** One address to try, as RFC 3263 finds it: the literal address (IPv6 without brackets), port and transport of a next hop. */
export type Hop = {
  readonly address: string;
  readonly port: number;
  readonly transport: Transport;
  /** The host of the URI, whom a TLS certificate has to name (RFC 5922 §7.3). */
  readonly domain: string;
};

/** Finds the elements that serve a URI of somebody else's domain. Neither of them ever rejects. */
export interface Locator {
  /** @returns in the order in which they are to be tried, each with a branch of its own (§4.3); empty when there is none
   *  @see RFC 3263 §4 */
  locate(uri: SipUri): Promise<readonly Hop[]>;
  /** The hosts and ports of the SIP URIs that take the place of an `im:` URI of this domain, in the order in which they are to be tried.
   *  @see RFC 3861 §3, RFC 5509 §3 */
  locateIm(
    domain: string,
  ): Promise<readonly { readonly host: string; readonly port: number | undefined }[]>;
}

/** Where REGISTER goes: registrars over SIP, or the registrar in the same process. */
export interface RegistrarPort {
  /** Forwards a REGISTER that carries our Via and Path; settles within its own deadline, never rejects.
   *  @param branch of the Via we pushed
   *  @returns the final response, its top Via ours; undefined when no registrar answered */
  register(request: OutgoingMessage, branch: string): Promise<SipResponse | undefined>;
}

/** Whether log and store answer their probes (design §3.3). */
export interface LoadGate {
  /** False: answer 503 + Retry-After before appending. */
  readonly open: boolean;
}

/** What is wrong with an access token: `wrong` is forged, of somebody else, or for somebody else. */
export type TokenFault = 'expired' | 'wrong' | 'scope';

/** What an access token says, if it is one of the authorization server's, for us, and allows what it has to. */
export type VerifiedToken =
  | {
      readonly ok: true;
      /** Whom it names, as it stands there: latin1 text of UTF-8. */
      readonly user: string;
      /** Epoch milliseconds, the allowance for clocks that differ included. */
      readonly expiresAtMs: number;
    }
  | { readonly ok: false; readonly fault: TokenFault };

/** Verifies access tokens (RFC 8898 §2.2). */
export interface TokenVerifier {
  /** Keys at hand: a gauge. 0: none could be had yet. */
  readonly keys: number;
  /** Rejects with a PlatformError while the keys cannot be had.  @param token as sent, of any content */
  verify(token: string, nowMs: number): Promise<VerifiedToken>;
}

/** What Node says about its process. */
export interface ProcessLoad {
  /** @returns what was measured since the last call */
  read(): Pick<LocalLoad, 'utilisation' | 'loopDelayMs'>;
}

/** The router in the same process. */
export interface RouterLoad {
  /** How long the record that is to be started next has waited, milliseconds; 0: none waits. */
  readonly sojournMs: number;
  /** Records started and not finished, of as many as may be, 0–1. */
  readonly fill: number;
}

/** What the congestion controller of an edge needs from outside of it. */
export type CongestionPorts = {
  readonly process: ProcessLoad;
  /** Undefined: routers are elsewhere. */
  readonly router?: RouterLoad | undefined;
  /** Undefined: nobody knows about the cluster. */
  readonly cluster?: ClusterSignals | undefined;
  /** Undefined: nobody has a priority. */
  readonly priority?: PriorityRules | undefined;
};

/** What an edge is built from. */
export type EdgePorts = {
  readonly log: LogAppender;
  readonly registrar: RegistrarPort;
  readonly gate: LoadGate;
  readonly tokens: FlowTokens;
  readonly connector: Connector;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly random: Random;
  readonly hash: Hash;
  readonly codec: Latin1Codec;
  readonly recipients: Recipients;
  /** Undefined: this edge is alone. */
  readonly trunks?: EdgeTrunks | undefined;
  /** Undefined, either of them: nothing leaves the served domains. */
  readonly locator?: Locator | undefined;
  readonly relay?: RelayPolicy | undefined;
  /** Undefined: nobody has to prove anything (`HERMOD_AUTH=open`). */
  readonly authenticator?: Authenticator | undefined;
  /** Opens the temporary GRUUs that registrars give out; undefined: they give out none. */
  readonly gruuSeal?: GruuSeal | undefined;
  /** Undefined: whatever comes is taken on, up to the caps (`HERMOD_CONGESTION=off`). */
  readonly congestion?: CongestionPorts | undefined;
  /** Undefined: nobody traces. */
  readonly tracer?: Tracer | undefined;
};

/** A request that a router wants delivered to one target. */
export type EdgeDelivery = {
  /** Branch of the router's Via: derived from delivery id and target, so a repeat by the router's successor has the same. */
  readonly branch: string;
  /** Its topmost Via is the router's; Routes to this edge are popped. */
  readonly request: SipRequest;
  /** Request-URI for the device: the binding's Contact. */
  readonly targetUri: string;
  /** Only TLS will do: the Contact is sips, though `targetUri` may not be (RFC 5630 §5.3). */
  readonly isSecured?: boolean;
  /** User part of the binding's Path; '' when there is none. */
  readonly flowToken: string;
  /** True: only that flow will do, 430 when it is gone (RFC 5626 §5.3). */
  readonly flowBound: boolean;
  /** Route values of this edge still on top of the request; default 0. */
  readonly popRoutes?: number;
  /** The Route value below those: the next hop of a device behind another proxy, when no flow decides. */
  readonly nextRoute?: string | undefined;
};

/** Told once per call of {@link EdgeService.deliver}.
 *  @param response our Via popped; undefined when the status was made up here (408, 430, 503), or known
 *  from an earlier request with the same branch */
export type OnFinal = (status: number, response: SipResponse | undefined) => void;

/** What other edges call, through the trunk listener. */
export interface EdgeNeighbour {
  /** A request to be proxied; its answers go back over `flow`. */
  forward(flow: Flow, request: SipRequest): void;
}

/** What routers call, in process or through the trunk listener. */
export interface EdgeService {
  deliver(delivery: EdgeDelivery, onFinal: OnFinal): void;
  /** A trunk has closed with which what it asked for may have been answered, and not read. */
  routerLost(): void;
  /** The router's final response for the sender whose record carried our Via with `branch`.
   *  @param response its topmost Via is ours; undefined: made up from the request the edge kept */
  reply(branch: string, status: number, response: SipResponse | undefined): void;
}
