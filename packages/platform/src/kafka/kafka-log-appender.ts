import { Buffer } from 'node:buffer';
import {
  encodeRecordHeader,
  encodeRecordValue,
  type LogAppender,
  type LogRecord,
  PlatformError,
  partitionOf,
  RECORD_HEADER_BYTES,
} from '@hermod/contracts';
import { logLatin1, viewAsBuffer } from '../log-bytes.ts';
import { BatchingProducer } from './batching-producer.ts';
import type { KafkaHandle } from './kafka.ts';
import type { KafkaTopics } from './kafka-config.ts';
import { KafkaProbe } from './kafka-probe.ts';

/** The name of the one record header: each further one costs more than the SIP parse. */
export const HEADER_NAME = 'h';

/** A sender waits for it, so short; measured at 2,000/s on one machine: 10 ms when busy cost 5 ms of the median. */
const LINGER = { idleMs: 2, midMs: 3, busyMs: 4 };

const MAX_QUEUED_RECORDS = 20_000;
const MAX_FLIGHT_RECORDS = 1_000;

/** Appends to `im.inbox`: key = AoR, partition by `partitionOf`, acknowledged by all in-sync replicas. Connects by itself,
 *  at construction and after every loss; until then appends wait (at most the deadline) or are refused at once. */
export class KafkaLogAppender implements LogAppender {
  readonly #topics: KafkaTopics;
  readonly #producer: BatchingProducer;
  readonly #probe: KafkaProbe;

  constructor(kafka: KafkaHandle, topics: KafkaTopics) {
    this.#topics = topics;
    this.#probe = new KafkaProbe(kafka);
    this.#producer = new BatchingProducer(kafka, {
      role: 'appender',
      deadlineMs: 2000,
      maxFlightRecords: MAX_FLIGHT_RECORDS,
      maxFlightBytes: 512 * 1024,
      maxQueuedRecords: MAX_QUEUED_RECORDS,
      maxQueuedBytes: 32 * 1024 * 1024,
      linger: LINGER,
    });
  }

  /** Records accepted and not settled. */
  get pendingRecords(): number {
    return this.#producer.pendingRecords;
  }

  /** More are refused. */
  get maxPendingRecords(): number {
    return MAX_QUEUED_RECORDS + MAX_FLIGHT_RECORDS;
  }

  append(record: LogRecord): Promise<void> {
    const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES);
    encodeRecordHeader(record, header, 0);
    const value = viewAsBuffer(encodeRecordValue(record, logLatin1));
    return this.#producer.send(
      this.#topics.inbox,
      {
        key: record.aor,
        value,
        headers: { [HEADER_NAME]: header },
        partition: partitionOf(record.aor, this.#topics.partitions),
      },
      value.length + record.aor.length + RECORD_HEADER_BYTES,
    );
  }

  /** A broker answers, and the producer is connected. */
  async probe(): Promise<void> {
    await this.#probe.probe();
    if (!this.#producer.isUp) {
      throw new PlatformError('LOG_UNAVAILABLE', 'Kafka: the producer is not connected');
    }
  }

  /** Waits for what was accepted, then disconnects. */
  async close(): Promise<void> {
    await this.#producer.close();
    await this.#probe.close();
  }
}
