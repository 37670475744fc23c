export {
  CertificateAuthority,
  type CertificateRequest,
  type IssuedCertificate,
} from './certificate-authority.ts';
export { messageRecord, recordNumber } from './contracts/log-records.ts';
export { type MessageLogHarness, messageLogContract } from './contracts/message-log.ts';
export { RecordingSink } from './contracts/recording-sink.ts';
export { STORE_CLAUSES, type StoresUnderTest } from './contracts/stores.ts';
export { DeliveryLedger, messageIdentity } from './delivery-ledger.ts';
export { challengesIn, type DigestChoice, DigestClient } from './digest-client.ts';
export { type DnsServer, startDns, type ZoneLine } from './dns-server.ts';
export { type KafkaBroker, startKafka } from './kafka-broker.ts';
export { MemoryStores } from './memory-stores.ts';
export { freePorts } from './ports.ts';
export {
  type PrometheusSample,
  type PrometheusServer,
  promtool,
  type StartPrometheusOptions,
  startPrometheus,
} from './prometheus-server.ts';
export { provisionUsers } from './provision-users.ts';
export { readMetric } from './read-metric.ts';
export { type RedisServer, type StartRedisOptions, startRedis } from './redis-server.ts';
export { requireProgram } from './require-program.ts';
export {
  type Answer,
  type Exchange,
  type RegisterOptions,
  SipPeer,
  type SipPeerOptions,
} from './sip-peer.ts';
export { TcpFaultProxy } from './tcp-fault-proxy.ts';
export { type TokenChoice, TokenIssuer } from './token-issuer.ts';
export { type ReceivedSpan, spanLine, TraceReceiver, treeOf } from './trace-receiver.ts';
export { VirtualClock } from './virtual-clock.ts';
export type { WebSocketPeerOptions } from './web-socket-peer.ts';
