import { Conductor } from '../../test/load/conductor.ts';
import { Interval, type IntervalRecord } from '../../test/load/core/interval.ts';
import { summariseTime } from '../../test/load/core/timeline.ts';
import { isGeneratorLate } from '../../test/load/core/verdict.ts';
import { parseCommandLine, readOptions } from '../../test/load/options.ts';
import { type Summary, summarise } from '../../test/load/report/summary.ts';
import type { CpuGroup } from './cpu-group.ts';
import type { Server } from './servers.ts';

/** An answer that comes later is none: over UDP its request would be sent again by then (T1, RFC 3261 §17.1.2.1). */
export const IN_TIME_MS = 500;
/** From one second to the next, even of a Poisson process, less is missing than this. */
const COMPLETE = 0.97;

/** Some seconds at one rate. */
export type Stretch = { readonly perSec: number; readonly seconds: number };

/** What became of a stretch. Rates are per second. */
export type StretchResult = {
  readonly offeredPerSec: number;
  /** 2xx that came within {@link IN_TIME_MS} of when their message was due. */
  readonly goodputPerSec: number;
  readonly succeededPerSec: number;
  readonly refusedPerSec: number;
  /** Of the 2xx; NaN: there were none. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the server, as a share of its quota. */
  readonly quotaUsed: number;
  /** Seconds in which the generator was short of CPU. */
  readonly lateSeconds: number;
  /** When it was over, epoch milliseconds. */
  readonly endedAtMs: number;
};

/** What became of all stretches. */
export type LoadResult = {
  readonly stretches: readonly StretchResult[];
  readonly summary: Summary;
  /** Seconds of the last stretch until all is answered 2xx in time again; Infinity: it was not. */
  readonly recoverySec: number;
};

/** What a server may use: a share of one core. */
export type Quota = { readonly group: CpuGroup; readonly share: number };

/** Who writes to whom. */
export type Crowd = { readonly users: number; readonly senders: number };

/** Offers a server some stretches of load, one after the other: an open loop, Poisson. The server is under its quota while they last, and before that for
 *  some seconds at the first rate; not while users register, and not while the generator waits for what is missing.
 *  @param quota undefined: none is enforced
 *  @param prefix of user names, another one for each run: what was stored for the users of one run does not come in another */
export async function offerLoad(
  server: Server,
  quota: Quota | undefined,
  crowd: Crowd,
  stretches: readonly Stretch[],
  prefix: string,
): Promise<LoadResult> {
  const seconds = stretches.reduce((sum, stretch) => sum + stretch.seconds, 0);
  const options = readOptions(
    parseCommandLine([
      ...['--target', `tcp://127.0.0.1:${server.port}`, '--user-prefix', prefix],
      ...['--users', String(crowd.users), '--senders', String(crowd.senders)],
      ...['--rate', stretches.map((one) => `${one.perSec}@${one.seconds}`).join(',')],
      ...['--duration', String(seconds), '--workers', '1'],
      ...['--allow', 'unanswered', '--report', 'none'],
    ]),
    () => '',
    Infinity,
  );
  const intervals = new Map<number, Interval>();
  const usedSec = new Map<number, number>();
  const endedAtMs = new Map<number, number>();
  const conductor = new Conductor(options, {
    onPhase: (phase) => {
      if (phase === 'running') quota?.group.limit(quota.share);
    },
    onRecord: (record: IntervalRecord) => {
      let interval = intervals.get(record.second);
      if (interval === undefined) {
        interval = new Interval();
        intervals.set(record.second, interval);
      }
      interval.add(record);
    },
    onSecond: ({ second }) => {
      endedAtMs.set(second, Date.now());
      usedSec.set(second, quota?.group.usedSec() ?? Number.NaN);
      if (second === seconds - 1) quota?.group.lift();
    },
  });
  let result: Awaited<ReturnType<Conductor['run']>>;
  try {
    result = await conductor.run();
  } finally {
    quota?.group.lift();
  }
  let fromSec = 0;
  const results = stretches.map((stretch) => {
    const merged = new Interval();
    let lateSeconds = 0;
    for (let second = fromSec; second < fromSec + stretch.seconds; second += 1) {
      const interval = intervals.get(second);
      if (interval !== undefined) merged.addInterval(interval);
      const told = result.timeline.seconds.find((one) => one.second === second);
      if (told !== undefined && isGeneratorLate(told)) lateSeconds += 1;
    }
    const usedBefore = usedSec.get(fromSec - 1) ?? Number.NaN;
    fromSec += stretch.seconds;
    const cpuSec = (usedSec.get(fromSec - 1) ?? Number.NaN) - usedBefore;
    const quotaUsed = cpuSec / stretch.seconds / (quota?.share ?? 1);
    return {
      ...stretchResult(merged, stretch.seconds),
      ...{ quotaUsed, lateSeconds, endedAtMs: endedAtMs.get(fromSec - 1) ?? Number.NaN },
    };
  });
  const lastSec = stretches.at(-1)?.seconds ?? 0;
  return {
    stretches: results,
    summary: summarise(result, options, ''),
    recoverySec: recoverySec(intervals, seconds - lastSec, seconds),
  };
}

function stretchResult(
  interval: Interval,
  seconds: number,
): Omit<StretchResult, 'quotaUsed' | 'lateSeconds' | 'endedAtMs'> {
  const success = interval.histogram('success');
  const time = summariseTime(interval, 'success');
  const succeeded = success.totalCount;
  return {
    offeredPerSec: interval.counts.intended / seconds,
    goodputPerSec: inTimeIn(interval) / seconds,
    succeededPerSec: succeeded / seconds,
    refusedPerSec: interval.histogram('refusal').totalCount / seconds,
    p50Ms: time?.p50Ms ?? Number.NaN,
    p99Ms: time?.p99Ms ?? Number.NaN,
  };
}

/** @returns how many of the 2xx came within {@link IN_TIME_MS}; found by halves, since the histogram tells values of percentiles only */
function inTimeIn(interval: Interval): number {
  const success = interval.histogram('success');
  const { totalCount } = success;
  const limitUs = IN_TIME_MS * 1000;
  if (totalCount === 0 || success.getValueAtPercentile(100) <= limitUs) return totalCount;
  let low = 0;
  let high = 100;
  for (let i = 0; i < 20; i += 1) {
    const middle = (low + high) / 2;
    if (success.getValueAtPercentile(middle) <= limitUs) low = middle;
    else high = middle;
  }
  return (totalCount * low) / 100;
}

function recoverySec(
  intervals: ReadonlyMap<number, Interval>,
  fromSec: number,
  beforeSec: number,
): number {
  let recovered = beforeSec;
  for (let second = beforeSec - 1; second >= fromSec; second -= 1) {
    const interval = intervals.get(second);
    if (interval === undefined) break;
    const isRefusing = interval.histogram('refusal').totalCount > 0;
    if (isRefusing || inTimeIn(interval) < COMPLETE * interval.counts.intended) break;
    recovered = second;
  }
  return recovered === beforeSec ? Infinity : recovered - fromSec;
}
