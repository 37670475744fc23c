import { normalHost, parseNameAddr, parseUri, type SipUri } from '@hermod/sip';

/** Where a request goes when no flow token decides it. */
export type NextHop = {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly transport: 'UDP' | 'TCP';
};

const DEFAULT_PORT = 5060;
const MAX_HOPS = 16_384;

/** {@link nextHopOf} with a memory: a device's Contact is the same for every message. Bounded. */
export class NextHops {
  #known = new Map<string, NextHop | undefined>();

  /** @param text as for {@link nextHopOf} */
  of(text: string): NextHop | undefined {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_HOPS) this.#known = new Map();
    const hop = nextHopOf(text);
    this.#known.set(text, hop);
    return hop;
  }
}

/** The address in a Contact or Route URI.
 *  @param text URI text, or a Route value with angle brackets
 *  @returns undefined when it is no SIP URI, needs TLS, or names a transport that is not served
 *  @see RFC 3263 §4.1, §4.2 for numeric hosts and explicit ports; names are resolved by the connector */
export function nextHopOf(text: string): NextHop | undefined {
  const uri = text.includes('<') ? routeUri(text) : contactUri(text);
  if (uri === undefined || uri.scheme === 'sips') return undefined;
  const transport = transportOf(uri);
  if (transport === undefined) return undefined;
  const maddr = uri.params.get('maddr');
  const host = typeof maddr === 'string' ? normalHost(maddr) : uri.host;
  // RFC 7118 §5.2, design §7: a name under .invalid is a placeholder, never looked up.
  if (host === 'invalid' || host.endsWith('.invalid')) return undefined;
  return { host: unbracketed(host), port: uri.port ?? DEFAULT_PORT, transport };
}

function routeUri(text: string): SipUri | undefined {
  const address = parseNameAddr(text);
  return address.ok ? contactUri(address.value.uriText) : undefined;
}

function contactUri(text: string): SipUri | undefined {
  const uri = parseUri(text);
  return uri.ok && uri.value.kind === 'sip' ? uri.value : undefined;
}

function transportOf(uri: SipUri): 'UDP' | 'TCP' | undefined {
  const transport = uri.params.get('transport');
  if (transport === undefined) return 'UDP';
  if (transport === true) return undefined;
  const name = transport.toUpperCase();
  return name === 'UDP' || name === 'TCP' ? name : undefined;
}

function unbracketed(host: string): string {
  return host.charCodeAt(0) === 0x5b ? host.slice(1, -1) : host;
}
