import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutcomeRecord } from '@hermod/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileOutcomeLog } from './file-outcome-log.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hermod-outcomes-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const outcome = (n: number, aor = 'sip:alice@example.com'): OutcomeRecord => ({
  deliveryId: `id${n}`,
  aor,
  outcome: 'delivered',
  status: 200,
  atMs: 1_700_000_000_000 + n,
});
const lines = (name: string): unknown[] =>
  readFileSync(join(directory, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('FileOutcomeLog', () => {
  it('MUST write each outcome as one line of JSON, in order, over a restart', async () => {
    const log = await FileOutcomeLog.open(directory, { lingerMs: 1 });
    await Promise.all([log.record(outcome(1)), log.record(outcome(2, 'sip:"q\\"@example.com'))]);
    expect(lines('outcomes.ndjson')).toEqual([outcome(1), outcome(2, 'sip:"q\\"@example.com')]);
    await log.close();
    const again = await FileOutcomeLog.open(directory, { lingerMs: 1 });
    const pending = again.record(outcome(3));
    await again.close();
    await pending;
    expect(lines('outcomes.ndjson')).toHaveLength(3);
    await expect(again.record(outcome(4))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('MUST go on when the current file is gone at the time of rotation', async () => {
    const log = await FileOutcomeLog.open(directory, { maxFileBytes: 50, lingerMs: 1 });
    await log.record(outcome(1));
    // By logrotate, or by an open() that failed after the rename (EMFILE).
    rmSync(join(directory, 'outcomes.ndjson'));
    for (let n = 2; n <= 4; n += 1) await log.record(outcome(n));
    await log.close();
    expect(lines('outcomes.ndjson')).toContainEqual(outcome(4));
  });

  it('MUST keep a bounded number of rotated files', async () => {
    const log = await FileOutcomeLog.open(directory, {
      lingerMs: 0,
      maxFileBytes: 250,
      keepFiles: 2,
    });
    for (let n = 0; n < 20; n += 1) await log.record(outcome(n));
    await log.close();
    const names = readdirSync(directory).filter((name) => name.endsWith('.ndjson'));
    expect(names.sort()).toEqual(['outcomes.1.ndjson', 'outcomes.2.ndjson', 'outcomes.ndjson']);
    expect(lines('outcomes.ndjson').at(-1)).toEqual(outcome(19));
    const kept = ['outcomes.2.ndjson', 'outcomes.1.ndjson', 'outcomes.ndjson'].flatMap(lines);
    expect(kept).toEqual(
      Array.from({ length: kept.length }, (_, i) => outcome(20 - kept.length + i)),
    );
  });

  it('MUST put a dead record aside with its bytes and its reason, up to a bound', async () => {
    const log = await FileOutcomeLog.open(directory, { maxDead: 2 });
    const bytes = Uint8Array.of(0, 255, 13, 10);
    await log.dead({ partition: 0, offset: 7, bytes, reason: 'three attempts' });
    const [binary = '', reason = ''] = readdirSync(join(directory, 'dead')).sort();
    expect(new Uint8Array(readFileSync(join(directory, 'dead', binary)))).toEqual(bytes);
    expect(readFileSync(join(directory, 'dead', reason), 'utf8')).toBe('three attempts\n');
    await expect(
      log.dead({ partition: 0, offset: 8, bytes, reason: 'again' }),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
    await log.close();
  });
});
