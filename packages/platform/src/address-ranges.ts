import { BlockList, isIP } from 'node:net';

/** IP addresses and blocks of them, with a fast `has`. */
export class AddressRanges {
  readonly #list = new BlockList();

  /** @param ranges `address/bits` or `address`, as {@link parseAddressRange} takes them */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = '', bits] = range.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  /** @param address literal, IPv6 without brackets; anything else is in no range */
  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/** Check an IP address or a block of them (`10.0.0.0/8`, `2001:db8::/32`). @returns what is wrong with it; undefined: nothing */
export function addressRangeFault(text: string): string | undefined {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text);
  const version = isIP(match?.[1] ?? '');
  if (match === null || version === 0)
    return `"${text}" is not an IP address or a block like 10.0.0.0/8`;
  const most = version === 4 ? 32 : 128;
  return Number(match[2] ?? 0) > most ? `"${text}" has more than ${most} bits` : undefined;
}
