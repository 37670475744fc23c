import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import kafkajs, { type Kafka, type RetryOptions } from 'kafkajs';
import type { KafkaConfig } from './kafka-config.ts';
import { KafkaStats } from './kafka-stats.ts';
import { LogLimiter } from './log-limiter.ts';
import { fixRequestQueue } from './request-queue-fix.ts';

const KEEP_ALIVE_MS = 10_000;

/** Time limits of one client. Every wait on a broker has one. */
export type ClientLimits = {
  readonly connectMs: number;
  readonly requestMs: number;
  readonly retry: RetryOptions;
};

/** Where a client's sockets are counted. */
export type SocketWatch = {
  /** A connection that had been established is gone. */
  onLost(): void;
};

/** A cluster as configured: makes kafkajs clients, each with its own connections, limits and log source. */
export class KafkaHandle {
  readonly config: KafkaConfig;
  readonly stats = new KafkaStats();
  readonly #log: LogLimiter;

  constructor(config: KafkaConfig) {
    fixRequestQueue();
    this.config = config;
    this.#log = new LogLimiter(config.onLog ?? dropLine, () => performance.now());
  }

  /** For what this adapter itself has to say. */
  log(level: 'error' | 'warn', source: string, message: string): void {
    this.#log.log(level, source, message);
  }

  /** A kafkajs client. @param role appended to the client id */
  client(role: string, limits: ClientLimits, watch?: SocketWatch): Kafka {
    const { brokers, clientId, tls, sasl } = this.config;
    return new kafkajs.Kafka({
      brokers: [...brokers],
      clientId: `${clientId}-${role}`,
      connectionTimeout: limits.connectMs,
      authenticationTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      retry: limits.retry,
      logLevel: kafkajs.logLevel.ERROR,
      logCreator: this.#log.creator,
      ...(tls === undefined ? {} : { ssl: tls }),
      ...(sasl === undefined ? {} : { sasl }),
      socketFactory: ({ host, port, onConnect }) => {
        const servername = isIP(host) === 0 ? { servername: host } : {};
        const socket: Socket =
          tls === undefined
            ? connectTcp({ host, port }, onConnect)
            : connectTls({ host, port, ...servername, ...tls }, onConnect);
        socket.setKeepAlive(true, KEEP_ALIVE_MS);
        socket.setNoDelay(true);
        if (watch !== undefined) {
          socket.once('connect', () => socket.once('close', () => watch.onLost()));
        }
        return socket;
      },
    });
  }
}

/** Describes a cluster; connects to nothing yet. */
export function createKafka(config: KafkaConfig): KafkaHandle {
  return new KafkaHandle(config);
}

function dropLine(): void {}
