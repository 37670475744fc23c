import { isSuccess } from '../core/ledger.ts';
import type { Second } from '../core/timeline.ts';

/** One second in one line: what a person wants to see go by. */
export function formatSecond({ second, counts, statuses, times, gauges }: Second): string {
  const success = times.success;
  const refused = Object.entries(statuses)
    .filter(([status]) => !isSuccess(Number(status)))
    .map(([status, count]) => `${status}×${count}`)
    .join(' ');
  const parts = [
    `${String(second).padStart(4)} s`,
    `due ${String(counts.intended).padStart(6)}`,
    `sent ${String(counts.sent).padStart(6)}`,
    `received ${String(counts.received).padStart(6)}`,
    `200 ${String(statuses[200] ?? 0).padStart(6)}`,
    `202 ${String(statuses[202] ?? 0).padStart(5)}`,
    `p50 ${formatMs(success?.p50Ms).padStart(6)}`,
    `p99 ${formatMs(success?.p99Ms).padStart(6)} ms`,
    `open ${String(gauges.open).padStart(5)}`,
    `devices ${gauges.connected}`,
    `cpu ${Math.round(gauges.cpuSec * 100)} %`,
  ];
  if (refused !== '') parts.push(refused);
  for (const name of ['unanswered', 'unsent', 'broken', 'repeats', 'disordered'] as const) {
    if (counts[name] > 0) parts.push(`${name} ${counts[name]}`);
  }
  if ((times.lateness?.p99Ms ?? 0) > 20)
    parts.push(`GENERATOR LATE ${formatMs(times.lateness?.p99Ms)} ms`);
  return parts.join('  ');
}

/** Milliseconds with as many digits as mean something. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}
