import type { LogAppender, LogConsumer, PlatformErrorCode } from '@hermod/contracts';
import { PlatformError } from '@hermod/contracts';
import { messageRecord, recordNumber } from './log-records.ts';
import { RecordingSink } from './recording-sink.ts';

/** One log under test: a fresh, empty one for each test. */
export interface MessageLogHarness {
  /** A new appender and consumer on the same log; after {@link restart} another pair. */
  appender(): Promise<LogAppender>;
  consumer(): Promise<LogConsumer>;
  /** Closes what was opened and opens the log again, as a process that starts anew does. */
  restart(): Promise<void>;
  /** Makes the log unable to confirm anything until {@link release}, without refusing anything. */
  hold(): Promise<void>;
  release(): Promise<void>;
  /** How long `probe` may take to notice {@link hold}, and then {@link release}. */
  readonly probeWithinMs: number;
  close(): Promise<void>;
}

/** The parts of a test runner that the suite uses: vitest's. */
export type ContractRunner = {
  readonly test: (name: string, run: () => Promise<void>) => void;
  readonly expect: <T>(actual: T) => ContractExpectation;
};

type ContractExpectation = {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toBeLessThan(expected: number): void;
  toBeGreaterThanOrEqual(expected: number): void;
};

const ALICE = 'sip:alice@example.com';
/** How late a consumer may know. */
const UNREAD_WITHIN_MS = 3_000;

/**
 * What every `LogAppender` + `LogConsumer` must do, whatever stores the log.
 *
 * @param runner `test` and `expect` of the caller's runner
 * @param open makes an empty log; closed by the suite
 */
export function messageLogContract(
  { test, expect }: ContractRunner,
  open: () => Promise<MessageLogHarness>,
): void {
  const withLog = (name: string, run: (log: MessageLogHarness) => Promise<void>): void => {
    test(name, async () => {
      const log = await open();
      try {
        await run(log);
      } finally {
        await log.close();
      }
    });
  };

  withLog('MUST hand over the records of one AoR in append order, byte for byte', async (log) => {
    const appender = await log.appender();
    const consumer = await log.consumer();
    const sink = new RecordingSink();
    await consumer.start(sink);
    const appends: Promise<void>[] = [];
    for (let n = 0; n < 300; n += 1) {
      appends.push(appender.append(messageRecord(`sip:u${n % 7}@example.com`, n)));
    }
    await Promise.all(appends);
    await sink.waitForRecords(300);
    for (let user = 0; user < 7; user += 1) {
      const aor = `sip:u${user}@example.com`;
      const seen = sink.records.filter((record) => record.aor === aor).map(recordNumber);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(new Set(seen).size).toBe(Math.ceil((300 - user) / 7));
    }
    const eleventh = sink.records.find((record) => recordNumber(record) === 11);
    const { partition, offset, ...record } = eleventh ?? { partition: -1, offset: -1 };
    expect(partition).toBeGreaterThanOrEqual(0);
    expect(offset).toBeGreaterThanOrEqual(0);
    expect({ ...record, body: Buffer.from(eleventh?.body ?? []).toString('hex') }).toEqual({
      ...messageRecord('sip:u4@example.com', 11),
      body: Buffer.from(messageRecord('sip:u4@example.com', 11).body).toString('hex'),
    });
  });

  withLog('MUST say onOwned before the first record, and own a lease from then on', async (log) => {
    const appender = await log.appender();
    await appender.append(messageRecord(ALICE, 1));
    const consumer = await log.consumer();
    expect(consumer.leaseValid).toBe(false);
    const sink = new RecordingSink();
    await consumer.start(sink);
    await sink.waitForRecords(1);
    expect(consumer.leaseValid).toBe(true);
    const kinds = sink.calls.map((call) => call.kind).filter((kind) => kind !== 'frozen');
    expect(kinds[0]).toBe('owned');
    await consumer.stop();
    expect(consumer.leaseValid).toBe(false);
  });

  withLog('MUST begin at the first record when nothing was committed (§4 rule 8)', async (log) => {
    const appender = await log.appender();
    for (let n = 0; n < 20; n += 1) await appender.append(messageRecord(ALICE, n));
    const consumer = await log.consumer();
    const sink = new RecordingSink();
    await consumer.start(sink);
    await sink.waitForRecords(20);
    expect(sink.records.map(recordNumber)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  withLog('MUST carry a `registered` record, which has neither head nor body', async (log) => {
    const appender = await log.appender();
    const consumer = await log.consumer();
    const sink = new RecordingSink();
    await consumer.start(sink);
    await appender.append({
      ...messageRecord(ALICE, 3),
      type: 'registered',
      deliveryId: '',
      head: '',
      body: new Uint8Array(0),
    });
    await sink.waitForRecords(1);
    const record = sink.records[0];
    expect([record?.type, record?.deliveryId, record?.head, record?.body.length]).toEqual([
      'registered',
      '',
      '',
      0,
    ]);
  });

  withLog('MUST hand over again from the committed position, with its metadata', async (log) => {
    const appender = await log.appender();
    const consumer = await log.consumer();
    const sink = new RecordingSink();
    await consumer.start(sink);
    for (let n = 0; n < 10; n += 1) await appender.append(messageRecord(ALICE, n));
    await sink.waitForRecords(10);
    const fourth = sink.records[4];
    await consumer.commit(fourth?.partition ?? -1, fourth?.offset ?? -1, '2,1');
    await log.restart();

    const second = new RecordingSink();
    await (await log.consumer()).start(second);
    await second.waitForRecords(6);
    expect(second.records.map(recordNumber)).toEqual([4, 5, 6, 7, 8, 9]);
    const owned = second.owned.find((entry) => entry.partition === fourth?.partition);
    expect(owned).toEqual({ partition: fourth?.partition, next: fourth?.offset, metadata: '2,1' });

    // Offsets go on: none is given twice.
    await (await log.appender()).append(messageRecord(ALICE, 10));
    await second.waitForRecords(7);
    const offsets = second.records.map((record) => record.offset);
    expect(new Set(offsets).size).toBe(7);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });

  withLog('MUST NOT resolve an append before the log has confirmed it (§4 rule 1)', async (log) => {
    const appender = await log.appender();
    await appender.append(messageRecord(ALICE, 1));
    await log.hold();
    let settled = false;
    const append = appender.append(messageRecord(ALICE, 2)).finally(() => {
      settled = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(settled).toBe(false);
    await log.release();
    await append;
  });

  withLog('MUST reject an append that is not confirmed in time with LOG_TIMEOUT', async (log) => {
    const appender = await log.appender();
    await appender.append(messageRecord(ALICE, 1));
    await log.hold();
    const startedMs = performance.now();
    expect(await codeOf(appender.append(messageRecord(ALICE, 2)))).toBe('LOG_TIMEOUT');
    expect(performance.now() - startedMs).toBeLessThan(3000);
    await log.release();
  });

  withLog('MUST fail probe while the log is away, and recover without a restart', async (log) => {
    const appender = await log.appender();
    await appender.append(messageRecord(ALICE, 1));
    await appender.probe();
    await log.hold();
    // Whatever becomes of it: it keeps the log busy.
    const append = codeOf(appender.append(messageRecord(ALICE, 2)));
    expect(await probeBecomes(appender, false, log.probeWithinMs)).toBe(true);
    await log.release();
    await append;
    expect(await probeBecomes(appender, true, log.probeWithinMs)).toBe(true);
    await appender.append(messageRecord(ALICE, 3));
  });

  withLog('MUST stop at pause and go on at resume, without a gap or a repeat', async (log) => {
    const appender = await log.appender();
    const consumer = await log.consumer();
    const sink = new RecordingSink();
    await consumer.start(sink);
    await appender.append(messageRecord(ALICE, 0));
    await sink.waitForRecords(1);
    const partition = sink.records[0]?.partition ?? -1;
    consumer.pause(partition);
    consumer.pause(partition);
    const before = sink.records.length;
    for (let n = 1; n <= 50; n += 1) await appender.append(messageRecord(ALICE, n));
    const whilePaused = sink.records.length - before;
    expect(whilePaused).toBe(0);
    consumer.resume(partition);
    consumer.resume(partition);
    await sink.waitForRecords(51);
    expect(sink.records.map(recordNumber)).toEqual(Array.from({ length: 51 }, (_, n) => n));
  });

  withLog('MUST know how many records wait to be handed over, paused or not', async (log) => {
    const appender = await log.appender();
    const consumer = await log.consumer();
    expect(consumer.unread).toBe(0);
    const sink = new RecordingSink();
    await consumer.start(sink);
    await appender.append(messageRecord(ALICE, 0));
    await sink.waitForRecords(1);
    const partition = sink.records[0]?.partition ?? -1;
    consumer.pause(partition);
    for (let n = 1; n <= 3; n += 1) await appender.append(messageRecord(ALICE, n));
    expect(await unreadBecomes(consumer, 3)).toBe(true);
    consumer.resume(partition);
    await sink.waitForRecords(4);
    expect(await unreadBecomes(consumer, 0)).toBe(true);
  });

  withLog('MUST refuse a commit for a partition that is not owned (§4 rule 7)', async (log) => {
    const appender = await log.appender();
    const consumer = await log.consumer();
    expect(await codeOf(consumer.commit(0, 1, ''))).toBe('NOT_OWNER');
    const sink = new RecordingSink();
    await consumer.start(sink);
    await appender.append(messageRecord(ALICE, 0));
    await sink.waitForRecords(1);
    expect(await codeOf(consumer.commit(4711, 1, ''))).toBe('NOT_OWNER');
    await consumer.stop();
    expect(await codeOf(consumer.commit(sink.records[0]?.partition ?? 0, 1, ''))).toBe('NOT_OWNER');
  });
}

async function unreadBecomes(consumer: LogConsumer, unread: number): Promise<boolean> {
  for (let waited = 0; consumer.unread !== unread; waited += 50) {
    if (waited > UNREAD_WITHIN_MS) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

/** The PlatformError code that `promise` rejects with, or `resolved`. */
async function codeOf(promise: Promise<void>): Promise<PlatformErrorCode | 'resolved' | 'other'> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return error instanceof PlatformError ? error.code : 'other';
  }
}

async function probeBecomes(
  appender: LogAppender,
  up: boolean,
  withinMs: number,
): Promise<boolean> {
  const deadlineMs = performance.now() + withinMs;
  while (performance.now() < deadlineMs) {
    const resolved = (await codeOf(appender.probe())) === 'resolved';
    if (resolved === up) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
