import { normalHost } from '@hermod/sip';

const MAPPED = '::ffff:';

/** An IPv4 address that a dual-stack socket reports in IPv6 form, as IPv4; anything else as it is. */
export function plainAddress(address: string): string {
  return address.startsWith(MAPPED) && address.includes('.')
    ? address.slice(MAPPED.length)
    : address;
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

/** A literal without the brackets of a URI (`[::1]` → `::1`). */
export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** Map key of an address; the port is last, so IPv6 needs no brackets. */
export function addressKey(address: string, port: number): string {
  return `${address}:${port}`;
}

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** The unit in which addresses are given out, and so counted: an IPv4 address, an IPv6 /64 network (RFC 6177 §2).
 *  @param address literal, IPv6 without brackets  @returns text that is equal for equal networks, if IPv6 is written as systems do */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  // ::1 is no network of anybody's: /64 would make it one with the unspecified and the mapped addresses.
  if (address === '::1') return address;
  const [front = '', back] = address.split('::');
  const groups = front === '' ? [] : front.split(':');
  if (back !== undefined) {
    const last = back === '' ? [] : back.split(':');
    while (groups.length + last.length < GROUPS) groups.push('0');
    groups.push(...last);
  }
  return groups.slice(0, NETWORK_GROUPS).join(':');
}
