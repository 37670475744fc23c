import { type Environment, formatProblem, loadConfig, type ServiceName } from '@hermod/platform';

/** One process of the cluster, before it is started. */
export type Member = {
  readonly name: string;
  readonly service: Exclude<ServiceName, 'standalone'>;
  /** As clients write them; empty for all but edges. */
  readonly sip: readonly string[];
  readonly http: string;
  readonly env: Record<string, string>;
};

/** Ports that {@link planMembers} hands out: two edges with four each, two routers with one, one registrar with two. */
export const PORTS_NEEDED = 12;

/** Where the shared services are. */
export type Backends = { readonly brokers: string; readonly redisUrl: string };

/** The members of the cluster with the environment each needs.
 *  What the user set in HERMOD_ variables stays, but for the addresses, which are given here: trunks over TLS when there are certificates
 *  for them, and clients over TLS instead of TCP, browsers over wss likewise.
 *  @param ports {@link PORTS_NEEDED} free ones */
export function planMembers(
  userEnv: Environment,
  backends: Backends,
  ports: readonly number[],
): readonly Member[] {
  const next = portTaker(ports);
  const trunkScheme = isSet(userEnv.HERMOD_TRUNK_TLS_CERT) ? 'tls' : 'tcp';
  const [clientScheme, webScheme] = isSet(userEnv.HERMOD_TLS_CERT) ? ['tls', 'wss'] : ['tcp', 'ws'];
  const edges = ['edge-1', 'edge-2'].map((name) => ({
    name,
    sip: next(),
    web: next(),
    trunk: next(),
    http: next(),
  }));
  const registrar = { trunk: next(), http: next() };
  const shared: Record<string, string> = {
    HERMOD_DOMAINS: 'localhost,127.0.0.1',
    HERMOD_PARTITIONS: '8',
    // One broker on one machine: a second replica has no place to go.
    HERMOD_KAFKA_REPLICATION: '1',
    // Its edges listen on loopback addresses, which the routers do not know.
    HERMOD_MAILBOX_MAX_PER_SENDER: '0',
    HERMOD_CHAT: 'on',
    ...hermodVariables(userEnv),
    HERMOD_KAFKA_BROKERS: backends.brokers,
    HERMOD_REDIS_URL: backends.redisUrl,
    HERMOD_EDGES: edges.map((edge) => `${trunkScheme}://127.0.0.1:${edge.trunk}`).join(','),
    HERMOD_REGISTRARS: `${trunkScheme}://127.0.0.1:${registrar.trunk}`,
    HERMOD_TRUNK_PEERS: '127.0.0.1',
  };
  const members: Member[] = [];
  for (const edge of edges) {
    const sip = [
      `udp://127.0.0.1:${edge.sip}`,
      `${clientScheme}://127.0.0.1:${edge.sip}`,
      `${webScheme}://127.0.0.1:${edge.web}`,
    ];
    const env = {
      ...shared,
      HERMOD_EDGE_ID: edge.name,
      HERMOD_SIP_LISTEN: sip.join(','),
      HERMOD_TRUNK_LISTEN: `${trunkScheme}://127.0.0.1:${edge.trunk}`,
      HERMOD_TRUNK_ADVERTISE: `${trunkScheme}://127.0.0.1:${edge.trunk}`,
    };
    members.push(member(edge.name, 'edge', sip, edge.http, env));
  }
  for (const name of ['router-1', 'router-2']) {
    members.push(member(name, 'router', [], next(), { ...shared }));
  }
  const registrarEnv = {
    ...shared,
    HERMOD_TRUNK_LISTEN: `${trunkScheme}://127.0.0.1:${registrar.trunk}`,
    HERMOD_TRUNK_ADVERTISE: `${trunkScheme}://127.0.0.1:${registrar.trunk}`,
  };
  members.push(member('registrar-1', 'registrar', [], registrar.http, registrarEnv));
  return members;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}

/** What the services would say about their environment, as lines. */
export function configProblems(members: readonly Member[]): readonly string[] {
  const lines = new Set<string>();
  for (const one of members) {
    const loaded = loadConfig(one.service, one.env);
    if (loaded.ok) continue;
    for (const problem of loaded.problems) lines.add(formatProblem(problem));
  }
  return [...lines];
}

function member(
  name: string,
  service: Member['service'],
  sip: readonly string[],
  httpPort: number,
  env: Record<string, string>,
): Member {
  const address = `127.0.0.1:${httpPort}`;
  return {
    name,
    service,
    sip,
    http: `http://${address}`,
    env: { ...env, HERMOD_HTTP_LISTEN: address },
  };
}

/** Addresses of the user are for one process and cannot fit five: left out. */
const PER_PROCESS = new Set([
  'HERMOD_SIP_LISTEN',
  'HERMOD_SIP_ADVERTISE',
  'HERMOD_TRUNK_LISTEN',
  'HERMOD_TRUNK_ADVERTISE',
  'HERMOD_EDGE_ID',
]);

function hermodVariables(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('HERMOD_') && value !== undefined && !PER_PROCESS.has(name))
      kept[name] = value;
  }
  return kept;
}

function portTaker(ports: readonly number[]): () => number {
  let taken = 0;
  return () => {
    const port = ports[taken];
    if (port === undefined) throw new Error(`${PORTS_NEEDED} ports are needed`);
    taken += 1;
    return port;
  };
}
