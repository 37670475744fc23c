import { PlatformError, partitionOf } from '@hermod/contracts';
import type { ICustomPartitioner, Message, Producer } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';
import { dropError, kafkaErrorType, unavailable } from './kafka-error.ts';

const TICK_MS = 50;
/** Records of one batch share one promise and one deadline: none waits longer than this for company. */
const BATCH_SPAN_MS = 20;
const RETRY_PAUSE_MS = 50;
const RECONNECT_MIN_MS = 250;
const RECONNECT_MAX_MS = 2000;
const FLIGHT_MID_RECORDS = 6;
const FLIGHT_BUSY_RECORDS = 16;

/** Failures before a request was written: nothing can be in the log. */
const NOT_SENT = new Set([
  'KafkaJSConnectionError',
  'KafkaJSBrokerNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
]);

/** Limits of a {@link BatchingProducer}. */
export type BatchingProducerOptions = {
  /** Client id suffix. */
  readonly role: string;
  /** From the send call to the acknowledgement. */
  readonly deadlineMs: number;
  readonly maxFlightRecords: number;
  readonly maxFlightBytes: number;
  readonly maxQueuedRecords: number;
  readonly maxQueuedBytes: number;
  readonly linger: Linger;
};

/** How long the first record waits for company, milliseconds, by how well filled the last flight was. */
export type Linger = { readonly idleMs: number; readonly midMs: number; readonly busyMs: number };

type Batch = {
  readonly topics: Map<string, Message[]>;
  readonly startedMs: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: PlatformError) => void;
  records: number;
  bytes: number;
};

type Flight = {
  readonly batches: readonly Batch[];
  readonly records: number;
  readonly startedMs: number;
  readonly connection: Connection;
  /** `connection.lost` at the start: if it has grown, a request may have been cut off in the middle. */
  readonly lostBefore: number;
};

/** One idempotent kafkajs producer and its sockets; replaced, never repaired. */
type Connection = { readonly producer: Producer; lost: number };

/**
 * kafkajs' idempotent producer with what it lacks: a linger, a deadline, a bounded queue and a fast refusal.
 *
 * One request is in flight at a time; what arrives meanwhile is the next one, so batches grow with load. A producer whose
 * request failed or was given up is thrown away: kafkajs takes its sequence numbers back, and the broker, which may have
 * the request, would refuse other records sent under them as out of order, or acknowledge them as duplicates and drop them.
 */
export class BatchingProducer {
  readonly #kafka: KafkaHandle;
  readonly #options: BatchingProducerOptions;
  readonly #onLinger = (): void => {
    this.#linger = undefined;
    this.#takeOff();
  };
  readonly #tick: NodeJS.Timeout;
  #phase: 'connecting' | 'up' | 'down' | 'closed' = 'connecting';
  #connection: Connection | undefined;
  #queue: Batch[] = [];
  #queuedRecords = 0;
  #queuedBytes = 0;
  #flight: Flight | undefined;
  #lastFlightRecords = 0;
  #linger: NodeJS.Timeout | undefined;
  #connecting: Promise<void>;
  #isClosing = false;

  /** Begins to connect at once; never throws. */
  constructor(kafka: KafkaHandle, options: BatchingProducerOptions) {
    this.#kafka = kafka;
    this.#options = options;
    this.#tick = setInterval(() => this.#expire(), TICK_MS).unref();
    this.#connecting = this.#connect();
  }

  get isUp(): boolean {
    return this.#phase === 'up';
  }

  /** Records accepted and not settled. */
  get pendingRecords(): number {
    return this.#queuedRecords + (this.#flight?.records ?? 0);
  }

  /** Resolves on the acknowledgement of all in-sync replicas. The promise is shared with neighbouring records.
   *  Rejects with `LOG_UNAVAILABLE` (not in the log), `LOG_TIMEOUT` (not known), `CLOSED`.
   *  @param bytes about the size of the record, for the bounds */
  send(topic: string, message: Message, bytes: number): Promise<void> {
    if (this.#isClosing) return refuse('CLOSED', 'the producer is closed');
    if (this.#phase === 'down') return refuse('LOG_UNAVAILABLE', 'Kafka is away');
    if (
      this.#queuedRecords >= this.#options.maxQueuedRecords ||
      this.#queuedBytes >= this.#options.maxQueuedBytes
    ) {
      return refuse('LOG_UNAVAILABLE', 'Kafka does not keep up');
    }
    const batch = this.#openBatch();
    const messages = batch.topics.get(topic);
    if (messages === undefined) batch.topics.set(topic, [message]);
    else messages.push(message);
    batch.records += 1;
    batch.bytes += bytes;
    this.#queuedRecords += 1;
    this.#queuedBytes += bytes;
    if (this.#flight === undefined && this.#phase === 'up') this.#plan();
    return batch.promise;
  }

  /** Waits for what was accepted, at most until its deadline, then disconnects. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const pending = this.#queue.map((batch) => batch.promise);
    for (const batch of this.#flight?.batches ?? []) pending.push(batch.promise);
    this.#phase = this.#phase === 'down' ? 'closed' : this.#phase;
    await Promise.allSettled(pending);
    this.#phase = 'closed';
    clearInterval(this.#tick);
    clearTimeout(this.#linger);
    const connection = this.#connection;
    this.#connection = undefined;
    await this.#connecting;
    await connection?.producer.disconnect().catch(dropError);
  }

  #openBatch(): Batch {
    const nowMs = performance.now();
    const last = this.#queue.at(-1);
    if (
      last !== undefined &&
      nowMs - last.startedMs < BATCH_SPAN_MS &&
      last.records < this.#options.maxFlightRecords &&
      last.bytes < this.#options.maxFlightBytes
    ) {
      return last;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const batch: Batch = {
      topics: new Map(),
      startedMs: nowMs,
      promise,
      resolve,
      reject,
      records: 0,
      bytes: 0,
    };
    this.#queue.push(batch);
    return batch;
  }

  /** Waits a little for company, longer when the last flight was well filled: a request costs as much CPU as 10 records. */
  #plan(): void {
    const first = this.#queue[0];
    if (first === undefined) return;
    const full =
      this.#queuedRecords >= this.#options.maxFlightRecords ||
      this.#queuedBytes >= this.#options.maxFlightBytes;
    const waitMs = full ? 0 : first.startedMs + this.#lingerMs() - performance.now();
    if (waitMs <= 0) {
      this.#takeOff();
    } else if (this.#linger === undefined) {
      this.#linger = setTimeout(this.#onLinger, waitMs);
    }
  }

  #lingerMs(): number {
    const { idleMs, midMs, busyMs } = this.#options.linger;
    if (this.#lastFlightRecords >= FLIGHT_BUSY_RECORDS) return busyMs;
    return this.#lastFlightRecords >= FLIGHT_MID_RECORDS ? midMs : idleMs;
  }

  #takeOff(): void {
    const connection = this.#connection;
    if (this.#flight !== undefined || this.#phase !== 'up' || connection === undefined) return;
    clearTimeout(this.#linger);
    this.#linger = undefined;
    const batches: Batch[] = [];
    let records = 0;
    let bytes = 0;
    while (records < this.#options.maxFlightRecords && bytes < this.#options.maxFlightBytes) {
      const batch = this.#queue.shift();
      if (batch === undefined) break;
      batches.push(batch);
      records += batch.records;
      bytes += batch.bytes;
    }
    if (records === 0) return;
    this.#queuedRecords -= records;
    this.#queuedBytes -= bytes;
    this.#lastFlightRecords = records;
    const flight: Flight = {
      batches,
      records,
      startedMs: performance.now(),
      connection,
      lostBefore: connection.lost,
    };
    this.#flight = flight;
    this.#fly(flight).catch((error: unknown) => this.#crash(flight, error));
  }

  async #fly(flight: Flight): Promise<void> {
    const topicMessages = mergeTopics(flight.batches);
    const { producer } = flight.connection;
    for (;;) {
      try {
        await producer.sendBatch({ acks: -1, timeout: this.#options.deadlineMs, topicMessages });
      } catch (error) {
        if (this.#flight !== flight) return;
        // The same records again under the same sequence numbers: the broker drops what it has already.
        if (isRetriable(error) && this.#leftMs(flight) > 4 * RETRY_PAUSE_MS) {
          await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
          if (this.#flight === flight) continue;
          return;
        }
        this.#crash(flight, error);
        return;
      }
      if (this.#flight !== flight) return;
      this.#flight = undefined;
      for (const batch of flight.batches) batch.resolve();
      this.#plan();
      return;
    }
  }

  #leftMs(flight: Flight): number {
    const first = flight.batches[0]?.startedMs ?? flight.startedMs;
    return first + this.#options.deadlineMs - performance.now();
  }

  /** Gives a flight up, with its producer. */
  #crash(flight: Flight, error: unknown): void {
    if (this.#flight !== flight) return;
    this.#flight = undefined;
    const untouched =
      NOT_SENT.has(kafkaErrorType(error)) && flight.connection.lost === flight.lostBefore;
    const failure = untouched
      ? unavailable('append', error)
      : new PlatformError(
          'LOG_TIMEOUT',
          `Kafka: append: ${kafkaErrorType(error)}; outcome not known`,
          error,
        );
    for (const batch of flight.batches) batch.reject(failure);
    this.#replace(flight.connection);
  }

  #replace(connection: Connection): void {
    if (this.#connection !== connection || this.#phase === 'closed') return;
    this.#connection = undefined;
    this.#phase = 'connecting';
    connection.producer.disconnect().catch(dropError);
    this.#connecting = this.#connect();
  }

  async #connect(): Promise<void> {
    let pauseMs = RECONNECT_MIN_MS;
    while (!this.#isClosed()) {
      const connection = this.#newConnection();
      try {
        await connection.producer.connect();
      } catch (error) {
        connection.producer.disconnect().catch(dropError);
        this.#kafka.log('warn', this.#options.role, `cannot connect: ${kafkaErrorType(error)}`);
        this.#refuseQueued(error);
        // Jitter: edges that lost the same broker do not come back in step.
        await sleepUnref(pauseMs * (0.5 + Math.random()));
        pauseMs = Math.min(2 * pauseMs, RECONNECT_MAX_MS);
        continue;
      }
      if (this.#isClosed()) {
        await connection.producer.disconnect().catch(dropError);
        return;
      }
      this.#connection = connection;
      this.#phase = 'up';
      this.#plan();
      return;
    }
  }

  #isClosed(): boolean {
    return this.#phase === 'closed';
  }

  #refuseQueued(error: unknown): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'down';
    const queue = this.#queue;
    this.#queue = [];
    this.#queuedRecords = 0;
    this.#queuedBytes = 0;
    for (const batch of queue) batch.reject(unavailable('connect', error));
  }

  #newConnection(): Connection {
    const { deadlineMs, role } = this.#options;
    const limits = {
      connectMs: 1000,
      requestMs: deadlineMs,
      // kafkajs refuses an idempotent producer without a retry; the further ones are ours, with the deadline in view.
      retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 200 },
    };
    const watch = { onLost: () => this.#onLost(connection) };
    const producer = this.#kafka.client(role, limits, watch).producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: keyPartitioner,
    });
    producer.on(producer.events.REQUEST, this.#kafka.stats.onRequest);
    const connection: Connection = { producer, lost: 0 };
    return connection;
  }

  /** A broker that goes away is noticed at once, not by the next append. */
  #onLost(connection: Connection): void {
    connection.lost += 1;
    if (this.#flight === undefined) this.#replace(connection);
  }

  #expire(): void {
    const deadlineMs = performance.now() - this.#options.deadlineMs;
    const flight = this.#flight;
    if (flight !== undefined) {
      if (flight.startedMs < deadlineMs) {
        this.#crash(flight, new Error('no acknowledgement in time'));
      } else {
        for (const batch of flight.batches) {
          if (batch.startedMs >= deadlineMs) break;
          batch.reject(new PlatformError('LOG_TIMEOUT', 'Kafka: append: outcome not known'));
        }
      }
    }
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (first.startedMs >= deadlineMs) return;
      this.#queue.shift();
      this.#queuedRecords -= first.records;
      this.#queuedBytes -= first.bytes;
      first.reject(new PlatformError('LOG_UNAVAILABLE', 'Kafka: append: never sent'));
    }
  }
}

function mergeTopics(batches: readonly Batch[]): { topic: string; messages: Message[] }[] {
  const merged: { topic: string; messages: Message[] }[] = [];
  for (const batch of batches) {
    for (const [topic, messages] of batch.topics) {
      const entry = merged.find((candidate) => candidate.topic === topic);
      if (entry === undefined) merged.push({ topic, messages });
      else for (const message of messages) entry.messages.push(message);
    }
  }
  return merged;
}

/** The appender chooses the partition; other topics spread by key, with the same function. */
const keyPartitioner: ICustomPartitioner =
  () =>
  ({ message, partitionMetadata }) =>
    message.partition ?? partitionOf(String(message.key ?? ''), partitionMetadata.length);

function isRetriable(error: unknown): boolean {
  return !(error instanceof Error && 'retriable' in error && error.retriable === false);
}

function refuse(code: 'CLOSED' | 'LOG_UNAVAILABLE', message: string): Promise<never> {
  return Promise.reject(new PlatformError(code, message));
}

function sleepUnref(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
