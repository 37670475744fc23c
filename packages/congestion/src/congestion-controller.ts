import { AppendWindow } from './append-window.ts';
import {
  type ClassStats,
  type CongestionStats,
  newCongestionStats,
  type RefusalReason,
} from './congestion-stats.ts';
import { FairShare } from './fair-share.ts';
import { INNER_TARGETS, InnerLoop, type InnerSignal, type InnerTargets } from './inner-loop.ts';
import {
  OUTER_TARGETS,
  OuterLoop,
  type OuterSignal,
  type OuterState,
  type OuterTargets,
} from './outer-loop.ts';
import type { ClusterSignals, LoadSignals, Random } from './ports.ts';
import { PriorityBucket } from './priority-bucket.ts';
import { TrafficClass } from './traffic-class.ts';

/** What becomes of a request: it goes on, is answered 503, or is left unanswered. */
export type Verdict = 'admit' | 'reject' | 'drop';

/** How often {@link CongestionController.tick} is to be called. */
export const TICK_MS = 100;

/** Answers to refused requests may be this share of the admitted rate: at a tenth of a delivery's cost, 1 % of the CPU. */
const ANSWERED_SHARE = 0.1;
/** Below this utilisation there is time left, as when it is the log or the cluster that is slow: each second of it is worth so many answers more. */
const IDLE_BELOW = 0.7;
const ANSWERS_PER_IDLE_SEC = 3_000;
/** They may come in bursts of this many milliseconds' worth, and of so many at least. */
const ANSWERED_BURST_MS = 1_000;
const MIN_ANSWERED_BURST = 20;
/** Those above their share get at most this part of the answers while there are others to answer. */
const HEAVY_PART = 0.5;
/** Weight of the last tick in the rates that the inner loop sees. */
const LATELY_WEIGHT = 0.5;
/** Refused clients come back within this many seconds per multiple of the capacity that is offered … */
const SPREAD_SEC = 2;
/** … at most. */
const MAX_SPREAD_SEC = 30;
/** A sender is not left unread for longer: what waits in the kernel grows old unseen, answers of devices among it. */
const MAX_PAUSE_MS = 100;
/** Rates above this are none. */
const MAX_PER_SEC = 1e7;

/** What a {@link CongestionController} is built from. */
export type CongestionOptions = {
  readonly signals: LoadSignals;
  /** Undefined: there is no Prometheus, the inner loop is alone. */
  readonly cluster?: ClusterSignals | undefined;
  readonly random: Random;
  /** Requests per second before anything is known about this process; above 0. */
  readonly initialPerSec?: number;
  readonly innerTargets?: InnerTargets;
  readonly outerTargets?: OuterTargets;
};

/** What the controller holds just now, for a page or a metric. Rates are per second. */
export type CongestionState = {
  /** What may be admitted: the least of the following three. */
  readonly perSec: number;
  readonly innerPerSec: number;
  /** Infinity: no limit. */
  readonly outerPerSec: number;
  readonly routerPerSec: number;
  readonly admittedPerSec: number;
  readonly offeredPerSec: number;
  readonly sharePerSec: number;
  readonly sources: number;
  /** Requests that may wait for their append. */
  readonly window: number;
  /** Distance of the worst local signal from its target, in targets; above 0 is overload, NaN unknown. */
  readonly error: number;
  readonly worst: InnerSignal | undefined;
  readonly outer: OuterState;
  /** The cluster's worst signal over its target; above 1 is overload, NaN unknown. */
  readonly outerPressure: number;
  readonly outerWorst: OuterSignal | undefined;
  readonly ignoredLocal: number;
  readonly ignoredCluster: number;
};

/**
 * Decides what an edge takes on: one call per request, one tick per {@link TICK_MS}.
 *
 * The inner loop finds the rate that this process can serve, the outer loop what the cluster can, the routers say what they can; the least
 * of them is the rate. It is shared out by source first (nobody gets more than the fair share while others go short), then by class.
 * What is refused is answered while answers are cheap, and dropped beyond that.  @see RFC 6357 §4, RFC 5390 §4
 */
export class CongestionController {
  readonly stats: CongestionStats = newCongestionStats();
  readonly #options: CongestionOptions;
  readonly #inner: InnerLoop;
  readonly #outer: OuterLoop;
  readonly #window = new AppendWindow();
  readonly #bucket: PriorityBucket;
  readonly #share: FairShare;
  #perSec: number;
  #routerPerSec = Infinity;
  #tickedMs: number;
  /** Since the last tick. */
  #offered = 0;
  #admitted = 0;
  /** Lately, per second. */
  #offeredPerSec = 0;
  #admittedPerSec = 0;
  /** Answers to refused requests that there is time for, per second. */
  #idleAnswersPerSec = 0;
  /** Those that are left. */
  #answers: number;
  #answeredMs: number;

  constructor(options: CongestionOptions, nowMs: number) {
    const perSec = options.initialPerSec ?? 2_000;
    this.#options = options;
    this.#inner = new InnerLoop(perSec, options.innerTargets ?? INNER_TARGETS);
    this.#outer = new OuterLoop(options.outerTargets ?? OUTER_TARGETS);
    this.#window.resize(perSec, this.#inner.appendBaseMs);
    this.#bucket = new PriorityBucket(perSec, nowMs);
    const salt = Math.floor(options.random() * 2 ** 32);
    this.#share = new FairShare(perSec, this.#bucket.depth, salt, nowMs);
    this.#perSec = perSec;
    this.#answers = this.#answerBurst;
    this.#tickedMs = nowMs;
    this.#answeredMs = nowMs;
  }

  /** Decides about one request, before anything is spent on it. Retransmissions of admitted requests, and responses, are not to be asked about.
   *  @param source 32-bit integer that stands for whoever sent it: the same for the same sender
   *  @param nowMs a clock that may step back */
  admit(trafficClass: TrafficClass, source: number, nowMs: number): Verdict {
    this.#offered += 1;
    const stats = this.#statsOf(trafficClass);
    const reason = this.#reasonAgainst(trafficClass, source, nowMs);
    this.#share.count(source, reason !== 'rejectedShare');
    if (reason !== undefined) return this.#refuse(stats, reason, nowMs);
    this.#bucket.take();
    this.#share.charge(source);
    this.#admitted += 1;
    stats.admitted += 1;
    return 'admit';
  }

  /** A request is refused whatever {@link admit} would say: its neighbour has its share. Counted as any other, and answered as seldom. */
  refuse(trafficClass: TrafficClass, nowMs: number): Verdict {
    return this.#refuse(this.#statsOf(trafficClass), 'rejectedShare', nowMs);
  }

  /** Would a text of this source be dropped, whatever it says? Then {@link passedOver} is to be told how many were.
   *  @param source as of {@link admit}  @param nowMs a clock that may step back */
  drops(source: number, nowMs: number): boolean {
    const reason = this.#reasonAgainst(TrafficClass.MESSAGE, source, nowMs);
    if (reason === undefined || this.#mayAnswer(reason, nowMs)) return false;
    this.#share.count(source, reason !== 'rejectedShare');
    return true;
  }

  #reasonAgainst(
    trafficClass: TrafficClass,
    source: number,
    nowMs: number,
  ): RefusalReason | undefined {
    if (!this.#share.hasRoom(trafficClass, source, nowMs)) return 'rejectedShare';
    const { appending } = this.#options.signals;
    if (!this.#window.hasRoom(trafficClass, appending)) return 'rejectedWindow';
    return this.#bucket.hasRoom(trafficClass, nowMs) ? undefined : 'rejectedRate';
  }

  #statsOf(trafficClass: TrafficClass): ClassStats {
    const stats = this.stats.classes[trafficClass];
    if (stats === undefined) throw new RangeError('no such class');
    return stats;
  }

  /** So many texts were dropped without being asked about one by one. */
  passedOver(count: number): void {
    this.#offered += count;
    this.#statsOf(TrafficClass.MESSAGE).dropped += count;
  }

  #refuse(stats: ClassStats, reason: RefusalReason, nowMs: number): Verdict {
    if (!this.#mayAnswer(reason, nowMs)) {
      stats.dropped += 1;
      return 'drop';
    }
    this.#answers -= 1;
    stats[reason] += 1;
    return 'reject';
  }

  /** Is there an answer left for what is refused for this reason? */
  #mayAnswer(reason: RefusalReason, nowMs: number): boolean {
    const elapsedMs = nowMs - this.#answeredMs;
    this.#answeredMs = nowMs;
    const burst = this.#answerBurst;
    if (elapsedMs > 0) {
      this.#answers = Math.min(burst, this.#answers + (elapsedMs * this.#answersPerSec) / 1_000);
    }
    const isHeavy = reason === 'rejectedShare';
    return this.#answers >= (isHeavy ? Math.max(1, burst * (1 - HEAVY_PART)) : 1);
  }

  get #answerBurst(): number {
    return Math.max(MIN_ANSWERED_BURST, (this.#answersPerSec * ANSWERED_BURST_MS) / 1_000);
  }

  get #answersPerSec(): number {
    return this.#perSec * ANSWERED_SHARE + this.#idleAnswersPerSec;
  }

  /** For how long a stream is not to be read whose request was just refused: until its sender may send again. To find out where a request ends
   *  is most of what its refusal costs. Not for a flow with deliveries under way, whose answers would wait too.
   *  @returns milliseconds, 0–100; 0: read on */
  pauseMs(source: number, nowMs: number): number {
    const share = this.#share;
    // It takes nothing from anybody, or this process has the time to refuse it: what waits unread only gets older.
    const hasTime = this.#idleAnswersPerSec > 0 || this.#inner.perSec > this.#perSec;
    if (share.isAlone || hasTime) return 0;
    return Math.min(MAX_PAUSE_MS, share.waitMs(TrafficClass.MESSAGE, source, nowMs));
  }

  /** What the fair share of one source comes to in so many milliseconds.  @returns requests, 2 or more */
  shareOf(ms: number): number {
    return Math.max(2, Math.floor((this.#share.perSec * ms) / 1_000));
  }

  /** For the Retry-After of a 503: uniform over the time in which what is refused now could be served at all.
   *  @returns whole seconds, 1–30 */
  retryAfterSec(): number {
    const spread = Math.min(MAX_SPREAD_SEC, Math.max(SPREAD_SEC, SPREAD_SEC * this.#loadFactor()));
    return 1 + Math.floor(this.#options.random() * spread);
  }

  #loadFactor(): number {
    return this.#offeredPerSec / this.#perSec;
  }

  /** Reads the signals and moves the rates. To be called every {@link TICK_MS}; later is fine. */
  tick(nowMs: number): void {
    const elapsedSec = (nowMs - this.#tickedMs) / 1_000;
    this.#tickedMs = nowMs;
    // The clock was set back: what was counted belongs to no time.
    if (elapsedSec > 0) this.#control(elapsedSec, nowMs);
    this.#offered = 0;
    this.#admitted = 0;
  }

  #control(elapsedSec: number, nowMs: number): void {
    const stats = this.stats;
    const load = this.#options.signals.read();
    const idle = load.utilisation >= 0 ? IDLE_BELOW - load.utilisation : 0;
    this.#idleAnswersPerSec = Math.max(0, idle) * ANSWERS_PER_IDLE_SEC;
    const isRefusing = this.#offered > this.#admitted;
    const isInnerLeast = this.#inner.perSec <= Math.min(this.#outer.perSec, this.#routerPerSec);
    this.#count(elapsedSec);
    const window = this.#window.take();
    const isLimiting = isRefusing && isInnerLeast;
    this.#inner.tick(load, this.#admittedPerSec, isLimiting, elapsedSec, window);
    this.#window.resize(this.#inner.perSec, this.#inner.appendBaseMs);
    const sample = this.#options.cluster?.latest();
    this.#outer.tick(sample, this.#admitted, elapsedSec, nowMs);
    this.#routerPerSec = this.#routersTake(load.routerLoss);
    const clusterPerSec = Math.min(MAX_PER_SEC, this.#outer.perSec, this.#routerPerSec);
    this.#perSec = Math.min(clusterPerSec, this.#inner.perSec);
    if (window === 'open') {
      this.#bucket.setRate(this.#perSec, isRefusing || this.#inner.isOverloaded);
    } else this.#bucket.setRate(clusterPerSec, false);
    const room = Math.min(this.#bucket.depth, this.#window.size);
    this.#share.adapt(this.#perSec, room, isRefusing, elapsedSec, nowMs);
    stats.ticks += 1;
    if (isRefusing) stats.limitingTicks += 1;
    if (this.#inner.error > 0) stats.overloadedTicks += 1;
  }

  #count(elapsedSec: number): void {
    const offered = this.#offered / elapsedSec;
    const admitted = this.#admitted / elapsedSec;
    this.#offeredPerSec += LATELY_WEIGHT * (offered - this.#offeredPerSec);
    this.#admittedPerSec += LATELY_WEIGHT * (admitted - this.#admittedPerSec);
  }

  /** RFC 7339 §7.2: of what would be sent without a limit, the routers want so much less. */
  #routersTake(loss: number): number {
    if (!(loss > 0 && loss <= 100)) return Infinity;
    return Math.max(1, this.#offeredPerSec * (1 - loss / 100));
  }

  /** As of the last tick. */
  state(): CongestionState {
    const inner = this.#inner;
    const outer = this.#outer;
    return {
      perSec: this.#perSec,
      innerPerSec: inner.perSec,
      outerPerSec: outer.perSec,
      routerPerSec: this.#routerPerSec,
      admittedPerSec: this.#admittedPerSec,
      offeredPerSec: this.#offeredPerSec,
      sharePerSec: this.#share.perSec,
      sources: this.#share.sources,
      window: this.#window.size,
      error: inner.error,
      worst: inner.worst,
      outer: outer.state,
      outerPressure: outer.pressure,
      outerWorst: outer.worst,
      ignoredLocal: inner.ignored,
      ignoredCluster: outer.ignored,
    };
  }
}
