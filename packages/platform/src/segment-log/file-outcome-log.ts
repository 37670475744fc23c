import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OutcomeLog, type OutcomeRecord, PlatformError } from '@hermod/contracts';
import { makeDirectory } from '../data-directory.ts';
import { formatOutcome } from '../outcome-json.ts';
import { diskError } from './disk-error.ts';

const CURRENT = 'outcomes.ndjson';
const DEAD = 'dead';

/** Options of {@link FileOutcomeLog}. */
export type FileOutcomeLogOptions = {
  /** Size at which `outcomes.ndjson` becomes `outcomes.1.ndjson`, `.1` becomes `.2` … Default 64 MiB. */
  readonly maxFileBytes?: number;
  /** Rotated files kept besides the current one. Default 4. */
  readonly keepFiles?: number;
  /** Lines wait this long for company. Default 20 ms. */
  readonly lingerMs?: number;
  /** Bytes that may wait; beyond, `record` rejects with `LOG_UNAVAILABLE`. Default 8 MiB. */
  readonly maxQueuedBytes?: number;
  /** Records kept in `dead/`; further ones are refused with `DISK_FULL`. Default 10,000. */
  readonly maxDead?: number;
};

type Batch = {
  readonly lines: string[];
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: PlatformError) => void;
};

/** The standalone's outcomes: one JSON line each in `outcomes.ndjson`, rotated by size, and one file per poison record in
 *  `dead/`. `record` resolves when the line is with the operating system (it is not synced: what a power cut takes is a
 *  statistic, the messages are in the log and the mailbox). */
export class FileOutcomeLog implements OutcomeLog {
  readonly #directory: string;
  readonly #options: Required<FileOutcomeLogOptions>;
  #file: FileHandle;
  #fileBytes: number;
  #deadCount: number;
  #batch: Batch | undefined;
  #batchBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Opens or creates the files in `directory`. @throws PlatformError `LOG_UNAVAILABLE`, `DISK_FULL` */
  static async open(
    directory: string,
    options: FileOutcomeLogOptions = {},
  ): Promise<FileOutcomeLog> {
    try {
      makeDirectory(join(directory, DEAD));
      const file = await open(join(directory, CURRENT), 'a');
      const { size } = await file.stat();
      const dead = await readdir(join(directory, DEAD));
      return new FileOutcomeLog(directory, options, file, size, dead.length);
    } catch (error) {
      throw diskError(error, 'open outcomes');
    }
  }

  private constructor(
    directory: string,
    options: FileOutcomeLogOptions,
    file: FileHandle,
    fileBytes: number,
    deadCount: number,
  ) {
    this.#directory = directory;
    this.#options = {
      maxFileBytes: 64 * 1024 * 1024,
      keepFiles: 4,
      lingerMs: 20,
      maxQueuedBytes: 8 * 1024 * 1024,
      maxDead: 10_000,
      ...options,
    };
    this.#file = file;
    this.#fileBytes = fileBytes;
    this.#deadCount = deadCount;
  }

  record(outcome: OutcomeRecord): Promise<void> {
    if (this.#isClosed) return refuse('CLOSED', 'the outcome log is closed');
    if (this.#batchBytes >= this.#options.maxQueuedBytes) {
      return refuse('LOG_UNAVAILABLE', 'the disk does not keep up with outcomes');
    }
    const line = formatOutcome(outcome);
    const batch = this.#batch ?? this.#openBatch();
    batch.lines.push(line);
    this.#batchBytes += line.length + 1;
    return batch.promise;
  }

  async dead(record: {
    readonly partition: number;
    readonly offset: number;
    readonly bytes: Uint8Array;
    readonly reason: string;
  }): Promise<void> {
    if (this.#isClosed) throw new PlatformError('CLOSED', 'the outcome log is closed');
    if (this.#deadCount >= this.#options.maxDead) {
      throw new PlatformError(
        'DISK_FULL',
        `${this.#options.maxDead} dead records are kept already`,
      );
    }
    const digest = createHash('sha256').update(record.bytes).digest('hex').slice(0, 8);
    const name = `${record.partition}-${record.offset}-${digest}`;
    const base = join(this.#directory, DEAD, name);
    try {
      await writeFile(`${base}.bin`, record.bytes, { flush: true });
      await writeFile(`${base}.txt`, `${record.reason}\n`);
    } catch (error) {
      throw diskError(error, 'dead record');
    }
    this.#deadCount += 2;
  }

  /** Writes what waits, then closes. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#writeOut();
    await this.#writing;
    await this.#file.close();
  }

  #openBatch(): Batch {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const batch: Batch = { lines: [], promise, resolve, reject };
    this.#batch = batch;
    this.#timer = setTimeout(() => this.#writeOut(), this.#options.lingerMs);
    return batch;
  }

  #writeOut(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const bytes = this.#batchBytes;
    this.#batchBytes = 0;
    this.#writing = this.#writing
      .then(() => this.#write(batch.lines, bytes))
      .then(batch.resolve, (error: unknown) => batch.reject(diskError(error, 'outcomes')));
  }

  async #write(lines: readonly string[], bytes: number): Promise<void> {
    if (this.#fileBytes > 0 && this.#fileBytes + bytes > this.#options.maxFileBytes) {
      await this.#rotate();
    }
    const start = this.#fileBytes;
    try {
      const text = Buffer.from(`${lines.join('\n')}\n`);
      await this.#file.appendFile(text);
      this.#fileBytes = start + text.length;
    } catch (error) {
      // Half a line would spoil the next one.
      await this.#file.truncate(start);
      throw error;
    }
  }

  async #rotate(): Promise<void> {
    const { keepFiles } = this.#options;
    const rotated = (n: number): string => join(this.#directory, `outcomes.${n}.ndjson`);
    await unlink(rotated(keepFiles)).catch(ignoreMissing);
    for (let n = keepFiles - 1; n >= 1; n -= 1) {
      await rename(rotated(n), rotated(n + 1)).catch(ignoreMissing);
    }
    const current = join(this.#directory, CURRENT);
    // Missing: an earlier attempt got this far, or somebody moved the file away.
    if (keepFiles >= 1) await rename(current, rotated(1)).catch(ignoreMissing);
    else await unlink(current).catch(ignoreMissing);
    const file = await open(current, 'a');
    await this.#file.close();
    this.#file = file;
    this.#fileBytes = 0;
  }
}

function refuse(code: 'CLOSED' | 'LOG_UNAVAILABLE', message: string): Promise<never> {
  return Promise.reject(new PlatformError(code, message));
}

/** A file that was never rotated to is not there to be moved. */
function ignoreMissing(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
  throw error;
}
