import { setTimeout as delay } from 'node:timers/promises';
import { createKafka } from '@hermod/platform/kafka';
import type { Kafka, KafkaMessage } from 'kafkajs';

const POLL_MS = 50;

/** Direct access to a broker's topics, past everything of Hermod's. */
export class KafkaRecords {
  readonly #kafka: Kafka;

  constructor(brokers: readonly string[]) {
    const limits = { connectMs: 1000, requestMs: 5000, retry: { retries: 3 } };
    this.#kafka = createKafka({ brokers, clientId: 'cluster-test' }).client('records', limits);
  }

  async produce(
    topic: string,
    partition: number,
    messages: readonly {
      readonly key: string | null;
      readonly value: string | Buffer;
      readonly headers?: Record<string, Buffer>;
    }[],
  ): Promise<void> {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic, messages: messages.map((one) => ({ ...one, partition })) });
    await producer.disconnect();
  }

  /** Reads a topic from its begin until `count` records have come for which `filter` holds, or until `timeoutMs`. */
  async read(
    topic: string,
    filter: (message: KafkaMessage) => boolean,
    count: number,
    timeoutMs: number,
  ): Promise<readonly KafkaMessage[]> {
    const found: KafkaMessage[] = [];
    const consumer = this.#kafka.consumer({ groupId: `cluster-test-${topic}-${Date.now()}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        if (filter(message)) found.push(message);
      },
    });
    const deadline = performance.now() + timeoutMs;
    while (found.length < count && performance.now() < deadline) await delay(POLL_MS);
    await consumer.disconnect();
    return found;
  }
}
