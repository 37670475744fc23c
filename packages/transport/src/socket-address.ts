import { normalHost, withoutBrackets } from '@hermod/sip';
import type { SocketAddress } from './flow.ts';

const MAPPED = '::ffff:';

/** An IPv4 address that a dual-stack socket reports in IPv6 form, as IPv4; anything else as it is. */
export function plainAddress(address: string): string {
  return address.startsWith(MAPPED) && address.includes('.')
    ? address.slice(MAPPED.length)
    : address;
}

/** One end of a socket, as Node or the kernel tells it; what it does not know any more is '' and 0. */
export function endOf(address = '', port = 0): SocketAddress {
  return { address: plainAddress(address), port };
}

/** A literal, however it is spelled (`2001:DB8:0::1`), as the system reports it. @param address IPv6 without brackets */
export function systemAddress(address: string): string {
  if (!address.includes(':')) return address;
  return plainAddress(withoutBrackets(normalHost(`[${address}]`)));
}

/** The inverse of {@link plainAddress}: an IPv4 address as an IPv6 socket takes it. */
export function mappedAddress(address: string): string {
  return address.includes(':') ? address : MAPPED + address;
}

/** Map key of an address; the port is last, so IPv6 needs no brackets. */
export function addressKey(address: string, port: number): string {
  return `${address}:${port}`;
}
