import { isIP } from 'node:net';
import { type ContactNetworks, withoutBrackets } from '@hermod/sip';
import { AddressRanges } from './address-ranges.ts';
import type { Sources } from './config-value.ts';

const ANYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

/** `HERMOD_CONTACT_NETWORKS`: where edges may connect to, beyond the address that a device registered from. */
export class ContactRanges implements ContactNetworks {
  readonly #ranges: AddressRanges;
  readonly #isEmpty: boolean;

  /** @param sources undefined: nowhere */
  constructor(sources: Sources<'anywhere'> | undefined) {
    const { words, ranges } = sources ?? { words: [], ranges: [] };
    this.#ranges = new AddressRanges(words.length > 0 ? ANYWHERE : ranges);
    this.#isEmpty = words.length + ranges.length === 0;
  }

  mayHold(host: string): boolean {
    const address = withoutBrackets(host);
    // A name is judged by the addresses that it turns out to have, whenever it is resolved.
    return isIP(address) === 0 ? !this.#isEmpty : this.has(address);
  }

  /** @param address literal, IPv6 without brackets */
  has(address: string): boolean {
    return this.#ranges.has(address);
  }
}
