import type { ConnectionPool, DatagramListener, NameResolver } from '@hermod/transport';
import type { Connector, Flow } from '../ports.ts';

/** {@link Connector} over the transport package: pooled TCP connections, and the datagram listeners' own sockets. */
export class TransportConnector implements Connector {
  readonly #pool: ConnectionPool;
  readonly #datagram: readonly DatagramListener[];
  readonly #names: NameResolver;

  /** @param datagram the UDP listeners; requests to devices leave from the first of the right address family */
  constructor(pool: ConnectionPool, datagram: readonly DatagramListener[], names: NameResolver) {
    this.#pool = pool;
    this.#datagram = datagram;
    this.#names = names;
  }

  openFlow(host: string, port: number, transport: 'UDP' | 'TCP'): Flow | undefined {
    return transport === 'TCP' ? this.#pool.openFlow(host, port) : undefined;
  }

  async flowTo(host: string, port: number, transport: 'UDP' | 'TCP'): Promise<Flow | undefined> {
    if (transport === 'TCP') return this.#pool.flowTo(host, port);
    const address = await this.#names.resolve(host);
    if (address === undefined) return undefined;
    const isV6 = address.includes(':');
    for (const listener of this.#datagram) {
      if (listener.address.address.includes(':') === isV6) {
        return listener.flowTo({ address, port });
      }
    }
    return undefined;
  }
}
