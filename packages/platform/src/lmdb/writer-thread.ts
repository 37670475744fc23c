import { statfsSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type LmdbTables, openTables } from './lmdb-tables.ts';
import { WriteOps } from './write-ops.ts';
import type {
  BatchReply,
  WriteBatch,
  WriteFailure,
  WriteOp,
  WriteResult,
} from './writer-protocol.ts';

// The thread that writes: it takes all batches that have come, applies them in one transaction, waits for the disk, and replies.
// A thread of its own because lmdb-js answers a failed asynchronous commit with a promise rejection that nobody can catch, which
// ends the process; a synchronous commit throws, and may block here. So a full disk is an answer like any other.

/** Writes per transaction at most: bounds how long the first waits for the last. */
const MAX_GROUP_OPS = 2000;
/** Ledger rows removed per write, at most: more than one, so that the ledger shrinks under load too. */
const SWEEP_PER_OP = 2;

const EIO = 5;
const ENOSPC = 28;
const EDQUOT = 122;
const MDB_MAP_FULL = -30792;
/** LMDB calls a write that was cut short by a full disk an I/O error; it has then taken all space there was. */
const FULL_BELOW_BYTES = 64 * 1024;
/** After a full disk, writes that need space are tried again when there is some, or after so long (pages inside the file may do). */
const FULL_RETRY_MS = 100;
const STILL_FULL: WriteFailure = { code: 'DISK_FULL', message: 'the disk is still full' };

type Outcome = WriteResult | WriteFailure;
type Reply = { readonly id: number; readonly outcomes: Outcome[] };

/** Ops that free space: they must get through when the disk is full, or nothing would ever free any. */
const FREEING: ReadonlySet<WriteOp['op']> = new Set([
  'removeMail',
  'removeBinding',
  'removeSubscriber',
  'clear',
  'sweep',
]);

class WriterThread {
  readonly #tables: LmdbTables;
  readonly #ops: WriteOps;
  readonly #path: string;
  #fullAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.#path = path;
    this.#tables = openTables(path);
    this.#ops = new WriteOps(this.#tables);
  }

  write(batches: readonly WriteBatch[]): BatchReply[] {
    const replies: Reply[] = batches.map((batch) => ({ id: batch.id, outcomes: [] }));
    if (this.#isStillFull()) {
      this.#fail(batches, replies, STILL_FULL, growsStore);
      this.#transactOrFail(batches, replies, freesSpace);
      return replies;
    }
    const failure = this.#transact(batches, replies, any);
    if (failure === undefined) return replies;
    this.#fail(batches, replies, failure, any);
    if (failure.code === 'DISK_FULL') {
      this.#fullAtMs = performance.now();
      if (contains(batches, growsStore)) this.#transactOrFail(batches, replies, freesSpace);
    }
    if (failure.code === 'STORE_MISCONFIGURED') this.#writeOneByOne(batches, replies);
    return replies;
  }

  async close(): Promise<void> {
    await this.#tables.root.close();
  }

  // One write that cannot be made must not take those down that only came at the same time.
  #writeOneByOne(batches: readonly WriteBatch[], replies: readonly Reply[]): void {
    for (const batch of batches) {
      for (const one of batch.ops) this.#transactOrFail(batches, replies, (op) => op === one);
    }
  }

  #transactOrFail(
    batches: readonly WriteBatch[],
    replies: readonly Reply[],
    selects: (op: WriteOp) => boolean,
  ): void {
    if (!contains(batches, selects)) return;
    const failure = this.#transact(batches, replies, selects);
    if (failure !== undefined) this.#fail(batches, replies, failure, selects);
  }

  #transact(
    batches: readonly WriteBatch[],
    replies: readonly Reply[],
    selects: (op: WriteOp) => boolean,
  ): WriteFailure | undefined {
    try {
      this.#tables.root.transactionSync(() => {
        let sweep = 0;
        let nowMs = 0;
        for (const [b, batch] of batches.entries()) {
          for (const [i, op] of batch.ops.entries()) {
            if (!selects(op)) continue;
            const outcomes = replies[b]?.outcomes;
            if (outcomes !== undefined) outcomes[i] = this.#ops.apply(op, batch.bytes, batch.nowMs);
            sweep += SWEEP_PER_OP;
          }
          nowMs = Math.max(nowMs, batch.nowMs);
        }
        if (sweep > 0) this.#ops.sweepLedger(nowMs, sweep);
      });
      return undefined;
    } catch (error) {
      return this.#failureOf(error);
    }
  }

  #fail(
    batches: readonly WriteBatch[],
    replies: readonly Reply[],
    failure: WriteFailure,
    selects: (op: WriteOp) => boolean,
  ): void {
    for (const [b, batch] of batches.entries()) {
      for (const [i, op] of batch.ops.entries()) {
        const outcomes = replies[b]?.outcomes;
        if (outcomes !== undefined && selects(op)) outcomes[i] = failure;
      }
    }
  }

  #failureOf(error: unknown): WriteFailure {
    const message = error instanceof Error ? error.message : String(error);
    const errno = error instanceof Error && 'code' in error ? error.code : undefined;
    // LMDB's errors have numbers. Anything else is about the write itself (a key too long, say): it would fail again.
    if (typeof errno !== 'number') return { code: 'STORE_MISCONFIGURED', message };
    const isFull =
      errno === ENOSPC ||
      errno === EDQUOT ||
      errno === MDB_MAP_FULL ||
      (errno === EIO && freeBytes(this.#path) < FULL_BELOW_BYTES);
    return { code: isFull ? 'DISK_FULL' : 'STORE_UNAVAILABLE', message };
  }

  // Each refused commit costs a transaction, and LMDB's native code prints a line about it: not thousands of times a second.
  #isStillFull(): boolean {
    return (
      performance.now() - this.#fullAtMs < FULL_RETRY_MS && freeBytes(this.#path) < FULL_BELOW_BYTES
    );
  }
}

const any = (): boolean => true;
const freesSpace = (op: WriteOp): boolean => FREEING.has(op.op);
const growsStore = (op: WriteOp): boolean => !FREEING.has(op.op);

function contains(batches: readonly WriteBatch[], selects: (op: WriteOp) => boolean): boolean {
  return batches.some((batch) => batch.ops.some(selects));
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

const port = parentPort;
if (port === null) throw new Error('writer-thread.ts runs in a worker thread only');
const path: string = workerData;
const thread = new WriterThread(path);

async function closeAndLeave(): Promise<void> {
  await thread.close();
  port?.close();
}

port.on('message', (first: WriteBatch | 'close') => {
  const batches: WriteBatch[] = [];
  let next: WriteBatch | 'close' | undefined = first;
  let count = 0;
  while (next !== undefined && next !== 'close') {
    batches.push(next);
    count += next.ops.length;
    next = count < MAX_GROUP_OPS ? receiveMessageOnPort(port)?.message : undefined;
  }
  if (batches.length > 0) port.postMessage(thread.write(batches));
  if (next === 'close') void closeAndLeave();
});
