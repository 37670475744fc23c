import type { LoadResult, StretchResult } from './offered-load.ts';

/** What is offered, in multiples of the peak. */
export const FACTORS = [0.5, 1, 2, 5, 10, 0.5] as const;
/** Of the messages that were answered 2xx. */
export const MAX_P99_MS = 250;
const MIN_BEST = 0.95;
const MIN_WORST = 0.9;
const MAX_RECOVERY_SEC = 5;

/** A server without admission control, and right after it another one with it. */
export type Round = {
  /** Loss-free, without admission control. */
  readonly peakPerSec: number;
  /** With it, of {@link FACTORS}. */
  readonly result: LoadResult;
  /** How fast the machine was during each of them, of how fast it was when the peak was found. */
  readonly paces: readonly number[];
};

/** One server, measured. */
export type Measured = {
  readonly name: string;
  readonly version: string;
  readonly rounds: readonly Round[];
};

/** What must hold, and whether it does. */
export type Bound = {
  readonly what: string;
  readonly value: string;
  readonly bound: string;
  readonly passes: boolean;
};

/** A figure of all rounds. */
export type Spread = {
  readonly median: number;
  readonly least: number;
  readonly most: number;
};

/** NaN stays NaN: a round without the figure spoils all three. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  const high = sorted[sorted.length >> 1] ?? Number.NaN;
  const sum = values.reduce((total, value) => total + value, 0);
  if (Number.isNaN(sum)) return { median: Number.NaN, least: Number.NaN, most: Number.NaN };
  return { median: (low + high) / 2, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

/** A figure of what was offered at one of the {@link FACTORS}, over all rounds. */
export function spreadAt(
  { rounds }: Measured,
  step: number,
  figure: (stretch: StretchResult, round: Round) => number,
): Spread {
  return spreadOf(
    rounds.map((round) => {
      const stretch = round.result.stretches[step];
      return stretch === undefined ? Number.NaN : figure(stretch, round);
    }),
  );
}

/** Goodput as a share of the peak of the same round. */
export function goodputAt(measured: Measured, step: number): Spread {
  return spreadAt(
    measured,
    step,
    ({ goodputPerSec }, { peakPerSec }) => goodputPerSec / peakPerSec,
  );
}

/** Accepted, and never delivered; in all rounds. */
export function lostOf({ rounds }: Measured): number {
  return rounds.reduce(
    (sum, { result: { summary } }) => sum + summary.counts.lost200 + summary.counts.lost202,
    0,
  );
}

/** Lines of a Markdown table, one for each rate, and what became of the messages in all. */
export function tableOf(measured: Measured): string {
  const { name, version, rounds } = measured;
  const rows = FACTORS.map((factor, i) => {
    const at = (figure: (stretch: StretchResult) => number): Spread =>
      spreadAt(measured, i, figure);
    const cells = [
      `${factor}×`,
      whole(at(({ offeredPerSec }) => offeredPerSec)),
      whole(at(({ goodputPerSec }) => goodputPerSec)),
      percents(goodputAt(measured, i)),
      whole(at(({ refusedPerSec }) => refusedPerSec)),
      whole(at(({ p50Ms }) => p50Ms)),
      whole(at(({ p99Ms }) => p99Ms)),
      percents(at(({ quotaUsed }) => quotaUsed)),
      whole(at(({ lateSeconds }) => lateSeconds)),
      percents(spreadOf(rounds.map(({ paces }) => paces[i] ?? Number.NaN))),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const breaches = rounds.flatMap(({ result }) =>
    result.summary.verdict.breaches.map(({ invariant, count }) => `${invariant} ${count}`),
  );
  const recovery = rounds.map(({ result }) => result.recoverySec).join(', ');
  return [
    `${name} ${version}: peak ${rounds.map(({ peakPerSec }) => peakPerSec).join(', ')}/s`,
    '',
    '| offered | per s | goodput per s | of peak | refused per s | p50 ms | p99 ms | quota used | late s | machine |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    `lost of those answered 2xx: ${lostOf(measured)}; all answered in time again after ${recovery} s at 0.5×; ` +
      `${breaches.join(', ') || 'no invariant broken'}`,
    '',
  ].join('\n');
}

/** What is asked of Hermod under overload: of the medians of all rounds, and of every message in each. */
export function bounds(measured: Measured): Bound[] {
  const loaded = [...FACTORS.keys()].filter((i) => (FACTORS[i] ?? 0) >= 1);
  const shares = loaded.map((i) => goodputAt(measured, i).median);
  const best = Math.max(...shares);
  const worst = Math.min(...shares);
  // NaN: not even one was accepted.
  const p99Ms = Math.max(...loaded.map((i) => spreadAt(measured, i, (one) => one.p99Ms).median));
  const lost = lostOf(measured);
  const broken = measured.rounds.flatMap(({ result }) =>
    result.summary.verdict.breaches.filter(({ isAllowed }) => !isAllowed),
  );
  const recovery = spreadOf(measured.rounds.map(({ result }) => result.recoverySec));
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
      value: `${whole(recovery)} s`,
      bound: `≤ ${MAX_RECOVERY_SEC} s`,
      passes: recovery.median <= MAX_RECOVERY_SEC,
    },
  ];
}

function whole(spread: Spread): string {
  return spreadText(spread, (value) => value.toFixed(0));
}

function percents(spread: Spread): string {
  return spreadText(spread, (value) => (100 * value).toFixed(0), ' %');
}

function spreadText(
  { median, least, most }: Spread,
  text: (value: number) => string,
  unit = '',
): string {
  const range = text(least) === text(most) ? '' : ` (${text(least)}–${text(most)})`;
  return `${text(median)}${unit}${range}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
