import { isIP } from 'node:net';
import { ipv6Groups } from '@hermod/sip';
import { AddressRanges } from './address-ranges.ts';

/** What the IANA special-purpose registry (RFC 6890) gives to nobody on the Internet, and multicast. */
const NOT_GLOBAL_V4 = new AddressRanges([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]);
/** RFC 4291 §2.4: what is assigned of it. */
const GLOBAL_V6 = new AddressRanges(['2000::/3']);
/** Of that: protocol assignments, documentation, and 6to4 and Teredo, which hold an IPv4 address of any kind. */
const NOT_GLOBAL_V6 = new AddressRanges(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);
/** Their last 32 bits are an IPv4 address, which is who is reached (RFC 4291 §2.5.5.2, RFC 6052 §2.1). */
const HOLDS_V4 = new AddressRanges(['::ffff:0:0/96', '64:ff9b::/96']);

/** May an address be that of somebody on the Internet, rather than of this machine, of its network, or of nobody?
 *  @param address literal, IPv6 without brackets; anything else is none */
export function isGlobalUnicast(address: string): boolean {
  if (isIP(address) !== 6) return isIP(address) === 4 && !NOT_GLOBAL_V4.has(address);
  if (HOLDS_V4.has(address)) return !NOT_GLOBAL_V4.has(lastIPv4(address));
  return GLOBAL_V6.has(address) && !NOT_GLOBAL_V6.has(address);
}

function lastIPv4(address: string): string {
  const [high = 0, low = 0] = ipv6Groups(address).slice(-2);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}
