import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { PlatformError } from '@hermod/contracts';
import type { BatchReply, WriteOp, WriteResult } from './writer-protocol.ts';

/** Writes that may wait for the disk at once; more are refused, as memory is finite and the disk evidently away. */
const MAX_PENDING_WRITES = 100_000;

const RESTART_DELAY_MS = 500;
const FIRST_BUFFER_BYTES = 64 * 1024;

type Pending = {
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: PlatformError) => void;
};

// Run from the sources (tests, the standalone), the thread is a TypeScript file and workspace packages resolve to theirs.
const RUNS_SOURCES = import.meta.url.endsWith('.ts');
const THREAD_URL = new URL(
  RUNS_SOURCES ? './writer-thread.ts' : './writer-thread.js',
  import.meta.url,
);

/** The near end of the writer thread: gathers the writes of a turn, sends them in one message, settles them when they are durable. */
export class LmdbWriter {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #onDurable: () => void;
  readonly #sent = new Map<number, readonly Pending[]>();
  #worker: Worker | undefined;
  #nextId = 1;
  #pendingCount = 0;
  #ops: WriteOp[] = [];
  #pending: Pending[] = [];
  #bytes = new Uint8Array(FIRST_BUFFER_BYTES);
  #used = 0;
  #closing = false;

  /** @param path the directory of the tables
   *  @param onDurable called before the writes of a batch resolve, so that reads see them */
  constructor(path: string, nowMs: () => number, onDurable: () => void) {
    this.#path = path;
    this.#nowMs = nowMs;
    this.#onDurable = onDurable;
    this.#start();
  }

  /** Resolves when the write is durable. Rejects with DISK_FULL, STORE_MISCONFIGURED (it would fail again) or CLOSED: then nothing of it was
   *  written; or with STORE_UNAVAILABLE: then it may have been, if the thread ended before it could say so. */
  async write(op: WriteOp): Promise<WriteResult> {
    this.#assertRoom();
    this.#pendingCount += 1;
    return new Promise((resolve, reject) => {
      if (this.#ops.length === 0) setImmediate(() => this.#flush());
      this.#ops.push(op);
      this.#pending.push({ resolve, reject });
    });
  }

  /** @throws PlatformError CLOSED or STORE_UNAVAILABLE when no write can be taken now */
  assertRunning(): void {
    if (this.#closing) throw new PlatformError('CLOSED', 'LMDB: the store was closed');
    if (this.#worker === undefined) {
      throw new PlatformError('STORE_UNAVAILABLE', 'LMDB: the writer thread is being restarted');
    }
  }

  /** Copies bytes that belong to the next write into its batch. @returns where they are */
  place(bytes: Uint8Array): number {
    // Refuses what write() would refuse next: bytes of a write that never comes would stay and add up.
    this.#assertRoom();
    const at = this.#used;
    const end = at + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, at);
    this.#used = end;
    return at;
  }

  /** Waits for what was written so far, then ends the thread. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#flush();
    this.#closing = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = once(worker, 'exit');
    worker.postMessage('close');
    await exited;
  }

  #assertRoom(): void {
    this.assertRunning();
    if (this.#pendingCount >= MAX_PENDING_WRITES) {
      throw new PlatformError('STORE_UNAVAILABLE', 'LMDB: too many writes wait for the disk');
    }
  }

  #flush(): void {
    if (this.#ops.length === 0) return;
    const id = this.#nextId;
    this.#nextId += 1;
    this.#sent.set(id, this.#pending);
    const bytes = this.#bytes.slice(0, this.#used);
    const batch = { id, nowMs: this.#nowMs(), ops: this.#ops, bytes };
    this.#worker?.postMessage(batch, [bytes.buffer]);
    this.#ops = [];
    this.#pending = [];
    this.#used = 0;
  }

  #start(): void {
    const worker = new Worker(THREAD_URL, {
      workerData: this.#path,
      execArgv: RUNS_SOURCES ? ['--conditions=source'] : [],
    });
    this.#worker = worker;
    let cause: unknown;
    worker.on('message', (replies: readonly BatchReply[]) => this.#onReplies(replies));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.#onExit(cause));
  }

  #onReplies(replies: readonly BatchReply[]): void {
    this.#onDurable();
    for (const { id, outcomes } of replies) {
      const pending = this.#sent.get(id);
      this.#sent.delete(id);
      if (pending === undefined) continue;
      this.#pendingCount -= pending.length;
      for (const [i, { resolve, reject }] of pending.entries()) {
        const outcome = outcomes[i];
        if (outcome === undefined) reject(new PlatformError('STORE_UNAVAILABLE', 'LMDB: no reply'));
        else if ('code' in outcome) reject(failed(outcome.code, outcome.message));
        else resolve(outcome);
      }
    }
  }

  #onExit(cause: unknown): void {
    this.#worker = undefined;
    this.#flush();
    const error = new PlatformError('STORE_UNAVAILABLE', 'LMDB: the writer thread ended', cause);
    for (const pending of this.#sent.values()) {
      for (const { reject } of pending) reject(error);
    }
    this.#sent.clear();
    this.#pendingCount = 0;
    if (this.#closing) return;
    setTimeout(() => {
      if (!this.#closing) this.#start();
    }, RESTART_DELAY_MS);
  }
}

function failed(code: PlatformError['code'], message: string): PlatformError {
  return new PlatformError(code, `LMDB: ${message}`);
}
