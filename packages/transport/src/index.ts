export { bufferCodec } from './buffer-codec.ts';
export type {
  CloseReason,
  ConnectOptions,
  DatagramListener,
  Flow,
  FlowHandlers,
  FlowLimits,
  Listener,
  ListenOptions,
  SocketAddress,
  TransportName,
  TransportStats,
} from './flow.ts';
export { DEFAULT_FLOW_LIMITS, newTransportStats } from './flow.ts';
export type { RandomText } from './flow-registry.ts';
export { FlowRegistry } from './flow-registry.ts';
