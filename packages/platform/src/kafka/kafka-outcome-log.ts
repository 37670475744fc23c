import { Buffer } from 'node:buffer';
import type { OutcomeLog, OutcomeRecord } from '@hermod/contracts';
import { viewAsBuffer } from '../log-bytes.ts';
import { formatOutcome } from '../outcome-json.ts';
import { BatchingProducer } from './batching-producer.ts';
import type { KafkaHandle } from './kafka.ts';
import type { KafkaTopics } from './kafka-config.ts';

/** Nobody waits for an outcome but the commit of its offset: fewer requests leave the broker to the inbox. */
const LINGER = { idleMs: 10, midMs: 15, busyMs: 20 };

/** Appends to `im.outcomes` (value: one JSON object, key: delivery id) and `im.dead` (value: the record's bytes; where it
 *  stood and why in the header `reason`). Durable on all in-sync replicas. */
export class KafkaOutcomeLog implements OutcomeLog {
  readonly #topics: KafkaTopics;
  readonly #producer: BatchingProducer;

  constructor(kafka: KafkaHandle, topics: KafkaTopics) {
    this.#topics = topics;
    this.#producer = new BatchingProducer(kafka, {
      role: 'outcomes',
      deadlineMs: 5000,
      maxFlightRecords: 2000,
      maxFlightBytes: 512 * 1024,
      maxQueuedRecords: 50_000,
      maxQueuedBytes: 32 * 1024 * 1024,
      linger: LINGER,
    });
  }

  record(outcome: OutcomeRecord): Promise<void> {
    const value = formatOutcome(outcome);
    return this.#producer.send(
      this.#topics.outcomes,
      { key: outcome.deliveryId, value },
      value.length,
    );
  }

  dead(record: {
    readonly partition: number;
    readonly offset: number;
    readonly bytes: Uint8Array;
    readonly reason: string;
  }): Promise<void> {
    const origin = `${record.partition}/${record.offset}`;
    return this.#producer.send(
      this.#topics.dead,
      {
        key: origin,
        value: viewAsBuffer(record.bytes),
        headers: { reason: Buffer.from(`${origin} ${record.reason}`) },
      },
      record.bytes.length,
    );
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }
}
