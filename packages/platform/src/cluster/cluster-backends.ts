import { setTimeout as delay } from 'node:timers/promises';
import { PlatformError } from '@hermod/contracts';
import type { Latin1Codec } from '@hermod/sip';
import type { CommonConfig, RegistrarConfig } from '../config-services.ts';
import { formatHostPort } from '../config-value.ts';
import {
  createKafka,
  ensureTopics,
  type KafkaConfig,
  type KafkaHandle,
  type KafkaTopics,
  kafkaTopics,
} from '../kafka/index.ts';
import type { Logger } from '../logger.ts';
import { RedisStores } from '../redis/index.ts';

/** How often a set-up that is not as it must be is looked at again: a repair needs no restart. */
const VERIFY_EVERY_MS = 1000;

/** The part of a service's configuration that says where Kafka and Redis are. */
export type BackendConfig = CommonConfig &
  Pick<
    RegistrarConfig,
    | 'kafkaBrokers'
    | 'kafkaSsl'
    | 'kafkaSaslMechanism'
    | 'kafkaSaslUsername'
    | 'kafkaSaslPassword'
    | 'kafkaReplication'
    | 'partitions'
    | 'redisUrl'
    | 'redisReplicas'
  >;

/** Kafka and Redis as every service of the cluster uses them. Both may be away at the start: then the service runs, not ready, and says why. */
export class ClusterBackends {
  readonly kafka: KafkaHandle;
  readonly topics: KafkaTopics;
  readonly stores: RedisStores;
  readonly #logger: Logger;
  readonly #replication: number;
  readonly #stop = new AbortController();
  #problem: string | undefined = 'Kafka and Redis were not verified yet';

  private constructor(config: BackendConfig, name: string, logger: Logger, codec: Latin1Codec) {
    this.#logger = logger;
    this.#replication = config.kafkaReplication;
    this.topics = kafkaTopics(config.partitions);
    this.kafka = createKafka(kafkaConfig(config, name, logger));
    this.stores = RedisStores.connect(config.redisUrl, {
      codec,
      replicas: config.redisReplicas,
      log: ({ event, message, suppressed }) => {
        logger[event === 'error' ? 'warn' : 'info']({ suppressed }, `Redis: ${message}`);
      },
    });
  }

  /** Starts to connect; neither waits nor fails. @param name shown in the brokers' logs */
  static connect(
    config: BackendConfig,
    name: string,
    logger: Logger,
    codec: Latin1Codec,
  ): ClusterBackends {
    return new ClusterBackends(config, name, logger, codec);
  }

  /** Why the set-up is not usable yet; undefined once it was verified. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Rejects while the set-up was not verified: a probe. */
  async verified(): Promise<void> {
    if (this.#problem !== undefined) throw new Error(this.#problem);
  }

  /** Creates or verifies the topics, and verifies Redis, for as long as it takes. Resolves false when closed before. */
  async verify(): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      const problem = await this.#verifyOnce();
      if (problem === undefined) {
        this.#problem = undefined;
        this.#logger.info({ topics: this.topics }, 'Kafka and Redis are set up as they must be');
        return true;
      }
      if (problem !== this.#problem) this.#logger.error({ problem }, 'not ready');
      this.#problem = problem;
      await delay(VERIFY_EVERY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    return false;
  }

  close(): void {
    this.#stop.abort();
    this.stores.close();
  }

  async #verifyOnce(): Promise<string | undefined> {
    try {
      await ensureTopics(this.kafka, { topics: this.topics, replication: this.#replication });
      if (!(await this.stores.ready(VERIFY_EVERY_MS))) {
        return 'Redis does not answer: check that it runs, and HERMOD_REDIS_URL';
      }
      for (const warning of await this.stores.verify()) this.#logger.warn({}, warning);
      return undefined;
    } catch (error) {
      if (error instanceof PlatformError && error.code === 'LOG_UNAVAILABLE') {
        return `${error.message}: check that Kafka runs, and HERMOD_KAFKA_BROKERS`;
      }
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function kafkaConfig(config: BackendConfig, name: string, logger: Logger): KafkaConfig {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername, kafkaSaslPassword } = config;
  const login = { username: kafkaSaslUsername ?? '', password: kafkaSaslPassword ?? '' };
  return {
    brokers: config.kafkaBrokers.map(formatHostPort),
    clientId: `hermod-${name}`,
    onLog: ({ level, source, message, suppressed }) =>
      logger[level]({ source, suppressed }, `Kafka: ${message}`),
    ...(config.kafkaSsl && { tls: {} }),
    ...(mechanism !== undefined && { sasl: { mechanism, ...login } }),
  };
}
