import { expect, test } from 'vitest';
import { OffsetTracker } from './offset-tracker.ts';

test('the oldest message MUST be that of the first offset which this owner has started and not finished', () => {
  // 100 and 101 are a predecessor's, unfinished; 102 is finished.
  const tracker = new OffsetTracker(100, '2.1');
  expect(tracker.oldestReceivedAtMs).toBe(0);
  tracker.show(101, 5_000);
  tracker.show(103, 4_000);
  expect(tracker.oldestReceivedAtMs).toBe(5_000);
  tracker.finish(101);
  expect(tracker.oldestReceivedAtMs).toBe(4_000);
  tracker.unstart(103);
  expect(tracker.oldestReceivedAtMs).toBe(0);
});
