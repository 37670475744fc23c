import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisStores } from '@hermod/platform/redis';
import {
  freePorts,
  type KafkaBroker,
  provisionUsers,
  type RedisServer,
  readMetric,
  startKafka,
  startRedis,
  TcpFaultProxy,
} from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { type Exit, MemberProcess } from '../../tools/cluster/member-process.ts';
import { type Member, PORTS_NEEDED, planMembers } from '../../tools/cluster/topology.ts';
import { WorkQuota } from './work-quota.ts';

const POLL_MS = 50;
const SHOWN_LINES = 40;

/** The cluster of `npm run cluster`, with a Kafka and a Redis of its own, whose processes a test may kill, stop and start one by one. */
export class ClusterUnderTest {
  readonly kafka: KafkaBroker;
  readonly redis: RedisServer;
  /** Between the members and Redis. */
  readonly redisProxy: TcpFaultProxy;
  readonly #directory: string;
  readonly #plan: Map<string, Member>;
  readonly #running = new Map<string, MemberProcess>();

  /** @param names of the members to start; all when left out  @param env HERMOD_ variables of all of them
   *  @param isRedisProxied members reach Redis over {@link redisProxy} alone */
  static async start(
    names?: readonly string[],
    env: Readonly<Record<string, string>> = {},
    isRedisProxied = false,
  ): Promise<ClusterUnderTest> {
    const directory = mkdtempSync(join(tmpdir(), 'hermod-cluster-'));
    const [kafkaPort = 0, redisPort = 0, ...ports] = await freePorts(2 + PORTS_NEEDED);
    const [kafka, redis] = await Promise.all([
      startKafka({ own: true, dataDir: join(directory, 'kafka'), port: kafkaPort }),
      startRedis({ own: true, dataDir: join(directory, 'redis'), port: redisPort }),
    ]);
    const redisProxy = await TcpFaultProxy.start(() => ({ host: '127.0.0.1', port: redis.port }));
    const redisUrl = isRedisProxied ? `redis://127.0.0.1:${redisProxy.port}` : redis.url;
    const plan = planMembers(env, { brokers: kafka.brokers.join(','), redisUrl }, ports);
    const cluster = new ClusterUnderTest(directory, kafka, redis, redisProxy, plan);
    try {
      await cluster.startMembers(names ?? cluster.names);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  private constructor(
    directory: string,
    kafka: KafkaBroker,
    redis: RedisServer,
    redisProxy: TcpFaultProxy,
    plan: readonly Member[],
  ) {
    this.#directory = directory;
    this.kafka = kafka;
    this.redis = redis;
    this.redisProxy = redisProxy;
    this.#plan = new Map(plan.map((member) => [member.name, member]));
  }

  /** All members that were planned. */
  get names(): readonly string[] {
    return [...this.#plan.keys()];
  }

  /** SIP/TCP and UDP port of an edge. */
  sipPort(edge: string): number {
    return Number(this.#member(edge).sip[0]?.split(':').at(-1));
  }

  /** Where a member's operator port is, e.g. `http://127.0.0.1:8080`. */
  http(name: string): string {
    return this.#member(name).http;
  }

  /** Makes users; see {@link provisionUsers}. */
  async provision(users: readonly string[], domain?: string): Promise<void> {
    const stores = RedisStores.connect(this.redis.url, { codec: bufferCodec });
    try {
      await stores.ready(5000);
      await provisionUsers(stores, users, domain);
    } finally {
      stores.close();
    }
  }

  /** Starts members that do not run, and waits until they are ready.
   *  @param wait false: return as soon as the processes exist */
  async startMembers(names: readonly string[], wait = true): Promise<void> {
    const started = names.map((name) => {
      const child = new MemberProcess(this.#member(name), process.env, this.#directory);
      this.#running.set(name, child);
      return child;
    });
    if (!wait) return;
    // Whoever ends while it starts keeps others from becoming ready.
    await Promise.race([
      Promise.all(started.map((child) => child.untilReady())),
      ...started.map((child) => child.ended),
    ]);
    for (const child of started) {
      if (!child.isRunning) throw new Error(`${child.member.name} ended: ${child.lastLines()}`);
    }
  }

  /** Another router, beyond those planned. */
  async addRouter(name: string): Promise<void> {
    const like = this.#member('router-1');
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const env = { ...like.env, HERMOD_HTTP_LISTEN: address };
    this.#plan.set(name, { ...like, name, http: `http://${address}`, env });
    await this.startMembers([name]);
  }

  /** kill -9. */
  async kill(name: string): Promise<void> {
    const child = this.#child(name);
    this.#running.delete(name);
    process.kill(child.pid, 'SIGKILL');
    await child.ended;
  }

  /** SIGTERM. */
  async stop(name: string): Promise<Exit> {
    const child = this.#child(name);
    this.#running.delete(name);
    return child.stop();
  }

  /** Lets a member do no more than that; see {@link WorkQuota}. */
  limitWork(name: string, perSec: number, done: () => number): WorkQuota {
    return new WorkQuota(this.#child(name).pid, perSec, done);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    process.kill(this.#child(name).pid, signal);
  }

  /** True while none of the members started has ended by itself. */
  get allAlive(): boolean {
    return [...this.#running.values()].every((child) => child.isRunning);
  }

  /** `ready`, or what /readyz says. */
  async readiness(name: string): Promise<string> {
    try {
      const response = await fetch(`${this.#member(name).http}/readyz`);
      const text = await response.text();
      return response.ok ? 'ready' : text.trim();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Resolves with what /readyz says once `expected` is true of it; rejects with the last after `timeoutMs`. */
  async untilReadiness(
    name: string,
    expected: (text: string) => boolean,
    timeoutMs: number,
  ): Promise<string> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const text = await this.readiness(name);
      if (expected(text)) return text;
      const child = this.#child(name);
      if (!child.isRunning) throw new Error(`${name} has ended: ${child.lastLines()}`);
      if (performance.now() > deadline) throw new Error(`/readyz of ${name}: ${text}`);
      await delay(POLL_MS);
    }
  }

  /** Lines that each running member has logged so far. */
  logSizes(): ReadonlyMap<string, number> {
    return new Map([...this.#running.keys()].map((name) => [name, this.logLines(name).length]));
  }

  /** Every running member says that it is ready. */
  async allReady(timeoutMs = 60_000): Promise<void> {
    const names = [...this.#running.keys()];
    await Promise.all(
      names.map((name) => this.untilReadiness(name, (text) => text === 'ready', timeoutMs)),
    );
  }

  /** See {@link readMetric}. */
  metric(name: string, metric: string, label?: string): Promise<number> {
    return readMetric(this.#member(name).http, metric, label);
  }

  /** The sum of a metric over several members. */
  async metricOf(names: readonly string[], metric: string, label?: string): Promise<number> {
    const values = await Promise.all(names.map((name) => this.metric(name, metric, label)));
    return values.reduce((sum, value) => sum + value, 0);
  }

  /** Lines that a member has logged so far, over all its runs. */
  logLines(name: string): readonly string[] {
    const path = join(this.#directory, `${name}.log`);
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  }

  /** What went wrong according to the members' logs, for a test that failed. */
  troubles(): string {
    return [...this.#running.keys()]
      .map(
        (name) =>
          `${name}:\n${this.logLines(name).filter(isTrouble).slice(-SHOWN_LINES).join('\n')}`,
      )
      .join('\n\n');
  }

  async close(): Promise<void> {
    for (const child of this.#running.values()) {
      if (child.isRunning) process.kill(child.pid, 'SIGKILL');
      await child.ended;
    }
    await Promise.all([this.kafka.stop(), this.redis.stop(), this.redisProxy.close()]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #member(name: string): Member {
    const member = this.#plan.get(name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }

  #child(name: string): MemberProcess {
    const child = this.#running.get(name);
    if (child === undefined) throw new Error(`${name} does not run`);
    return child;
  }
}

function isTrouble(line: string): boolean {
  return /"level":"(warn|error|fatal)"/.test(line) || !line.startsWith('{');
}
