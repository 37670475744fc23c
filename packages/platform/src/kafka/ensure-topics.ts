import { PlatformError } from '@hermod/contracts';
import kafkajs, { type Admin, type ITopicConfig, type ITopicMetadata } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';
import type { KafkaTopics } from './kafka-config.ts';
import { kafkaErrorType, unavailable } from './kafka-error.ts';

const HOUR_MS = 3_600_000;
const DEAD_RETENTION_HOURS = 30 * 24;
const DEAD_PARTITIONS = 1;
const SETTING_REMEDY = 'set it with kafka-configs';

/** What the topics must be like. */
export type TopicRequirements = {
  readonly topics: KafkaTopics;
  /** `HERMOD_KAFKA_REPLICATION`; 3 in production, 1 on a single broker. */
  readonly replication: number;
  /** Default 72: longer than any router outage planned for. */
  readonly retentionHours?: number;
};

/** Creates the topics that are missing and verifies the others.
 *  @throws PlatformError `STORE_MISCONFIGURED` saying each thing that is wrong, `LOG_UNAVAILABLE` */
export async function ensureTopics(
  kafka: KafkaHandle,
  requirements: TopicRequirements,
): Promise<void> {
  const limits = {
    connectMs: 1000,
    requestMs: 5000,
    retry: { retries: 2, initialRetryTime: 200, maxRetryTime: 1000 },
  };
  const admin = kafka.client('topics', limits).admin();
  try {
    await admin.connect();
    const wanted = wantedTopics(requirements);
    const names = wanted.map((topic) => topic.topic);
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter((topic) => !existing.has(topic.topic));
    if (missing.length > 0) await createTopics(admin, missing);
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    const configs = await readConfigs(admin, names);
    const problems = wanted.flatMap((topic) =>
      topicProblems(
        topic,
        topics.find((found) => found.name === topic.topic),
        configs.get(topic.topic) ?? new Map(),
      ),
    );
    if (problems.length > 0) throw new PlatformError('STORE_MISCONFIGURED', problems.join('; '));
  } catch (error) {
    throw unavailable('topics', error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

type WantedTopic = ITopicConfig & {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly minInsync: number;
  readonly retentionMs: number;
  /** The partition count is part of the partition function, so another one is an error. */
  readonly isExact: boolean;
};

function wantedTopics({
  topics,
  replication,
  retentionHours = 72,
}: TopicRequirements): WantedTopic[] {
  // One copy: min.insync 2 could never be met.
  const minInsync = replication === 1 ? 1 : 2;
  const topic = (name: string, partitions: number, hours: number): WantedTopic => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor: replication,
    minInsync,
    retentionMs: hours * HOUR_MS,
    isExact: name === topics.inbox,
    configEntries: [
      { name: 'min.insync.replicas', value: String(minInsync) },
      { name: 'retention.ms', value: String(hours * HOUR_MS) },
      { name: 'cleanup.policy', value: 'delete' },
    ],
  });
  return [
    topic(topics.inbox, topics.partitions, retentionHours),
    topic(topics.outcomes, topics.partitions, retentionHours),
    topic(topics.dead, DEAD_PARTITIONS, DEAD_RETENTION_HOURS),
  ];
}

async function createTopics(admin: Admin, topics: readonly WantedTopic[]): Promise<void> {
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map(({ topic, numPartitions, replicationFactor, configEntries = [] }) => ({
        topic,
        numPartitions,
        replicationFactor,
        configEntries,
      })),
    });
  } catch (error) {
    const type = kafkaErrorType(error);
    if (type !== 'INVALID_REPLICATION_FACTOR') throw error;
    throw new PlatformError(
      'STORE_MISCONFIGURED',
      `Kafka has too few brokers for replication ${topics[0]?.replicationFactor} (HERMOD_KAFKA_REPLICATION)`,
      error,
    );
  }
}

async function readConfigs(
  admin: Admin,
  names: readonly string[],
): Promise<Map<string, Map<string, string>>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['min.insync.replicas', 'retention.ms', 'cleanup.policy'],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

function topicProblems(
  wanted: WantedTopic,
  found: ITopicMetadata | undefined,
  config: ReadonlyMap<string, string>,
): string[] {
  const name = wanted.topic;
  if (found === undefined) return [`topic ${name} is missing`];
  const problems: string[] = [];
  const partitions = found.partitions.length;
  if (wanted.isExact && partitions !== wanted.numPartitions) {
    problems.push(
      `topic ${name} has ${partitions} partitions, HERMOD_PARTITIONS is ${wanted.numPartitions}: set it to ${partitions}`,
    );
  }
  const replicas = Math.min(...found.partitions.map((entry) => entry.replicas.length));
  if (replicas < wanted.replicationFactor) {
    problems.push(
      `topic ${name} has ${replicas} replicas, wanted ${wanted.replicationFactor} (HERMOD_KAFKA_REPLICATION): add replicas with kafka-reassign-partitions`,
    );
  }
  const minInsync = Number(config.get('min.insync.replicas'));
  if (minInsync < wanted.minInsync) {
    problems.push(
      `topic ${name} has min.insync.replicas ${minInsync}, wanted ${wanted.minInsync}: ${SETTING_REMEDY}`,
    );
  }
  const retentionMs = Number(config.get('retention.ms'));
  if (retentionMs >= 0 && retentionMs < wanted.retentionMs) {
    problems.push(
      `topic ${name} keeps records ${retentionMs / HOUR_MS} h, wanted ${wanted.retentionMs / HOUR_MS}: set retention.ms with kafka-configs`,
    );
  }
  const policy = config.get('cleanup.policy') ?? 'delete';
  if (policy !== 'delete') {
    problems.push(`topic ${name} has cleanup.policy ${policy}, wanted delete: ${SETTING_REMEDY}`);
  }
  return problems;
}
