import { isLoopback } from '@hermod/sip';
import type { Flow, Listener, ListenOptions, SocketAddress } from './flow.ts';
import { systemAddress } from './socket-address.ts';
import { TcpListener } from './tcp-listener.ts';
import type { TlsCredentials } from './tls-credentials.ts';
import { TlsListener } from './tls-listener.ts';

/** What a listener for peers is started with. */
export type PeerListenOptions = ListenOptions & {
  /** TLS, and whoever connects shows a certificate of their authority; undefined: TCP in clear. */
  readonly credentials?: TlsCredentials | undefined;
};

/** The other side of `PeerLink`: a listener for elements of the same cluster. Rejects with the system's error. */
export function listenForPeers(options: PeerListenOptions): Promise<Listener> {
  // An element that is idle stays connected: its own pings, every second, tell whether it lives.
  const { credentials, limits } = options;
  const patient = { ...options, limits: { ...limits, firstMessageMs: 0 } };
  return credentials === undefined
    ? TcpListener.listen(patient)
    : TlsListener.listen({ ...patient, credentials, requireClientCertificate: true });
}

/** Who may speak on a listener for peers: in clear those of a list of addresses, over TLS whoever got in by certificate. */
export class PeerList {
  readonly #addresses: ReadonlySet<SocketAddress['address']>;

  /** @param addresses literal IPs in any spelling, besides loopback */
  constructor(addresses: readonly string[]) {
    this.#addresses = new Set(addresses.map(systemAddress));
  }

  admits(flow: Flow): boolean {
    const { address } = flow.remote;
    return flow.transport === 'TLS' || isLoopback(address) || this.#addresses.has(address);
  }
}
