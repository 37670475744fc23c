export { AddressRanges } from './address-ranges.ts';
export { type Environment, loadConfig } from './config.ts';
export { ConfigError } from './config-error.ts';
export { formatConfigTable, formatProblem } from './config-help.ts';
export type { ServiceName, StandaloneConfig } from './config-services.ts';
export { formatHostPort, type Origins, type Privileged, type Sources } from './config-value.ts';
export { ContactRanges } from './contact-ranges.ts';
export { prepareDataDirectory } from './data-directory.ts';
export { isGlobalUnicast } from './global-unicast.ts';
export { keptSecret } from './kept-secret.ts';
export { listenError } from './listen-error.ts';
export { readPalette } from './live-page/live-page.ts';
export type { Logger } from './logger.ts';
export { mailboxMaxPerSender } from './mailbox-bound.ts';
export { Metrics, type Series } from './metrics.ts';
export { nodeDigestHash, randomMac, secretMac } from './node-digest.ts';
export { nodeGruuSeal } from './node-gruu-seal.ts';
export {
  driveTimers,
  monotonicMs,
  RandomIdSource,
  sha256Hash,
  systemClock,
} from './node-runtime.ts';
export { type PageFile, readPage } from './page-file.ts';
export { logGate, ProbeGate } from './probe-gate.ts';
export { runService } from './run-service.ts';
export { connectPemPaths, listenPemPaths } from './tls/pem-paths.ts';
export { trunkCredentials } from './tls/trunk-pem.ts';
export { type PemWatchTools, watchPem } from './tls/watched-pem.ts';
export { openTracer } from './tracing/open-tracer.ts';
