import { networkInterfaces } from 'node:os';
import type { HostPort } from '../domain/settings.ts';

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** The listening sockets of this process and of its neighbours in the cluster: nobody's device is there. */
export class OwnSockets {
  readonly #sockets = new Set<string>();
  /** Ports that listen on every interface. */
  readonly #everywhere = new Set<number>();

  /** @param sockets literal addresses, IPv6 without brackets; names are left out */
  constructor(sockets: readonly HostPort[]) {
    for (const { host, port } of sockets) {
      if (WILDCARDS.has(host)) this.#everywhere.add(port);
      else this.#sockets.add(`${host} ${port}`);
    }
  }

  /** @param address literal, as the system writes it */
  has(address: string, port: number): boolean {
    if (this.#sockets.has(`${address} ${port}`)) return true;
    return this.#everywhere.has(port) && isOfThisMachine(address);
  }
}

function isOfThisMachine(address: string): boolean {
  if (address.startsWith('127.') || address === '::1') return true;
  for (const own of Object.values(networkInterfaces())) {
    if (own?.some((one) => one.address === address) === true) return true;
  }
  return false;
}
