import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SegmentLog } from '@hermod/platform/segment-log';
import { type MessageLogHarness, messageLogContract } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import { SyncGate } from './sync-gate.ts';

async function openHarness(): Promise<MessageLogHarness> {
  const directory = mkdtempSync(join(tmpdir(), 'hermod-segment-'));
  const gate = new SyncGate();
  let log = await SegmentLog.open(directory, { sync: gate.sync });
  return {
    appender: async () => log,
    consumer: async () => log,
    restart: async () => {
      await log.close();
      log = await SegmentLog.open(directory, { sync: gate.sync });
    },
    hold: async () => gate.hold(),
    release: async () => gate.release(),
    probeWithinMs: 2000,
    close: async () => {
      gate.release();
      await log.close();
      rmSync(directory, { recursive: true });
    },
  };
}

describe('SegmentLog as a MessageLog', () => {
  messageLogContract({ test, expect }, openHarness);
});
