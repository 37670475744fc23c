import {
  defaultPort,
  normalHost,
  parseNameAddr,
  parseUri,
  type SipUri,
  withoutBrackets,
} from '@hermod/sip';
import type { Flow, Transport } from '../ports.ts';

/** RFC 3261 §18.1.1: a larger request must not go over UDP when the path MTU is unknown. */
export const MAX_DATAGRAM_REQUEST_BYTES = 1300;

/** Where a request goes when no flow token decides it. */
export type NextHop = {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
  /** The host of the URI, whom a TLS certificate has to name whatever `maddr` says (RFC 5922 §7.3). */
  readonly domain: string;
};

/** The address in a Contact or Route URI.
 *  @param text URI text, or a Route value with angle brackets
 *  @param isSecured only TLS will do, as if the URI were sips (RFC 5630 §5.3)
 *  @returns undefined when it is no SIP URI, or names a transport that is not served
 *  @see RFC 3263 §4.1, §4.2 for numeric hosts and explicit ports; names are resolved by the connector */
export function nextHopOf(text: string, isSecured = false): NextHop | undefined {
  const uri = text.includes('<') ? routeUri(text) : contactUri(text);
  if (uri === undefined) return undefined;
  const transport = transportOf(uri, isSecured || uri.scheme === 'sips');
  if (transport === undefined) return undefined;
  const maddr = uri.params.get('maddr');
  const host = typeof maddr === 'string' ? normalHost(maddr) : uri.host;
  // RFC 7118 §5.2, design §7: a name under .invalid is a placeholder, never looked up.
  if (host === 'invalid' || host.endsWith('.invalid')) return undefined;
  const port = uri.port ?? defaultPort(transport === 'TLS');
  return { host: withoutBrackets(host), port, transport, domain: withoutBrackets(uri.host) };
}

/** Where a device on UDP takes by TCP what is too large for a datagram: at its own address, if that is what its Contact says. Behind a NAT the
 *  address in there is somebody else's.
 *  @param text its Contact, or the Route value that leads to it  @see RFC 3261 §18.1.1 */
export function streamHopOf(flow: Flow, text: string): NextHop | undefined {
  if (flow.reliable) return undefined;
  const hop = nextHopOf(text);
  if (hop?.host !== flow.remote.address || hop.transport === 'TLS') return undefined;
  return { ...hop, transport: 'TCP' };
}

function routeUri(text: string): SipUri | undefined {
  const address = parseNameAddr(text);
  return address.ok ? contactUri(address.value.uriText) : undefined;
}

function contactUri(text: string): SipUri | undefined {
  const uri = parseUri(text);
  return uri.ok && uri.value.kind === 'sip' ? uri.value : undefined;
}

// RFC 3261 §26.2.2: `transport=tls` is deprecated, but devices write it still; with sips, transport says what TLS runs on.
function transportOf(uri: SipUri, isSecured: boolean): Transport | undefined {
  const transport = uri.params.get('transport');
  if (transport === undefined) return isSecured ? 'TLS' : 'UDP';
  if (transport === true) return undefined;
  switch (transport.toUpperCase()) {
    case 'UDP':
      return isSecured ? undefined : 'UDP';
    case 'TCP':
      return isSecured ? 'TLS' : 'TCP';
    // RFC 4168 §4: with sips it would be TLS over SCTP.
    case 'SCTP':
      return isSecured ? undefined : 'SCTP';
    case 'TLS':
      return 'TLS';
    default:
      return undefined;
  }
}
