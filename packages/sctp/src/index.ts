export { DEFAULT_SCTP_OPTIONS, Ready, Received, type SctpOptions } from './sctp-addon.ts';
export { SctpError, SctpUnavailable, sctpFault } from './sctp-error.ts';
export {
  type SctpAddresses,
  type SctpConnectOptions,
  type SctpListenOptions,
  SctpSocket,
} from './sctp-socket.ts';
