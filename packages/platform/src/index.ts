export {
  type ConfigProblem,
  type Environment,
  type LoadedConfig,
  loadConfig,
} from './config.ts';
export { formatConfig, formatConfigTable, formatHelp, formatProblem } from './config-help.ts';
export type {
  EdgeConfig,
  RegistrarConfig,
  RouterConfig,
  ServiceConfig,
  ServiceName,
  StandaloneConfig,
} from './config-services.ts';
export {
  formatHostPort,
  type HostPort,
  isLoopback,
  isWildcard,
  type SipEndpoint,
} from './config-value.ts';
export { makeDirectory, prepareDataDirectory } from './data-directory.ts';
export { Health, type ReadinessCheck } from './health.ts';
export { type OperationPages, OperationServer } from './http-server.ts';
export {
  Lifecycle,
  type LifecycleOptions,
  type ProcessPort,
  type StopStep,
} from './lifecycle.ts';
export { listenError } from './listen-error.ts';
export {
  createLogger,
  type LogDestination,
  type LogFields,
  type Logger,
  type LogLevel,
  TerminalLines,
} from './logger.ts';
export {
  type DurationHistogram,
  type Emit,
  type Labels,
  Metrics,
  type NumericField,
  type Series,
  TRANSACTION_BUCKETS,
} from './metrics.ts';
export {
  type Advanceable,
  driveTimers,
  monotonicMs,
  RandomIdSource,
  sha256Hash,
  systemClock,
} from './node-runtime.ts';
export { type Probed, ProbeGate } from './probe-gate.ts';
export { RateLimitedLog } from './rate-limited-log.ts';
export {
  type RunOptions,
  runService,
  type ServiceContext,
  type ServiceProcess,
} from './run-service.ts';
