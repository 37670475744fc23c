// Runs the cluster that `npm run cluster` shows: see cluster.ts for why this is a process of its own.
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Environment, prepareDataDirectory } from '@hermod/platform';
import { DirectoryLock } from '@hermod/platform/segment-log';
import {
  freePorts,
  type KafkaBroker,
  type RedisServer,
  startKafka,
  startRedis,
} from '@hermod/testkit';
import { ProcessNotes } from './leftovers.ts';
import { MemberProcess } from './member-process.ts';
import { configProblems, type Member, PORTS_NEEDED, planMembers } from './topology.ts';
import { warmUp } from './warm-up.ts';

const USAGE = `npm run cluster [-- --fresh] [-- --cold]

Starts Kafka, Redis, two edges, two routers and a registrar on free loopback ports and prints one JSON line for each,
then "ready". Ctrl-C stops them in order. Data and logs are kept under HERMOD_DATA_DIR/cluster (./data/cluster);
--fresh empties it first. Before "ready", messages of its own warm the cluster up, unless HERMOD_DOMAIN_MODE is closed;
--cold leaves that out. HERMOD_ variables other than addresses are passed on to the services.
`;
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;
/** A process that does not end by itself so long after its grace period is not waited for. */
const CLOSING_MS = 20_000;
const DEFAULT_GRACE_MS = 10_000;
const ABORT_START_MS = 5_000;
const BACKEND_POLL_MS = 1_000;

type Backend = { readonly name: string; readonly pid: number; stop(): Promise<void> };

const say = (line: string): void => void process.stderr.write(`cluster: ${line}\n`);
const print = (line: Readonly<Record<string, unknown>>): void =>
  void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Everything that runs, and whether it should. */
class Cluster {
  readonly #directory: string;
  readonly #logDir: string;
  readonly #backends: Backend[] = [];
  readonly #members: MemberProcess[] = [];
  readonly #notes: ProcessNotes;
  #stopping: Promise<number> | undefined;
  #isStarting = true;

  constructor(directory: string) {
    this.#directory = directory;
    this.#logDir = join(directory, 'logs');
    this.#notes = new ProcessNotes(directory);
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** @param isCold say ready as soon as the processes do */
  async start(isCold: boolean): Promise<void> {
    const [kafka, redis] = await Promise.all([this.#startKafka(), this.#startRedis()]);
    if (this.isStopping) return;
    const backends = { brokers: kafka.brokers.join(','), redisUrl: redis.url };
    const plan = planMembers(process.env, backends, await freePorts(PORTS_NEEDED));
    const started = Promise.all(plan.map((member) => this.#startMember(member)));
    // Whoever ends while it starts keeps others from becoming ready.
    await Promise.race([started, ...this.#members.map((member) => member.ended)]);
    this.#isStarting = false;
    if (this.isStopping) return;
    if (this.#members.some((member) => !member.isRunning))
      throw new Error('not all processes came up');
    if (!isCold) await this.#warmUp(plan);
    if (this.isStopping) return;
    process.stdout.write('ready\n');
    say(`try it: npm run load -- --target ${loadTargets(plan)}`);
  }

  /** Edges first: their senders still need routers. Then routers, which commit, and the registrar; then the stores.
   *  @returns the exit code */
  stop(): Promise<number> {
    this.#stopping ??= Promise.resolve().then(() => this.#stop());
    return this.#stopping;
  }

  async #startKafka(): Promise<KafkaBroker> {
    say('starting Kafka (the first time its jars are fetched, which takes a while)');
    const kafka = await startKafka({ dataDir: join(this.#directory, 'kafka'), own: true });
    this.#watch({ name: 'kafka', pid: kafka.pid, stop: () => kafka.stop() });
    print({ name: 'kafka', pid: kafka.pid, brokers: kafka.brokers });
    return kafka;
  }

  async #startRedis(): Promise<RedisServer> {
    say(
      "starting Redis (where there is none, and this is root, Debian's redis-server is installed)",
    );
    const redis = await startRedis({ dataDir: join(this.#directory, 'redis'), own: true });
    this.#watch({ name: 'redis', pid: redis.pid ?? -1, stop: () => redis.stop() });
    print({ name: 'redis', pid: redis.pid, url: redis.url });
    return redis;
  }

  async #warmUp(plan: readonly Member[]): Promise<void> {
    const { HERMOD_DOMAIN_MODE, HERMOD_DOMAINS, HERMOD_TLS_CERT } = plan[0]?.env ?? {};
    // Its users are unknown to a closed domain, and speak SIP over TCP.
    if (HERMOD_DOMAIN_MODE === 'closed' || HERMOD_TLS_CERT !== undefined) return;
    say('warming up (10 to 40 s; --cold leaves it out)');
    const [registerPort = 0, sendPort = 0] = plan
      .filter((member) => member.service === 'edge')
      .map((member) => Number(member.sip[0]?.split(':').at(-1)));
    const domain = HERMOD_DOMAINS?.split(',')[0]?.trim() ?? 'localhost';
    const warmth = await warmUp({ registerPort, sendPort, domain }, () => this.isStopping);
    const p99 = Number.isFinite(warmth.p99Ms)
      ? `${Math.round(warmth.p99Ms)} ms`
      : 'not all answered';
    if (!warmth.isWarm) say(`still slow at times after the warm-up (last p99: ${p99})`);
    else say(`warm (p99 ${p99} at 1,000 messages a second)`);
  }

  async #startMember(member: Member): Promise<void> {
    const child = new MemberProcess(member, process.env, this.#logDir);
    this.#members.push(child);
    this.#notes.add(member.name, child.pid);
    void child.ended.then((exit) => {
      if (this.isStopping) return;
      this.#reportDeath(member.name, { pid: child.pid, ...exit, log: child.logPath });
      process.stderr.write(`the end of ${child.logPath}:\n${child.lastLines()}\n`);
    });
    await child.untilReady();
    if (this.isStopping || !child.isRunning) return;
    const { name, sip, http } = member;
    print({ name, pid: child.pid, sip, http, log: child.logPath });
  }

  /** Kafka's and Redis' launchers do not tell when they die: look. */
  #watch(backend: Backend): void {
    this.#backends.push(backend);
    const { name, pid } = backend;
    this.#notes.add(name, pid);
    const interval = setInterval(() => {
      if (this.isStopping || isAlive(pid)) return;
      clearInterval(interval);
      this.#reportDeath(name, { pid });
    }, BACKEND_POLL_MS);
    interval.unref();
  }

  #reportDeath(name: string, fields: Readonly<Record<string, unknown>>): void {
    print({ event: 'died', name, ...fields });
    say(`${name} died and is not started again`);
  }

  async #stop(): Promise<number> {
    say('stopping');
    const edges = this.#members.filter((one) => one.member.service === 'edge');
    const others = this.#members.filter((one) => one.member.service !== 'edge');
    let failures = 0;
    for (const group of [edges, others]) {
      const ended = await Promise.all(group.map((one) => stopMember(one)));
      failures += ended.filter((isClean) => !isClean).length;
    }
    // A backend that is still on its way up after that is ended by its launcher when this process exits.
    if (this.#isStarting) await delay(this.#backends.length === 2 ? 0 : ABORT_START_MS);
    for (const backend of this.#backends) await backend.stop();
    say('stopped');
    return failures === 0 ? 0 : 1;
  }
}

/** What `npm run load` is told: both edges, so that messages go through the whole cluster. */
function loadTargets(plan: readonly Member[]): string {
  const stream = ({ sip }: Member) => sip.find((url) => /^(?:tcp|tls):/.test(url)) ?? [];
  return plan.flatMap(stream).join(',');
}

/** @returns false when it did not end cleanly */
async function stopMember(child: MemberProcess): Promise<boolean> {
  const { name, env } = child.member;
  if (!child.isRunning) return true;
  const timeoutMs = Number(env.HERMOD_SHUTDOWN_GRACE_MS || DEFAULT_GRACE_MS) + CLOSING_MS;
  const timeout = delay(timeoutMs, undefined, { ref: false });
  const exit = await Promise.race([child.stop(), timeout]);
  if (exit === undefined) {
    say(`${name} did not end within ${timeoutMs} ms and is killed; log: ${child.logPath}`);
    process.kill(child.pid, 'SIGKILL');
    await child.ended;
    return false;
  }
  // Ended before it could listen to signals: nothing was in flight.
  if (exit.code === 0 || exit.signal === 'SIGTERM') return true;
  say(`${name} ended with ${exit.code ?? exit.signal}; log: ${child.logPath}`);
  return false;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function refuseWrongEnvironment(): void {
  const backends = { brokers: '127.0.0.1:9092', redisUrl: 'redis://127.0.0.1:6379' };
  const ports = Array.from({ length: PORTS_NEEDED }, (_, index) => 1024 + index);
  const problems = configProblems(planMembers(process.env, backends, ports));
  if (problems.length === 0) return;
  for (const line of problems) say(line);
  process.exit(EXIT_CONFIG);
}

function openDirectory(isFresh: boolean): {
  readonly directory: string;
  readonly lock: DirectoryLock;
} {
  const env: Environment = process.env;
  const directory = resolve(env.HERMOD_DATA_DIR || './data', 'cluster');
  prepareDataDirectory(directory, 'HERMOD_DATA_DIR');
  const lock = new DirectoryLock(directory);
  const leftovers = new ProcessNotes(directory).leftovers();
  if (leftovers.length > 0) {
    const list = leftovers.map(({ name, pid }) => `${name} (${pid})`).join(', ');
    throw new Error(`processes of an earlier run still use ${directory}: ${list}; end them first`);
  }
  if (isFresh) {
    for (const name of readdirSync(directory)) {
      if (name !== 'lock') rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
  return { directory, lock };
}

async function main(): Promise<void> {
  const flags = process.argv.slice(2);
  if (flags.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  if (flags.some((flag) => flag !== '--fresh' && flag !== '--cold')) {
    process.stderr.write(USAGE);
    process.exit(EXIT_USAGE);
  }
  refuseWrongEnvironment();
  const { directory, lock } = openDirectory(flags.includes('--fresh'));
  say(`data and logs under ${directory}`);
  const cluster = new Cluster(directory);
  const end = async (): Promise<void> => {
    const code = await cluster.stop();
    lock.release();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void end());
  process.on('disconnect', () => void end());
  try {
    await cluster.start(flags.includes('--cold'));
  } catch (error) {
    if (cluster.isStopping) return;
    say(error instanceof Error ? error.message : String(error));
    await cluster.stop();
    lock.release();
    process.exit(1);
  }
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
