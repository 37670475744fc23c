import type { LogConsumer, RecordSink } from '@hermod/contracts';
import { PlatformError } from '@hermod/contracts';
import kafkajs, {
  type Consumer,
  type ConsumerGroupJoinEvent,
  type EachBatchPayload,
  type KafkaMessage,
  type PartitionAssigner,
  type RequestEvent,
} from 'kafkajs';
import { decodeLogRecord } from '../log-bytes.ts';
import { CommitQueue } from './commit-queue.ts';
import { GroupOffsets, MAX_METADATA_CHARS, type StartPosition } from './group-offsets.ts';
import type { KafkaHandle } from './kafka.ts';
import { dropError, kafkaErrorType } from './kafka-error.ts';
import { HEADER_NAME } from './kafka-log-appender.ts';

// With every partition paused kafkajs sleeps this long before it sees resume(); an idle fetch waits this long.
const MAX_WAIT_MS = 250;
const HEARTBEAT_MS = 500;
/** Most that is fetched from one partition at once. */
const MAX_BYTES_PER_PARTITION = 512 * 1024;
const RESTART_MIN_MS = 500;
const RESTART_MAX_MS = 5000;
const TAKE_OVER_RETRY_MS = 200;
const STOP_MS = 5000;
const WATCH_MS = 1000;
/** A join may wait for the session and the rebalance of others, 6 s each at the least. */
const STUCK_SESSIONS = 3;
/** A heartbeat counts from when it was sent; what the clocks of two machines may differ in over one session. */
const LEASE_MARGIN_MS = 250;

/** Options of {@link KafkaLogConsumer}. */
export type KafkaConsumerOptions = {
  readonly groupId: string;
  readonly topic: string;
  /** 6,000 (the broker's minimum) – 10,000; how long the partitions of a dead member wait. Default 10,000. */
  readonly sessionTimeoutMs?: number;
};

type Owned = {
  /** Next offset to hand over. */
  position: number;
  /** One past the last record, as a fetch or the leader has said; 0: not known yet. */
  end: number;
  isPaused: boolean;
};

/**
 * One member of the consumer group of `im.inbox`.
 *
 * kafkajs has no revoke callback and accepts a commit for another's partition, so ownership is guarded here: every
 * assignment is announced as frozen → owned; a member id that has changed means that someone else may have had the
 * partitions meanwhile, so all of them are lost first; commits carry the generation that they were made in.
 */
export class KafkaLogConsumer implements LogConsumer {
  readonly #kafka: KafkaHandle;
  readonly #options: Required<KafkaConsumerOptions>;
  readonly #offsets: GroupOffsets;
  readonly #commits: CommitQueue;
  #sink: RecordSink | undefined;
  #consumer: Consumer | undefined;
  #owned = new Map<number, Owned>();
  #isFrozen = true;
  #isStopped = false;
  /** Counts assignments: what was begun under an older one is dropped. */
  #assignment = 0;
  #takeOver: Promise<void> = Promise.resolve();
  #memberId = '';
  #generation = -1;
  #heartbeatSentMs = Number.NEGATIVE_INFINITY;
  #leaseFromMs = Number.NEGATIVE_INFINITY;
  #restartMs = RESTART_MIN_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;
  #isAskingEnds = false;
  /** When the lease was last seen to hold, or the present kafkajs consumer was made. */
  #aliveMs = 0;

  constructor(kafka: KafkaHandle, options: KafkaConsumerOptions) {
    this.#kafka = kafka;
    this.#options = { sessionTimeoutMs: 10_000, ...options };
    this.#offsets = new GroupOffsets(options.groupId, options.topic, 2000);
    this.#commits = new CommitQueue((commits) =>
      this.#offsets.write({ memberId: this.#memberId, generation: this.#generation }, commits),
    );
  }

  /** Begins to join the group and returns; a cluster that is away is tried again for as long as it takes. */
  async start(sink: RecordSink): Promise<void> {
    if (this.#sink !== undefined)
      throw new PlatformError('CLOSED', 'the consumer was started before');
    this.#sink = sink;
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_MS);
    this.#run();
  }

  get leaseValid(): boolean {
    const leaseMs = this.#options.sessionTimeoutMs - LEASE_MARGIN_MS;
    return !this.#isFrozen && !this.#isStopped && performance.now() - this.#leaseFromMs < leaseMs;
  }

  get unread(): number {
    let sum = 0;
    for (const { position, end } of this.#owned.values()) sum += Math.max(0, end - position);
    return sum;
  }

  /** Commits of one turn of the event loop and those that wait for the one under way become one request. */
  async commit(partition: number, next: number, metadata: string): Promise<void> {
    if (!this.leaseValid || !this.#owned.has(partition)) {
      throw new PlatformError('NOT_OWNER', `partition ${partition} is not owned`);
    }
    if (metadata.length > MAX_METADATA_CHARS) {
      throw new PlatformError('LOG_UNAVAILABLE', `commit metadata over ${MAX_METADATA_CHARS}`);
    }
    await this.#commits.add({ partition, next, metadata });
  }

  pause(partition: number): void {
    const owned = this.#owned.get(partition);
    if (owned === undefined || owned.isPaused) return;
    owned.isPaused = true;
    if (!this.#isFrozen) this.#consumer?.pause(this.#topicOf([partition]));
  }

  resume(partition: number): void {
    const owned = this.#owned.get(partition);
    if (owned === undefined || !owned.isPaused) return;
    owned.isPaused = false;
    if (!this.#isFrozen) this.#consumer?.resume(this.#topicOf([partition]));
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#assignment += 1;
    clearTimeout(this.#restartTimer);
    clearInterval(this.#watchTimer);
    this.#commits.close();
    const consumer = this.#consumer;
    this.#consumer = undefined;
    if (consumer !== undefined) await this.#leave(consumer);
  }

  #run(): void {
    const consumer = this.#newConsumer();
    this.#consumer = consumer;
    this.#aliveMs = performance.now();
    this.#join(consumer).catch((error: unknown) => {
      this.#kafka.log('warn', 'consumer', `cannot join: ${kafkaErrorType(error)}`);
      this.#restart(consumer);
    });
  }

  async #join(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topic: this.#options.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.#onBatch(consumer, payload),
    });
  }

  #newConsumer(): Consumer {
    const { groupId, sessionTimeoutMs } = this.#options;
    const assigner: PartitionAssigner = (config) => {
      this.#offsets.use(config.cluster);
      return kafkajs.PartitionAssigners.roundRobin(config);
    };
    const limits = {
      connectMs: 1000,
      requestMs: 5000,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 },
    };
    const consumer = this.#kafka.client('consumer', limits).consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      allowAutoTopicCreation: false,
      partitionAssigners: [assigner],
      retry: { ...limits.retry, restartOnFailure: () => Promise.resolve(false) },
    });
    consumer.on(consumer.events.GROUP_JOIN, (event) => this.#onGroupJoin(consumer, event));
    consumer.on(consumer.events.REBALANCING, () => this.#freeze(consumer));
    consumer.on(consumer.events.REQUEST, (event) => this.#onRequest(event));
    consumer.on(consumer.events.HEARTBEAT, (event) => {
      if (this.#consumer !== consumer) return;
      this.#leaseFromMs = this.#heartbeatSentMs;
      this.#generation = event.payload.groupGenerationId;
      this.#commits.open();
    });
    consumer.on(consumer.events.CRASH, () => {
      this.#freeze(consumer);
      this.#restart(consumer);
    });
    return consumer;
  }

  /** kafkajs may stay silent for good when the coordinator goes away while it joins again: no join, no crash. */
  #watch(): void {
    const nowMs = performance.now();
    if (this.leaseValid) {
      this.#aliveMs = nowMs;
      this.#askEnds().catch(dropError);
    }
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    if (nowMs - this.#aliveMs < STUCK_SESSIONS * this.#options.sessionTimeoutMs) return;
    this.#kafka.log('warn', 'consumer', 'no lease for three sessions: joining anew');
    this.#restart(consumer);
  }

  /** A partition that is paused, or that holds more than is fetched at once, does not say how much waits. */
  async #askEnds(): Promise<void> {
    if (this.#isAskingEnds) return;
    this.#isAskingEnds = true;
    try {
      for (const { partition, end } of await this.#offsets.ends([...this.#owned.keys()])) {
        const owned = this.#owned.get(partition);
        if (owned !== undefined) owned.end = end;
      }
    } finally {
      this.#isAskingEnds = false;
    }
  }

  /** kafkajs stops a consumer that has failed: a new one takes its place, after a pause that grows and is not in step
   *  with other routers'. */
  #restart(consumer: Consumer): void {
    if (this.#isStopped || this.#consumer !== consumer) return;
    this.#freeze(consumer);
    this.#consumer = undefined;
    this.#assignment += 1;
    this.#leave(consumer).catch(dropError);
    const pauseMs = this.#restartMs * (0.5 + Math.random());
    this.#restartMs = Math.min(2 * this.#restartMs, RESTART_MAX_MS);
    this.#restartTimer = setTimeout(() => this.#run(), pauseMs);
  }

  #freeze(consumer: Consumer): void {
    if (this.#consumer !== consumer || this.#isStopped) return;
    // The generation is over: what waits to be committed under it must not go out under the next.
    this.#commits.close();
    if (this.#isFrozen) return;
    this.#isFrozen = true;
    this.#sink?.onFrozen();
  }

  /** Notes when the heartbeat was sent: the broker's session counts from its arrival, which is later. */
  #onRequest(event: RequestEvent): void {
    this.#kafka.stats.onRequest(event);
    if (event.payload.apiName !== 'Heartbeat') return;
    this.#heartbeatSentMs = performance.now() - Math.max(0, event.payload.duration);
  }

  #onGroupJoin(consumer: Consumer, event: ConsumerGroupJoinEvent): void {
    if (this.#consumer !== consumer || this.#isStopped) return;
    // Some paths of kafkajs join again without having said REBALANCING.
    this.#freeze(consumer);
    this.#assignment += 1;
    this.#restartMs = RESTART_MIN_MS;
    this.#leaseFromMs = performance.now();
    const isSameMember = event.payload.memberId === this.#memberId;
    this.#memberId = event.payload.memberId;
    const partitions = event.payload.memberAssignment[this.#options.topic] ?? [];
    this.#takeOver = this.#own(consumer, partitions, isSameMember);
  }

  async #own(
    consumer: Consumer,
    partitions: readonly number[],
    isSameMember: boolean,
  ): Promise<void> {
    const assignment = this.#assignment;
    let positions: readonly StartPosition[] | undefined;
    while (positions === undefined) {
      try {
        positions = await this.#offsets.read(partitions);
      } catch (error) {
        this.#kafka.log('warn', 'consumer', `cannot read positions: ${kafkaErrorType(error)}`);
        await new Promise((resolve) => setTimeout(resolve, TAKE_OVER_RETRY_MS));
      }
      if (this.#assignment !== assignment || this.#isStopped) return;
    }
    const sink = this.#sink;
    if (sink === undefined) return;
    const previous = this.#owned;
    // Expelled and admitted again: another member may have had the partitions, so what is known of them is worth nothing.
    if (!isSameMember && previous.size > 0) sink.onOwned([]);
    this.#owned = new Map();
    for (const { partition, next } of positions) {
      const retained = isSameMember ? previous.get(partition) : undefined;
      this.#owned.set(partition, retained ?? { position: next, end: 0, isPaused: false });
    }
    this.#isFrozen = false;
    sink.onOwned(positions.map(({ partition, next, metadata }) => ({ partition, next, metadata })));
    this.#startFetching(consumer);
    // Design §4 rule 8: a position exists from the first assignment on, so that it cannot be taken for "the end".
    for (const { partition, next, committed } of positions) {
      // What fails comes with the first real commit.
      if (!committed) this.#commits.add({ partition, next, metadata: '' }).catch(dropError);
    }
  }

  #startFetching(consumer: Consumer): void {
    const paused: number[] = [];
    const running: number[] = [];
    for (const [partition, owned] of this.#owned) {
      (owned.isPaused ? paused : running).push(partition);
      // A retained partition goes on where it was; kafkajs would begin at the committed position again.
      consumer.seek({ topic: this.#options.topic, partition, offset: String(owned.position) });
    }
    if (paused.length > 0) consumer.pause(this.#topicOf(paused));
    if (running.length > 0) consumer.resume(this.#topicOf(running));
  }

  async #onBatch(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    // Fetched before the positions were known: short, and nothing else can be done meanwhile.
    if (this.#isFrozen) await this.#takeOver;
    if (this.#isFrozen || this.#consumer !== consumer || payload.isStale()) return;
    const { partition, messages } = payload.batch;
    const owned = this.#owned.get(partition);
    if (owned === undefined) return;
    owned.end = Number(payload.batch.highWatermark);
    let last: string | undefined;
    for (const message of messages) {
      if (owned.isPaused || this.#isFrozen) break;
      const offset = Number(message.offset);
      if (offset >= owned.position) {
        owned.position = offset + 1;
        this.#handOver(partition, offset, message);
      }
      last = message.offset;
    }
    // What a pause left over is fetched again.
    if (last !== undefined) payload.resolveOffset(last);
  }

  #handOver(partition: number, offset: number, message: KafkaMessage): void {
    const header = message.headers?.[HEADER_NAME];
    const value = message.value;
    const record =
      header instanceof Buffer && value !== null && message.key !== null
        ? decodeLogRecord(
            message.key.toString('latin1'),
            header,
            0,
            value,
            0,
            value.length,
            'borrow',
          )
        : undefined;
    if (record === undefined) {
      this.#sink?.onUndecodable(partition, offset, value ?? new Uint8Array(0));
      return;
    }
    this.#sink?.onRecord({
      partition,
      offset,
      type: record.type,
      aor: record.aor,
      deliveryId: record.deliveryId,
      receivedAtMs: record.receivedAtMs,
      expiresAtMs: record.expiresAtMs,
      flags: record.flags,
      head: record.head,
      body: record.body,
    });
  }

  #topicOf(partitions: number[]): { topic: string; partitions: number[] }[] {
    return [{ topic: this.#options.topic, partitions }];
  }

  /** Leaves the group, or gives up after 5 s when the broker does not answer. */
  async #leave(consumer: Consumer): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_MS);
    });
    try {
      await Promise.race([consumer.disconnect(), late]);
    } catch (error) {
      this.#kafka.log('warn', 'consumer', `cannot leave the group: ${kafkaErrorType(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}
