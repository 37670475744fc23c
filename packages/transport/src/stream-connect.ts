import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, type PeerCertificate, connect as tlsConnect } from 'node:tls';
import { withoutBrackets } from '@hermod/sip';
import type { ConnectOptions, Flow, SocketAddress } from './flow.ts';
import { FlowGroup } from './flow-group.ts';
import { StreamFlow } from './stream-flow.ts';
import { SIP_PROTOCOLS, type TlsCredentials } from './tls-credentials.ts';
import { isCertifiedFor, namesOf } from './tls-identity.ts';

/** Whom a TLS connection is made to. */
export type TlsTarget = {
  readonly credentials: TlsCredentials;
  /** The host of the URI that is to be reached, before any look-up: what the other end's certificate must name (RFC 5922 §7.3). */
  readonly domain: string;
};

/** Start a connection as a member of a group. @param tls undefined: over TCP in clear */
export function connectInGroup(
  group: FlowGroup,
  remote: SocketAddress,
  tls: TlsTarget | undefined,
): StreamFlow {
  const { port } = remote;
  const address = withoutBrackets(remote.address);
  const socket = tls === undefined ? tcpSocket(address, port) : tlsSocket(address, port, tls);
  group.stats.opened++;
  const transport = tls === undefined ? 'TCP' : 'TLS';
  const flow = new StreamFlow(socket, group, transport, {
    connectTo: { address, port },
    peerDomain: tls?.domain,
  });
  group.enter(flow);
  return flow;
}

/**
 * Open a connection. The flow can be sent on at once: messages wait for the connection, within the flow's cap.
 * A connection that cannot be made, or not within `connectMs`, or whose other end proves to be somebody else, ends in `onClosed`,
 * without `onOpen`.
 * @param tls undefined: over TCP in clear
 */
export function connectStream(options: ConnectOptions, tls?: TlsTarget): Flow {
  return connectInGroup(new FlowGroup(options), options.remote, tls);
}

function tcpSocket(host: string, port: number): Socket {
  return connect({ host, port, allowHalfOpen: true, noDelay: true });
}

function tlsSocket(host: string, port: number, { credentials, domain }: TlsTarget): Socket {
  const options: ConnectionOptions & { allowHalfOpen: true } = {
    host,
    port,
    // Documented, but missing in the type.
    allowHalfOpen: true,
    secureContext: credentials.context,
    ALPNProtocols: SIP_PROTOCOLS,
    // RFC 6066 §3: a literal address is no server name.
    servername: isIP(withoutBrackets(domain)) === 0 ? domain : '',
    checkServerIdentity: (_host, certificate) => identityError(certificate, domain),
  };
  const socket = tlsConnect(options);
  socket.setNoDelay(true);
  return socket;
}

function identityError(certificate: PeerCertificate, domain: string): Error | undefined {
  return isCertifiedFor(namesOf(certificate), domain)
    ? undefined
    : new Error(`the certificate does not name ${domain}`);
}
