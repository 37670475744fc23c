import { type ClusterLoad, CongestionController, TrafficClass } from '@hermod/congestion';
import { seeded } from '../../packages/congestion/testdata/one-edge.ts';

/** What an edge can serve, messages per second. */
const EDGE_PER_SEC = 6_000;
export const USERS_PER_EDGE = 10_000;
/** Messages are moved in lots, or a run would take hours: one call of the controller stands for so many. */
const LOT = 10;
/** What a refusal and a message that is dropped cost, of one that is served. */
const REJECT_COST = 0.1;
const DROP_COST = 0.01;
const TICK_MS = 100;
/** Whoever waited longer has given up, or sent it again (RFC 3261 T1). */
const PATIENCE_MS = 500;
const SCRAPE_TICKS = 10;
const QUERY_TICKS = 20;
const ANSWER_TICKS = 10;

/** One run: what happens when. Loads are multiples of an edge's capacity. */
export type Scenario = {
  readonly name: string;
  readonly about: string;
  readonly seconds: number;
  /** Messages that move at once, 10 if not said otherwise: arrivals in lots are burstier than single ones, which those feel who refuse bursts. */
  readonly lot?: number;
  readonly load: (edge: number, sec: number) => number;
  /** One user of every edge sends this on top. */
  readonly abuse?: (sec: number) => number;
  /** What the routers can serve, as a multiple of what all edges can. */
  readonly routers: (sec: number) => number;
  readonly hasPrometheus: (sec: number) => boolean;
  /** Relative error of everything that is measured, and share of it that is missing. */
  readonly noise: number;
  readonly missing: number;
  /** What Prometheus says is absurd. */
  readonly isNonsense?: boolean;
};

/** One second of the whole cluster: multiples of what all edges can serve, if not said otherwise. */
export type Second = {
  offered: number;
  /** Served by an edge while its sender still waited. */
  admitted: number;
  /** Of users who do not abuse it. */
  offeredFair: number;
  admittedFair: number;
  /** Taken from the log by routers. */
  routed: number;
  /** Age of the oldest record in the log, seconds. */
  lagSec: number;
  /** Mean delay of the edges' event loops, milliseconds. */
  delayMs: number;
};

/** What a scenario came to. */
export type Outcome = {
  readonly seconds: readonly Second[];
  /** Share admitted of each edge's offer, within the last ten seconds. */
  readonly edgeShares: readonly number[];
};

/** What an edge can serve. */
function lotsPerSecOf({ lot = LOT }: Scenario): number {
  return EDGE_PER_SEC / lot;
}

class Edge {
  readonly controller: CongestionController;
  readonly phase: number;
  readonly lotsPerSec: number;
  utilisation = 0;
  backlogMs = 0;
  seen: ClusterLoad | undefined;
  offeredLate = 0;
  admittedLate = 0;

  constructor(index: number, random: () => number, scenario: Scenario) {
    this.phase = index % QUERY_TICKS;
    this.lotsPerSec = lotsPerSecOf(scenario);
    const distorted = (value: number): number =>
      random() < scenario.missing ? Number.NaN : value * (1 + scenario.noise * (2 * random() - 1));
    this.controller = new CongestionController(
      {
        signals: {
          read: () => ({
            utilisation: Math.min(1, distorted(this.utilisation)),
            loopDelayMs: distorted(this.backlogMs / 2),
            appendMs: Number.NaN,
            sojournMs: Number.NaN,
            inFlight: Number.NaN,
            routerLoss: Number.NaN,
          }),
          // Its log answers at once.
          appending: 0,
        },
        cluster: { latest: () => this.seen },
        random,
        initialPerSec: this.lotsPerSec,
      },
      0,
    );
  }
}

/** The log and its routers: first in, first out. */
class Log {
  readonly #lots: { tick: number; left: number }[] = [];
  #head = 0;

  /** @returns lots that were taken */
  serve(tick: number, arriving: number, capacity: number): number {
    this.#lots.push({ tick, left: arriving });
    let left = capacity;
    for (let first = this.#lots[this.#head]; first !== undefined && left > 0; ) {
      const taken = Math.min(left, first.left);
      first.left -= taken;
      left -= taken;
      if (first.left > 0) break;
      this.#head += 1;
      first = this.#lots[this.#head];
    }
    return capacity - left;
  }

  lagSec(tick: number): number {
    const first = this.#lots[this.#head];
    return first === undefined ? 0 : ((tick - first.tick) * TICK_MS) / 1_000;
  }
}

/** Runs a scenario with `edges` edges, each with the controller that edges have. */
export function simulate(scenario: Scenario, edges: number, seed: number): Outcome {
  const random = seeded(seed);
  const all = Array.from({ length: edges }, (_, i) => new Edge(i, random, scenario));
  const whole = edges * lotsPerSecOf(scenario);
  const log = new Log();
  const scrapes: (ClusterLoad | undefined)[] = [];
  const seconds: Second[] = [];
  let current = emptySecond();
  for (let tick = 0; tick < scenario.seconds * 10; tick += 1) {
    const sec = tick / 10;
    let arriving = 0;
    let delayMs = 0;
    all.forEach((edge, i) => {
      arriving += runTick(edge, i, tick, scenario, random, current);
      delayMs += edge.backlogMs / edges;
    });
    const routerLots = (scenario.routers(sec) * whole) / 10;
    const routed = log.serve(tick, arriving, routerLots);
    const lagSec = log.lagSec(tick);
    if (tick % SCRAPE_TICKS === 0) {
      const isUp = scenario.hasPrometheus(sec);
      scrapes.push(
        isUp ? sampleOf(scenario, random, tick, lagSec, routed / routerLots) : undefined,
      );
    }
    // What an edge sees was scraped a second ago at least.
    for (const edge of all) {
      if ((tick + edge.phase) % QUERY_TICKS !== 0) continue;
      const seen = scrapes[Math.floor((tick - ANSWER_TICKS) / SCRAPE_TICKS)];
      if (seen !== undefined) edge.seen = seen;
    }
    current.routed += routed;
    current.lagSec = Math.max(current.lagSec, lagSec);
    current.delayMs += delayMs / 10;
    if (tick % 10 === 9) {
      seconds.push(inParts(current, whole));
      current = emptySecond();
    }
  }
  return { seconds, edgeShares: all.map((edge) => edge.admittedLate / edge.offeredLate) };
}

/** @returns lots that went into the log */
function runTick(
  edge: Edge,
  index: number,
  tick: number,
  scenario: Scenario,
  random: () => number,
  second: Second,
): number {
  const sec = tick / 10;
  const lots = edge.lotsPerSec / 10;
  const acceptMs = 1_000 / edge.lotsPerSec;
  const fair = poisson(scenario.load(index, sec) * lots, random);
  const abusive = poisson((scenario.abuse?.(sec) ?? 0) * lots, random);
  const offered = fair + abusive;
  let costMs = edge.backlogMs;
  let good = 0;
  let goodFair = 0;
  let admitted = 0;
  for (let i = 0; i < offered; i += 1) {
    const isFair = random() * offered >= abusive;
    const source = isFair ? Math.floor(random() * USERS_PER_EDGE) : -1;
    const atMs = tick * TICK_MS + (i * TICK_MS) / offered;
    const verdict = edge.controller.admit(TrafficClass.MESSAGE, source, Math.floor(atMs));
    second.offered += 1;
    if (isFair) second.offeredFair += 1;
    if (verdict !== 'admit') {
      costMs += acceptMs * (verdict === 'reject' ? REJECT_COST : DROP_COST);
      continue;
    }
    costMs += acceptMs;
    admitted += 1;
    if (costMs - (atMs - tick * TICK_MS) > PATIENCE_MS) continue;
    good += 1;
    if (isFair) goodFair += 1;
  }
  edge.utilisation = Math.min(1, costMs / TICK_MS);
  edge.backlogMs = Math.max(0, costMs - TICK_MS);
  edge.controller.tick((tick + 1) * TICK_MS);
  second.admitted += good;
  second.admittedFair += goodFair;
  if (sec >= scenario.seconds - 10) {
    edge.offeredLate += offered;
    edge.admittedLate += good;
  }
  return admitted;
}

function sampleOf(
  scenario: Scenario,
  random: () => number,
  tick: number,
  lagSec: number,
  saturation: number,
): ClusterLoad {
  const measured = (value: number): number => {
    if (scenario.isNonsense === true) return [Number.NaN, -3, 1e12, Infinity][tick % 4] ?? 0;
    if (random() < scenario.missing) return Number.NaN;
    return value * (1 + scenario.noise * (2 * random() - 1));
  };
  return {
    atMs: tick * TICK_MS,
    lagSec: measured(lagSec),
    lagAtMs: tick * TICK_MS,
    deliveryP99Sec: measured(0.1 + lagSec),
    storeSec: measured(0.005),
    logSec: measured(0.02),
    // What routers hold is full only when the log waits for them.
    routerSaturation: measured(lagSec > 0.2 ? 1 : 0.5 * saturation),
  };
}

function poisson(mean: number, random: () => number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let count = 0;
  for (let p = random(); p > Math.exp(-mean); p *= random()) count += 1;
  return count;
}

function emptySecond(): Second {
  return {
    offered: 0,
    admitted: 0,
    offeredFair: 0,
    admittedFair: 0,
    routed: 0,
    lagSec: 0,
    delayMs: 0,
  };
}

function inParts(second: Second, whole: number): Second {
  return {
    ...second,
    offered: second.offered / whole,
    admitted: second.admitted / whole,
    offeredFair: second.offeredFair / whole,
    admittedFair: second.admittedFair / whole,
    routed: second.routed / whole,
  };
}
