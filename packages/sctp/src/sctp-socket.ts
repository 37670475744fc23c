import { constants } from 'node:os';
import {
  DEFAULT_SCTP_OPTIONS,
  loadAddon,
  type NativeSocket,
  type SctpAddon,
  type SctpOptions,
} from './sctp-addon.ts';
import { SctpError, sctpFault } from './sctp-error.ts';

/** All addresses of one end of an association, which share a port; the first is the one it began with. */
export type SctpAddresses = { readonly addresses: readonly string[]; readonly port: number };

/** What a listening socket is opened with. */
export type SctpListenOptions = {
  /** Literal, IPv6 without brackets; 1–16. Peers learn all of them, and `0.0.0.0` or `::` means every one that there is. */
  readonly addresses: readonly string[];
  /** 0 for any free one. */
  readonly port: number;
  /** Associations that are established and not accepted yet. */
  readonly backlog: number;
  readonly options?: SctpOptions;
};

/** What an association is begun with. */
export type SctpConnectOptions = {
  /** Literal, IPv6 without brackets; 1–16 of the same peer. The others it tells us. */
  readonly remote: readonly string[];
  readonly port: number;
  /** Where to send from; none: from whatever addresses the routes have. */
  readonly local: readonly string[];
  /** Of those; default any free one. */
  readonly localPort?: number;
  readonly options?: SctpOptions;
};

const { EAGAIN, EPROTONOSUPPORT } = constants.errno;

/** Where the addon calls, since it does so only after the socket has been made. */
type ReadyListener = { onReady: (events: number) => void };

/**
 * A one-to-one SCTP socket of the kernel (RFC 6458 §4): listening, or one association. Never blocks.
 *
 * Polled for nothing until {@link poll} says so. `onReady` is called by the loop again and again while what is polled for lasts: for an
 * association that is under way, writable means established. It is called with 0 when the socket has failed: read what is left then, and
 * close it. Whoever opened it closes it.
 */
export class SctpSocket {
  readonly #addon: SctpAddon;
  readonly #native: NativeSocket;
  readonly #listener: ReadyListener;

  private constructor(addon: SctpAddon, native: NativeSocket, listener: ReadyListener) {
    this.#addon = addon;
    this.#native = native;
    this.#listener = listener;
  }

  /** Throws a {@link SctpUnavailable} or {@link SctpError}. */
  static listen(to: SctpListenOptions): SctpSocket {
    const addon = availableAddon();
    const { addresses, port, backlog, options = DEFAULT_SCTP_OPTIONS } = to;
    const opened = SctpSocket.#open(addon, (onReady) =>
      addon.listen(addresses, port, backlog, options, onReady),
    );
    if (typeof opened === 'number') throw sctpFailure('listen', opened);
    return opened;
  }

  /** Throws as {@link listen}; a peer that does not answer is told of by `onReady`. */
  static connect(to: SctpConnectOptions): SctpSocket {
    const addon = availableAddon();
    const { remote, port, local, localPort = 0, options = DEFAULT_SCTP_OPTIONS } = to;
    const opened = SctpSocket.#open(addon, (onReady) =>
      addon.connect(remote, port, local, localPort, options, onReady),
    );
    if (typeof opened === 'number') throw sctpFailure('connect', opened);
    return opened;
  }

  /** @returns the error negated where the system refuses */
  static #open(
    addon: SctpAddon,
    open: (onReady: (events: number) => void) => NativeSocket | number,
  ): SctpSocket | number {
    const listener: ReadyListener = { onReady: () => undefined };
    const native = open((events) => listener.onReady(events));
    return typeof native === 'number' ? native : new SctpSocket(addon, native, listener);
  }

  /** @param events a sum of {@link Ready} */
  set onReady(onReady: (events: number) => void) {
    this.#listener.onReady = onReady;
  }

  /** The next association of a listening socket; undefined: there is none. Throws {@link SctpError}. */
  accept(): SctpSocket | undefined {
    const addon = this.#addon;
    const accepted = SctpSocket.#open(addon, (onReady) => addon.accept(this.#native, onReady));
    if (typeof accepted !== 'number') return accepted;
    if (accepted === -EAGAIN) return undefined;
    throw new SctpError('accept', accepted);
  }

  /** Undefined when the association is over. */
  get local(): SctpAddresses | undefined {
    return this.#addresses(false);
  }

  /** Undefined when the association is over. */
  get remote(): SctpAddresses | undefined {
    return this.#addresses(true);
  }

  /** @param events a sum of {@link Ready}; 0: nothing */
  poll(events: number): void {
    const result = this.#addon.poll(this.#native, events);
    if (result < 0) throw new SctpError('poll', result);
  }

  /** @param buffer of 256 octets at least
   *  @returns a {@link Received} and, times 8, how many octets; 0 in all: the association was shut down, from either side; or an error negated */
  receive(buffer: Uint8Array): number {
    return this.#addon.receive(this.#native, buffer);
  }

  /** Send the first `length` octets as one message on stream 0.
   *  @param isOrdered it comes behind every other ordered one
   *  @returns 0, or an error negated: then nothing of it was sent */
  send(buffer: Uint8Array, length: number, isOrdered: boolean): number {
    return this.#addon.send(this.#native, buffer, length, isOrdered);
  }

  /** Send nothing more; what was sent is delivered, and then the association ends (RFC 9260 §9.2). */
  shutdown(): void {
    // It may be over already.
    this.#addon.shutdown(this.#native);
  }

  /** @param abort at once, with an ABORT; else the kernel delivers what it has. Idempotent. */
  close(abort: boolean): void {
    this.#addon.close(this.#native, abort);
  }

  #addresses(isRemote: boolean): SctpAddresses | undefined {
    const found = this.#addon.addresses(this.#native, isRemote);
    if (typeof found === 'number') return undefined;
    const [port, ...addresses] = found;
    return { addresses, port };
  }
}

function availableAddon(): SctpAddon {
  try {
    return loadAddon();
  } catch (error) {
    throw sctpFault() ?? error;
  }
}

/** Why a socket could not be opened. */
function sctpFailure(call: string, result: number): Error {
  return (result === -EPROTONOSUPPORT ? sctpFault() : undefined) ?? new SctpError(call, result);
}
