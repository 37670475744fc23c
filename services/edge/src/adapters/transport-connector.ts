import { isIP } from 'node:net';
import type { ConnectionPool, DatagramListener, NameResolver } from '@hermod/transport';
import type { Connector, Flow } from '../ports.ts';

/** {@link Connector} over the transport package: pooled TCP connections, and the datagram listeners' own sockets. */
export class TransportConnector implements Connector {
  readonly #pool: Pick<ConnectionPool, 'flowTo'>;
  readonly #datagram: readonly Pick<DatagramListener, 'address' | 'flowTo'>[];
  readonly #names: NameResolver;

  /** @param names the only one of the process: its cap on look-ups protects the threads that files are synced by */
  constructor(
    pool: Pick<ConnectionPool, 'flowTo'>,
    datagram: readonly Pick<DatagramListener, 'address' | 'flowTo'>[],
    names: NameResolver,
  ) {
    this.#pool = pool;
    this.#datagram = datagram;
    this.#names = names;
  }

  async flowTo(
    host: string,
    port: number,
    transport: 'UDP' | 'TCP',
    local?: Flow['local'],
  ): Promise<Flow | undefined> {
    const address = await this.#names.resolve(host);
    return address === undefined ? undefined : this.flowToAddress(address, port, transport, local);
  }

  flowToAddress(
    host: string,
    port: number,
    transport: 'UDP' | 'TCP',
    local?: Flow['local'],
  ): Flow | undefined {
    if (isIP(host) === 0) return undefined;
    if (transport === 'TCP') return this.#pool.flowTo(host, port);
    return this.#listenerFor(host, local)?.flowTo({ address: host, port });
  }

  #listenerFor(
    address: string,
    local: Flow['local'] | undefined,
  ): Pick<DatagramListener, 'flowTo'> | undefined {
    let first: Pick<DatagramListener, 'flowTo'> | undefined;
    for (const listener of this.#datagram) {
      const own = listener.address;
      if (own.port === local?.port && own.address === local.address) return listener;
      if (first === undefined && reaches(own.address, address)) first = listener;
    }
    return first;
  }
}

/** Can a socket bound to `own` send to `address`? `::` takes both families; nothing leaves the machine from a loopback address. */
function reaches(own: string, address: string): boolean {
  if (own !== '::' && own.includes(':') !== address.includes(':')) return false;
  return !isLoopback(own) || isLoopback(address);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
