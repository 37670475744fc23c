import { isIP } from 'node:net';
import type { ConnectionPool, DatagramListener, NameResolver } from '@hermod/transport';
import type { AddressSet, Connector, Flow, HopBounds, Transport } from '../ports.ts';
import type { OwnSockets } from './own-sockets.ts';

const ANY: HopBounds = {};

/** {@link Connector} over the transport package: pooled connections, and the datagram listeners' own sockets. */
export class TransportConnector implements Connector {
  readonly #pool: Pick<ConnectionPool, 'flowTo'>;
  readonly #datagram: readonly Pick<DatagramListener, 'address' | 'flowTo'>[];
  readonly #names: NameResolver;
  readonly #own: Pick<OwnSockets, 'has'>;
  readonly #contactNetworks: AddressSet;

  /** @param names the only one of the process: its cap on look-ups protects the threads that files are synced by
   *  @param own where nobody may make this process connect to
   *  @param contactNetworks where names may lead: those of Contacts and Paths are the only ones that come here unresolved */
  constructor(
    pool: Pick<ConnectionPool, 'flowTo'>,
    datagram: readonly Pick<DatagramListener, 'address' | 'flowTo'>[],
    names: NameResolver,
    own: Pick<OwnSockets, 'has'>,
    contactNetworks: AddressSet,
  ) {
    this.#pool = pool;
    this.#datagram = datagram;
    this.#names = names;
    this.#own = own;
    this.#contactNetworks = contactNetworks;
  }

  async flowTo(
    host: string,
    port: number,
    transport: Transport,
    bounds: HopBounds = ANY,
  ): Promise<Flow | undefined> {
    const address = await this.#names.resolve(host);
    if (address === undefined) return undefined;
    // ADR 0020: whoever registered a name decides what it means, and may change it at any time.
    if (isIP(host) === 0 && !this.#contactNetworks.has(address)) return undefined;
    return this.#flowTo(address, port, transport, bounds.domain ?? host, bounds.local);
  }

  flowToAddress(host: string, port: number, transport: Transport, domain = host): Flow | undefined {
    return isIP(host) === 0 ? undefined : this.#flowTo(host, port, transport, domain, undefined);
  }

  #flowTo(
    address: string,
    port: number,
    transport: Transport,
    domain: string,
    local: Flow['local'] | undefined,
  ): Flow | undefined {
    if (this.#own.has(address, port)) return undefined;
    switch (transport) {
      case 'UDP':
        return this.#listenerFor(address, local)?.flowTo({ address, port });
      case 'TCP':
      case 'TLS':
        return this.#pool.flowTo(address, port, transport, domain);
    }
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
