import { DIGEST_ALGORITHMS } from '@hermod/sip';
import type { z } from 'zod';
import {
  domainList,
  endpointList,
  hostPort,
  hostPortList,
  httpsIssuer,
  httpUrl,
  integer,
  ipList,
  ipPortList,
  jwksSource,
  listenerList,
  listOf,
  matching,
  oneOf,
  onOff,
  origins,
  privileged,
  promMatchers,
  redisUrl,
  secretMatching,
  share,
  sources,
  trunkAddress,
  trunkAddressList,
} from './config-value.ts';

/** One environment variable, whatever service reads it. */
export type Variable<T> = {
  readonly name: string;
  readonly parse: z.ZodType<T, string>;
  /** Completes "set it to …": the form of a value, with an example. */
  readonly form: string;
  /** One line for `--help` and the README. */
  readonly meaning: string;
  /** `mask`: never shown. `mask-password`: shown without the password of its URL. */
  readonly secrecy: 'none' | 'mask' | 'mask-password';
};

/** How one service reads a variable. */
export type Entry<T> = {
  readonly variable: Omit<Variable<unknown>, 'parse'>;
  /** From the raw text, or from undefined when the variable is unset. */
  readonly schema: z.ZodType<T>;
  /** The text used when it is unset; undefined = nothing. */
  readonly defaultText: string | undefined;
  readonly isRequired: boolean;
};

function variable<T>(
  name: string,
  parse: z.ZodType<T, string>,
  form: string,
  meaning: string,
  secrecy: Variable<T>['secrecy'] = 'none',
): Variable<T> {
  return { name, parse, form, meaning, secrecy };
}

const path = matching(/^[^\0]+$/, 'a path');
const pathList = matching(
  /^[^\0,]*[^\0, ][^\0,]*(,[^\0,]*[^\0, ][^\0,]*)*$/,
  'a list of paths',
).transform((text): readonly string[] => text.split(',').map((one) => one.trim()));
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every variable of the system: the one table that the schemas, `--help` and the README come from (design §9). */
export const VARIABLES = {
  domains: variable(
    'HERMOD_DOMAINS',
    domainList,
    'a comma-separated list of domains, e.g. example.com,example.net',
    'Domains served. The first is the canonical one.',
  ),
  domainMode: variable(
    'HERMOD_DOMAIN_MODE',
    oneOf(['open', 'closed']),
    'open or closed',
    '`open`: any user of the domains may register and receive; `closed`: only provisioned subscribers.',
  ),
  domainAliases: variable(
    'HERMOD_DOMAIN_ALIASES',
    onOff,
    'on or off',
    '`on`: all names in HERMOD_DOMAINS are aliases of the first; `off`: each is a domain of its own.',
  ),
  sipListen: variable(
    'HERMOD_SIP_LISTEN',
    listenerList,
    'a comma-separated list of URLs, e.g. udp://127.0.0.1:5060,tcp://127.0.0.1:5060',
    'SIP listeners for clients, `udp://`, `tcp://`, `tls://` (usually port 5061), `sctp://` (with several addresses: `sctp://192.0.2.1+198.51.100.1:5060`), and for browsers `ws://` and `wss://`; port 0 takes a free one.',
  ),
  sipAdvertise: variable(
    'HERMOD_SIP_ADVERTISE',
    endpointList,
    'a comma-separated list of URLs, e.g. udp://192.0.2.1:5060,tcp://192.0.2.1:5060',
    'Addresses of the SIP listeners as others reach them; needed when they listen on every interface.',
  ),
  tlsCert: variable(
    'HERMOD_TLS_CERT',
    pathList,
    'a PEM file, or several separated by commas, e.g. /etc/hermod/tls.crt',
    'Certificate of `tls://` and `wss://` SIP listeners, with those that link it to its authority behind it. It must name the domains that clients connect to. Several: a client gets the one that names the domain it asks for (SNI), otherwise the first. Read again when it changes, and on SIGHUP.',
  ),
  tlsKey: variable(
    'HERMOD_TLS_KEY',
    pathList,
    'a PEM file, or several separated by commas, e.g. /etc/hermod/tls.key',
    'Private key of HERMOD_TLS_CERT, without a passphrase; one for each certificate, in the same order. Read again likewise.',
  ),
  tlsOcsp: variable(
    'HERMOD_TLS_OCSP',
    pathList,
    'a file with an OCSP response (DER), or several separated by commas, e.g. /etc/hermod/tls.ocsp',
    'What the authorities of HERMOD_TLS_CERT say of them (RFC 6960), shown to clients that ask for it. Something else has to fetch them in time: what is out of date is not shown. Read again likewise.',
  ),
  tlsTicketKeys: variable(
    'HERMOD_TLS_TICKET_KEYS',
    path,
    'a file of 48 random octets, e.g. /etc/hermod/tls.tickets',
    'The secret of session tickets: edges that share it resume the TLS sessions of one another. Put another one there once a week. Unset: each process draws its own, and another one every week. Read again likewise.',
  ),
  tlsCa: variable(
    'HERMOD_TLS_CA',
    path,
    'a PEM file, e.g. /etc/ssl/certs/ca-certificates.crt',
    'Authorities of the certificates of TLS servers that Hermod connects to; unset: the public ones that Node knows. Read again likewise.',
  ),
  tlsClientCa: variable(
    'HERMOD_TLS_CLIENT_CA',
    path,
    'a PEM file, e.g. /etc/hermod/clients-ca.crt',
    'When set, clients of `tls://` SIP listeners must show a certificate of these authorities, and servers of other domains may have requests sent to them over the connections that they opened (`alias`, RFC 5923). Read again likewise.',
  ),
  wsOrigins: variable(
    'HERMOD_WS_ORIGINS',
    origins,
    'any or a comma-separated list of origins, e.g. https://chat.example.com',
    'Whose web pages may connect to `ws://` and `wss://` listeners; unset: those at a name or address of this process or of its domains, on any port.',
  ),
  chat: variable(
    'HERMOD_CHAT',
    onOff,
    'on or off',
    '`on`: the HTTP listener serves a chat page at `/chat`; it needs a `ws://` or `wss://` listener. Unset: a standalone that has one serves it, an edge does not.',
  ),
  httpListen: variable(
    'HERMOD_HTTP_LISTEN',
    hostPort,
    'host:port, e.g. 127.0.0.1:8080',
    'HTTP listener: the live page, `/metrics`, `/healthz` and `/readyz`.',
  ),
  edgeId: variable(
    'HERMOD_EDGE_ID',
    matching(/^[A-Za-z0-9-]{1,32}$/, '1 to 32 letters, digits or hyphens'),
    '1 to 32 letters, digits or hyphens, different for each edge, e.g. edge-1',
    'Name of this edge: the first part of its flow tokens.',
  ),
  trunkListen: variable(
    'HERMOD_TRUNK_LISTEN',
    trunkAddress,
    'tcp://host:port or tls://host:port, e.g. tcp://127.0.0.1:5070',
    'SIP listener for the other processes of the cluster. `tls://`: both ends show a certificate of HERMOD_TRUNK_TLS_CA.',
  ),
  trunkAdvertise: variable(
    'HERMOD_TRUNK_ADVERTISE',
    trunkAddress,
    'tcp://host:port or tls://host:port, e.g. tcp://10.0.0.5:5070',
    'Trunk address of this process as the others reach it; must stay the same over restarts.',
  ),
  trunkPeers: variable(
    'HERMOD_TRUNK_PEERS',
    ipList,
    'a comma-separated list of IP addresses, e.g. 10.0.0.5,10.0.0.6',
    'IP addresses that may connect to a `tcp://` trunk listener; to a `tls://` one, a certificate admits. Everything they send is trusted.',
  ),
  trunkTlsCert: variable(
    'HERMOD_TRUNK_TLS_CERT',
    path,
    'a PEM file, e.g. /etc/hermod/trunk.crt',
    'Certificate of this process on `tls://` trunks. It must name the host of its trunk address. Read again when it changes, and on SIGHUP.',
  ),
  trunkTlsKey: variable(
    'HERMOD_TRUNK_TLS_KEY',
    path,
    'a PEM file, e.g. /etc/hermod/trunk.key',
    'Private key of HERMOD_TRUNK_TLS_CERT, without a passphrase. Read again likewise.',
  ),
  trunkTlsCa: variable(
    'HERMOD_TRUNK_TLS_CA',
    path,
    'a PEM file, e.g. /etc/hermod/cluster-ca.crt',
    'Authority of this cluster: whoever has a certificate of it is trusted on `tls://` trunks. Never a public one. Read again likewise.',
  ),
  edges: variable(
    'HERMOD_EDGES',
    trunkAddressList,
    'a comma-separated list of trunk addresses, e.g. tcp://10.0.0.5:5070,tcp://10.0.0.6:5070',
    'Trunk addresses of all edges, as they advertise them.',
  ),
  registrars: variable(
    'HERMOD_REGISTRARS',
    trunkAddressList,
    'a comma-separated list of trunk addresses, e.g. tcp://10.0.0.9:5070',
    'Trunk addresses of the registrars.',
  ),
  dataDir: variable(
    'HERMOD_DATA_DIR',
    path,
    'a directory, e.g. /var/lib/hermod',
    'Directory of the embedded log and stores (`npm run cluster`: its `cluster` sub-directory).',
  ),
  kafkaBrokers: variable(
    'HERMOD_KAFKA_BROKERS',
    hostPortList,
    'a comma-separated list of host:port, e.g. 10.0.1.1:9092,10.0.1.2:9092',
    'Kafka bootstrap brokers.',
  ),
  kafkaSsl: variable('HERMOD_KAFKA_SSL', onOff, 'on or off', 'TLS to the brokers.'),
  kafkaSaslMechanism: variable(
    'HERMOD_KAFKA_SASL_MECHANISM',
    oneOf(['plain', 'scram-sha-256', 'scram-sha-512']),
    'plain, scram-sha-256 or scram-sha-512',
    'SASL mechanism; unset: no authentication to the brokers.',
  ),
  kafkaSaslUsername: variable(
    'HERMOD_KAFKA_SASL_USERNAME',
    matching(/^.+$/, 'a user name'),
    'the user name',
    'SASL user name.',
  ),
  kafkaSaslPassword: variable(
    'HERMOD_KAFKA_SASL_PASSWORD',
    secretMatching(/^.+$/, 'a password'),
    'the password',
    'SASL password.',
    'mask',
  ),
  kafkaReplication: variable(
    'HERMOD_KAFKA_REPLICATION',
    integer(1, 7),
    'a whole number from 1 to 7, at most the number of brokers',
    'Replication factor of topics that Hermod creates; with 2 or more, min.insync.replicas is 2.',
  ),
  partitions: variable(
    'HERMOD_PARTITIONS',
    integer(1, 1024),
    'a whole number from 1 to 1024',
    'Partitions of `im.inbox`; the same for all processes, checked against the topic at start.',
  ),
  redisUrl: variable(
    'HERMOD_REDIS_URL',
    redisUrl,
    'a URL, e.g. redis://127.0.0.1:6379 or redis+sentinel://10.0.2.1:26379,10.0.2.2:26379/mymaster',
    'Redis: single server, TLS, Sentinel or Cluster by URL scheme.',
    'mask-password',
  ),
  redisReplicas: variable(
    'HERMOD_REDIS_REPLICAS',
    integer(0, 5),
    'a whole number from 0 to 5',
    'Replicas that must confirm a mailbox write. 0: the server must run with `appendfsync always`.',
  ),
  auth: variable(
    'HERMOD_AUTH',
    oneOf(['open', 'digest', 'token']),
    'open, digest or token',
    '`open`: no authentication. `digest`: clients prove who they are by password or, with HERMOD_TOKEN_JWKS, by access token. `token`: by access token alone. Unset: `open` when all SIP listeners are on loopback addresses and HERMOD_TOKEN_JWKS is unset, else `digest`.',
  ),
  authRealm: variable(
    'HERMOD_AUTH_REALM',
    matching(/^[\x20-\x7e]{1,128}$/, 'a realm of printable ASCII').refine(
      (text) => !/["\\]/.test(text),
      { error: () => 'a realm has no quotes and no backslashes' },
    ),
    'printable ASCII without quotes and backslashes, e.g. example.com',
    'Realm of authentication; unset: the first of HERMOD_DOMAINS. Passwords hold for the realm they were set for.',
  ),
  authAlgorithms: variable(
    'HERMOD_AUTH_ALGORITHMS',
    listOf(DIGEST_ALGORITHMS),
    `a comma-separated list of ${DIGEST_ALGORITHMS.join(', ')}`,
    'Algorithms offered to clients, the most preferred first. Without MD5 older clients cannot register.',
  ),
  authNonceSec: variable(
    'HERMOD_AUTH_NONCE_SEC',
    integer(10, 86_400),
    'seconds from 10 to 86400',
    'How long a nonce is good; after that clients are asked once more.',
  ),
  tokenJwks: variable(
    'HERMOD_TOKEN_JWKS',
    jwksSource,
    'a file or an https:// URL (http:// on loopback addresses), e.g. https://login.example.com/keys',
    'Public keys of the authorization server whose access tokens clients may show (RFC 8898), a JSON Web Key Set. A file is read again when it changes, a URL every 10 minutes, and when a token is signed with a new key. Unset: no tokens.',
  ),
  tokenIssuer: variable(
    'HERMOD_TOKEN_ISSUER',
    httpsIssuer,
    'an https:// URL, e.g. https://login.example.com/',
    'That authorization server: what tokens say in `iss`, letter by letter, and what clients are told.',
  ),
  tokenAudience: variable(
    'HERMOD_TOKEN_AUDIENCE',
    matching(/^[\x21-\x7e]{1,256}$/, 'an audience of printable ASCII'),
    'printable ASCII without spaces, e.g. sip:example.com',
    'For whom tokens have to be (`aud`); unset: the realm.',
  ),
  tokenClaim: variable(
    'HERMOD_TOKEN_CLAIM',
    matching(/^[\x20-\x7e]{1,128}$/, 'a claim of printable ASCII'),
    'the name of a claim, e.g. preferred_username',
    'The claim of tokens that holds the user: `sip:alice@example.com`, `alice@example.com` or `alice`.',
  ),
  tokenScope: variable(
    'HERMOD_TOKEN_SCOPE',
    // RFC 6749 §3.3.
    matching(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'a scope of OAuth'),
    'words with one space between them, e.g. sip',
    'What tokens have to allow (`scope`), and what clients are told to ask for; unset: nothing in particular.',
  ),
  wsRequireToken: variable(
    'HERMOD_WS_REQUIRE_TOKEN',
    onOff,
    'on or off',
    '`on`: nobody opens a WebSocket without an access token, in `Authorization: Bearer` or the query `access_token`. `off`: whoever shows one needs no further proof on it, the others prove themselves as on any transport.',
  ),
  gruuSecret: variable(
    'HERMOD_GRUU_SECRET',
    secretMatching(/^.{16,256}$/, 'a secret of 16 to 256 characters'),
    '16 to 256 characters, the same for all edges and registrars',
    'Key of the temporary GRUUs that devices get (RFC 5627), and of what tells edges that a device was called (ADR 0013). Unset: the standalone makes one and keeps it in HERMOD_DATA_DIR; a cluster gives out public GRUUs alone, and a restart makes devices prove more.',
    'mask',
  ),
  relayFrom: variable(
    'HERMOD_RELAY_FROM',
    sources(['authenticated']),
    'nobody, or a comma-separated list of authenticated and addresses, e.g. authenticated,10.0.0.5,192.0.2.0/24',
    'Who may send to other domains: `authenticated`: users of ours who have proved who they are; addresses: other servers, which may be relayed to as well, wherever they are.',
  ),
  inboundFrom: variable(
    'HERMOD_INBOUND_FROM',
    sources(['anybody']),
    'nobody, anybody, or a comma-separated list of addresses, e.g. 10.0.0.5,192.0.2.0/24',
    'From where users of other domains may send to users of ours, where those have to prove who they are (`HERMOD_AUTH=digest`).',
  ),
  dnsServers: variable(
    'HERMOD_DNS_SERVERS',
    ipPortList,
    'a comma-separated list of IP addresses, e.g. 10.0.0.2,10.0.0.3:5353',
    'DNS servers that other domains are looked up with; unset: those of the system.',
  ),
  contactNetworks: variable(
    'HERMOD_CONTACT_NETWORKS',
    sources(['anywhere']),
    'nobody, anywhere, or a comma-separated list of addresses, e.g. 10.0.0.0/8,192.0.2.5',
    'Where edges may open connections to because others say so: a Contact or Path, beyond the address that the device registered from (names lead there too), and requests to other domains, beyond the public Internet. Never on an open port: `anywhere`.',
  ),
  flowRate: variable(
    'HERMOD_FLOW_RATE',
    integer(0, 1_000_000),
    'a whole number from 0 (no limit) to 1000000',
    'Requests a second of one connection or UDP address; two seconds of them may come at once. More get 503, and then nothing. Unset: 100, and no limit on loopback addresses. Servers in HERMOD_RELAY_FROM have none.',
  ),
  connectionsPerAddress: variable(
    'HERMOD_CONNECTIONS_PER_ADDRESS',
    integer(1, 1_000_000),
    'a whole number from 1 to 1000000',
    'Connections with one address, an IPv6 /64 counting as one. Unset: 1024, and no limit on loopback addresses.',
  ),
  bufferMb: variable(
    'HERMOD_BUFFER_MB',
    integer(1, 65_536),
    'MiB from 1 to 65536',
    'What may wait to be sent, or to be completed, on all connections; a sixteenth of it for one address.',
  ),
  congestion: variable(
    'HERMOD_CONGESTION',
    onOff,
    'on or off',
    '`on`: under overload the edge refuses what is too much, by class and fairly by source. `off`: it takes whatever comes, up to its caps.',
  ),
  priorityFrom: variable(
    'HERMOD_PRIORITY_FROM',
    privileged,
    'nobody, or a comma-separated list of users and addresses, e.g. duty@example.com,10.0.0.5,192.0.2.0/24',
    'Whose Resource-Priority counts under overload (RFC 4412): users who have proved on their connection who they are, and what comes from these addresses.',
  ),
  prometheusUrl: variable(
    'HERMOD_PROMETHEUS_URL',
    httpUrl,
    'a URL, e.g. http://127.0.0.1:9090',
    'Prometheus that knows the whole cluster: with HERMOD_CONGESTION=on edges take on less when it says that routers, stores or the log do not keep up. Unset, or while it is away, each edge goes by what it sees itself.',
  ),
  prometheusMatch: variable(
    'HERMOD_PROMETHEUS_MATCH',
    promMatchers,
    'label matchers, e.g. job="hermod",cluster="eu"',
    'Which of the series at HERMOD_PROMETHEUS_URL are of this cluster; unset: all of them.',
  ),
  prometheusScrapeSec: variable(
    'HERMOD_PROMETHEUS_SCRAPE_SEC',
    integer(1, 60),
    'seconds from 1 to 60',
    '`scrape_interval` of that Prometheus, which is asked twice as often. 5 or less: a router that hangs is noticed only before others take its place.',
  ),
  acceptAfterMs: variable(
    'HERMOD_ACCEPT_AFTER_MS',
    integer(1, 3499),
    'milliseconds from 1 to 3499 (RFC 4320 wants an answer by 3.5 s)',
    'When a waiting sender gets 202, counted from the arrival of its MESSAGE.',
  ),
  mailboxTtlSec: variable(
    'HERMOD_MAILBOX_TTL_SEC',
    integer(1, 31_536_000),
    'seconds from 1 to 31536000',
    'How long a message is stored at most.',
  ),
  mailboxMax: variable(
    'HERMOD_MAILBOX_MAX',
    integer(1, 1_000_000),
    'a whole number from 1 to 1000000',
    'Stored messages per address-of-record.',
  ),
  mailboxMaxPerSender: variable(
    'HERMOD_MAILBOX_MAX_PER_SENDER',
    integer(0, 1_000_000),
    'a whole number from 0 (no limit) to 1000000',
    'Stored messages of one sender per address-of-record; all who have proved nothing are one. Unset: 100, and no limit in a standalone on loopback addresses.',
  ),
  logLevel: variable(
    'HERMOD_LOG_LEVEL',
    oneOf(LOG_LEVELS),
    `one of ${LOG_LEVELS.join(', ')}`,
    'Least level that is logged.',
  ),
  otlpEndpoint: variable(
    'HERMOD_OTLP_ENDPOINT',
    httpUrl,
    'a URL, e.g. http://127.0.0.1:4318',
    'OpenTelemetry receiver (OTLP/HTTP, JSON) that gets traces, at `v1/traces` below it; unset: nothing is traced.',
  ),
  traceRatio: variable(
    'HERMOD_TRACE_RATIO',
    share,
    'a number from 0 to 1, e.g. 0.01',
    'Share of messages that an edge begins a trace for. Where the edge has begun one, all processes with HERMOD_OTLP_ENDPOINT go on with it.',
  ),
  shutdownGraceMs: variable(
    'HERMOD_SHUTDOWN_GRACE_MS',
    integer(0, 600_000),
    'milliseconds from 0 to 600000',
    'How long a stop waits for work in flight.',
  ),
} as const;

/** The service refuses to start without it. */
export function required<T>(of: Variable<T>): Entry<T> {
  return { variable: of, schema: of.parse, defaultText: undefined, isRequired: true };
}

/** Undefined when unset. */
export function optional<T>(of: Variable<T>): Entry<T | undefined> {
  const schema = of.parse.optional();
  return { variable: of, schema, defaultText: undefined, isRequired: false };
}

/** Read as if it were set to `text` when unset. */
export function defaultTo<T>(of: Variable<T>, text: string): Entry<T> {
  return { variable: of, schema: of.parse.prefault(text), defaultText: text, isRequired: false };
}
