import { Buffer } from 'node:buffer';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { type LogRecord, PlatformError } from '@hermod/contracts';
import { diskError } from './disk-error.ts';
import type { Segment, SegmentDirectory } from './segment-directory.ts';
import { encodeEntry, entryBytes } from './segment-format.ts';

const INITIAL_BUFFER_BYTES = 256 * 1024;
const WATCHDOG_MS = 250;

/** One record as written: where its entry stands in which segment. */
export type WrittenSink = {
  /** Called in offset order as soon as the records are in the file, before the sync. Lists are borrowed during the call.
   *  `ends[i]` is the end of record i's entry in `segment`. Must not throw. */
  onWritten(
    records: readonly LogRecord[],
    firstOffset: number,
    segment: Segment,
    start: number,
    ends: readonly number[],
  ): void;
};

/** @see SegmentLogOptions, whose fields these are, with defaults applied */
export type SegmentWriterOptions = {
  readonly segmentBytes: number;
  readonly groupMs: number;
  readonly appendTimeoutMs: number;
  readonly maxUnsyncedBytes: number;
  readonly sync: (fd: number) => Promise<void>;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
};

/** Records of one turn of the event loop: written together, and resolved together by the sync that covers them. */
class Batch {
  readonly records: LogRecord[] = [];
  readonly promise: Promise<void>;
  readonly startedMs: number;
  bytes = 0;
  resolve: () => void = noop;
  reject: (error: PlatformError) => void = noop;

  constructor(startedMs: number) {
    this.startedMs = startedMs;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** Group commit: all appends of one turn of the event loop are one write, hand over to the consumer, and share one
 *  promise; one fdatasync at a time covers every batch written before it. It starts `groupMs` after the first of them: no 200
 *  waits for it, and at a low rate a sync for each message costs more than the message. */
export class SegmentWriter {
  readonly #directory: SegmentDirectory;
  readonly #sink: WrittenSink;
  readonly #options: SegmentWriterOptions;
  readonly #onTurnEnd = (): void => this.#writeBatch();
  readonly #onGroupTimer = (): void => this.#beginSync();
  readonly #watchdog: NodeJS.Timeout;
  #segment: Segment;
  #fd: number;
  #nextOffset: number;
  #batch: Batch | undefined;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
  readonly #ends: number[] = [];
  /** Written, waiting for the next sync, or (`#syncing`) for the running one. */
  #written: Batch[] = [];
  #syncing: Batch[] | undefined;
  #syncDone: Promise<void> = Promise.resolve();
  #syncStartedMs = Number.NEGATIVE_INFINITY;
  #groupTimer: NodeJS.Timeout | undefined;
  #unsyncedBytes = 0;
  /** Descriptors of full segments whose last bytes the next sync must cover. */
  #retired: number[] = [];
  #syncNames: boolean;
  /** End of the current segment's bytes that a sync has covered. */
  #syncedBytes: number;
  /** Set when a sync failed: what the current file holds is not known, so nothing more may go into it. */
  #abandoned = false;
  #lastError: PlatformError | undefined;
  #closed = false;

  /** Continues after the directory's last segment, whose `bytes` must already exclude any torn tail. */
  constructor(
    directory: SegmentDirectory,
    nextOffset: number,
    sink: WrittenSink,
    options: SegmentWriterOptions,
  ) {
    this.#directory = directory;
    this.#nextOffset = nextOffset;
    this.#sink = sink;
    this.#options = options;
    const last = directory.last;
    this.#syncNames = last === undefined;
    if (last === undefined) {
      const created = directory.create(nextOffset);
      this.#segment = created.segment;
      this.#fd = created.fd;
    } else {
      this.#segment = last;
      this.#fd = openSync(last.path, 'r+');
      ftruncateSync(this.#fd, last.bytes);
    }
    this.#syncedBytes = this.#segment.bytes;
    this.#watchdog = setInterval(() => this.#expire(), WATCHDOG_MS).unref();
  }

  /** The offset that the next record will get. */
  get nextOffset(): number {
    return this.#nextOffset + (this.#batch?.records.length ?? 0);
  }

  /** Bytes of records that were accepted and are not yet durable. */
  get unsyncedBytes(): number {
    return this.#unsyncedBytes;
  }

  /** The last write or sync failure, until one succeeds. */
  get lastError(): PlatformError | undefined {
    return this.#lastError;
  }

  /** Milliseconds that the running sync has taken so far, 0 if none runs. */
  get syncAgeMs(): number {
    return this.#syncing === undefined ? 0 : this.#options.monotonicMs() - this.#syncStartedMs;
  }

  /** @see LogAppender.append */
  append(record: LogRecord): Promise<void> {
    if (this.#closed) return Promise.reject(new PlatformError('CLOSED', 'the log is closed'));
    if (this.#unsyncedBytes > this.#options.maxUnsyncedBytes) {
      return Promise.reject(new PlatformError('LOG_UNAVAILABLE', 'the disk does not keep up'));
    }
    let batch = this.#batch;
    if (batch === undefined) {
      batch = new Batch(this.#options.monotonicMs());
      this.#batch = batch;
      setImmediate(this.#onTurnEnd);
    }
    const bytes = entryBytes(record);
    batch.records.push(record);
    batch.bytes += bytes;
    this.#unsyncedBytes += bytes;
    return batch.promise;
  }

  /** Waits for everything accepted to be durable (or rejected), then closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#writeBatch();
    while (this.#written.length > 0 || this.#syncing !== undefined) {
      this.#beginSync();
      await this.#syncDone;
    }
    clearInterval(this.#watchdog);
    clearTimeout(this.#groupTimer);
    for (const full of this.#retired) closeSync(full);
    closeSync(this.#fd);
  }

  #writeBatch(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const firstOffset = this.#nextOffset;
    try {
      this.#ensureSegment(batch.bytes);
      this.#encode(batch, firstOffset);
      this.#write(batch.bytes);
    } catch (error) {
      // Nothing of it was handed over and nothing of it stays: its offsets are given to the next batch.
      this.#finish([batch], diskError(error, 'append'));
      return;
    }
    const start = this.#segment.bytes;
    this.#segment.bytes += batch.bytes;
    this.#nextOffset = firstOffset + batch.records.length;
    this.#written.push(batch);
    this.#scheduleSync();
    this.#sink.onWritten(batch.records, firstOffset, this.#segment, start, this.#ends);
  }

  #encode(batch: Batch, firstOffset: number): void {
    if (this.#buffer.length < batch.bytes) this.#buffer = Buffer.allocUnsafeSlow(2 * batch.bytes);
    const start = this.#segment.bytes;
    const records = batch.records;
    this.#ends.length = records.length;
    let at = 0;
    for (let i = 0; i < records.length; i += 1) {
      const record = records[i];
      if (record === undefined) continue;
      at = encodeEntry(this.#buffer, at, firstOffset + i, record);
      this.#ends[i] = start + at;
    }
  }

  #write(bytes: number): void {
    const start = this.#segment.bytes;
    try {
      for (let done = 0; done < bytes; ) {
        done += writeSync(this.#fd, this.#buffer, done, bytes - done, start + done);
      }
    } catch (error) {
      // A full disk takes the first part of a write: cut it off, or the next entry would follow half of this one.
      ftruncateSync(this.#fd, start);
      throw error;
    }
  }

  #ensureSegment(bytes: number): void {
    const full =
      this.#segment.bytes > 0 && this.#segment.bytes + bytes > this.#options.segmentBytes;
    if (!full && !this.#abandoned) return;
    const created = this.#directory.create(this.#nextOffset);
    this.#retired.push(this.#fd);
    this.#segment = created.segment;
    this.#fd = created.fd;
    this.#syncedBytes = 0;
    this.#syncNames = true;
    this.#abandoned = false;
  }

  #scheduleSync(): void {
    if (this.#syncing !== undefined || this.#groupTimer !== undefined) return;
    if (this.#options.groupMs <= 0) this.#beginSync();
    else this.#groupTimer = setTimeout(this.#onGroupTimer, this.#options.groupMs);
  }

  #beginSync(): void {
    clearTimeout(this.#groupTimer);
    this.#groupTimer = undefined;
    if (this.#syncing !== undefined || this.#written.length === 0) return;
    const group = this.#written;
    this.#written = [];
    this.#syncing = group;
    this.#syncStartedMs = this.#options.monotonicMs();
    this.#syncDone = this.#sync(group);
  }

  async #sync(group: Batch[]): Promise<void> {
    const segment = this.#segment;
    const bytes = segment.bytes;
    const fd = this.#fd;
    const retired = this.#retired;
    this.#retired = [];
    const syncNames = this.#syncNames;
    this.#syncNames = false;
    try {
      for (const full of retired) await this.#options.sync(full);
      if (syncNames) await this.#directory.sync();
      await this.#options.sync(fd);
      if (segment === this.#segment) this.#syncedBytes = bytes;
      this.#syncing = undefined;
      this.#finish(group, undefined);
    } catch (error) {
      this.#syncing = undefined;
      this.#abandon(group, diskError(error, 'sync'));
    } finally {
      for (const full of retired) closeSync(full);
    }
    if (this.#written.length > 0) this.#scheduleSync();
  }

  /** After a failed sync the kernel may have dropped pages and will not say so again: everything since the last good
   *  sync is refused and cut off, and what follows goes into a new file. Its offsets stay used: they were handed over. */
  #abandon(group: Batch[], error: PlatformError): void {
    this.#abandoned = true;
    this.#segment.bytes = this.#syncedBytes;
    try {
      ftruncateSync(this.#fd, this.#syncedBytes);
    } catch (truncateError) {
      error.cause = new AggregateError([error.cause, truncateError]);
    }
    const written = this.#written;
    this.#written = [];
    this.#finish(group, error);
    this.#finish(written, error);
  }

  #finish(batches: readonly Batch[], error: PlatformError | undefined): void {
    this.#lastError = error;
    for (const batch of batches) {
      this.#unsyncedBytes -= batch.bytes;
      if (error === undefined) batch.resolve();
      else batch.reject(error);
    }
  }

  /** A disk that does not answer: the appender is told that the outcome is unknown; the sync goes on. */
  #expire(): void {
    const deadline = this.#options.monotonicMs() - this.#options.appendTimeoutMs;
    for (const batches of [this.#syncing, this.#written]) {
      for (const batch of batches ?? []) {
        if (batch.startedMs >= deadline) break;
        batch.reject(new PlatformError('LOG_TIMEOUT', 'the disk did not confirm in time'));
      }
    }
  }
}

function noop(): void {}
