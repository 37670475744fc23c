import { isIP } from 'node:net';
import { isLoopback } from '@hermod/sip';
import {
  type ConnectionPool,
  type DatagramListener,
  type NameResolver,
  systemAddress,
} from '@hermod/transport';
import type { Connector, Destinations, Flow, HopBounds, Transport } from '../ports.ts';
import type { OwnSockets } from './own-sockets.ts';

const ANY: HopBounds = {};

/** What a {@link TransportConnector} is made of. */
export type TransportConnectorParts = {
  readonly pool: Pick<ConnectionPool, 'flowTo'>;
  readonly datagram: readonly Pick<DatagramListener, 'address' | 'flowTo'>[];
  /** The only one of the process: its cap on look-ups protects the threads that files are synced by. */
  readonly names: NameResolver;
  /** Where nobody may make this process connect to. */
  readonly own: Pick<OwnSockets, 'has'>;
  readonly destinations: Destinations;
  /** Told of each attempt for another domain that was not made, because of its address. */
  readonly onForbidden: (domain: string, address: string) => void;
};

/** {@link Connector} over the transport package: pooled connections, and the datagram listeners' own sockets. */
export class TransportConnector implements Connector {
  readonly #parts: TransportConnectorParts;

  constructor(parts: TransportConnectorParts) {
    this.#parts = parts;
  }

  async flowTo(
    host: string,
    port: number,
    transport: Transport,
    bounds: HopBounds = ANY,
  ): Promise<Flow | undefined> {
    const found = await this.#parts.names.resolve(host);
    if (found === undefined) return undefined;
    const address = systemAddress(found);
    const { domain = host } = bounds;
    if (!this.#mayReach(host, address, domain, bounds.isElsewhere === true)) return undefined;
    return this.#flowTo(address, port, transport, domain, bounds.local);
  }

  /** ADR 0020: whoever registered a name, or serves a domain, decides what it means, and may change it at any time. An address in a Contact or
   *  Path has been looked at by the registrar. */
  #mayReach(host: string, address: string, domain: string, isElsewhere: boolean): boolean {
    const { destinations, onForbidden } = this.#parts;
    if (!isElsewhere) return isIP(host) !== 0 || destinations.ofDevices.has(address);
    if (destinations.ofDomains.has(address)) return true;
    onForbidden(domain, address);
    return false;
  }

  flowToAddress(host: string, port: number, transport: Transport, domain = host): Flow | undefined {
    if (isIP(host) === 0) return undefined;
    return this.#flowTo(systemAddress(host), port, transport, domain, undefined);
  }

  #flowTo(
    address: string,
    port: number,
    transport: Transport,
    domain: string,
    local: Flow['local'] | undefined,
  ): Flow | undefined {
    if (this.#parts.own.has(address, port)) return undefined;
    switch (transport) {
      case 'UDP':
        return this.#listenerFor(address, local)?.flowTo({ address, port });
      case 'TCP':
      case 'TLS':
      case 'SCTP':
        return this.#parts.pool.flowTo(address, port, transport, domain);
    }
  }

  #listenerFor(
    address: string,
    local: Flow['local'] | undefined,
  ): Pick<DatagramListener, 'flowTo'> | undefined {
    let first: Pick<DatagramListener, 'flowTo'> | undefined;
    for (const listener of this.#parts.datagram) {
      const own = listener.address;
      if (own.port === local?.port && own.address === local.address) return listener;
      if (first === undefined && reaches(own.address, address)) first = listener;
    }
    return first;
  }
}

/** Can a socket bound to `own` send to `address`? `::` takes both families; nothing leaves the machine from a loopback address. */
export function reaches(own: string, address: string): boolean {
  if (own !== '::' && own.includes(':') !== address.includes(':')) return false;
  return !isLoopback(own) || isLoopback(address);
}
