import type { RunResult } from '../conductor.ts';
import type { LedgerCounts } from '../core/ledger.ts';
import { type Second, summariseTime, type TimeSummary } from '../core/timeline.ts';
import { findBottleneck, judge, type Verdict } from '../core/verdict.ts';
import type { LoadOptions } from '../options.ts';
import type { BrokenMessage } from '../traffic.ts';
import { type EventLine, findEvents } from './events.ts';

/** What a run comes to: the JSON report. Rates are per second of the run, its warm-up and its waiting left out. */
export type Summary = {
  readonly format: 1;
  readonly run: string;
  readonly startedAt: string;
  readonly command: string;
  readonly verdict: Verdict;
  readonly wasStopped: boolean;
  readonly bottleneck: { readonly lateSeconds: readonly number[]; readonly isBottleneck: boolean };
  readonly runSec: number;
  readonly warmUpSec: number;
  readonly joinedSec: number;
  readonly users: number;
  readonly workers: number;
  readonly rates: {
    readonly offered: number;
    readonly sent: number;
    /** First receipts. */
    readonly goodput: number;
  };
  /** Of the run: messages of well-behaved senders and of the abusive one that were answered 2xx, 0–1. */
  readonly success: { readonly wellBehaved: number; readonly abusive: number | undefined };
  readonly counts: LedgerCounts;
  readonly totals: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly times: {
    readonly success: TimeSummary | undefined;
    readonly refusal: TimeSummary | undefined;
    readonly delivery: TimeSummary | undefined;
    readonly register: TimeSummary | undefined;
    readonly lateness: TimeSummary | undefined;
  };
  /** Percentile and milliseconds of the 2xx. */
  readonly percentiles: readonly (readonly [percentile: number, ms: number])[];
  readonly broken: readonly BrokenMessage[];
  readonly causes: Readonly<Record<string, number>>;
  readonly events: readonly EventLine[];
  readonly seconds: readonly Second[];
};

const PERCENTILES = [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100];

/** @param command as it was typed, without passwords */
export function summarise(result: RunResult, options: LoadOptions, command: string): Summary {
  const { timeline, counts } = result;
  const { seconds, total } = timeline;
  const lastSec = seconds.reduce((last, { second, counts: { intended } }) => {
    return intended > 0 ? Math.max(last, second + 1) : last;
  }, 0);
  const runSec = result.wasStopped ? Math.max(1, lastSec) : options.seconds;
  const perSec = (name: 'intended' | 'sent' | 'received'): number =>
    timeline.count(name, 0, runSec) / runSec;
  const histogram = total.histogram('success');
  const { abuseIntended, abuseSucceeded, intended } = total.counts;
  const wellBehaved = counts.delivered + counts.accepted - abuseSucceeded;
  return {
    format: 1,
    ...{ run: result.run, command, runSec, counts, seconds },
    startedAt: new Date(result.startedMs).toISOString(),
    verdict: judge(counts, total, options.allowed),
    wasStopped: result.wasStopped,
    bottleneck: findBottleneck(seconds, runSec),
    warmUpSec: options.warmUpSec,
    joinedSec: result.joinedSec,
    users: options.users,
    workers: options.workers,
    rates: { offered: perSec('intended'), sent: perSec('sent'), goodput: perSec('received') },
    success: {
      wellBehaved: share(wellBehaved, intended - abuseIntended),
      abusive: abuseIntended === 0 ? undefined : share(abuseSucceeded, abuseIntended),
    },
    totals: total.counts,
    statuses: total.statuses,
    times: {
      success: summariseTime(total, 'success'),
      refusal: summariseTime(total, 'refusal'),
      delivery: summariseTime(total, 'delivery'),
      register: summariseTime(total, 'register'),
      lateness: summariseTime(total, 'lateness'),
    },
    percentiles:
      histogram.totalCount === 0
        ? []
        : PERCENTILES.map((one) => [one, histogram.getValueAtPercentile(one) / 1000] as const),
    broken: result.broken,
    causes: result.causes,
    events: findEvents(seconds, options, result.joinedSec),
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}
