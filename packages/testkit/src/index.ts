export { messageRecord, recordNumber } from './contracts/log-records.ts';
export {
  type ContractRunner,
  type MessageLogHarness,
  messageLogContract,
} from './contracts/message-log.ts';
export { RecordingSink, type SinkCall } from './contracts/recording-sink.ts';
export { STORE_CLAUSES, type StoreClause, type StoresUnderTest } from './contracts/stores.ts';
export {
  DeliveryLedger,
  type DeliveryLedgerOptions,
  messageIdentity,
} from './delivery-ledger.ts';
export { type KafkaBroker, type KafkaOptions, startKafka } from './kafka-broker.ts';
export { MemoryStores } from './memory-stores.ts';
export { freePort, freePorts } from './ports.ts';
export { type RedisServer, type StartRedisOptions, startRedis } from './redis-server.ts';
export {
  type Answer,
  type Exchange,
  type ReceivedRequest,
  type RegisterOptions,
  type RequestOptions,
  SipPeer,
  type SipPeerOptions,
} from './sip-peer.ts';
export { type ProxyTarget, TcpFaultProxy } from './tcp-fault-proxy.ts';
export { VirtualClock } from './virtual-clock.ts';
