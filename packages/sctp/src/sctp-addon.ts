import { createRequire } from 'node:module';

/** How the kernel drives an association. */
export type SctpOptions = {
  /** How often an idle path is probed, ms (RFC 9260 §8.3). */
  readonly heartbeatMs: number;
  /** Time-outs in a row after which a path is down (RFC 9260 §8.2). */
  readonly pathMaxRetransmissions: number;
  /** Time-outs in a row, on any path, after which the association is lost (RFC 9260 §8.1). */
  readonly associationMaxRetransmissions: number;
  readonly rtoInitialMs: number;
  readonly rtoMinMs: number;
  readonly rtoMaxMs: number;
  /** INITs sent before a connect has failed (RFC 9260 §5.1). */
  readonly initAttempts: number;
  /** Octets that the kernel holds for one association; it grants what `net.core.wmem_max` allows. */
  readonly sendBufferBytes: number;
};

/**
 * Bounds of a signalling network, not those that RFC 9260 §16 gives for any use: with these (RTO up to 60 s, five time-outs) a path that
 * is lost would hold back messages for more than a minute. Here the next message takes the other path after the first time-out, and an
 * association without any path is lost after about 12 s.
 */
export const DEFAULT_SCTP_OPTIONS: SctpOptions = {
  heartbeatMs: 5_000,
  pathMaxRetransmissions: 2,
  associationMaxRetransmissions: 6,
  rtoInitialMs: 500,
  // Above the 200 ms for which a receiver may hold back its acknowledgement (RFC 9260 §6.2).
  rtoMinMs: 300,
  rtoMaxMs: 2_000,
  initAttempts: 4,
  sendBufferBytes: 212_992,
};

/** What a socket may be polled for, as a sum. */
export const Ready = { readable: 1, writable: 2 } as const;

/** What `receive` found, the low three bits of its result; the rest is the number of octets. As in sctp.c. */
export const Received = {
  /** Of a message that has not ended yet. */
  part: 0,
  /** A message, or its last part. */
  end: 1,
  /** The peer has begun anew: what was under way is lost. */
  restart: 2,
  /** The association is lost, or never came to be. */
  lost: 3,
  pathDown: 4,
  pathUp: 5,
  /** The rest of the message that came in parts will never come. */
  abandoned: 6,
  /** Nothing of interest. */
  other: 7,
} as const;

/** A socket of the addon; opaque. */
export type NativeSocket = { readonly __nativeSocket: never };

/** Functions of sctp.c; a negative number is the system's error. */
export type SctpAddon = {
  isSupported(): number;
  listen(
    addresses: readonly string[],
    port: number,
    backlog: number,
    options: SctpOptions,
    onReady: (events: number) => void,
  ): NativeSocket | number;
  connect(
    remote: readonly string[],
    port: number,
    local: readonly string[],
    localPort: number,
    options: SctpOptions,
    onReady: (events: number) => void,
  ): NativeSocket | number;
  accept(listening: NativeSocket, onReady: (events: number) => void): NativeSocket | number;
  poll(socket: NativeSocket, events: number): number;
  receive(socket: NativeSocket, buffer: Uint8Array): number;
  send(socket: NativeSocket, buffer: Uint8Array, length: number, isOrdered: boolean): number;
  addresses(
    socket: NativeSocket,
    isRemote: boolean,
  ): readonly [number, ...(readonly string[])] | number;
  shutdown(socket: NativeSocket): number;
  close(socket: NativeSocket, abort: boolean): void;
};

let loaded: SctpAddon | undefined;

/** The addon, loaded on the first call. Throws where it has not been built, or for another system. */
export function loadAddon(): SctpAddon {
  loaded ??= createRequire(import.meta.url)('../dist/sctp.node') as SctpAddon;
  return loaded;
}
