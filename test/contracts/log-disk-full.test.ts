import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileOutcomeLog, SegmentLog } from '@hermod/platform/segment-log';
import { messageRecord, RecordingSink, recordNumber } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ALICE = 'sip:alice@example.com';
const isRoot = process.getuid?.() === 0;
let mountPoint = '';

// A file system of 4 MB of its own: only root may mount one.
describe.skipIf(!isRoot)('SegmentLog on a full disk', () => {
  beforeEach(() => {
    mountPoint = mkdtempSync(join(tmpdir(), 'hermod-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mountPoint]);
  });
  afterEach(() => {
    execFileSync('umount', ['-l', mountPoint]);
    rmdirSync(mountPoint);
  });

  test('MUST refuse with DISK_FULL, leave nothing torn, and work again once space is freed', async () => {
    const ballast = join(mountPoint, 'ballast');
    writeFileSync(ballast, new Uint8Array(2 * 1024 * 1024));
    const directory = join(mountPoint, 'log');
    const log = await SegmentLog.open(directory, { segmentBytes: 512 * 1024 });
    const sink = new RecordingSink();
    await log.start(sink);
    const accepted: number[] = [];
    let refused = 0;
    const appendSome = async (from: number, to: number): Promise<void> => {
      const results = await Promise.all(
        Array.from({ length: to - from }, (_, i) =>
          log.append(messageRecord(ALICE, from + i, 3000)).then(
            () => accepted.push(from + i),
            (error: { code: string }) => {
              expect(error.code).toBe('DISK_FULL');
              refused += 1;
            },
          ),
        ),
      );
      expect(results).toHaveLength(to - from);
    };
    for (let n = 0; n < 900; n += 10) await appendSome(n, n + 10);
    expect(accepted.length).toBeGreaterThan(400);
    expect(refused).toBeGreaterThan(100);
    await expect(log.probe()).rejects.toMatchObject({ code: 'DISK_FULL' });

    // A commit needs no room, and deletes what is finished.
    await sink.waitForRecords(accepted.length);
    await log.commit(0, (sink.records.at(-1)?.offset ?? 0) + 1, 'm'.repeat(4000));
    await expect
      .poll(() =>
        log.probe().then(
          () => 'up',
          () => 'down',
        ),
      )
      .toBe('up');
    await appendSome(900, 950);
    expect(accepted.slice(-50)).toEqual(Array.from({ length: 50 }, (_, i) => 900 + i));

    rmSync(ballast);
    await appendSome(950, 1000);
    await sink.waitForRecords(accepted.length);
    expect(sink.records.map(recordNumber)).toEqual(accepted);
    const offsets = sink.records.map((record) => record.offset);
    expect(offsets).toEqual(offsets.map((_, i) => i));
    await log.close();

    const problems: unknown[] = [];
    const again = await SegmentLog.open(directory, { onProblem: (p) => problems.push(p) });
    expect(problems).toEqual([]);
    const second = new RecordingSink();
    await again.start(second);
    await second.waitForRecords(100);
    expect(second.records.map(recordNumber)).toEqual(accepted.slice(-100));
    await again.close();
  });

  test('MUST refuse outcomes with DISK_FULL and keep whole lines', async () => {
    const ballast = join(mountPoint, 'ballast');
    const log = await FileOutcomeLog.open(mountPoint, { lingerMs: 0 });
    writeFileSync(ballast, new Uint8Array(4 * 1024 * 1024 - 64 * 1024));
    const outcome = {
      deliveryId: 'x'.repeat(10_000),
      aor: ALICE,
      outcome: 'stored',
      status: 202,
      atMs: 1,
    } as const;
    let refused = '';
    for (let n = 0; n < 20 && refused === ''; n += 1) {
      refused = await log.record(outcome).then(
        () => '',
        (error: { code: string }) => error.code,
      );
    }
    expect(refused).toBe('DISK_FULL');
    rmSync(ballast);
    await log.record({ ...outcome, deliveryId: 'last' });
    await log.close();
    const text = execFileSync('cat', [join(mountPoint, 'outcomes.ndjson')], { encoding: 'utf8' });
    const ids = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).deliveryId);
    expect(ids.at(-1)).toBe('last');
    expect(ids.slice(0, -1).every((id) => id.length === 10_000)).toBe(true);
  });
});
