import type { Server, Socket } from 'node:net';
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { networkOf } from '@hermod/sip';
import type { ListenOptions } from './flow.ts';
import type { GroupMember } from './flow-group.ts';
import { plainAddress } from './socket-address.ts';
import { StreamFlow } from './stream-flow.ts';
import { listenForStreams, StreamListener } from './stream-listener.ts';
import { SIP_PROTOCOLS, type TlsCredentials } from './tls-credentials.ts';
import { certifiedHosts, namesOf } from './tls-identity.ts';
import { ServerContexts } from './tls-server-contexts.ts';

/** Hosts of a client's certificate under which its connection can be found. */
const MAX_CLIENT_HOSTS = 16;

/** What a TLS listener is started with. */
export type TlsListenOptions = ListenOptions & {
  /** Shown to clients; replaced at any time. Its authorities are those of client certificates. */
  readonly credentials: TlsCredentials;
  /** Whoever connects must show a certificate of the credentials' authorities. */
  readonly requireClientCertificate?: boolean;
};

/**
 * Accepts TLS connections; each is a flow of the handlers given once its handshake is done.
 *
 * A handshake costs far more than what begins it, so those under way are bounded: by time, per address, and altogether, where the oldest
 * gives way to the newest, so that whoever dawdles keeps nobody out. Of many clients that come at once each turn of the loop accepts one
 * (libuv), so the flows that stand get theirs.
 *
 * A connection that a client opened proves nothing about who is reached over it: it is found only by the hosts in the certificate that
 * its client had to show, and only when the client offers that (RFC 5923 §9.2).
 */
export class TlsListener extends StreamListener {
  readonly transport: 'TLS' | 'WSS' = 'TLS';
  readonly #tls: TlsServer;
  readonly #credentials: TlsCredentials;
  #contexts: ServerContexts;
  /** Connections whose handshake is under way, by both ends' addresses, oldest first. */
  readonly #handshakes = new Map<string, Socket>();
  /** By the network that they come from. */
  readonly #handshakesOf = new Map<string, number>();
  readonly #forgetCredentials: () => void;

  /** Bind and listen. Rejects with the system's error (`EADDRINUSE`, …). */
  static async listen(options: TlsListenOptions): Promise<TlsListener> {
    return new TlsListener(await listenForStreams(options), options, SIP_PROTOCOLS);
  }

  /** @param protocols that clients who say what they will speak have to be among (RFC 7301 §3.2) */
  protected constructor(server: Server, options: TlsListenOptions, protocols: readonly string[]) {
    super(server, options);
    const { credentials, requireClientCertificate: isMutual = false } = options;
    this.#credentials = credentials;
    this.#contexts = new ServerContexts(credentials, isMutual);
    this.#tls = createServer({
      ...this.#contexts.options,
      allowHalfOpen: true,
      handshakeTimeout: this.group.limits.handshakeMs,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      ALPNProtocols: protocols,
      SNICallback: (serverName, done) => done(null, this.#contexts.named(serverName)),
    });
    this.#tls.on('OCSPRequest', (certificate, _issuer, done) => {
      done(null, this.#contexts.stapleOf(certificate, Date.now()));
    });
    // What failed without an error of OpenSSL, as by the time-out, is left open.
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#tls.on('secureConnection', (socket) => {
      this.#endHandshake(connectionKey(socket));
      // RFC 9325 §3.4: TLS 1.2 lets a client ask for one handshake after the other on a connection.
      socket.disableRenegotiation();
      this.open(socket, isMutual ? clientHosts(socket) : undefined);
    });
    this.#forgetCredentials = credentials.onReplaced(() => {
      this.#contexts = new ServerContexts(credentials, isMutual);
      this.#tls.setSecureContext(this.#contexts.options);
    });
  }

  override async close(): Promise<void> {
    this.#forgetCredentials();
    for (const socket of this.#handshakes.values()) socket.destroy();
    await super.close();
  }

  protected override get isFull(): boolean {
    return this.group.size + this.#handshakes.size >= this.group.limits.maxFlows;
  }

  protected override newFlow(socket: Socket, clientHosts?: readonly string[]): GroupMember {
    return new StreamFlow(socket, this.group, 'TLS', { clientHosts });
  }

  protected override onAccepted(socket: Socket): void {
    const { budget, limits } = this.group;
    // The peer may be gone before we got here.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const address = plainAddress(socket.remoteAddress);
    const network = networkOf(address);
    const isFull = this.#handshakesFrom(network) >= limits.maxHandshakesPerAddress;
    if (isFull || !budget.admits(address)) {
      this.refuse(socket);
      return;
    }
    if (this.#handshakes.size >= limits.maxHandshakes) this.#dropOldest();
    this.#handshakesOf.set(network, this.#handshakesFrom(network) + 1);
    const key = connectionKey(socket);
    this.#handshakes.set(key, socket);
    socket.once('close', () => {
      if (this.#handshakes.get(key) === socket) this.#fail(key);
    });
    this.#credentials.renewTicketKeys(performance.now());
    this.#tls.emit('connection', socket);
  }

  #handshakesFrom(network: string): number {
    return this.#handshakesOf.get(network) ?? 0;
  }

  #dropOldest(): void {
    for (const [key, socket] of this.#handshakes) {
      this.#fail(key);
      socket.destroy();
      return;
    }
  }

  #fail(key: string): void {
    this.stats.handshakeFailures++;
    this.#endHandshake(key);
  }

  #endHandshake(key: string): void {
    if (!this.#handshakes.delete(key)) return;
    const network = networkOf(plainAddress(key.slice(0, key.indexOf(' '))));
    const left = this.#handshakesFrom(network) - 1;
    if (left > 0) this.#handshakesOf.set(network, left);
    else this.#handshakesOf.delete(network);
  }
}

function clientHosts(socket: TLSSocket): readonly string[] {
  return certifiedHosts(namesOf(socket.getPeerCertificate())).slice(0, MAX_CLIENT_HOSTS);
}

/** Tells the connections of a listener apart, and is the same for a socket before and after its handshake. */
function connectionKey({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
