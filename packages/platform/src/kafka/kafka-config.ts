import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';

/** One line for the process's log. */
export type KafkaLogLine = {
  readonly level: 'error' | 'warn';
  /** What part of the client said it. */
  readonly source: string;
  readonly message: string;
  /** Same lines left out since the last one. */
  readonly suppressed: number;
};

/** How to reach a Kafka cluster. */
export type KafkaConfig = {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  /** Name shown in the brokers' logs and metrics. */
  readonly clientId: string;
  /** TLS when present. */
  readonly tls?: ConnectionOptions;
  /** SASL when present. */
  readonly sasl?: SASLOptions;
  /** Gets what the client library logs, rate-limited: a broker that is away is one line, not a flood. */
  readonly onLog?: (line: KafkaLogLine) => void;
};

/** Names of the topics, and how many partitions the main one has. */
export type KafkaTopics = {
  /** Default `im.inbox`. */
  readonly inbox: string;
  /** Default `im.outcomes`. */
  readonly outcomes: string;
  /** Default `im.dead`. */
  readonly dead: string;
  /** Partitions of `inbox` (`HERMOD_PARTITIONS`). */
  readonly partitions: number;
};

/** The topics of a deployment. @param partitions of `im.inbox`
 *  @param prefix put before each name; '' in production, a random one in tests */
export function kafkaTopics(partitions: number, prefix = ''): KafkaTopics {
  return {
    inbox: `${prefix}im.inbox`,
    outcomes: `${prefix}im.outcomes`,
    dead: `${prefix}im.dead`,
    partitions,
  };
}
