import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord, RecordSink } from '@hermod/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SegmentLog } from './segment-log.ts';
import type { SegmentLogOptions, SegmentLogProblem } from './segment-log-options.ts';

let directory = '';
const opened: SegmentLog[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hermod-log-'));
});
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
  rmSync(directory, { recursive: true });
});

async function open(path = directory, options: SegmentLogOptions = {}): Promise<SegmentLog> {
  const log = await SegmentLog.open(path, options);
  opened.push(log);
  return log;
}

function record(n: number, bytes = 700): LogRecord {
  return {
    type: 'message',
    aor: `sip:u${n % 5}@example.com`,
    deliveryId: '',
    receivedAtMs: n,
    expiresAtMs: 0,
    flags: 0,
    head: `MESSAGE sip:u SIP/2.0\r\nX: ${'x'.repeat(bytes)}\r\n\r\n`,
    body: Uint8Array.of(n & 255),
  };
}

class Sink implements RecordSink {
  readonly seen: number[] = [];
  readonly offsets: number[] = [];
  next = -1;
  metadata = '';
  undecodable = 0;
  onSeen: () => void = () => {};
  onFrozen(): void {}
  onOwned([owned]: Parameters<RecordSink['onOwned']>[0]): void {
    this.next = owned?.next ?? -1;
    this.metadata = owned?.metadata ?? '';
  }
  onRecord(consumed: Parameters<RecordSink['onRecord']>[0]): void {
    this.seen.push(consumed.receivedAtMs);
    this.offsets.push(consumed.offset);
    this.onSeen();
  }
  onUndecodable(): void {
    this.undecodable += 1;
  }
  until(count: number): Promise<void> {
    if (this.seen.length >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.onSeen = () => {
        if (this.seen.length >= count) resolve();
      };
    });
  }
}

async function startedSink(log: SegmentLog): Promise<Sink> {
  const sink = new Sink();
  await log.start(sink);
  return sink;
}

const segmentFiles = (path = directory): string[] =>
  readdirSync(path)
    .filter((name) => name.endsWith('.seg'))
    .sort();
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
const appendAll = (log: SegmentLog, numbers: readonly number[], bytes?: number): Promise<unknown> =>
  Promise.all(numbers.map((n) => log.append(record(n, bytes))));

/** What a process that was killed leaves: the files as they are, without the lock of this living process. */
function crashed(): string {
  const copy = mkdtempSync(join(tmpdir(), 'hermod-log-crashed-'));
  cpSync(directory, copy, { recursive: true });
  rmSync(join(copy, 'lock'));
  return copy;
}

describe('SegmentLog', () => {
  it('MUST hand a record over before it is durable (§4 rule 1)', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const log = await open(directory, { sync: () => held });
    const sink = await startedSink(log);
    let isDurable = false;
    const append = log.append(record(1)).then(() => {
      isDurable = true;
    });
    await sink.until(1);
    expect(isDurable).toBe(false);
    release();
    await append;
  });

  it('MUST put the appends that arrive during a sync under one next sync', async () => {
    const releases: (() => void)[] = [];
    const log = await open(directory, {
      groupMs: 0,
      sync: () => new Promise((resolve) => releases.push(resolve)),
    });
    const sink = await startedSink(log);
    const all = [log.append(record(0))];
    await sink.until(1);
    for (let n = 1; n <= 100; n += 1) {
      all.push(log.append(record(n)));
      if (n % 10 === 0) await sink.until(n + 1);
    }
    expect(releases).toHaveLength(1);
    releases[0]?.();
    await all[0];
    await new Promise(setImmediate);
    expect(releases).toHaveLength(2);
    releases[1]?.();
    await Promise.all(all);
    expect(releases).toHaveLength(2);
  });

  it.each([1, 7, 40, 705])('MUST cut off a tail torn %i bytes short, and say so', async (cut) => {
    const log = await open();
    await appendAll(log, range(0, 10));
    const copy = crashed();
    const file = join(copy, segmentFiles(copy)[0] ?? '');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - cut));
    const problems: SegmentLogProblem[] = [];
    const after = await open(copy, { onProblem: (problem) => problems.push(problem) });
    const entry = bytes.length / 10;
    expect(problems).toEqual([{ kind: 'torn-tail', path: file, bytes: entry - cut }]);
    const sink = await startedSink(after);
    await after.append(record(10));
    await sink.until(10);
    expect(sink.seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 10]);
    rmSync(copy, { recursive: true });
  });

  it('MUST cut off zeros that a power cut left behind the last entry', async () => {
    const log = await open();
    await appendAll(log, range(0, 3));
    const copy = crashed();
    appendFileSync(join(copy, segmentFiles(copy)[0] ?? ''), Buffer.alloc(8192));
    const after = await open(copy);
    await after.append(record(3));
    const sink = await startedSink(after);
    await sink.until(4);
    expect(sink.seen).toEqual([0, 1, 2, 3]);
    rmSync(copy, { recursive: true });
  });

  it('MUST pass over an entry damaged in the middle and keep those after it', async () => {
    const log = await open();
    await appendAll(log, range(0, 5));
    const copy = crashed();
    const file = join(copy, segmentFiles(copy)[0] ?? '');
    const bytes = readFileSync(file);
    const inThird = Math.floor(bytes.length * 0.5);
    bytes[inThird] = (bytes[inThird] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const problems: SegmentLogProblem[] = [];
    const after = await open(copy, { onProblem: (problem) => problems.push(problem) });
    const sink = await startedSink(after);
    await sink.until(4);
    expect(sink.seen).toEqual([0, 1, 3, 4]);
    expect(problems.map((problem) => problem.kind)).toEqual(['damage']);
    rmSync(copy, { recursive: true });
  });

  it('MUST NOT use an offset twice that a commit has named, though its record was lost', async () => {
    const log = await open();
    const sink = await startedSink(log);
    await appendAll(log, range(0, 6));
    await sink.until(6);
    await log.commit(0, 2, '3,1');
    const copy = crashed();
    const file = join(copy, segmentFiles(copy)[0] ?? '');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length / 2));
    const after = await open(copy);
    await after.append(record(99));
    const second = await startedSink(after);
    await second.until(2);
    expect([second.next, second.metadata]).toEqual([2, '3,1']);
    expect(second.seen).toEqual([2, 99]);
    expect(second.offsets).toEqual([2, 6]);
    rmSync(copy, { recursive: true });
  });

  it('MUST delete the segments that are finished, and only those', async () => {
    const log = await open(directory, { segmentBytes: 4000 });
    const sink = await startedSink(log);
    for (let n = 0; n < 50; n += 1) await log.append(record(n));
    await sink.until(50);
    const before = segmentFiles();
    expect(before.length).toBeGreaterThan(8);
    await log.commit(0, 26, '');
    await log.close();
    const kept = segmentFiles();
    const firstKept = Number(kept[0]?.slice(0, 16));
    expect(firstKept).toBeLessThanOrEqual(26);
    expect(kept).toEqual(before.slice(before.length - kept.length));
    expect(Number(kept[1]?.slice(0, 16))).toBeGreaterThan(26);
    const again = await startedSink(await open(directory, { segmentBytes: 4000 }));
    await again.until(24);
    expect(again.seen).toEqual(range(26, 50));
  });

  it('MUST bound the memory of a paused consumer and go on without a gap from the files', async () => {
    const maxLagBytes = 100_000;
    const log = await open(directory, { maxLagBytes, segmentBytes: 300_000 });
    const sink = await startedSink(log);
    await log.append(record(0));
    await sink.until(1);
    log.pause(0);
    let most = 0;
    for (let n = 1; n < 1000; n += 10) {
      await appendAll(log, range(n, n + 10));
      most = Math.max(most, log.stats.queuedBytes);
    }
    expect(sink.seen).toHaveLength(1);
    expect(most).toBeGreaterThan(50_000);
    expect(most).toBeLessThanOrEqual(maxLagBytes);
    expect(log.stats.queuedBytes).toBe(0);
    log.resume(0);
    const live = range(1001, 1200).map((n) => log.append(record(n)));
    await sink.until(1200);
    await Promise.all(live);
    expect(sink.seen).toEqual(range(0, 1200));
    expect(sink.offsets).toEqual(range(0, 1200));
  });

  it('MUST obey a pause in the middle of a chunk read from the files', async () => {
    const log = await open();
    await appendAll(log, range(0, 100));
    const sink = new Sink();
    sink.onSeen = () => {
      if (sink.seen.length % 7 === 0) log.pause(0);
    };
    await log.start(sink);
    while (sink.seen.length < 100) {
      await new Promise(setImmediate);
      expect(sink.seen.length).toBeLessThanOrEqual(7 * (1 + Math.floor(sink.seen.length / 7)));
      log.resume(0);
    }
    expect(sink.seen).toEqual(range(0, 100));
  });

  it('MUST refuse what a failed sync left in doubt, and go on in a new file', async () => {
    let isBroken = false;
    const log = await open(directory, {
      sync: () =>
        isBroken
          ? Promise.reject(Object.assign(new Error('I/O'), { code: 'EIO' }))
          : Promise.resolve(),
    });
    const sink = await startedSink(log);
    await appendAll(log, range(0, 3));
    isBroken = true;
    await expect(log.append(record(3))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    isBroken = false;
    await log.append(record(4));
    await sink.until(5);
    expect(sink.seen).toEqual([0, 1, 2, 3, 4]);
    expect(sink.offsets).toEqual([0, 1, 2, 3, 4]);
    expect(segmentFiles()).toHaveLength(2);
    await log.close();
    const again = await startedSink(await open());
    await again.until(4);
    expect(again.seen).toEqual([0, 1, 2, 4]);
    expect(again.offsets).toEqual([0, 1, 2, 4]);
  });

  it('MUST refuse appends when more is unsynced than the bound', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const log = await open(directory, { sync: () => held, maxUnsyncedBytes: 5000 });
    const accepted = range(0, 7).map((n) => log.append(record(n)));
    await expect(log.append(record(7))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    release();
    await Promise.all(accepted);
    await log.append(record(8));
  });

  it('MUST NOT open a directory that is open, and MUST open one whose owner was killed', async () => {
    const log = await open();
    await expect(SegmentLog.open(directory)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    await log.close();
    writeFileSync(join(directory, 'lock'), '999999999 1 other-boot');
    await (await open()).append(record(1));
  });

  it('MUST leave a gap in the offsets after a reboot without a close', async () => {
    const log = await open();
    await appendAll(log, range(0, 3));
    const copy = crashed();
    writeFileSync(join(copy, 'lock'), '1 1 another-boot-id');
    const after = await open(copy);
    const sink = await startedSink(after);
    await after.append(record(3));
    await sink.until(4);
    expect(sink.offsets.slice(0, 3)).toEqual([0, 1, 2]);
    expect(sink.offsets[3]).toBeGreaterThan(1000);
    rmSync(copy, { recursive: true });
  });

  it('MUST NOT keep a file open for each finished segment', async () => {
    const log = await open(directory, { segmentBytes: 2000 });
    const sink = await startedSink(log);
    const before = readdirSync('/proc/self/fd').length;
    for (let n = 0; n < 60; n += 1) {
      await log.append(record(n));
      await log.commit(0, n + 1, '');
    }
    await sink.until(60);
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 5);
    expect(statSync(join(directory, 'position')).size).toBe(16_384);
  });
});
