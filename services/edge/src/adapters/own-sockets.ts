import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopback, withoutBrackets } from '@hermod/sip';
import { systemAddress } from '@hermod/transport';
import type { HostPort } from '../domain/settings.ts';

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
/** How often the names are looked up. */
const REFRESH_MS = 10_000;

/** Asks the system for all addresses of a name; none where there are none. Never rejects. */
export type LookupAddresses = (host: string) => Promise<readonly string[]>;

/** A socket that is known by name. */
type Named = HostPort & { addresses: ReadonlySet<string> };

/** The listening sockets of this process and of its neighbours in the cluster: nobody's device is there. */
export class OwnSockets {
  readonly #sockets = new Set<string>();
  /** Ports that listen on every interface. */
  readonly #everywhere = new Set<number>();
  readonly #named: Named[] = [];
  readonly #lookup: LookupAddresses;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param sockets names, or literal addresses with brackets or without */
  constructor(sockets: readonly HostPort[], lookupAddresses: LookupAddresses = systemLookup) {
    this.#lookup = lookupAddresses;
    for (const socket of sockets) {
      const { port } = socket;
      const host = withoutBrackets(socket.host);
      if (WILDCARDS.has(host)) this.#everywhere.add(port);
      else if (isIP(host) === 0) this.#named.push({ host, port, addresses: new Set() });
      else this.#sockets.add(`${systemAddress(host)} ${port}`);
    }
  }

  /** Looks the names up, now and 10 s after each time: neighbours move. */
  start(): void {
    if (this.#named.length > 0) void this.#keepFresh();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** One name after the other: each look-up holds a thread. A name without an answer means what it meant before. */
  async refresh(): Promise<void> {
    for (const one of this.#named) {
      const addresses = await this.#lookup(one.host);
      if (addresses.length > 0) one.addresses = new Set(addresses.map(systemAddress));
    }
  }

  async #keepFresh(): Promise<void> {
    await this.refresh();
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#keepFresh(), REFRESH_MS).unref();
  }

  /** @param address literal, as the system writes it */
  has(address: string, port: number): boolean {
    if (this.#sockets.has(`${address} ${port}`)) return true;
    if (this.#named.some((one) => one.port === port && one.addresses.has(address))) return true;
    return this.#everywhere.has(port) && isOfThisMachine(address);
  }
}

function isOfThisMachine(address: string): boolean {
  if (isLoopback(address)) return true;
  for (const own of Object.values(networkInterfaces())) {
    if (own?.some((one) => one.address === address) === true) return true;
  }
  return false;
}

async function systemLookup(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
