import { DIGEST_ALGORITHMS } from '@hermod/sip';
import type { HostPort } from './config-value.ts';
import { defaultTo, type Entry, optional, required, VARIABLES as V } from './config-variables.ts';

const process = {
  logLevel: defaultTo(V.logLevel, 'info'),
  shutdownGraceMs: defaultTo(V.shutdownGraceMs, '10000'),
};

const tracing = {
  otlpEndpoint: optional(V.otlpEndpoint),
  traceRatio: defaultTo(V.traceRatio, '0.01'),
};

const kafka = {
  kafkaBrokers: required(V.kafkaBrokers),
  kafkaSsl: defaultTo(V.kafkaSsl, 'off'),
  kafkaSaslMechanism: optional(V.kafkaSaslMechanism),
  kafkaSaslUsername: optional(V.kafkaSaslUsername),
  kafkaSaslPassword: optional(V.kafkaSaslPassword),
  kafkaReplication: defaultTo(V.kafkaReplication, '3'),
  partitions: defaultTo(V.partitions, '64'),
};

const redis = {
  redisUrl: required(V.redisUrl),
  redisReplicas: defaultTo(V.redisReplicas, '0'),
};

const trunkTls = {
  trunkTlsCert: optional(V.trunkTlsCert),
  trunkTlsKey: optional(V.trunkTlsKey),
  trunkTlsCa: optional(V.trunkTlsCa),
};

const trunk = {
  trunkListen: required(V.trunkListen),
  trunkPeers: defaultTo(V.trunkPeers, '127.0.0.1,::1'),
  ...trunkTls,
};

const clients = {
  tlsCert: optional(V.tlsCert),
  tlsKey: optional(V.tlsKey),
  tlsOcsp: optional(V.tlsOcsp),
  tlsTicketKeys: optional(V.tlsTicketKeys),
  tlsCa: optional(V.tlsCa),
  tlsClientCa: optional(V.tlsClientCa),
  wsOrigins: optional(V.wsOrigins),
  chat: optional(V.chat),
  auth: optional(V.auth),
  authRealm: optional(V.authRealm),
  authAlgorithms: defaultTo(V.authAlgorithms, DIGEST_ALGORITHMS.join(',')),
  authNonceSec: defaultTo(V.authNonceSec, '300'),
  tokenJwks: optional(V.tokenJwks),
  tokenIssuer: optional(V.tokenIssuer),
  tokenAudience: optional(V.tokenAudience),
  tokenClaim: defaultTo(V.tokenClaim, 'sub'),
  tokenScope: optional(V.tokenScope),
  wsRequireToken: defaultTo(V.wsRequireToken, 'off'),
  gruuSecret: optional(V.gruuSecret),
  relayFrom: defaultTo(V.relayFrom, 'authenticated'),
  inboundFrom: defaultTo(V.inboundFrom, 'nobody'),
  dnsServers: optional(V.dnsServers),
  contactNetworks: optional(V.contactNetworks),
  flowRate: optional(V.flowRate),
  connectionsPerAddress: optional(V.connectionsPerAddress),
  bufferMb: defaultTo(V.bufferMb, '256'),
  congestion: defaultTo(V.congestion, 'on'),
  priorityFrom: defaultTo(V.priorityFrom, 'nobody'),
  prometheusUrl: optional(V.prometheusUrl),
  prometheusMatch: optional(V.prometheusMatch),
  prometheusScrapeSec: defaultTo(V.prometheusScrapeSec, '5'),
  acceptAfterMs: defaultTo(V.acceptAfterMs, '3000'),
};

const mailbox = {
  mailboxTtlSec: defaultTo(V.mailboxTtlSec, '604800'),
  mailboxMax: defaultTo(V.mailboxMax, '1000'),
  mailboxMaxPerSender: optional(V.mailboxMaxPerSender),
};

const domains = {
  domains: required(V.domains),
  domainAliases: defaultTo(V.domainAliases, 'on'),
};

const subscribers = {
  domainMode: defaultTo(V.domainMode, 'open'),
};

/** What each service reads, under the name its configuration object gives it (design §9). */
export const SERVICES = {
  standalone: {
    ...domains,
    domains: defaultTo(V.domains, 'localhost,127.0.0.1'),
    ...subscribers,
    sipListen: defaultTo(
      V.sipListen,
      'udp://127.0.0.1:5060,tcp://127.0.0.1:5060,ws://127.0.0.1:5066',
    ),
    sipAdvertise: optional(V.sipAdvertise),
    httpListen: defaultTo(V.httpListen, '127.0.0.1:8080'),
    dataDir: defaultTo(V.dataDir, './data'),
    ...clients,
    ...mailbox,
    ...tracing,
    ...process,
  },
  edge: {
    ...domains,
    ...subscribers,
    edgeId: required(V.edgeId),
    sipListen: required(V.sipListen),
    sipAdvertise: optional(V.sipAdvertise),
    httpListen: defaultTo(V.httpListen, '127.0.0.1:8080'),
    ...trunk,
    trunkAdvertise: optional(V.trunkAdvertise),
    edges: required(V.edges),
    registrars: required(V.registrars),
    ...kafka,
    ...redis,
    ...clients,
    ...tracing,
    ...process,
  },
  router: {
    ...domains,
    ...subscribers,
    httpListen: defaultTo(V.httpListen, '127.0.0.1:8080'),
    trunkAdvertise: optional(V.trunkAdvertise),
    edges: required(V.edges),
    ...trunkTls,
    ...kafka,
    ...redis,
    // As the edges: an older record may have been accepted, and is never refused.
    acceptAfterMs: defaultTo(V.acceptAfterMs, '3000'),
    ...mailbox,
    ...tracing,
    ...process,
  },
  registrar: {
    ...domains,
    ...subscribers,
    httpListen: defaultTo(V.httpListen, '127.0.0.1:8080'),
    ...trunk,
    ...kafka,
    ...redis,
    gruuSecret: optional(V.gruuSecret),
    contactNetworks: optional(V.contactNetworks),
    ...process,
  },
} as const;

/** The processes that have a configuration. */
export type ServiceName = keyof typeof SERVICES;

type ConfigFrom<S> = { readonly [K in keyof S]: S[K] extends Entry<infer T> ? T : never };

/** What every service has. */
export type CommonConfig = ConfigFrom<typeof process> & { readonly httpListen: HostPort };

/** The checked configuration of one service. */
export type ServiceConfig<N extends ServiceName> = ConfigFrom<(typeof SERVICES)[N]> & CommonConfig;
/** Configuration of the standalone. */
export type StandaloneConfig = ServiceConfig<'standalone'>;
/** Configuration of a registrar. */
export type RegistrarConfig = ServiceConfig<'registrar'>;
