// RFC 5922 §7: which SIP domains a certificate speaks for.
import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { normalHost, parseUri, uriHost, withoutBrackets } from '@hermod/sip';

/** The names in a certificate, as `node:tls` and `node:crypto` write them. */
export type CertificateNames = {
  /** `URI:sip:example.com, DNS:…, IP Address:…`; undefined when there is no such extension. */
  readonly subjectAltName: string | undefined;
  readonly commonName: string | undefined;
};

type AltName = { readonly type: string; readonly value: string };

/** What Node writes where a value could be taken for several: a JSON string. */
const QUOTED = /"(?:[^"\\]|\\.)*"/y;

/**
 * Does a certificate speak for a host? Letter case is ignored; wildcards match nothing (RFC 5922 §7.2).
 * @param host host of the URI that was to be reached, before any look-up: a domain, or a literal address (IPv6 with or without brackets)
 */
export function isCertifiedFor(names: CertificateNames, host: string): boolean {
  const literal = withoutBrackets(host);
  return isIP(literal) === 0
    ? domainIdentities(names).includes(host.toLowerCase())
    : addressIdentities(names).includes(comparable(literal));
}

/** All hosts for which {@link isCertifiedFor} is true, in lower case, IPv6 without brackets. */
export function certifiedHosts(names: CertificateNames): readonly string[] {
  return [...domainIdentities(names), ...addressIdentities(names).map(withoutBrackets)];
}

/** The names in a certificate of the other end. */
export function namesOf({ subject, subjectaltname }: PeerCertificate): CertificateNames {
  const commonName: unknown = subject.CN;
  return {
    subjectAltName: subjectaltname,
    // Several of them are a list.
    commonName: typeof commonName === 'string' ? commonName : undefined,
  };
}

/**
 * The SIP domains that a certificate speaks for, in lower case: of its URIs those of scheme sip without a user; its DNS names only when
 * there is no such URI; its common name only when it has no alternative names at all.
 * @see RFC 5922 §7.1
 */
export function domainIdentities(names: CertificateNames): readonly string[] {
  if (names.subjectAltName === undefined) {
    return names.commonName === undefined ? [] : [names.commonName.toLowerCase()];
  }
  const altNames = splitAltNames(names.subjectAltName);
  const inUris = sipHosts(altNames);
  return inUris.length > 0 ? inUris : valuesOf(altNames, 'DNS').map((name) => name.toLowerCase());
}

/** RFC 5922 speaks of domains only. A literal address has to stand in the certificate as one (RFC 3261 §26.3.1, RFC 2818 §3.1). */
function addressIdentities({ subjectAltName }: CertificateNames): readonly string[] {
  const altNames = splitAltNames(subjectAltName ?? '');
  return [...sipHosts(altNames), ...valuesOf(altNames, 'IP Address')].map((address) =>
    comparable(withoutBrackets(address)),
  );
}

// RFC 5922 §7.1: the scheme is sip even where it is to be reached by sips; with a user part it is no domain's.
function sipHosts(altNames: readonly AltName[]): string[] {
  const hosts: string[] = [];
  for (const text of valuesOf(altNames, 'URI')) {
    const uri = parseUri(text);
    if (!uri.ok || uri.value.kind !== 'sip' || uri.value.scheme !== 'sip') continue;
    if (uri.value.user === undefined) hosts.push(uri.value.host);
  }
  return hosts;
}

function valuesOf(altNames: readonly AltName[], type: string): string[] {
  return altNames.filter((name) => name.type === type).map((name) => name.value);
}

function comparable(address: string): string {
  return normalHost(uriHost(address));
}

// type ":" value *( ", " type ":" value ), a value quoted where it holds what could end it.
function splitAltNames(text: string): readonly AltName[] {
  const altNames: AltName[] = [];
  let i = 0;
  while (i < text.length) {
    const colon = text.indexOf(':', i);
    if (colon === -1) break;
    const type = text.slice(i, colon);
    QUOTED.lastIndex = colon + 1;
    const quoted = QUOTED.exec(text)?.[0];
    const comma = text.indexOf(', ', colon + 1 + (quoted?.length ?? 0));
    const end = comma === -1 ? text.length : comma;
    const value = quoted === undefined ? text.slice(colon + 1, end) : unquote(quoted);
    if (value !== undefined) altNames.push({ type, value });
    i = end + 2;
  }
  return altNames;
}

function unquote(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    // No name that anything could match.
    return undefined;
  }
}
