import { randomUUID } from 'node:crypto';
import {
  createKafka,
  ensureTopics,
  KafkaLogAppender,
  KafkaLogConsumer,
  kafkaTopics,
} from '@hermod/platform/kafka';
import {
  type KafkaBroker,
  type MessageLogHarness,
  messageLogContract,
  messageRecord,
  RecordingSink,
  recordNumber,
  startKafka,
} from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PARTITIONS = 4;
let broker: KafkaBroker;

beforeAll(async () => {
  broker = await startKafka({ own: true });
});

afterAll(async () => {
  await broker.stop();
});

class KafkaHarness implements MessageLogHarness {
  readonly probeWithinMs = 8000;
  readonly kafka = createKafka({ brokers: broker.brokers, clientId: 'hermod-test' });
  readonly topics = kafkaTopics(PARTITIONS, `${randomUUID()}.`);
  readonly groupId = `${this.topics.inbox}.routers`;
  #appenders: KafkaLogAppender[] = [];
  #consumers: KafkaLogConsumer[] = [];

  async open(): Promise<this> {
    await ensureTopics(this.kafka, { topics: this.topics, replication: 1 });
    return this;
  }

  async appender(): Promise<KafkaLogAppender> {
    const appender = new KafkaLogAppender(this.kafka, this.topics);
    this.#appenders.push(appender);
    return appender;
  }

  async consumer(): Promise<KafkaLogConsumer> {
    const consumer = new KafkaLogConsumer(this.kafka, {
      groupId: this.groupId,
      topic: this.topics.inbox,
      sessionTimeoutMs: 6000,
    });
    this.#consumers.push(consumer);
    return consumer;
  }

  async restart(): Promise<void> {
    await Promise.all([
      ...this.#consumers.map((consumer) => consumer.stop()),
      ...this.#appenders.map((appender) => appender.close()),
    ]);
    this.#consumers = [];
    this.#appenders = [];
  }

  hold(): Promise<void> {
    return broker.pause();
  }

  release(): Promise<void> {
    return broker.resume();
  }

  async close(): Promise<void> {
    await broker.resume();
    await this.restart();
  }
}

/** What the broker has for the group, by partition; -1 for none. */
async function committedOffsets(log: KafkaHarness): Promise<readonly string[]> {
  const limits = { connectMs: 1000, requestMs: 5000, retry: { retries: 3 } };
  const admin = log.kafka.client('positions', limits).admin();
  await admin.connect();
  try {
    const topics = await admin.fetchOffsets({ groupId: log.groupId, topics: [log.topics.inbox] });
    const positions = topics.flatMap(({ partitions }) => partitions);
    return positions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset);
  } finally {
    await admin.disconnect();
  }
}

const open = (): Promise<KafkaHarness> => new KafkaHarness().open();

describe('Kafka as a MessageLog', () => {
  messageLogContract({ test, expect }, open);
});

describe('Kafka group', () => {
  test('MUST announce frozen, then the new assignment, to both members of a rebalance (§4 rule 7)', async () => {
    const log = await open();
    const appender = await log.appender();
    const first = await log.consumer();
    const firstSink = new RecordingSink();
    await first.start(firstSink);
    await firstSink.waitForOwned();
    expect(firstSink.owned.map((owned) => owned.partition)).toEqual([0, 1, 2, 3]);
    for (let n = 0; n < 40; n += 1)
      await appender.append(messageRecord(`sip:u${n}@example.com`, n));
    await firstSink.waitForRecords(40);

    const second = await log.consumer();
    const secondSink = new RecordingSink();
    await second.start(secondSink);
    await secondSink.waitFor('two partitions', () => secondSink.owned.length === 2);
    await firstSink.waitFor('two partitions left', () => firstSink.owned.length === 2);
    const kinds = firstSink.calls
      .filter((call) => call.kind === 'frozen' || call.kind === 'owned')
      .map((call) => call.kind);
    expect(kinds).toEqual(['owned', 'frozen', 'owned']);
    const partitions = [...firstSink.owned, ...secondSink.owned].map((owned) => owned.partition);
    expect(partitions.sort()).toEqual([0, 1, 2, 3]);

    // Nothing was committed: the second member begins its partitions at the start, the first repeats nothing.
    const moved = new Set(secondSink.owned.map((owned) => owned.partition));
    const expected = firstSink.records.slice(0, 40).filter(({ partition }) => moved.has(partition));
    await secondSink.waitForRecords(expected.length);
    expect(secondSink.records.map(recordNumber).sort()).toEqual(expected.map(recordNumber).sort());
    expect(firstSink.records.length).toBe(40);

    const lost = [...moved][0] ?? -1;
    await expect(first.commit(lost, 1, '')).rejects.toMatchObject({ code: 'NOT_OWNER' });
    const kept = firstSink.owned[0]?.partition ?? -1;
    await first.commit(kept, 1, 'x');
    await log.close();
  });

  test('MUST commit the start position on first assignment (§4 rule 8)', async () => {
    const log = await open();
    const consumer = await log.consumer();
    const sink = new RecordingSink();
    await consumer.start(sink);
    await sink.waitForOwned();
    // A commit of one partition waits for the same request as the start positions.
    await consumer.commit(0, 0, 'm');
    // Without a position a group that is read after its records have gone begins at the end.
    expect(await committedOffsets(log)).toEqual(['0', '0', '0', '0']);
    await log.restart();
    const again = new RecordingSink();
    await (await log.consumer()).start(again);
    await again.waitForOwned();
    expect(again.owned).toEqual([
      { partition: 0, next: 0, metadata: 'm' },
      { partition: 1, next: 0, metadata: '' },
      { partition: 2, next: 0, metadata: '' },
      { partition: 3, next: 0, metadata: '' },
    ]);
    await log.close();
  });

  test('MUST lose its lease while the broker does not answer, and get it again', async () => {
    const log = await open();
    const consumer = await log.consumer();
    const sink = new RecordingSink();
    await consumer.start(sink);
    await sink.waitForOwned();
    expect(consumer.leaseValid).toBe(true);
    await log.hold();
    await expect.poll(() => consumer.leaseValid, { timeout: 8000 }).toBe(false);
    await log.release();
    await expect.poll(() => consumer.leaseValid, { timeout: 20_000 }).toBe(true);
    await log.close();
  });
});
