import { isIPv6 } from 'node:net';

const MAPPED = '::ffff:';

/** An IPv4 address that a dual-stack socket reports in IPv6 form, as IPv4; anything else as it is. */
export function plainAddress(address: string): string {
  return address.startsWith(MAPPED) && address.includes('.')
    ? address.slice(MAPPED.length)
    : address;
}

/** A literal without the brackets of a URI (`[::1]` → `::1`). */
export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** Map key of an address; the port is last, so IPv6 needs no brackets. */
export function addressKey(address: string, port: number): string {
  return `${address}:${port}`;
}

/** The address family of a literal, as `node:dgram` names it. */
export function datagramFamily(address: string): 'udp4' | 'udp6' {
  return isIPv6(address) ? 'udp6' : 'udp4';
}
