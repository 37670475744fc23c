// RFC 3263 §4: locating SIP servers, the client's side. The DNS itself is behind DnsRecords.
import { isIP } from 'node:net';
import { defaultPort, normalHost, type SipUri, withoutBrackets } from '@hermod/sip';
import type { TransportName } from '../flow.ts';
import {
  type DnsRecords,
  offeredServices,
  orderSrv,
  type SrvRecord,
  type SrvService,
} from './dns-records.ts';

/** One address to try. */
export type ServerAddress = {
  /** Literal, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  readonly transport: TransportName;
  /** The host of the URI that was to be located: whom a TLS certificate has to name, whatever the DNS says (RFC 5922 §7.3). */
  readonly domain: string;
};

/** Where an instant inbox is served: the host and port of the `sip:` URI that takes the place of the `im:` URI. */
export type ImServer = { readonly host: string; readonly port: number | undefined };

/** What a {@link DnsLocator} is made with. */
export type DnsLocatorOptions = {
  readonly records: DnsRecords;
  /** Transports that this process can send by, the preferred one first. */
  readonly transports: readonly TransportName[];
  /** ≥ 0 and < 1; for the weights of SRV records. */
  readonly random: () => number;
};

/** Addresses that one URI is resolved to at most: who writes a zone must not decide how long we try. */
const MAX_ADDRESSES = 8;
/** SRV records followed at most, for the same reason. */
const MAX_SERVERS = 8;

/** Finds the servers of SIP, SIPS and im URIs. */
export class DnsLocator {
  readonly #options: DnsLocatorOptions;

  constructor(options: DnsLocatorOptions) {
    this.#options = options;
  }

  /**
   * The addresses to send a request for `uri` to, in the order in which they are to be tried.
   * @returns empty: none that this process could use, or the DNS does not answer; at most 8. Never rejects.
   * @see RFC 3263 §4
   */
  async locate(uri: SipUri): Promise<readonly ServerAddress[]> {
    const maddr = uri.params.get('maddr');
    const host = withoutBrackets(typeof maddr === 'string' ? normalHost(maddr) : uri.host);
    // RFC 7118 §5: a name under .invalid stands for a device without an address.
    if (host === 'invalid' || host.endsWith('.invalid')) return [];
    const asked = this.#askedTransport(uri);
    if (asked === undefined) return [];
    const servers = await this.#servers(host, uri, asked);
    return this.#addresses(servers, uri.host);
  }

  /**
   * The servers of an instant inbox, in the order in which they are to be tried.
   * @param domain of the `im:` URI, lower case
   * @returns empty: not offered, or the DNS does not answer. Never rejects.
   * @see RFC 3861 §3–§4, RFC 5509 §3
   */
  async locateIm(domain: string): Promise<readonly ImServer[]> {
    if (isIP(withoutBrackets(domain)) !== 0) return [{ host: domain, port: undefined }];
    const found = await this.#options.records.srv(`_im._sip.${domain}`);
    if (found === undefined) return [];
    // RFC 3861 §4: without SRV records the domain itself is the server.
    if (found.length === 0) return [{ host: domain, port: undefined }];
    return this.#ordered(found)
      .slice(0, MAX_SERVERS)
      .map(({ name, port }) => {
        // RFC 5509 §3 writes no port, and the default one would forbid the rest of RFC 3263 (§4.2).
        return { host: name.toLowerCase(), port: port === 5060 ? undefined : port };
      });
  }

  /** The transport that the URI names, '' when it names none; undefined: one that cannot be used. */
  #askedTransport(uri: SipUri): TransportName | '' | undefined {
    const param = uri.params.get('transport');
    const isSecure = uri.scheme === 'sips';
    if (param === undefined) return this.#usable(isSecure).length === 0 ? undefined : '';
    const name = param === true ? '' : param.toUpperCase();
    // With sips, transport says what TLS runs on (RFC 3261 §26.2.2); `transport=tls` is deprecated, and still written.
    const transport = isSecure && name === 'TCP' ? 'TLS' : name;
    return this.#usable(isSecure).find((one) => one === transport);
  }

  // RFC 3263 §4.1, §4.2: transport and port.
  async #servers(host: string, uri: SipUri, asked: TransportName | ''): Promise<readonly Server[]> {
    const isSecure = uri.scheme === 'sips';
    const transport = asked === '' ? this.#defaultTransport(isSecure) : asked;
    // A port rules SRV out, be it the default one.
    if (isIP(host) !== 0 || uri.port !== undefined) return [serverAt(host, uri.port, transport)];
    const offer = await this.#offer(host, isSecure, asked);
    if (offer === undefined) return [];
    const { services, isChosen } = offer;
    const answers = await Promise.all(services.map(({ name }) => this.#options.records.srv(name)));
    // No SRV record of any kind: the host itself, unless it cannot be known that there is none.
    if (answers.every((records) => records?.length === 0)) {
      const chosen = isChosen ? services[0]?.transport : undefined;
      return [serverAt(host, undefined, chosen ?? transport)];
    }
    return services.flatMap((service, index) => this.#serversOf(service, answers[index]));
  }

  /** The SRV names to ask for, in the order of preference, and whether the domain or the URI has chosen their transport.
   *  @returns undefined: the DNS does not answer, or nothing that the domain offers can be used */
  async #offer(
    host: string,
    isSecure: boolean,
    asked: TransportName | '',
  ): Promise<Offer | undefined> {
    if (asked !== '') return { services: [srvService(host, asked)], isChosen: true };
    const records = await this.#options.records.naptr(host);
    if (records === undefined) return undefined;
    const usable = this.#usable(isSecure);
    // TLS for a sip URI, too, where its domain prefers it.
    const offered = offeredServices(records, (transport) => usable.includes(transport));
    if (offered !== undefined) {
      return offered.length === 0 ? undefined : { services: offered, isChosen: true };
    }
    const services = usable
      .filter((transport) => isSecure || transport !== 'TLS')
      .map((transport) => srvService(host, transport));
    return { services, isChosen: false };
  }

  #serversOf(
    { transport }: SrvService,
    records: readonly SrvRecord[] | undefined,
  ): readonly Server[] {
    if (records === undefined) return [];
    return this.#ordered(records).map(({ name, port }) => ({ host: name, port, transport }));
  }

  #ordered(records: readonly SrvRecord[]): readonly SrvRecord[] {
    // RFC 2782: the root as target says that the service is decidedly not offered.
    const offered = records.filter(({ name }) => name !== '' && name !== '.');
    return orderSrv(offered, this.#options.random);
  }

  async #addresses(servers: readonly Server[], domain: string): Promise<readonly ServerAddress[]> {
    const first = servers.slice(0, MAX_SERVERS);
    const answers = await Promise.all(first.map(({ host }) => this.#addressesOf(host)));
    return first
      .flatMap(({ port, transport }, index) => {
        const addresses = answers[index] ?? [];
        return addresses.map((address) => ({ address, port, transport, domain }));
      })
      .slice(0, MAX_ADDRESSES);
  }

  async #addressesOf(host: string): Promise<readonly string[] | undefined> {
    return isIP(host) === 0 ? this.#options.records.addresses(host) : [host];
  }

  /** sips never goes over anything but TLS (RFC 3261 §26.2.2, RFC 5630 §3.1). */
  #usable(isSecure: boolean): readonly TransportName[] {
    const { transports } = this.#options;
    return isSecure ? transports.filter((transport) => transport === 'TLS') : transports;
  }

  // RFC 3263 §4.1: UDP for sip where nothing says more. Without a datagram socket it has to be TCP.
  #defaultTransport(isSecure: boolean): TransportName {
    if (isSecure) return 'TLS';
    return this.#options.transports.includes('UDP') ? 'UDP' : 'TCP';
  }
}

type Offer = { readonly services: readonly SrvService[]; readonly isChosen: boolean };

type Server = {
  readonly host: string;
  readonly port: number;
  readonly transport: TransportName;
};

// RFC 3263 §4.2: the default port is that of the transport.
function serverAt(host: string, port: number | undefined, transport: TransportName): Server {
  return { host, port: port ?? defaultPort(transport === 'TLS'), transport };
}

// RFC 3263 §4.1: "_sip" for SIP URIs and "_sips" for SIPS URIs.
function srvService(host: string, transport: TransportName): SrvService {
  switch (transport) {
    case 'UDP':
      return { name: `_sip._udp.${host}`, transport };
    case 'TCP':
      return { name: `_sip._tcp.${host}`, transport };
    case 'SCTP':
      return { name: `_sip._sctp.${host}`, transport };
    case 'TLS':
      return { name: `_sips._tcp.${host}`, transport };
  }
}
