import type { Outcome, Scenario, Second } from './cluster-model.ts';

/** A figure that a scenario is judged by. */
export type Figure = {
  readonly what: string;
  readonly value: number;
  /** `≥` or `≤` this. */
  readonly bound: number;
  readonly isLeast: boolean;
};

/** A scenario with what it has to come to. */
export type Trial = Scenario & { readonly judge: (outcome: Outcome) => readonly Figure[] };

const WELL = { routers: () => 1.5, hasPrometheus: () => true, noise: 0.1, missing: 0.1 };

const atLeast = (what: string, value: number, bound: number): Figure => ({
  what,
  value,
  bound,
  isLeast: true,
});
const atMost = (what: string, value: number, bound: number): Figure => ({
  what,
  value,
  bound,
  isLeast: false,
});

function mean(seconds: readonly Second[], from: number, to: number, of: (s: Second) => number) {
  const part = seconds.slice(from, to);
  return part.reduce((total, second) => total + of(second), 0) / part.length;
}

/** Standard deviation over mean, from second to second. */
function unrest(seconds: readonly Second[], from: number, to: number, of: (s: Second) => number) {
  const average = mean(seconds, from, to, of);
  const variance = mean(seconds, from, to, (s) => (of(s) - average) ** 2);
  return Math.sqrt(variance) / average;
}

/** Jain's index: 1 when all are alike. */
function jain(values: readonly number[]): number {
  const total = values.reduce((a, b) => a + b, 0);
  const squares = values.reduce((a, b) => a + b * b, 0);
  return (total * total) / (values.length * squares);
}

/** Seconds from `from` until nobody is refused any more. */
function recovery(seconds: readonly Second[], from: number): number {
  let last = from;
  for (let i = from; i < seconds.length; i += 1) {
    const { offered = 0, admitted = 0 } = seconds[i] ?? {};
    if (admitted < offered * 0.999) last = i + 1;
  }
  return last - from;
}

const surge = (sec: number): number => (sec < 15 ? 0.5 : sec < 35 ? 2 : sec < 50 ? 10 : 0.5);

function judgeSurge({ seconds, edgeShares }: Outcome): readonly Figure[] {
  return [
    atLeast(
      'goodput at 2×, of the capacity',
      mean(seconds, 17, 35, (s) => s.admitted),
      0.92,
    ),
    atLeast(
      'goodput at 10×',
      mean(seconds, 37, 50, (s) => s.admitted),
      0.85,
    ),
    // Ten seconds after it began: a rate that is on its way is no unrest.
    atMost(
      'unrest at 2× (σ/mean)',
      unrest(seconds, 25, 35, (s) => s.admitted),
      0.02,
    ),
    atMost('seconds of refusals after it', recovery(seconds, 50), 5),
    atLeast('fairness between edges (Jain)', jain(edgeShares), 0.999),
  ];
}

const SLOW_ROUTERS = {
  ...WELL,
  load: () => 0.7,
  routers: (sec: number) => (sec < 20 || sec >= 80 ? 1.5 : 0.25),
};

/** What every build of the controller has to pass. */
export const TRIALS: readonly Trial[] = [
  {
    ...WELL,
    name: 'surge',
    about:
      'Half, twice, ten times and half of the capacity; 10 % of the signals missing, the rest off by up to 10 %.',
    seconds: 65,
    load: (_edge, sec) => surge(sec),
    judge: judgeSurge,
  },
  {
    ...WELL,
    name: 'bad signals',
    about: 'The same with every second local signal missing and Prometheus answering nonsense.',
    seconds: 65,
    load: (_edge, sec) => surge(sec),
    missing: 0.5,
    isNonsense: true,
    judge: judgeSurge,
  },
  {
    ...WELL,
    name: 'hot edges',
    about: 'A tenth of the edges gets five times its capacity, the others 0.6 times.',
    seconds: 40,
    load: (edge, sec) => (edge % 10 === 0 && sec >= 10 ? 5 : 0.6),
    judge: ({ edgeShares }) => {
      const cool = edgeShares.filter((_, edge) => edge % 10 !== 0);
      const hot = edgeShares.filter((_, edge) => edge % 10 === 0);
      return [
        atLeast('admitted by the cool edges, least', Math.min(...cool), 0.999),
        atLeast('admitted by the hot edges, of a fifth', 5 * Math.min(...hot), 0.88),
      ];
    },
  },
  {
    ...WELL,
    name: 'abuse',
    about:
      'All users together send 0.8 times the capacity; from second 10 on one user of every edge sends 0.8 times the capacity alone.',
    seconds: 40,
    lot: 1,
    load: () => 0.8,
    abuse: (sec) => (sec < 10 ? 0 : 0.8),
    judge: ({ seconds }) => [
      atLeast(
        'success of the others',
        mean(seconds, 10, 40, (s) => s.admittedFair) / mean(seconds, 10, 40, (s) => s.offeredFair),
        0.98,
      ),
    ],
  },
  {
    ...SLOW_ROUTERS,
    name: 'slow routers',
    about:
      'Routers take a third of what comes for a minute; Prometheus sees it (scrape 1 s, query 2 s, 1 s late).',
    seconds: 120,
    judge: ({ seconds }) => [
      atMost(
        'rate taken 5 s after it began, of what came',
        mean(seconds, 25, 26, (s) => s.admitted / s.offered),
        0.6,
      ),
      atMost(
        'lag at the end of it, seconds',
        mean(seconds, 70, 80, (s) => s.lagSec),
        5,
      ),
      atLeast('use of the slow routers', mean(seconds, 25, 80, (s) => s.routed) / 0.25, 0.85),
      atMost('seconds of refusals after it', recovery(seconds, 80), 20),
    ],
  },
  {
    ...SLOW_ROUTERS,
    name: 'Prometheus lost',
    about:
      'The same, and Prometheus is gone from second 45 on: the limit is lifted slowly, the inner loop goes on alone.',
    seconds: 120,
    hasPrometheus: (sec) => sec < 45,
    judge: ({ seconds }) => [
      atLeast('use of the slow routers', mean(seconds, 25, 80, (s) => s.routed) / 0.25, 0.8),
      atMost(
        'unrest of what is taken, at the end',
        unrest(seconds, 105, 120, (s) => s.admitted),
        0.02,
      ),
      atLeast(
        'taken at the end, of what came',
        mean(seconds, 105, 120, (s) => s.admitted / s.offered),
        0.999,
      ),
    ],
  },
];
