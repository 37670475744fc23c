import { Buffer } from 'node:buffer';
import { createSocket, type Socket as DatagramSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  type TlsOptions,
} from 'node:tls';
import {
  type FramerRole,
  frameDatagram,
  type ParseError,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  StreamFramer,
} from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';

/** What a peer takes. */
export const LIMITS = { maxHeadBytes: 65_536, maxBodyBytes: 1_048_576, maxHeaderRows: 1_024 };

/** Address and port of one end. */
export type PeerAddress = { readonly address: string; readonly port: number };

/** What a scripted peer's socket tells it. */
export interface PeerSocketOwner {
  onMessage(link: PeerSocket, message: SipRequest | SipResponse): void;
  onClosed(link: PeerSocket): void;
}

/** A real socket of a scripted peer: a connection, or a UDP socket together with one remote address. */
export interface PeerSocket {
  readonly transport: 'TCP' | 'TLS' | 'UDP' | 'SCTP' | 'WS' | 'WSS';
  /** A browser has none: a name that resolves nowhere, and port 0 (RFC 7118 §5). */
  readonly local: PeerAddress;
  readonly isOpen: boolean;
  write(bytes: string | Uint8Array): void;
  /** FIN (TCP), SHUTDOWN (SCTP), close (UDP), closing handshake (WebSocket). */
  close(): void;
  /** RST (TCP), ABORT (SCTP), without a word (TLS, WebSocket), close (UDP). */
  destroy(): void;
}

/** latin1 text or bytes as a buffer. */
export function octets(bytes: string | Uint8Array): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
}

/** What came as one: a datagram, or a message of a transport that keeps their borders.  @throws Error when it is no SIP */
export function receiveWhole(bytes: Buffer, link: PeerSocket, owner: PeerSocketOwner): void {
  const framed = frameDatagram(bytes, bufferCodec, LIMITS);
  if ('ping' in framed) return;
  if (framed.ok) owner.onMessage(link, framed.value);
  else throw new Error(`peer received what is not SIP: ${framed.code} ${framed.reason}`);
}

/** One connection of a peer, framed. A stream that cannot be framed is an error of the side under test: it throws. */
export class StreamPeerSocket implements PeerSocket {
  readonly transport: 'TCP' | 'TLS';
  readonly local: PeerAddress;
  readonly #socket: Socket;
  #open = true;

  constructor(socket: Socket, owner: PeerSocketOwner, role: FramerRole, transport: 'TCP' | 'TLS') {
    this.transport = transport;
    this.#socket = socket;
    this.local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    const framer = new StreamFramer(bufferCodec, LIMITS, role);
    const sink = {
      onMessage: (message: SipRequest | SipResponse) => owner.onMessage(this, message),
      onPing: () => undefined,
      onError: (error: ParseError, _partial: SipMessage | undefined) => {
        throw new Error(`peer received what is not SIP: ${error.code} ${error.reason}`);
      },
    };
    socket.on('data', (chunk: Buffer) => framer.push(chunk, sink));
    socket.on('error', () => {
      // A reset is one of the things that tests provoke; 'close' follows.
    });
    socket.on('close', () => {
      this.#open = false;
      owner.onClosed(this);
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  write(bytes: string | Uint8Array): void {
    if (this.#open) this.#socket.write(octets(bytes));
  }

  close(): void {
    this.#socket.end();
  }

  destroy(): void {
    if (this.transport === 'TCP') this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }
}

/** Connect to a port under test. @param tls undefined: in clear */
export async function connectPeerSocket(
  host: string,
  port: number,
  owner: PeerSocketOwner,
  tls?: ConnectionOptions,
): Promise<StreamPeerSocket> {
  // Left to the system, every connection within 127.0.0.0/8 would come from 127.0.0.1.
  const local = isIP(host) === 0 ? {} : { localAddress: host };
  const socket =
    tls === undefined
      ? connect({ host, port, noDelay: true, ...local })
      : connectTls({ host, port, ...local, ...tls });
  await once(socket, tls === undefined ? 'connect' : 'secureConnect');
  return new StreamPeerSocket(socket, owner, 'connected', tls === undefined ? 'TCP' : 'TLS');
}

/** Listen for connections to the peer. @param tls undefined: in clear */
export async function listenPeerSocket(
  host: string,
  port: number,
  owner: PeerSocketOwner,
  onAccepted: (socket: StreamPeerSocket) => void,
  tls?: TlsOptions,
): Promise<{ readonly server: Server; readonly address: PeerAddress }> {
  const transport = tls === undefined ? 'TCP' : 'TLS';
  const accept = (socket: Socket): void => {
    onAccepted(new StreamPeerSocket(socket, owner, 'accepted', transport));
  };
  const server =
    tls === undefined ? createServer({ noDelay: true }, accept) : createTlsServer(tls, accept);
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no address');
  return { server, address: { address: bound.address, port: bound.port } };
}

/** A UDP socket and the address that its messages go to; answers go to where the request came from. */
export class UdpPeerSocket implements PeerSocket {
  readonly transport = 'UDP';
  readonly local: PeerAddress;
  readonly #socket: DatagramSocket;
  #remote: PeerAddress;
  #open = true;

  static async bind(
    host: string,
    port: number,
    remote: PeerAddress,
    owner: PeerSocketOwner,
  ): Promise<UdpPeerSocket> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.bind(port, host);
    await once(socket, 'listening');
    return new UdpPeerSocket(socket, remote, owner);
  }

  private constructor(socket: DatagramSocket, remote: PeerAddress, owner: PeerSocketOwner) {
    this.#socket = socket;
    this.#remote = remote;
    const { address, port } = socket.address();
    this.local = { address, port };
    socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      this.#remote = { address: from.address, port: from.port };
      receiveWhole(bytes, this, owner);
    });
    socket.on('error', () => {
      // ICMP port unreachable: the side under test is away.
    });
    socket.on('close', () => {
      this.#open = false;
      owner.onClosed(this);
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  write(bytes: string | Uint8Array): void {
    if (!this.#open) return;
    this.#socket.send(octets(bytes), this.#remote.port, this.#remote.address, () => {
      // As on the network: nobody is told of a lost datagram.
    });
  }

  close(): void {
    if (this.#open) this.#socket.close();
  }

  destroy(): void {
    this.close();
  }
}
