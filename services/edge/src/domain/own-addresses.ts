import { normalHost, type SipUri } from '@hermod/sip';
import type { EdgeSettings, HostPort } from './settings.ts';

const DEFAULT_PORT = 5060;

/** Which hosts and ports mean this edge: its listeners as bound and as told to others, its trunk, and the served domains. */
export class OwnAddresses {
  readonly #settings: EdgeSettings;
  readonly #sentBys = new Set<string>();
  readonly #ports = new Set<number>([DEFAULT_PORT]);

  constructor(settings: EdgeSettings) {
    this.#settings = settings;
    this.#add(settings.trunk);
    for (const { bound, told } of settings.listeners) {
      this.#add(bound);
      this.#add(told);
    }
  }

  /** Is a Via sent-by (`host[:port]`, lower case) one that this edge writes? */
  isOurSentBy = (sentBy: string): boolean => {
    return this.#sentBys.has(sentBy);
  };

  /** Does a host and port name a socket of this edge, rather than a domain? */
  isOurSocket = (host: string, port: number | undefined): boolean => {
    return this.#sentBys.has(`${host}:${port ?? DEFAULT_PORT}`);
  };

  /** Does a Route or Request-URI host mean this edge?  @see RFC 3261 §16.4 */
  isOurs = (host: string, port: number | undefined): boolean => {
    if (this.isOurSocket(host, port)) return true;
    // A served domain names the whole cluster: without a port, or with one that we listen on.
    if (this.#settings.domains.canonical(host) === undefined) return false;
    return port === undefined || this.#ports.has(port);
  };

  /** The URI with a domain of ours in the place of an address of ours: a user there is one of the first domain, since this edge serves no
   *  other by that address. @returns undefined for what is somebody else's */
  inDomain(uri: SipUri): SipUri | undefined {
    const { domains } = this.#settings;
    if (domains.canonical(uri.host) !== undefined) return uri;
    return this.isOurSocket(uri.host, uri.port) ? { ...uri, host: domains.primary } : undefined;
  }

  #add(address: HostPort): void {
    // As we write it into a Via, and as the URI parser reads it.
    for (const host of [address.host.toLowerCase(), normalHost(address.host)]) {
      this.#sentBys.add(`${host}:${address.port}`);
      if (address.port === DEFAULT_PORT) this.#sentBys.add(host);
    }
    this.#ports.add(address.port);
  }
}
