import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

const KAFKA_VERSION = '4.1.0';
/** Of {@link firstRun}. */
const ARCHIVE = 'classes.jsa';
const LOG4J_VERSION = '2.25.1';
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const START_TIMEOUT_MS = 60_000;
/** The first of all writes its classes down, which takes seconds. */
const STOP_TIMEOUT_MS = 30_000;
const INSTALL_HINT = 'install them (Debian: apt-get install maven default-jre-headless)';

const run = promisify(execFile);

/** How to start a broker. */
export type KafkaOptions = {
  /** A broker of its own even when HERMOD_TEST_KAFKA names some (`host:port,host:port`): for tools, and for tests that
   *  kill or pause it. Whoever leaves it out works with both: `bench/log.ts`. */
  readonly own?: boolean;
  /** Kept over {@link KafkaBroker.stop}; a temporary directory, removed at stop, when not given. */
  readonly dataDir?: string;
  /** Client port; default a free one. */
  readonly port?: number;
  /** Java heap. Default `512m`. */
  readonly heap?: string;
  /** A second way in: clients that begin at this loopback port are told to stay with it. For a fault proxy, which
   *  forwards it to {@link KafkaBroker.proxiedPort}. */
  readonly proxyPort?: number;
};

/** A broker that a test or a tool controls. `kill`, `pause`, `resume` and `restart` reject when it was not started here. */
export type KafkaBroker = {
  /** `host:port` addresses. */
  readonly brokers: readonly string[];
  /** Process id, -1 while it does not run. */
  readonly pid: number;
  /** Where the listener of {@link KafkaOptions.proxyPort} really is; 0 without one. */
  readonly proxiedPort: number;
  /** SIGTERM, then SIGKILL after 30 s; removes a temporary data directory. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
  /** Starts it again on the same port and data after {@link kill}; stops it first when it runs. */
  restart(): Promise<void>;
};

/** Starts one real Kafka broker (KRaft, controller and broker in one process) on loopback and waits until it listens, or
 *  uses those that HERMOD_TEST_KAFKA names.
 *  @throws Error that says what to install when Java or Maven is missing */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaBroker> {
  // biome-ignore lint/style/noProcessEnv: HERMOD_TEST_* are the test kit's own switches (design §9)
  const external = process.env.HERMOD_TEST_KAFKA;
  if (options.own !== true && external !== undefined && external !== '') {
    return foreignBroker(external.split(','));
  }
  const libraries = await kafkaLibraries(join(homedir(), '.cache', 'hermod-kafka'));
  const first = await firstRun(libraries);
  const temporary = options.dataDir === undefined;
  const directory = options.dataDir ?? mkdtempSync(join(tmpdir(), 'hermod-kafka-'));
  const port = options.port ?? (await freePort());
  const proxied =
    options.proxyPort === undefined
      ? undefined
      : { port: await freePort(), advertised: options.proxyPort };
  if (!existsSync(join(directory, 'log', 'meta.properties'))) {
    cpSync(join(first, 'log'), join(directory, 'log'), { recursive: true });
  }
  const java = [`-Xmx${options.heap ?? '512m'}`, `-XX:SharedArchiveFile=${join(first, ARCHIVE)}`];
  const broker = new LocalBroker(directory, temporary, libraries, port, java, proxied);
  await broker.start();
  return broker;
}

type ProxiedListener = { readonly port: number; readonly advertised: number };

class LocalBroker implements KafkaBroker {
  readonly brokers: readonly string[];
  readonly #directory: string;
  readonly #temporary: boolean;
  readonly #libraries: string;
  readonly #port: number;
  readonly #java: readonly string[];
  readonly #proxied: ProxiedListener | undefined;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  readonly #onExit = (): void => void this.#child?.kill('SIGKILL');

  constructor(
    directory: string,
    temporary: boolean,
    libraries: string,
    port: number,
    java: readonly string[],
    proxied: ProxiedListener | undefined,
  ) {
    this.brokers = [`127.0.0.1:${port}`];
    this.#directory = directory;
    this.#temporary = temporary;
    this.#libraries = libraries;
    this.#port = port;
    this.#java = java;
    this.#proxied = proxied;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  get proxiedPort(): number {
    return this.#proxied?.port ?? 0;
  }

  /** Makes the log directory that {@link start} needs. */
  async format(): Promise<void> {
    const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
    const format = ['format', '-t', clusterId, '-c', await this.#writeProperties()];
    await runTool('java', [...this.#javaOptions(), 'kafka.tools.StorageTool', ...format]);
  }

  async start(): Promise<void> {
    const properties = await this.#writeProperties();
    const output = openSync(join(this.#directory, 'broker.out'), 'a');
    const child = spawn(
      'java',
      ['-XX:+UseSerialGC', ...this.#java, ...this.#javaOptions(), 'kafka.Kafka', properties],
      { stdio: ['ignore', output, output] },
    );
    closeSync(output);
    this.#child = child;
    // Also when it is still starting: an orphan would keep its port and its files.
    process.on('exit', this.#onExit);
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        if (this.#child === child) this.#child = undefined;
        process.off('exit', this.#onExit);
        resolve();
      });
    });
    const deadlineMs = Date.now() + START_TIMEOUT_MS;
    while (!(await answers(this.#port))) {
      if (this.#child !== child || Date.now() > deadlineMs) {
        await this.kill();
        throw new Error(`Kafka did not start; its output is in ${this.#directory}/broker.out`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await this.#exited;
      clearTimeout(timer);
    }
    if (this.#temporary) rmSync(this.#directory, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  async pause(): Promise<void> {
    this.#child?.kill('SIGSTOP');
  }

  async resume(): Promise<void> {
    this.#child?.kill('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async #writeProperties(): Promise<string> {
    mkdirSync(this.#directory, { recursive: true });
    const properties = join(this.#directory, 'server.properties');
    writeFileSync(properties, await serverProperties(this.#directory, this.#port, this.#proxied));
    writeFileSync(join(this.#directory, 'log4j2.properties'), LOG4J_PROPERTIES);
    return properties;
  }

  #javaOptions(): string[] {
    const logging = join(this.#directory, 'log4j2.properties');
    return ['-cp', join(this.#libraries, '*'), `-Dlog4j2.configurationFile=${logging}`];
  }
}

function foreignBroker(brokers: readonly string[]): KafkaBroker {
  const refuse = (): Promise<void> =>
    Promise.reject(new Error('these brokers were not started here'));
  return {
    brokers,
    pid: -1,
    proxiedPort: 0,
    stop: () => Promise.resolve(),
    kill: refuse,
    pause: refuse,
    resume: refuse,
    restart: refuse,
  };
}

/** Runs a program to its end. @throws Error that says what to install, or what the program said */
async function runTool(
  command: string,
  parameters: readonly string[],
  cwd?: string,
): Promise<void> {
  try {
    await run(command, parameters, { cwd });
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (isMissing) {
      throw new Error(`a real Kafka needs Java 17 or later and Maven: ${INSTALL_HINT}`, { cause });
    }
    throw new Error(
      `${command} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

/** The directory with Kafka's jars: fetched by Maven on first use, about 10 s and 43 MB. */
async function kafkaLibraries(cacheDir: string): Promise<string> {
  const libraries = join(cacheDir, KAFKA_VERSION);
  if (existsSync(libraries)) return libraries;
  const work = join(cacheDir, `fetch-${process.pid}`);
  mkdirSync(work, { recursive: true });
  const dependency = (group: string, artifact: string, version: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  writeFileSync(
    join(work, 'pom.xml'),
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
      '<groupId>hermod.testkit</groupId><artifactId>kafka-broker</artifactId><version>1</version><dependencies>' +
      dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION) +
      dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J_VERSION) +
      '</dependencies></project>\n',
  );
  const goal = [`${DEPENDENCY_PLUGIN}:copy-dependencies`, `-DoutputDirectory=${work}/jars`];
  await runTool('java', ['-version']);
  await runTool('mvn', ['-q', '-B', ...goal], work);
  keep(join(work, 'jars'), libraries);
  rmSync(work, { recursive: true, force: true });
  return libraries;
}

/** What one run leaves to all others, which start in half the time then: an empty log, and the classes as Java has them in memory. */
async function firstRun(libraries: string): Promise<string> {
  const kept = `${libraries}-first-run`;
  if (existsSync(kept)) return kept;
  const work = mkdtempSync(`${kept}-`);
  const run = join(work, 'run');
  const java = [`-XX:ArchiveClassesAtExit=${join(work, ARCHIVE)}`];
  const broker = new LocalBroker(run, false, libraries, await freePort(), java, undefined);
  await broker.format();
  cpSync(join(run, 'log'), join(work, 'log'), { recursive: true });
  await broker.start();
  await broker.stop();
  rmSync(run, { recursive: true });
  keep(work, kept);
  rmSync(work, { recursive: true, force: true });
  return kept;
}

/** Gives a directory its name, unless another process has been as far at the same time. */
function keep(made: string, name: string): void {
  try {
    renameSync(made, name);
  } catch (error) {
    if (!existsSync(name)) throw error;
  }
}

async function serverProperties(
  directory: string,
  port: number,
  proxied: ProxiedListener | undefined,
): Promise<string> {
  const controller = await freePort();
  const listener = proxied === undefined ? '' : `,PROXIED://127.0.0.1:${proxied.port}`;
  const advertised = proxied === undefined ? '' : `,PROXIED://127.0.0.1:${proxied.advertised}`;
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}${listener}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}${advertised}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT',
    `log.dirs=${join(directory, 'log')}`,
    'auto.create.topics.enable=false',
    // One broker: the internal topics cannot have more copies, and 50 partitions of offsets only slow the start.
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'group.min.session.timeout.ms=6000',
    '',
  ].join('\n');
}

const LOG4J_PROPERTIES = [
  'rootLogger.level=WARN',
  'rootLogger.appenderRef.console.ref=console',
  'appender.console.type=Console',
  'appender.console.name=console',
  'appender.console.layout.type=PatternLayout',
  'appender.console.layout.pattern=%d %p %c{1} %m%n',
  '',
].join('\n');

/** True when something accepts connections on the port. The broker listens only once it is ready for clients. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
