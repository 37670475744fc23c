import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import {
  type FramerLimits,
  type FramerSink,
  frameDatagram,
  type SipRequest,
  type SipResponse,
  StreamFramer,
} from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import type { TargetUrl } from '../options.ts';

const LIMITS: FramerLimits = { maxHeadBytes: 24_576, maxBodyBytes: 65_536, maxHeaderRows: 320 };
// One for all connections: what is read is framed before the next read, and bodies are looked at at once.
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);
const SLOW_READ_BYTES = 256;
const SLOW_READ_MS = 1000;

/** What a connection tells. */
export interface ConnectionOwner {
  onOpen(): void;
  /** The body is borrowed: valid until this returns. */
  onMessage(message: SipRequest | SipResponse): void;
  /** Once; nothing is told after it. @param cause of an end that was not ours */
  onClosed(cause: string | undefined): void;
}

/** A connection of one device. */
export interface Connection {
  readonly isStream: boolean;
  /** Host and port for Via and Contact, once it is open. */
  readonly sentBy: string;
  /** Octets that the other side has not taken yet. */
  readonly unsentBytes: number;
  write(bytes: Uint8Array): void;
  /** Keepalive (RFC 5626 §3.5). */
  ping(): void;
  /** Ends it in good order: what was written is sent, what comes in is not read any more. */
  close(): void;
  /** Breaks it at once. */
  abort(): void;
  /** Reads a few hundred octets a second, or as fast as it can. */
  readSlowly(isSlow: boolean): void;
}

/** How to connect, beyond the address. */
export type ConnectOptions = {
  readonly tls: ConnectionOptions;
  readonly localAddress: string | undefined;
  /** Reads slowly from the beginning. */
  readonly isSlow: boolean;
};

/** Opens a connection. */
export function openConnection(
  target: TargetUrl,
  owner: ConnectionOwner,
  options: ConnectOptions,
): Connection {
  return target.transport === 'UDP'
    ? new DatagramConnection(target, owner, options)
    : new StreamConnection(target, owner, options);
}

class StreamConnection implements Connection, FramerSink {
  readonly isStream = true;
  sentBy = '';
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #framer = new StreamFramer(bufferCodec, LIMITS, 'connected');
  readonly #isTls: boolean;
  #isSlow: boolean;
  #isClosed = false;

  constructor(target: TargetUrl, owner: ConnectionOwner, options: ConnectOptions) {
    this.#owner = owner;
    this.#isSlow = options.isSlow;
    const common = {
      ...{ host: target.host, port: target.port, noDelay: true },
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      onread: {
        buffer: options.isSlow ? Buffer.allocUnsafeSlow(SLOW_READ_BYTES) : READ_BUFFER,
        callback: (bytes: number, buffer: Uint8Array) => this.#onRead(bytes, buffer),
      },
    };
    const isTls = target.transport === 'TLS';
    this.#isTls = isTls;
    this.#socket = isTls ? connectTls({ ...common, ...options.tls }) : connect(common);
    this.#socket.on(isTls ? 'secureConnect' : 'connect', () => {
      const { localAddress = '', localPort } = this.#socket;
      this.sentBy = `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
      owner.onOpen();
    });
    let cause: string | undefined = 'closed by the server';
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      cause = error.code ?? error.message;
    });
    this.#socket.on('end', () => this.#socket.end());
    this.#socket.on('close', () => {
      if (!this.#isClosed) this.#end(cause);
    });
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  ping(): void {
    this.#socket.write('\r\n\r\n', 'latin1');
  }

  close(): void {
    this.#socket.end();
    // What is still on its way is thrown away, so that the end of the stream is seen.
    this.#isSlow = false;
    this.#socket.resume();
    if (!this.#isClosed) this.#end(undefined);
  }

  abort(): void {
    // Node resets plain TCP only.
    if (this.#isTls) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
    if (!this.#isClosed) this.#end(undefined);
  }

  readSlowly(isSlow: boolean): void {
    this.#isSlow = isSlow;
    if (!isSlow) this.#socket.resume();
  }

  onMessage(message: SipRequest | SipResponse): void {
    this.#owner.onMessage(message);
  }

  onPing(): void {
    // Only the one who connected pings.
  }

  onError({ code }: { readonly code: string }): void {
    this.#socket.destroy();
    if (!this.#isClosed) this.#end(`not SIP: ${code}`);
  }

  #onRead(bytes: number, buffer: Uint8Array): boolean {
    if (this.#isClosed) return true;
    this.#framer.push(buffer.subarray(0, bytes), this);
    if (this.#isSlow) {
      this.#socket.pause();
      setTimeout(() => this.#socket.resume(), SLOW_READ_MS);
    }
    return true;
  }

  #end(cause: string | undefined): void {
    this.#isClosed = true;
    this.#framer.close();
    this.#owner.onClosed(cause);
  }
}

class DatagramConnection implements Connection {
  readonly isStream = false;
  sentBy = '';
  readonly unsentBytes = 0;
  readonly #socket: DatagramSocket;
  readonly #owner: ConnectionOwner;
  #isClosed = false;

  constructor(target: TargetUrl, owner: ConnectionOwner, options: ConnectOptions) {
    this.#owner = owner;
    const socket = createSocket(target.host.includes(':') ? 'udp6' : 'udp4');
    this.#socket = socket;
    socket.on('message', (bytes) => this.#onDatagram(bytes));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Port unreachable is the network's; Timer F tells.
      if (error.code !== 'ECONNREFUSED') this.#end(error.code ?? error.message);
    });
    socket.on('connect', () => {
      const { address, port } = socket.address();
      this.sentBy = `${address.includes(':') ? `[${address}]` : address}:${port}`;
      owner.onOpen();
    });
    socket.bind({ address: options.localAddress, port: 0, exclusive: true }, () =>
      socket.connect(target.port, target.host),
    );
  }

  write(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#socket.send(bytes, IGNORE);
  }

  ping(): void {
    this.write(CRLF_CRLF);
  }

  close(): void {
    if (!this.#isClosed) this.#end(undefined);
  }

  abort(): void {
    this.close();
  }

  readSlowly(): void {
    // The kernel throws away what is not read: only streams have slow readers.
  }

  #onDatagram(bytes: Uint8Array): void {
    const framed = frameDatagram(bytes, bufferCodec, LIMITS);
    if ('ping' in framed || this.#isClosed) return;
    if (framed.ok) this.#owner.onMessage(framed.value);
    else this.#end(`not SIP: ${framed.code}`);
  }

  #end(cause: string | undefined): void {
    this.#isClosed = true;
    this.#socket.close();
    this.#owner.onClosed(cause);
  }
}

const CRLF_CRLF = Buffer.from('\r\n\r\n', 'latin1');
function IGNORE(): void {
  // As on the network: nobody is told of a lost datagram.
}
