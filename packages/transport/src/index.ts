export { SctpUnavailable } from '@hermod/sctp';
export { bufferCodec } from './buffer-codec.ts';
export type { ConnectionPoolOptions } from './connection-pool.ts';
export { ConnectionPool } from './connection-pool.ts';
export {
  DnsLocator,
  type DnsLocatorOptions,
  type ImServer,
  type ServerAddress,
} from './dns/dns-locator.ts';
export type { DnsRecords, NaptrRecord, SrvRecord } from './dns/dns-records.ts';
export { type NodeDnsOptions, NodeDnsRecords } from './dns/node-dns-records.ts';
export type {
  CloseReason,
  ConnectOptions,
  DatagramListener,
  Flow,
  FlowDirectory,
  FlowHandlers,
  FlowLimits,
  FlowTransport,
  Listener,
  ListenOptions,
  SocketAddress,
  StreamTransport,
  TransportName,
  TransportStats,
  WebSocketTransport,
} from './flow.ts';
export type { RandomText } from './flow-registry.ts';
export { FlowRegistry } from './flow-registry.ts';
export { NameResolver } from './name-resolver.ts';
export { DEFAULT_PEER_CAPS, PeerBudget, type PeerCaps } from './peer-budget.ts';
export type {
  PeerLinkHandlers,
  PeerLinkOptions,
  PeerLinkState,
  PeerLinkTarget,
} from './peer-link.ts';
export { PeerLink } from './peer-link.ts';
export { listenForPeers, PeerList, type PeerListenOptions } from './peer-listener.ts';
export { SctpListener, type SctpListenOptions } from './sctp-listener.ts';
export { systemAddress } from './socket-address.ts';
export { connectStream, type TlsTarget } from './stream-connect.ts';
export { TcpListener } from './tcp-listener.ts';
export { TlsCredentials, type TlsPem } from './tls-credentials.ts';
export { TlsListener, type TlsListenOptions } from './tls-listener.ts';
export { UdpListener } from './udp-listener.ts';
export {
  WsListener,
  type WsListenOptions,
  WssListener,
  type WssListenOptions,
} from './ws-listener.ts';
export type { AuthorizeUpgrade, MayOpen, UpgradeRefusal, UpgradeRules } from './ws-upgrade.ts';
