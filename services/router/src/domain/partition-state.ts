import type { ConsumedRecord, DueStore, LogConsumer, OwnedPartition } from '@hermod/contracts';
import { type CommitPosition, OffsetTracker } from './offset-tracker.ts';
import { PoisonWatch } from './poison-watch.ts';
import type { RecordOwner } from './record-owner.ts';
import { UncommittedDeliveries } from './uncommitted-deliveries.ts';

/** Records of one partition that are started and unfinished at a time; beyond, the partition is not read on. */
export const MAX_UNFINISHED = 4000;
/** Records read and not started at which the reader is told to wait, and to go on. */
const PAUSE_AT = 512;
const RESUME_BELOW = 128;
const COMPACT_AT = 1024;

/** One owned partition: what was read and not yet started, what is started, what is finished. */
export class PartitionState implements RecordOwner {
  readonly partition: number;
  /** Where this owner began. */
  readonly firstOffset: number;
  readonly poison: PoisonWatch;
  readonly deliveries = new UncommittedDeliveries();
  lost = false;
  startedBefore: number;
  readonly #tracker: OffsetTracker;
  readonly #consumer: LogConsumer;
  readonly #begin: (owner: PartitionState, record: ConsumedRecord) => void;
  /** Ring: records from #head on wait. */
  #backlog: ConsumedRecord[] = [];
  #head = 0;
  #paused = false;
  #isReading = true;
  #storeAway = false;
  #starting = false;
  #committed = '';

  /** @param begin starts one record; it must not throw  @param life unique to this ownership */
  constructor(
    owned: OwnedPartition,
    consumer: LogConsumer,
    marks: Pick<DueStore, 'readMark' | 'writeMark'>,
    begin: (owner: PartitionState, record: ConsumedRecord) => void,
    life: string,
  ) {
    this.partition = owned.partition;
    this.firstOffset = owned.next;
    this.startedBefore = owned.next;
    this.#tracker = new OffsetTracker(owned.next, owned.metadata);
    this.#consumer = consumer;
    this.#begin = begin;
    this.poison = new PoisonWatch(owned.partition, owned.next, marks, life);
  }

  get unfinished(): number {
    return this.#tracker.unfinished;
  }

  /** Read, not started. */
  get waiting(): number {
    return this.#backlog.length - this.#head;
  }

  /** When the oldest message that was read and is not finished arrived, epoch ms; 0: there is none. */
  get oldestReceivedAtMs(): number {
    return this.#tracker.oldestReceivedAtMs || this.nextReceivedAtMs;
  }

  /** When the message that is to be started next arrived, epoch ms; 0: none waits. */
  get nextReceivedAtMs(): number {
    return this.#backlog[this.#head]?.receivedAtMs ?? 0;
  }

  /** The log shows a record. */
  offer(record: ConsumedRecord): void {
    this.#backlog.push(record);
    this.pump();
  }

  /** A device has the message; its outcome is not recorded yet. */
  delivered(record: ConsumedRecord, status: number, nowMs: number): void {
    this.deliveries.add({ record, status, atMs: nowMs });
  }

  /** A record's effect is durable. */
  finish(offset: number): void {
    this.#tracker.finish(offset);
    this.poison.onFinished();
    if (this.waiting > 0 || this.#paused) this.pump();
  }

  /** While the store is away nothing is started; what was started waits. */
  setStoreAway(away: boolean): void {
    this.#storeAway = away;
    this.pump();
  }

  /** No more is read; what was read is still started. */
  stopReading(): void {
    this.#isReading = false;
    this.#consumer.pause(this.partition);
  }

  /** Starts what may be started, in offset order, and keeps the reader's pace with it. */
  pump(): void {
    if (this.lost || this.#starting) return;
    this.#starting = true;
    while (this.#head < this.#backlog.length && this.#mayStart()) {
      const record = this.#backlog[this.#head];
      this.#head += 1;
      if (record === undefined) continue;
      if (this.#tracker.show(record.offset, record.receivedAtMs) !== 'new') {
        this.#noteStarted(record);
        continue;
      }
      if (this.poison.watching) {
        this.#startWatched(record);
        break;
      }
      this.#begin(this, record);
      this.#noteStarted(record);
    }
    this.#compact();
    this.#starting = false;
    this.#keepPace();
  }

  /** The position to commit, or undefined when it is committed already or does not fit. */
  uncommitted(): CommitPosition | undefined {
    const position = this.#tracker.position();
    if (position === undefined || this.#committed === `${position.next}/${position.metadata}`)
      return undefined;
    this.deliveries.beginCommit((offset) => this.#tracker.isFinished(offset));
    return position;
  }

  onCommitted(position: CommitPosition): void {
    this.#committed = `${position.next}/${position.metadata}`;
    this.deliveries.committed();
  }

  #mayStart(): boolean {
    if (this.#storeAway || this.#tracker.unfinished >= MAX_UNFINISHED) return false;
    if (this.poison.state === 'read') this.#beginWatch();
    if (this.poison.state !== 'begun') return false;
    if (this.poison.watching && this.#tracker.unfinished > 0) return false;
    return this.#tracker.hasRoom;
  }

  #beginWatch(): void {
    this.poison.begin().then(
      () => this.pump(),
      (error: unknown) => this.onStoreFailure(error),
    );
  }

  #noteStarted(record: ConsumedRecord): void {
    if (record.offset >= this.startedBefore) this.startedBefore = record.offset + 1;
  }

  /** Rule 9: one at a time, its attempt counted durably before it runs. */
  #startWatched(record: ConsumedRecord): void {
    this.poison.attempt(record.offset).then(
      (verdict) => {
        if (this.lost) return;
        if (verdict === 'run') this.#begin(this, record);
        else this.onPoison(record);
        this.#noteStarted(record);
        this.pump();
      },
      (error: unknown) => {
        // The mark could not be written: go on from here when the store is back.
        if (this.lost) return;
        this.#tracker.unstart(record.offset);
        this.#backlog = [record, ...this.#backlog.slice(this.#head)];
        this.#head = 0;
        this.onStoreFailure(error);
      },
    );
  }

  /** Set by the router: a record that three owners died of. */
  onPoison: (record: ConsumedRecord) => void = () => undefined;
  /** Set by the router: a mark could not be written; {@link setStoreAway} follows and tries again. */
  onStoreFailure: (error: unknown) => void = () => undefined;

  #compact(): void {
    if (this.#head === this.#backlog.length) this.#backlog = [];
    else if (this.#head >= COMPACT_AT) this.#backlog = this.#backlog.slice(this.#head);
    else return;
    this.#head = 0;
  }

  /** With hysteresis: a consumer that is paused takes a while to see that it may go on. */
  #keepPace(): void {
    if (!this.#isReading) return;
    const isFull = this.waiting >= (this.#paused ? RESUME_BELOW : PAUSE_AT);
    if (isFull === this.#paused) return;
    this.#paused = isFull;
    if (isFull) this.#consumer.pause(this.partition);
    else this.#consumer.resume(this.partition);
  }
}
