import {
  DEFAULT_FRAMER_LIMITS,
  type FramerLimits,
  type OutgoingMessage,
  type ParseError,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '@hermod/sip';
import type { PeerBudget } from './peer-budget.ts';

/** One end of a flow: a literal IP address (IPv6 without brackets) and a port 0–65535. */
export type SocketAddress = { readonly address: string; readonly port: number };

/** Transports whose flows are connections, as they stand in a Via. */
export type StreamTransport = 'TCP' | 'TLS';

/** Transports that we can open flows by, as they stand in a Via. */
export type TransportName = 'UDP' | 'SCTP' | StreamTransport;

/** Transports that browsers use, as they stand in a Via: only clients open their connections (RFC 7118). */
export type WebSocketTransport = 'WS' | 'WSS';

/** Transports of flows, whoever opened them. */
export type FlowTransport = TransportName | WebSocketTransport;

/** Why a flow ended; a closed set, so that it can be a metric label. */
export type CloseReason =
  | 'local' // the owner called close()
  | 'remote' // the peer closed
  | 'error' // a socket error, reset or refused connect
  | 'framing' // the byte stream, or the frames of a WebSocket, could not be understood
  | 'idle' // idle time-out
  | 'slow-message' // a message begun was not completed in time
  | 'evicted' // it had to make room: the bounded table was full (UDP), or its address held too much
  | 'shutdown'; // its listener closed

/**
 * A connection (TCP, TLS, WebSocket) or an address pair (UDP) over which messages go both ways.
 * Owned by the listener, pool or link that made it; `context` belongs to the handlers' owner.
 * @see RFC 5626 §3.1
 */
export interface Flow {
  readonly transport: FlowTransport;
  /** Whether the transport retransmits by itself; transaction timers depend on it. */
  readonly reliable: boolean;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** TLS that we opened: the domain that the other end's certificate had to name. */
  readonly peerDomain?: string | undefined;
  /** TLS from a client that had to show a certificate: the hosts that this names, as in a URI, lower case, IPv6 without brackets. */
  readonly clientHosts?: readonly string[] | undefined;
  /** False from the moment the flow is closed or its peer has ended its half, so nothing new may begin on it; true while a connect is
   *  still under way. */
  readonly isOpen: boolean;
  /** Set when the flow has closed. */
  readonly closeReason: CloseReason | undefined;
  /** Bytes accepted by `send` and not yet taken by the kernel; always below the flow's cap. */
  readonly queuedBytes: number;
  /**
   * Queue one message. The body is borrowed until the loop's next turn, when all that was sent in this one is copied into
   * one write.
   * @returns false when the flow is closed or its bounded queue is full: treat as a temporary failure. Never throws.
   */
  send(message: OutgoingMessage): boolean;
  /** Flush what is queued, then close. Idempotent; `onClosed` follows, never from inside this call. */
  close(): void;
  /** Stop (true) or go on (false) reading from the peer; without effect on datagram flows.
   *  @param newest of the plain MESSAGEs that gather on a stream meanwhile, about so many are wanted; absent: all of them */
  pauseReading(paused: boolean, newest?: number): void;
  /** Let no idle time-out end the flow before `ms` from now, and no newcomer push it out of a bounded table: a device has registered over it
   *  for that long. Calls never shorten what an earlier one gave. Without effect on a datagram flow where the peer's address has as many
   *  such flows already as it may have connections. */
  keepFor(ms: number): void;
  /** Slot for the owner's per-flow state. */
  context: unknown;
}

/**
 * What happens on a flow; one object serves many flows. Calls come from the loop, never from inside `send`.
 * `onOpen` is called before the first message (accepted flow: at accept; connect: when it is established), `onClosed`
 * exactly once per flow, also for one that never opened.
 */
export interface FlowHandlers {
  onOpen?(flow: Flow): void;
  onMessage(flow: Flow, message: SipRequest | SipResponse): void;
  /**
   * Answer `partial` with `error.status` when both are there (status 0: nothing may be answered). On a stream the flow
   * closes after this call, once what the owner sent in it is flushed. On UDP and WebSocket it stays.
   */
  onFramingError(flow: Flow, error: ParseError, partial: SipMessage | undefined): void;
  onClosed(flow: Flow): void;
  /** Asked of a stream where a MESSAGE begins, before anything of it is looked at: should it be passed over, and what came with it, as far as
   *  they are plain ones? Absent: none is. */
  passesOver?(flow: Flow): boolean;
  /** Of the last read so many plain MESSAGEs were passed over ({@link FlowHandlers.passesOver}, {@link Flow.pauseReading}). */
  onPassedOver?(flow: Flow, count: number): void;
  /**
   * A stream's peer has ended its half and still reads: nothing more will come from it.
   * @returns true when answers to it are under way: `send` goes on working until the owner calls `close`, for at most `halfClosedMs`.
   *   Else, and without this handler, the flow closes at once.
   */
  onPeerEnded?(flow: Flow): boolean;
}

/** Named caps on what a peer can take from this process; milliseconds and bytes, 0 = off for the time-outs. */
export type FlowLimits = {
  readonly framer: FramerLimits;
  /** Queued bytes per flow beyond which `send` refuses. */
  readonly maxQueuedBytes: number;
  /** A connection that never completed a message is closed after this. */
  readonly firstMessageMs: number;
  /** A message begun must be complete within this (slow loris). */
  readonly messageMs: number;
  /** A stream flow without traffic is closed after this, unless it is kept for a registration (`keepFor`); 0: never. */
  readonly idleMs: number;
  /** A datagram flow without traffic is forgotten after this, unless it is kept for a registration (`keepFor`). */
  readonly datagramIdleMs: number;
  /** Connections (TCP listener, pool) or address pairs (UDP listener) held at once. */
  readonly maxFlows: number;
  /** A connect that takes longer, its TLS handshake included, has failed. */
  readonly connectMs: number;
  /** A TLS handshake or WebSocket upgrade that we were asked for and that takes longer has failed. */
  readonly handshakeMs: number;
  /** TLS handshakes under way at a listener, altogether and from one address. */
  readonly maxHandshakes: number;
  readonly maxHandshakesPerAddress: number;
  /** A WebSocket that was silent for this long is pinged; when nothing comes for as long again, it is closed. */
  readonly pingMs: number;
  /** How long a stream stays open for answers after its peer has ended its half. */
  readonly halfClosedMs: number;
  /** After a close, how long a stream may take to deliver what is still queued. */
  readonly lingerMs: number;
};

/** The caps used where an owner gives none. */
export const DEFAULT_FLOW_LIMITS: FlowLimits = {
  framer: DEFAULT_FRAMER_LIMITS,
  maxQueuedBytes: 1_048_576,
  firstMessageMs: 30_000,
  messageMs: 30_000,
  // RFC 5626 §4.4.1: a device that wants its connection kept shows life every 120 s at least. This is two of them missed.
  idleMs: 240_000,
  datagramIdleMs: 180_000,
  maxFlows: 16_384,
  connectMs: 2_000,
  handshakeMs: 5_000,
  // A server core does about a thousand of them in a second.
  maxHandshakes: 1_024,
  maxHandshakesPerAddress: 128,
  // Below the minute after which HTTP proxies close what is silent.
  pingMs: 45_000,
  // Longer than a MESSAGE waits for its final answer (202 after 3 s, RFC 4320).
  halfClosedMs: 4_000,
  lingerMs: 1_000,
};

/** Plain counters, read by whoever exports metrics; all only grow, save `connections`. */
export type TransportStats = {
  /** Open now. */
  connections: number;
  accepted: number;
  /** Flows that this side opened. */
  opened: number;
  /** Turned away at the cap. */
  refused: number;
  bytesIn: number;
  bytesOut: number;
  messagesIn: number;
  messagesOut: number;
  framingErrors: number;
  pings: number;
  /** `send` calls refused because the flow's queue was full, or its address held too much. */
  backpressureRefusals: number;
  /** Flows closed to make room: for a newcomer (UDP), or because their address held too much. */
  evicted: number;
  /** Flows closed by a time-out (idle, first message, slow message). */
  timeouts: number;
  /** Socket errors (reset, refused, ICMP). */
  socketErrors: number;
  /** TLS handshakes and WebSocket upgrades that clients began and that came to nothing: not TLS, no common version, no certificate, another
   *  origin or sub-protocol, too slow, gone. */
  handshakeFailures: number;
  /** Paths of SCTP associations that went down; the others carried on (RFC 9260 §8.2). */
  pathFailures: number;
};

/** Counters at zero. */
export function newTransportStats(): TransportStats {
  return {
    connections: 0,
    accepted: 0,
    opened: 0,
    refused: 0,
    bytesIn: 0,
    bytesOut: 0,
    messagesIn: 0,
    messagesOut: 0,
    framingErrors: 0,
    pings: 0,
    backpressureRefusals: 0,
    evicted: 0,
    timeouts: 0,
    socketErrors: 0,
    handshakeFailures: 0,
    pathFailures: 0,
  };
}

/** Told of every flow that opens and closes, before the handlers; `ConnectionPool` is one. */
export interface FlowDirectory {
  add(flow: Flow): void;
  remove(flow: Flow): void;
  /** The client of a TLS connection takes requests to itself over it, too (RFC 5923 §8.2).
   *  @param flow with `clientHosts`  @param port that it advertises at its address */
  alias?(flow: Flow, port: number): void;
}

/** What a listener is started with. */
export type ListenOptions = {
  /** Address to bind, default `127.0.0.1`. */
  readonly address?: string;
  /** Port, 0 for any free one. */
  readonly port: number;
  readonly handlers: FlowHandlers;
  readonly limits?: Partial<FlowLimits>;
  /** Learns of the accepted flows, so that a connection to their address is not made twice; over TLS, of those that their clients offer
   *  for it. */
  readonly directory?: FlowDirectory;
  /** Shared with the other listeners and pools of the process; otherwise one of its own, with the default caps. */
  readonly budget?: PeerBudget;
};

/** What every listener offers. */
export interface Listener {
  readonly transport: FlowTransport;
  /** Where it is bound, the real port included. */
  readonly address: SocketAddress;
  /** SCTP: further addresses of the same endpoint. */
  readonly alsoAt?: readonly SocketAddress[];
  readonly stats: TransportStats;
  /** Accept no further flows; those open go on. */
  stopAccepting(): void;
  /** Close the socket and every flow (`onClosed` with reason `shutdown`), flushing what is queued. */
  close(): Promise<void>;
}

/** A datagram listener also opens flows of its own, from the same local address. */
export interface DatagramListener extends Listener {
  /** The flow to a remote address, made when there is none yet. Undefined when the listener is closed. */
  flowTo(remote: SocketAddress): Flow | undefined;
}

/** What an outgoing connection is made with. */
export type ConnectOptions = {
  readonly remote: SocketAddress;
  readonly handlers: FlowHandlers;
  readonly limits?: Partial<FlowLimits>;
};
