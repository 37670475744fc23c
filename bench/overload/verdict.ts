import type { LoadResult } from './offered-load.ts';

/** What is offered, in multiples of the peak. */
export const FACTORS = [0.5, 1, 2, 5, 10, 0.5] as const;
/** Of the messages that were answered 2xx. */
export const MAX_P99_MS = 250;
const MIN_BEST = 0.95;
const MIN_WORST = 0.9;
const MAX_RECOVERY_SEC = 5;

/** One server, measured. */
export type Measured = {
  readonly name: string;
  readonly version: string;
  /** Loss-free, without admission control. */
  readonly peakPerSec: number;
  /** With it, of {@link FACTORS}. */
  readonly result: LoadResult;
};

/** What must hold, and whether it does. */
export type Bound = {
  readonly what: string;
  readonly value: string;
  readonly bound: string;
  readonly passes: boolean;
};

/** Lines of a Markdown table, one for each rate, and what became of the messages in all. */
export function tableOf({ name, version, peakPerSec, result }: Measured): string {
  const rows = result.stretches.map((stretch, i) => {
    const cells = [
      `${FACTORS[i]}×`,
      stretch.offeredPerSec.toFixed(0),
      stretch.goodputPerSec.toFixed(0),
      percent(stretch.goodputPerSec / peakPerSec),
      stretch.refusedPerSec.toFixed(0),
      stretch.p50Ms.toFixed(0),
      stretch.p99Ms.toFixed(0),
      percent(stretch.quotaUsed),
      String(stretch.lateSeconds),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const { counts } = result.summary;
  return [
    `${name} ${version}: peak ${peakPerSec}/s`,
    '',
    '| offered | per s | goodput per s | of peak | refused per s | p50 ms | p99 ms | quota used | late s |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `lost of those answered 2xx: ${counts.lost200 + counts.lost202}; all answered in time again after ${result.recoverySec} s at 0.5×; ` +
      `${result.summary.verdict.breaches.map(({ invariant, count }) => `${invariant} ${count}`).join(', ') || 'no invariant broken'}`,
    '',
  ].join('\n');
}

/** What issue 5 asks of Hermod under overload. */
export function bounds({ peakPerSec, result }: Measured): Bound[] {
  const loaded = result.stretches.filter((_, i) => (FACTORS[i] ?? 0) >= 1);
  const shares = loaded.map(({ goodputPerSec }) => goodputPerSec / peakPerSec);
  const best = Math.max(...shares);
  const worst = Math.min(...shares);
  // NaN: not even one was accepted.
  const p99Ms = Math.max(...loaded.map((one) => one.p99Ms));
  const { counts, verdict } = result.summary;
  const lost = counts.lost200 + counts.lost202;
  const broken = verdict.breaches.filter(({ isAllowed }) => !isAllowed);
  return [
    {
      what: 'best goodput of 1× to 10×',
      value: percent(best),
      bound: `≥ ${percent(MIN_BEST)} of the peak`,
      passes: best >= MIN_BEST,
    },
    {
      what: 'worst goodput of 1× to 10×',
      value: percent(worst),
      bound: `≥ ${percent(MIN_WORST)}`,
      passes: worst >= MIN_WORST,
    },
    {
      what: '99th percentile of the accepted',
      value: `${p99Ms.toFixed(0)} ms`,
      bound: `≤ ${MAX_P99_MS} ms`,
      passes: p99Ms <= MAX_P99_MS,
    },
    { what: 'accepted and lost', value: String(lost), bound: '0', passes: lost === 0 },
    {
      what: 'other invariants broken',
      value: broken.map(({ invariant }) => invariant).join(', ') || 'none',
      bound: 'none',
      passes: broken.length === 0,
    },
    {
      what: 'refusals end after the load falls to 0.5×',
      value: `${result.recoverySec} s`,
      bound: `≤ ${MAX_RECOVERY_SEC} s`,
      passes: result.recoverySec <= MAX_RECOVERY_SEC,
    },
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
