import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireProgram } from './require-program.ts';
import { ServerProcess, startOnFreePort } from './server-process.ts';

/** How a Redis is started. Defaults: a free port, a temporary directory, `appendonly yes`, `appendfsync always`, `noeviction`. */
export type StartRedisOptions = {
  readonly port?: number;
  /** Kept after stop(); without it a temporary directory is made and removed. */
  readonly dataDir?: string;
  readonly appendFsync?: 'always' | 'everysec' | 'no';
  /** Makes it a replica of that port on the loopback address; startRedis resolves once the link is up. */
  readonly replicaOf?: number;
  /** Further settings, e.g. `{ 'maxmemory-policy': 'allkeys-lru' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A server of its own even when HERMOD_TEST_REDIS names one: for tools, and for tests that kill, pause or misconfigure it.
   *  Whoever leaves it out works with both: `bench/stores.ts`. */
  readonly own?: boolean;
};

/** A running Redis. With HERMOD_TEST_REDIS it is somebody else's: then `pid` is undefined, stop() does nothing and the faults reject. */
export type RedisServer = {
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  /** Ends it and removes what it left behind. Idempotent. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again on the same port and directory; ends it first when it runs. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
};

const START_TIMEOUT_MS = 10_000;

/** Starts a real redis-server (installs Debian's when it is missing and we are root), or uses the one that HERMOD_TEST_REDIS names. */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  // biome-ignore lint/style/noProcessEnv: HERMOD_TEST_* are the test kit's own switches (design §9)
  const external = process.env.HERMOD_TEST_REDIS;
  if (external !== undefined && external !== '' && options.own !== true) return foreign(external);
  await requireProgram('redis-server', 'redis-server');
  return startOnFreePort((port) => new RedisProcess(options, port), options.port);
}

class RedisProcess implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly #options: StartRedisOptions;
  readonly #process: ServerProcess;
  #dir: string | undefined;

  constructor(options: StartRedisOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#process = new ServerProcess(`redis-server on port ${port}`);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  async start(): Promise<void> {
    const { dataDir } = this.#options;
    if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
    this.#dir ??= dataDir ?? (await mkdtemp(join(tmpdir(), 'hermod-redis-')));
    const parameters = this.#arguments(this.#dir);
    await this.#process.start('redis-server', parameters, () => this.#isReady(), START_TIMEOUT_MS);
  }

  async stop(): Promise<void> {
    await this.#process.end('SIGTERM');
    if (this.#options.dataDir === undefined && this.#dir !== undefined) {
      await rm(this.#dir, { recursive: true, force: true });
      this.#dir = undefined;
    }
  }

  async kill(): Promise<void> {
    await this.#process.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.#process.end('SIGTERM');
    await this.start();
  }

  pause(): void {
    this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
  }

  #arguments(dir: string): string[] {
    const { appendFsync = 'always', replicaOf, settings = {} } = this.#options;
    const all: Record<string, string> = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir,
      save: '',
      appendonly: 'yes',
      appendfsync: appendFsync,
      'maxmemory-policy': 'noeviction',
      // Replicas that start with a test should not wait 5 s for others to come.
      'repl-diskless-sync-delay': '0',
      ...(replicaOf === undefined ? {} : { replicaof: `127.0.0.1 ${replicaOf}` }),
      ...settings,
    };
    return Object.entries(all).flatMap(([name, value]) => [`--${name}`, ...value.split(' ')]);
  }

  /** A master begins to ask a new replica for acknowledgements only after its first one, up to a second after the link is up. */
  async #isHeard(): Promise<boolean> {
    const { replicaOf } = this.#options;
    if (replicaOf === undefined) return true;
    // Something to acknowledge: until its first ping, after 10 s, an idle master has nothing.
    await ask(replicaOf, 'SET hermod-test-replica 1 PX 1');
    const info = await ask(replicaOf, 'INFO replication');
    const line = info.split('\n').find((one) => one.includes(`port=${this.port},state=online`));
    const offset = /,offset=(\d+),/.exec(line ?? '')?.[1];
    return offset !== undefined && Number(offset) > 0;
  }

  async #isReady(): Promise<boolean> {
    const isReplica = this.#options.replicaOf !== undefined;
    const question = isReplica ? 'INFO replication' : 'PING';
    const expected = isReplica ? 'master_link_status:up' : '+PONG';
    return (await ask(this.port, question)).includes(expected) && (await this.#isHeard());
  }
}

function foreign(url: string): RedisServer {
  const refuse = (): never => {
    throw new Error('HERMOD_TEST_REDIS names a server that is not ours to stop: use { own: true }');
  };
  return {
    url,
    port: Number(new URL(url).port || 6379),
    pid: undefined,
    stop: async () => {},
    kill: async () => refuse(),
    restart: async () => refuse(),
    pause: refuse,
    resume: refuse,
  };
}

/** One inline command on a connection of its own. @returns what came first, '' when nothing did */
async function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 });
    const finish = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.once('connect', () => socket.write(`${command}\r\n`));
    socket.once('data', (text) => finish(text.toString()));
    socket.once('error', () => finish(''));
    socket.once('timeout', () => finish(''));
    socket.once('close', () => finish(''));
  });
}
