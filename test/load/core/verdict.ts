import type { Interval } from './interval.ts';
import type { LedgerCounts } from './ledger.ts';
import type { Second } from './timeline.ts';

/** What must hold for every message. */
export const INVARIANTS = ['lost', 'duplicates', 'order', 'damage', 'unanswered'] as const;

export type Invariant = (typeof INVARIANTS)[number];

/** A broken invariant. */
export type Breach = {
  readonly invariant: Invariant;
  /** Messages concerned. */
  readonly count: number;
  readonly what: string;
  /** Reported, and no failure. */
  readonly isAllowed: boolean;
};

/** What the run shows, in the end. */
export type Verdict = {
  readonly holds: boolean;
  readonly breaches: readonly Breach[];
};

/** @param counts of the whole run  @param totals of all its seconds, the warm-up included */
export function judge(
  counts: LedgerCounts,
  totals: Interval,
  allowed: readonly Invariant[],
): Verdict {
  const breaches: Breach[] = [];
  const must = (invariant: Invariant, count: number, what: string): void => {
    if (count === 0) return;
    breaches.push({ invariant, count, what, isAllowed: allowed.includes(invariant) });
  };
  must('lost', counts.lost200, 'answered 200, and no device has received them');
  must('lost', counts.lost202, 'answered 202, and not received though the recipient was there');
  must('duplicates', totals.counts.repeats, 'received again by a device that had them');
  must('order', totals.counts.disordered, 'received after a later message of the same sender');
  must('damage', totals.counts.damaged, 'received with another body than was sent');
  must('unanswered', counts.unanswered, 'without a final response within 32 s (RFC 3261 §17.1.2)');
  return { holds: breaches.every(({ isAllowed }) => isAllowed), breaches };
}

/** Late by more than this, the generator shows its own delay rather than the server's. */
export const LATE_MS = 20;
const BUSY_SHARE = 0.95;
/** Of the seconds measured. */
const TOLERATED_SHARE = 0.05;

/** Whether the generator itself was short of CPU in a second. */
export function isGeneratorLate({ times, gauges }: Second): boolean {
  return (times.lateness?.p99Ms ?? 0) > LATE_MS || gauges.loopShare > BUSY_SHARE;
}

/** Seconds of a run in which the generator was short of CPU, and whether they are so many that the figures are its own rather than the server's. */
export function findBottleneck(
  seconds: readonly Second[],
  runSec: number,
): { readonly lateSeconds: readonly number[]; readonly isBottleneck: boolean } {
  const late = seconds.filter(
    (one) => one.second >= 0 && one.second < runSec && isGeneratorLate(one),
  );
  const lateSeconds = late.map(({ second }) => second);
  return { lateSeconds, isBottleneck: lateSeconds.length > runSec * TOLERATED_SHARE };
}
