import { fdatasync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type LogAppender,
  type LogConsumer,
  type LogRecord,
  PlatformError,
  type RecordSink,
} from '@hermod/contracts';
import { makeDirectory } from '../data-directory.ts';
import { DirectoryLock } from './directory-lock.ts';
import { diskError } from './disk-error.ts';
import { MAX_METADATA_CHARS, PositionFile } from './position-file.ts';
import { SegmentDirectory } from './segment-directory.ts';
import { scanSegment } from './segment-format.ts';
import type {
  SegmentLogOptions,
  SegmentLogProblem,
  SegmentLogStats,
} from './segment-log-options.ts';
import { PARTITION, SegmentTail } from './segment-tail.ts';
import { SegmentWriter } from './segment-writer.ts';

const PROBE_SYNC_AGE_MS = 500;
const PROBE_FREE_BYTES = 1024 * 1024;
const READ_RETRY_MS = 1000;
/** More than can be unsynced at once: what a power cut took had been handed over under such offsets. */
const POWER_CUT_GAP = 1_000_000;

/**
 * The standalone's log: segment files in one directory, one partition (0), one consumer in the same process.
 *
 * A record is handed to the consumer once it is in the file and before it is durable; `append` resolves when it is
 * durable (design §4 rule 1). Offsets grow and are never used twice; a failed sync or a power cut leaves a gap in them.
 */
export class SegmentLog implements LogAppender, LogConsumer {
  readonly #path: string;
  readonly #lock: DirectoryLock;
  readonly #directory: SegmentDirectory;
  readonly #position: PositionFile;
  readonly #writer: SegmentWriter;
  readonly #maxLagBytes: number;
  readonly #onProblem: (problem: SegmentLogProblem) => void;
  /** One past the last offset found on disk at open. */
  #foundEnd = 0;
  /** First offset given since open. */
  #openedAt = 0;
  #tail: SegmentTail | undefined;
  #removing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Opens or creates the log in `directory`; cuts off a torn tail and continues after it.
   *  @throws PlatformError `LOG_UNAVAILABLE` when the directory is in use or cannot be read, `DISK_FULL` */
  static async open(directory: string, options: SegmentLogOptions = {}): Promise<SegmentLog> {
    return new SegmentLog(directory, options);
  }

  private constructor(path: string, options: SegmentLogOptions) {
    this.#path = path;
    this.#maxLagBytes = options.maxLagBytes ?? 8 * 1024 * 1024;
    this.#onProblem = options.onProblem ?? dropProblem;
    try {
      makeDirectory(path);
      this.#lock = new DirectoryLock(path);
    } catch (error) {
      throw diskError(error, 'open');
    }
    try {
      this.#directory = new SegmentDirectory(path);
      this.#position = new PositionFile(join(path, 'position'));
      this.#writer = new SegmentWriter(
        this.#directory,
        this.#recover(),
        {
          onWritten: (records, firstOffset, segment, start, ends) =>
            this.#tail?.onWritten(records, firstOffset, segment, start, ends),
        },
        {
          segmentBytes: options.segmentBytes ?? 64 * 1024 * 1024,
          groupMs: options.groupMs ?? 4,
          appendTimeoutMs: options.appendTimeoutMs ?? 2000,
          maxUnsyncedBytes: options.maxUnsyncedBytes ?? 32 * 1024 * 1024,
          sync: options.sync ?? promisify(fdatasync),
          monotonicMs: () => performance.now(),
        },
      );
    } catch (error) {
      this.#lock.release();
      throw diskError(error, 'open');
    }
  }

  get stats(): SegmentLogStats {
    let bytes = 0;
    for (const segment of this.#directory.segments) bytes += segment.bytes;
    return {
      segments: this.#directory.segments.length,
      bytes,
      unsyncedBytes: this.#writer.unsyncedBytes,
      queuedBytes: this.#tail?.queuedBytes ?? 0,
      nextOffset: this.#writer.nextOffset,
      committed: this.#position.position.next,
    };
  }

  /** @see LogAppender.append  Also rejects with `DISK_FULL`: not accepted, nothing of it stays. The promise is shared by
   *  all appends of one turn of the event loop. */
  append(record: LogRecord): Promise<void> {
    return this.#writer.append(record);
  }

  /** Fails while the disk is full, or a sync takes longer than 500 ms. */
  async probe(): Promise<void> {
    if (this.#closing !== undefined) throw new PlatformError('CLOSED', 'the log is closed');
    if (this.#writer.syncAgeMs > PROBE_SYNC_AGE_MS) {
      throw new PlatformError('LOG_UNAVAILABLE', 'the disk does not answer');
    }
    const lastError = this.#writer.lastError;
    if (lastError?.code !== 'DISK_FULL') return;
    // The next append would find out, but the edge only appends again when this probe succeeds.
    const { bavail, bsize } = await statfs(this.#path);
    if (bavail * bsize < PROBE_FREE_BYTES) throw lastError;
  }

  /** Hands over records from the committed position on. Once per open log. */
  async start(sink: RecordSink): Promise<void> {
    if (this.#tail !== undefined || this.#closing !== undefined) {
      throw new PlatformError('CLOSED', 'the log was started before or is closed');
    }
    const committed = this.#position.position;
    const first = this.#directory.segments[0]?.firstOffset ?? 0;
    // Everything found is finished: begin after the gap that a power cut may have left.
    const next =
      committed.next >= this.#foundEnd && this.#openedAt > this.#foundEnd
        ? Math.max(committed.next, this.#openedAt)
        : Math.max(committed.next, first);
    const metadata = next === committed.next ? committed.metadata : '';
    const tail = new SegmentTail(
      this.#directory,
      next,
      sink,
      {
        onDamage: (path, position, bytes) =>
          this.#onProblem({ kind: 'damage', path, position, bytes }),
        onReadError: (cause) => this.#onProblem({ kind: 'disk-error', cause }),
      },
      { maxLagBytes: this.#maxLagBytes, retryMs: READ_RETRY_MS },
    );
    this.#tail = tail;
    sink.onOwned([{ partition: PARTITION, next, metadata }]);
    tail.start();
  }

  /** @see LogConsumer.commit  Deletes the segments that are finished. */
  async commit(partition: number, next: number, metadata: string): Promise<void> {
    if (this.#closing !== undefined) throw new PlatformError('CLOSED', 'the log is closed');
    if (partition !== PARTITION || !this.leaseValid) {
      throw new PlatformError('NOT_OWNER', `partition ${partition} is not owned`);
    }
    if (metadata.length > MAX_METADATA_CHARS) {
      throw new PlatformError('LOG_UNAVAILABLE', `commit metadata over ${MAX_METADATA_CHARS}`);
    }
    try {
      this.#position.write({ next, metadata, end: this.#writer.nextOffset });
    } catch (error) {
      throw diskError(error, 'commit');
    }
    if (this.#removing === undefined && this.#directory.hasBelow(next)) {
      this.#removing = this.#remove(next);
    }
  }

  pause(partition: number): void {
    if (partition === PARTITION) this.#tail?.pause();
  }

  resume(partition: number): void {
    if (partition === PARTITION) this.#tail?.resume();
  }

  get unread(): number {
    return this.#tail === undefined ? 0 : this.#writer.nextOffset - this.#tail.next;
  }

  /** True from {@link start} to {@link stop}: there is no other consumer. */
  get leaseValid(): boolean {
    return this.#tail !== undefined && !this.#tail.isStopped;
  }

  /** Stops consuming; appending goes on until {@link close}. */
  async stop(): Promise<void> {
    await this.#tail?.stop();
  }

  /** Stops consuming, waits until what was accepted is durable, and releases the directory. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.stop();
    await this.#writer.close();
    await this.#removing;
    try {
      await this.#position.sync();
    } catch (cause) {
      this.#onProblem({ kind: 'disk-error', cause });
    }
    this.#position.close();
    this.#directory.close();
    this.#lock.release();
  }

  async #remove(next: number): Promise<void> {
    try {
      // The position first: if a power cut took it back, it must not point below what is left.
      await this.#position.sync();
      this.#directory.removeBelow(next);
    } catch (cause) {
      this.#onProblem({ kind: 'disk-error', cause });
    } finally {
      this.#removing = undefined;
    }
  }

  /** Cuts off the torn tail. @returns the offset to continue with */
  #recover(): number {
    const last = this.#directory.last;
    let end = this.#position.position.end;
    if (last !== undefined) {
      const bytes = readFileSync(last.path);
      const scan = scanSegment(bytes);
      const torn = bytes.length - scan.soundBytes;
      if (torn > 0) this.#onProblem({ kind: 'torn-tail', path: last.path, bytes: torn });
      last.bytes = scan.soundBytes;
      this.#foundEnd = Math.max(scan.lastOffset + 1, last.firstOffset);
      end = Math.max(end, this.#foundEnd);
    }
    this.#openedAt = this.#lock.previousUse === 'rebooted' ? end + POWER_CUT_GAP : end;
    return this.#openedAt;
  }
}

function dropProblem(): void {}
