import { escapeUser, normalHost, type SipUri, unescapeUser } from '@hermod/sip';

/** The domains this cluster serves. With aliases on, every name stands for the first. */
export class ServedDomains {
  readonly primary: string;
  readonly names: readonly string[];
  readonly #canonical = new Map<string, string>();

  /** @param names host names or addresses, at least one, any case  @param aliases whether all names mean the first */
  constructor(names: readonly string[], aliases: boolean) {
    this.names = names.map(normalHost);
    this.primary = this.names[0] ?? 'localhost';
    for (const name of this.names) this.#canonical.set(name, aliases ? this.primary : name);
  }

  /** The canonical name of a served host (lower case), or undefined when the host is not ours. */
  canonical(host: string): string | undefined {
    return this.#canonical.get(host);
  }
}

/** The canonical address-of-record of a SIP or SIPS URI: `sip:` user (unescaped once, re-escaped minimally, case kept)
 *  `@` host (lower case), without port, password and parameters; sip and sips are one AoR (RFC 5630 §5.2).
 *  @returns undefined when the domain is not served
 *  @see RFC 3261 §10.3 step 5 */
export function canonicalAor(uri: SipUri, domains: ServedDomains): string | undefined {
  const host = domains.canonical(uri.host);
  if (host === undefined) return undefined;
  if (uri.user === undefined) return `sip:${host}`;
  const user = uri.user.includes('%') ? escapeUser(unescapeUser(uri.user)) : uri.user;
  return `sip:${user}@${host}`;
}
