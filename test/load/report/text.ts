import type { TimeSummary } from '../core/timeline.ts';
import { LATE_MS } from '../core/verdict.ts';
import { formatMs } from './progress.ts';
import type { Summary } from './summary.ts';

/** The end of a run in a few lines of text. */
export function formatSummary(summary: Summary): string {
  const { rates, counts, times, statuses, verdict, bottleneck, totals } = summary;
  const lines = [
    `offered ${rates.offered.toFixed(0)}/s, sent ${rates.sent.toFixed(0)}/s, goodput ${rates.goodput.toFixed(0)}/s over ${summary.runSec} s`,
    `answers ${
      Object.entries(statuses)
        .map(([status, count]) => `${status}: ${count}`)
        .join(', ') || 'none'
    }; unanswered ${counts.unanswered}, cut off ${counts.cut}, not sent ${counts.unsent}`,
    `received ${counts.received} of ${counts.sent} sent, ${totals.copies} copies on further devices, ${counts.stored} stored for users who are away`,
    `2xx after       ${formatTimes(times.success)}`,
    `received after  ${formatTimes(times.delivery)}`,
    `REGISTER after  ${formatTimes(times.register)}`,
    `sent late by    ${formatTimes(times.lateness)}`,
  ];
  if (summary.success.abusive !== undefined) {
    lines.push(
      `success: well-behaved ${percent(summary.success.wellBehaved)}, abusive ${percent(summary.success.abusive)}`,
    );
  }
  if (bottleneck.isBottleneck) {
    lines.push(
      `WARNING: the generator was the bottleneck in ${bottleneck.lateSeconds.length} of ${summary.runSec} s (p99 of lateness over ${LATE_MS} ms, or no idle time): more --workers, or more cores`,
    );
  }
  for (const [cause, count] of Object.entries(summary.causes)) lines.push(`${cause}: ${count}×`);
  for (const { what, count, invariant, isAllowed } of verdict.breaches) {
    lines.push(`${isAllowed ? 'allowed' : 'BROKEN'} (${invariant}): ${count} messages ${what}`);
  }
  for (const { invariant, callId, from, to, status, atSec, received } of summary.broken.slice(
    0,
    8,
  )) {
    const seen =
      received === undefined
        ? ''
        : `, first received at ${received.firstAtSec.toFixed(3)} s, by device ${received.device} at ${received.atSec.toFixed(3)} s`;
    const answer = status < 100 ? 'no final response' : `answered ${status}`;
    lines.push(
      `  ${invariant}: ${answer}, due at ${atSec.toFixed(3)} s${seen}, Call-ID ${callId}, ${from} to ${to}`,
    );
  }
  lines.push(verdict.holds ? 'every invariant holds' : 'NOT EVERY INVARIANT HOLDS');
  return lines.join('\n');
}

function formatTimes(times: TimeSummary | undefined): string {
  if (times === undefined) return '–';
  return `p50 ${formatMs(times.p50Ms)}, p90 ${formatMs(times.p90Ms)}, p99 ${formatMs(times.p99Ms)}, p99.9 ${formatMs(times.p999Ms)}, max ${formatMs(times.maxMs)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
