import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { PlatformErrorCode } from '@hermod/contracts';
import { type LmdbTables, openTables } from './lmdb-tables.ts';
import { WriteOps } from './write-ops.ts';
import type {
  BatchReply,
  WriteBatch,
  WriteFailure,
  WriteOp,
  WriteResult,
  WriterSettings,
} from './writer-protocol.ts';

// The thread that writes: it takes all batches that have come, applies them in one transaction, waits for the disk, and replies.
// A thread of its own because lmdb-js answers a failed asynchronous commit with a promise rejection that nobody can catch, which
// ends the process; a synchronous commit throws, and may block here. So a full disk is an answer like any other.

/** Writes per transaction at most: bounds how long the first waits for the last. */
const MAX_GROUP_OPS = 2000;
/** Ledger rows removed per write, at most: more than one, so that the ledger shrinks under load too. */
const SWEEP_PER_OP = 2;

const ENOSPC = 28;
const EDQUOT = 122;
const MDB_MAP_FULL = -30792;

type Outcome = WriteResult | WriteFailure;

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

  constructor(settings: WriterSettings) {
    this.#tables = openTables(settings.path);
    this.#ops = new WriteOps(this.#tables, settings.ledgerTtlMs);
  }

  write(batches: readonly WriteBatch[]): BatchReply[] {
    const replies = batches.map((batch) => ({ id: batch.id, outcomes: [] as Outcome[] }));
    const failure = this.#transact(batches, replies, () => true);
    if (failure?.code === 'DISK_FULL' && this.#isMixed(batches)) {
      const second = this.#transact(batches, replies, (op) => FREEING.has(op.op));
      if (second !== undefined) this.#fail(batches, replies, second, (op) => FREEING.has(op.op));
      this.#fail(batches, replies, failure, (op) => !FREEING.has(op.op));
    } else if (failure !== undefined) {
      this.#fail(batches, replies, failure, () => true);
    }
    return replies;
  }

  async close(): Promise<void> {
    await this.#tables.root.close();
  }

  #transact(
    batches: readonly WriteBatch[],
    replies: readonly { readonly outcomes: Outcome[] }[],
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
      return failureOf(error);
    }
  }

  #fail(
    batches: readonly WriteBatch[],
    replies: readonly { readonly outcomes: Outcome[] }[],
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

  #isMixed(batches: readonly WriteBatch[]): boolean {
    const some = (frees: boolean): boolean =>
      batches.some((batch) => batch.ops.some((op) => FREEING.has(op.op) === frees));
    return some(true) && some(false);
  }
}

function failureOf(error: unknown): WriteFailure {
  const message = error instanceof Error ? error.message : String(error);
  const errno = error instanceof Error && 'code' in error ? error.code : undefined;
  const code: PlatformErrorCode =
    errno === ENOSPC || errno === EDQUOT || errno === MDB_MAP_FULL
      ? 'DISK_FULL'
      : 'STORE_UNAVAILABLE';
  return { code, message };
}

const port = parentPort;
if (port === null) throw new Error('writer-thread.ts runs in a worker thread only');
const settings: WriterSettings = workerData;
const thread = new WriterThread(settings);

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
