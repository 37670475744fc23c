import {
  type ClusterSignals,
  CongestionController,
  type LocalLoad,
  type Random,
  TrafficClass,
} from '../src/index.ts';

/** What a request costs, in milliseconds of the only core. */
export const ACCEPT_MS = 1;
export const REJECT_MS = ACCEPT_MS / 10;
/** Framed and thrown away: about 1 µs of about 100 µs. */
export const DROP_MS = ACCEPT_MS / 100;
/** Requests that one turn of the loop reads at most: one full read of each of some sockets. */
const TURN_REQUESTS = 1_000;
const TICK_MS = 100;

/** One kind of sender: so many of them, each with so many requests per second (Poisson). */
export type Senders = {
  readonly count: number;
  readonly perSec: (nowMs: number) => number;
  readonly trafficClass?: TrafficClass;
  /** The same number: the same persons as in another kind. By default the kind's own. */
  readonly persons?: number;
};

/** Counts of one kind of sender, one number per second of the run. */
export type Seconds = { readonly offered: number[]; readonly admitted: number[] };

/** What a run came to. */
export type Run = {
  readonly byKind: readonly Seconds[];
  /** Milliseconds from arrival to served, of every request admitted, with the second of its arrival. */
  readonly latencies: readonly { readonly second: number; readonly ms: number }[];
  readonly controller: CongestionController;
};

/** What can be changed about a run. */
export type RunOptions = {
  readonly seconds: number;
  readonly senders: readonly Senders[];
  readonly isControlled?: boolean;
  readonly cluster?: ClusterSignals;
  /** Changes what is measured before the controller sees it. */
  readonly distort?: (load: LocalLoad, nowMs: number) => LocalLoad;
  readonly seed?: number;
};

/** Numbers that are the same in every run (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Arrival = { readonly atMs: number; readonly kind: number; readonly source: number };

/**
 * One edge as a Node process: an event loop whose every turn serves what has arrived before it, in order, on one core that
 * serves 1,000 requests per second. Time is virtual: a run of 20 s takes a fraction of one.
 */
export function runEdge(options: RunOptions): Run {
  const { seconds, senders, isControlled = true, distort = (load) => load } = options;
  const random = seeded(options.seed ?? 1);
  const endMs = seconds * 1_000;
  const byKind = senders.map(() => ({
    offered: new Array<number>(seconds).fill(0),
    admitted: new Array<number>(seconds).fill(0),
  }));
  const latencies: { second: number; ms: number }[] = [];
  let busyMs = 0;
  let latenessMs2 = 0;
  let load: LocalLoad = {
    utilisation: 0,
    loopDelayMs: 0,
    appendMs: Number.NaN,
    sojournMs: Number.NaN,
    inFlight: Number.NaN,
    routerLoss: Number.NaN,
  };
  const controller = new CongestionController(
    {
      signals: { read: () => load, appending: 0 },
      cluster: options.cluster,
      random: seeded(99),
      initialPerSec: 2_000,
    },
    0,
  );
  const next = arrivals(senders, random);
  let waiting = next();
  let nowMs = 0;
  let tickedMs = 0;
  while (nowMs < endMs) {
    const beganMs = nowMs;
    for (let i = 0; i < TURN_REQUESTS && waiting.atMs <= beganMs; i += 1) {
      const second = Math.floor(waiting.atMs / 1_000);
      const counts = byKind[waiting.kind];
      if (counts === undefined || second >= seconds) break;
      counts.offered[second] = (counts.offered[second] ?? 0) + 1;
      const trafficClass = senders[waiting.kind]?.trafficClass ?? TrafficClass.MESSAGE;
      const verdict = isControlled
        ? controller.admit(trafficClass, waiting.source, Math.floor(beganMs))
        : 'admit';
      if (verdict === 'admit') {
        nowMs += ACCEPT_MS;
        counts.admitted[second] = (counts.admitted[second] ?? 0) + 1;
        latencies.push({ second, ms: nowMs - waiting.atMs });
      } else nowMs += verdict === 'reject' ? REJECT_MS : DROP_MS;
      waiting = next();
    }
    const turnMs = nowMs - beganMs;
    busyMs += turnMs;
    latenessMs2 += (turnMs * turnMs) / 2;
    const dueMs = tickedMs + TICK_MS;
    if (nowMs >= dueMs) {
      const elapsedMs = nowMs - tickedMs;
      const utilisation = Math.min(1, busyMs / elapsedMs);
      load = distort({ ...load, utilisation, loopDelayMs: latenessMs2 / elapsedMs }, nowMs);
      controller.tick(nowMs);
      tickedMs = nowMs;
      busyMs = 0;
      latenessMs2 = 0;
    } else if (turnMs === 0) nowMs = Math.min(dueMs, waiting.atMs);
  }
  return { byKind, latencies, controller };
}

/** All senders as one Poisson process, thinned where a rate falls. */
function arrivals(senders: readonly Senders[], random: Random): () => Arrival {
  const dueMs = senders.map(() => 0);
  const advance = (kind: number): void => {
    const group = senders[kind];
    const fromMs = dueMs[kind] ?? 0;
    const perMs = ((group?.perSec(fromMs) ?? 0) * (group?.count ?? 0)) / 1_000;
    // Rates are looked at every 50 ms at least, so that a silent kind wakes up.
    const gapMs = perMs === 0 ? Infinity : -Math.log(1 - random()) / perMs;
    dueMs[kind] = fromMs + gapMs;
    if (gapMs > 50 && perMs < 0.001) dueMs[kind] = fromMs + 50;
  };
  senders.forEach((_group, kind) => {
    advance(kind);
  });
  return () => {
    let kind = 0;
    for (let i = 1; i < dueMs.length; i += 1) {
      if ((dueMs[i] ?? Infinity) < (dueMs[kind] ?? Infinity)) kind = i;
    }
    const atMs = dueMs[kind] ?? Infinity;
    const group = senders[kind];
    const persons = group?.persons ?? kind;
    const source = persons * 1_000_000 + Math.floor(random() * (group?.count ?? 1));
    advance(kind);
    return { atMs, kind, source };
  };
}

/** Sum of a stretch of seconds. */
export function sum(values: readonly number[], from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i += 1) total += values[i] ?? 0;
  return total;
}

/** Milliseconds below which this share of the latencies is. */
export function percentile(run: Run, share: number, from: number, to: number): number {
  const sorted = run.latencies
    .filter(({ second }) => second >= from && second < to)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? 0;
}
