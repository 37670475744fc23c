import { PlatformError } from '@hermod/contracts';
import { type ChainableCommander, Cluster, Redis, type RedisOptions } from 'ioredis';
import { hashSlot } from './hash-slot.ts';
import { isNoScript, toPlatformError } from './redis-errors.ts';
import type { RedisScript } from './redis-scripts.ts';
import { RedisStats } from './redis-stats.ts';
import { parseRedisUrl, type RedisTarget } from './redis-url.ts';

/** Bounds of a Redis connection and where it reports; every one has a default. */
export type RedisConnectionOptions = {
  /** A command without an answer for so long rejects with STORE_TIMEOUT. Default 1000. */
  readonly commandTimeoutMs?: number;
  /** A connection with pending commands that is silent for so long is dropped: after a fail-over an answer may never come. Default 3000. */
  readonly socketTimeoutMs?: number;
  /** Longest pause between two attempts to connect. Default 2000. */
  readonly maxReconnectDelayMs?: number;
  /** Told about errors, at most every half minute, and about the connection that ends them. */
  readonly log?: (event: RedisConnectionEvent) => void;
  /** Where calls are counted; several connections may share it. */
  readonly stats?: RedisStats;
};

/** What {@link RedisConnectionOptions.log} gets. `suppressed`: errors since the last call that were not reported. */
export type RedisConnectionEvent = {
  readonly event: 'error' | 'ready';
  readonly message: string;
  readonly suppressed: number;
};

/** One argument of a script. */
export type RedisArg = string | number | Buffer;

const CONNECT_TIMEOUT_MS = 2000;
/** A server that is away is an error with every attempt to connect, each with another text where Sentinel is asked: a line in so long will do. */
const ERROR_EVERY_MS = 30_000;
const FIRST_RECONNECT_DELAY_MS = 50;

/** ioredis makes these methods (the reply's strings stay Buffers) but leaves them out of its types. */
type ScriptCommands = {
  evalshaBuffer(sha: string, keyCount: number, ...args: RedisArg[]): Promise<unknown>;
  evalBuffer(lua: string, keyCount: number, ...args: RedisArg[]): Promise<unknown>;
};

/** The script commands of a client or a pipeline. The cast: see {@link ScriptCommands}; the contract suite runs through it. */
export function scriptCommands(client: Redis | Cluster | ChainableCommander): ScriptCommands {
  return client as unknown as ScriptCommands;
}

/** One logical connection: a server, a Sentinel-watched master or a cluster. Connects by itself, in the background and again
 *  and again; while it is not connected every call rejects at once with STORE_UNAVAILABLE (there is no offline queue). */
export class RedisConnection {
  readonly client: Redis | Cluster;
  readonly #name: string;
  readonly #stats: RedisStats;
  #closed = false;

  constructor(client: Redis | Cluster, name: string, stats: RedisStats) {
    this.client = client;
    this.#name = name;
    this.#stats = stats;
  }

  get isReady(): boolean {
    return this.client.status === 'ready';
  }

  /** Waits until the server can be used. @returns false when `timeoutMs` passed first */
  async ready(timeoutMs: number): Promise<boolean> {
    if (this.isReady) return true;
    const { client } = this;
    return new Promise<boolean>((resolve) => {
      const onReady = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        client.off('ready', onReady);
        resolve(false);
      }, timeoutMs);
      client.once('ready', onReady);
    });
  }

  /** Runs a script by its hash, and by its text when the server does not know it (yet, or any more). Replies are Buffers and numbers. */
  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArg[],
  ): Promise<unknown> {
    this.#assertOpen();
    const commands = scriptCommands(this.client);
    const beganMs = this.#stats.begin();
    try {
      try {
        return await commands.evalshaBuffer(script.sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!isNoScript(error)) throw error;
      }
      return await commands.evalBuffer(script.lua, keys.length, ...keys, ...args);
    } catch (error) {
      this.#stats.fail(script.name);
      throw toPlatformError(error, script.name);
    } finally {
      this.#stats.end(script.name, beganMs);
    }
  }

  /** Runs any other commands of the client with the same error translation. */
  async command<T>(operation: string, call: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const beganMs = this.#stats.begin();
    try {
      return await call(this.client);
    } catch (error) {
      this.#stats.fail(operation);
      throw toPlatformError(error, operation);
    } finally {
      this.#stats.end(operation, beganMs);
    }
  }

  /** The commands of one pipeline must go to one node. @returns equal texts for keys that may share a pipeline */
  nodeGroup(key: string): string {
    if (!(this.client instanceof Cluster)) return '';
    const nodes = this.client.slots[hashSlot(key)];
    return nodes === undefined ? '' : nodes.join();
  }

  /** The servers that take writes. Empty while a cluster is not connected. */
  masters(): readonly Redis[] {
    return this.client instanceof Cluster ? this.client.nodes('master') : [this.client];
  }

  /** Drops the connection; pending commands reject. Idempotent. */
  close(): void {
    this.#closed = true;
    this.client.disconnect();
  }

  #assertOpen(): void {
    if (this.#closed) throw new PlatformError('CLOSED', `Redis: ${this.#name} was closed`);
  }
}

/** Starts to connect to `redis://`, `rediss://`, `redis+sentinel://host:port,host:port/master` or `redis+cluster://host:port,…`.
 *  Never waits and never fails because a server is away.
 *  @throws PlatformError STORE_MISCONFIGURED when the URL cannot be read */
export function connectRedis(url: string, options: RedisConnectionOptions = {}): RedisConnection {
  const target = parseRedisUrl(url);
  if (typeof target === 'string') {
    throw new PlatformError('STORE_MISCONFIGURED', `Redis URL: ${target}`);
  }
  const client =
    target.kind === 'cluster' ? openCluster(target, options) : openRedis(target, options);
  const report = rateLimited(options.log);
  // Without a listener ioredis would print every failed attempt to connect.
  client.on('error', (error: Error) => report('error', error.message));
  client.on('ready', () => report('ready', 'connected'));
  const name = target.nodes.map((node) => `${node.host}:${node.port}`).join();
  return new RedisConnection(client, name, options.stats ?? new RedisStats());
}

function openRedis(target: RedisTarget, options: RedisConnectionOptions): Redis {
  const common = commonOptions(target, options);
  const delay = reconnectDelay(options);
  const first = target.nodes[0];
  if (target.kind === 'sentinel') {
    return new Redis({
      ...common,
      sentinels: target.nodes.map((node) => ({ host: node.host, port: node.port })),
      name: target.master,
      enableTLSForSentinelMode: target.tls,
      ...(target.tls ? { sentinelTLS: {} } : {}),
      sentinelCommandTimeout: options.commandTimeoutMs ?? 1000,
      // Notices a fail-over by Sentinel's announcement, not only when the old master drops us.
      failoverDetector: true,
      sentinelRetryStrategy: delay,
      retryStrategy: delay,
      enableOfflineQueue: false,
    });
  }
  return new Redis({
    ...common,
    host: first?.host ?? 'localhost',
    port: first?.port ?? 6379,
    db: target.db,
    retryStrategy: delay,
    enableOfflineQueue: false,
  });
}

function openCluster(target: RedisTarget, options: RedisConnectionOptions): Cluster {
  const delay = reconnectDelay(options);
  return new Cluster(
    target.nodes.map((node) => ({ host: node.host, port: node.port })),
    {
      enableAutoPipelining: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: delay,
      maxRedirections: 4,
      slotsRefreshTimeout: options.commandTimeoutMs ?? 1000,
      redisOptions: commonOptions(target, options),
    },
  );
}

function commonOptions(target: RedisTarget, options: RedisConnectionOptions) {
  return {
    enableAutoPipelining: true,
    commandTimeout: options.commandTimeoutMs ?? 1000,
    socketTimeout: options.socketTimeoutMs ?? 3000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A command in flight on a lost connection has an unknown outcome: its caller decides whether to repeat it.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A demoted master answers READONLY: leave it and look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: {} } : {}),
  } satisfies RedisOptions;
}

function reconnectDelay(options: RedisConnectionOptions): (times: number) => number {
  const max = options.maxReconnectDelayMs ?? 2000;
  return (times) => {
    const ceiling = Math.min(max, FIRST_RECONNECT_DELAY_MS * 2 ** Math.min(times, 10));
    return ceiling / 2 + (Math.random() * ceiling) / 2;
  };
}

// Errors by time, whatever their text. "Ready" whenever an error was reported since, so that the last line does not speak of
// trouble that is over, and a connection that comes and goes is no flood either.
function rateLimited(
  log: RedisConnectionOptions['log'],
): (event: RedisConnectionEvent['event'], message: string) => void {
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  let suppressed = 0;
  let isSaidReady = false;
  return (event, message) => {
    if (log === undefined) return;
    if (event === 'ready') {
      if (isSaidReady) return;
    } else {
      const nowMs = performance.now();
      if (nowMs < quietUntilMs) {
        suppressed += 1;
        return;
      }
      quietUntilMs = nowMs + ERROR_EVERY_MS;
    }
    isSaidReady = event === 'ready';
    log({ event, message, suppressed });
    suppressed = 0;
  };
}
