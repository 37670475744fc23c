import type { ServedDomains } from '@hermod/contracts';
import { type ProxyReject, TRYING_AFTER_MS } from '@hermod/sip';
import type { FlowTransport } from '../ports.ts';
import type { FlowRateLimit } from './flow-rate.ts';
import type { TrunkAddress } from './trunk-address.ts';

/** A host (IPv6 in brackets) and port as written into a Via or URI. */
export type HostPort = { readonly host: string; readonly port: number };

/** Named caps of what the network can make an edge hold. */
export type EdgeLimits = {
  /** Senders waiting for an answer at once. */
  readonly maxPending: number;
  /** Requests waiting for an answer on one flow at once. */
  readonly maxPendingPerFlow: number;
  /** Requests of one flow in a time. */
  readonly flowRate: FlowRateLimit;
  /** Server transactions held, those in Timer J included. */
  readonly maxTransactions: number;
  /** Bytes of the requests and responses that they hold: over UDP a response is kept for 64·T1, and carries the request's Vias. */
  readonly maxTransactionBytes: number;
  /** Proxied requests without a final response at once: calls that ring, for the most part. */
  readonly maxProxied: number;
  /** The same of one source: a user who has proved who it is, else an address. */
  readonly maxProxiedPerSource: number;
  /** Deliveries to devices pending at once. */
  readonly maxDeliveries: number;
  /** Repeats that may join one pending delivery. */
  readonly maxJoined: number;
  /** 2xx kept in the branch table. */
  readonly maxBranches: number;
  /** Bytes of a request's head: more is 513. Below what framers hold, so that no element on the way and no device's response, which
   *  carries our additions back, breaks a connection. */
  readonly maxHeadBytes: number;
  /** Header rows of a request: more is 400. Below the framers' cap for the same reason. */
  readonly maxHeaderRows: number;
  /** Bytes of a MESSAGE body: more is 413. */
  readonly maxBodyBytes: number;
  /** Bytes of a whole MESSAGE: more is 513. */
  readonly maxMessageBytes: number;
};

/** The caps used where none are given. */
export const DEFAULT_EDGE_LIMITS: EdgeLimits = {
  maxPending: 20_000,
  maxPendingPerFlow: 10_000,
  flowRate: { perSec: Infinity, sparesLoopback: true },
  maxTransactions: 400_000,
  maxTransactionBytes: 268_435_456,
  maxProxied: 20_000,
  maxProxiedPerSource: 2_000,
  maxDeliveries: 50_000,
  maxJoined: 16,
  maxBranches: 400_000,
  maxHeadBytes: 16_384,
  maxHeaderRows: 256,
  maxBodyBytes: 65_536,
  maxMessageBytes: 65_536,
};

/** A client listener, as bound and as told to others. */
export type EdgeListener = {
  readonly transport: FlowTransport;
  readonly bound: HostPort;
  /** sent-by of the Via of what is sent to devices from here. */
  readonly told: HostPort;
};

/** Identity and policy of one edge. */
export type EdgeSettings = {
  readonly domains: ServedDomains;
  /** Any user of the domains may receive; else only those that were provisioned. */
  readonly openDomain: boolean;
  /** Where routers reach this edge: sent-by of the Via in log records, host of the Path. */
  readonly trunk: TrunkAddress;
  /** Where devices reach this edge, in the order of the configuration. */
  readonly listeners: readonly EdgeListener[];
  /** Other domains may send requests back over the TLS connections that we open to them (RFC 5923): they can tell that it is us. */
  readonly offersAlias: boolean;
  /** Milliseconds from arrival to 202; below 3,500, when RFC 4320 demands a 100. */
  readonly acceptAfterMs: number;
  readonly limits: EdgeLimits;
};

/** Relaying to other domains is not offered to everybody. */
export const RELAY_DENIED: ProxyReject = { ok: false, status: 403, reason: 'Relaying Denied' };

/** Methods this edge understands, as they stand in Allow. */
export const ALLOW = 'Allow: MESSAGE, REGISTER, OPTIONS, CANCEL';

/** @throws Error when the settings contradict each other: a programming error, the configuration is checked before */
export function assertSettings(settings: EdgeSettings): void {
  const { acceptAfterMs } = settings;
  // RFC 4320 §4.1: then a 100 must go out, so a 202 has to be earlier.
  if (!(acceptAfterMs > 0 && acceptAfterMs < TRYING_AFTER_MS)) {
    throw new Error(`acceptAfterMs must be > 0 and < ${TRYING_AFTER_MS}, not ${acceptAfterMs}`);
  }
}
