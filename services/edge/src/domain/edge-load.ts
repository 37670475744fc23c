import type { LoadSignals, LocalLoad } from '@hermod/congestion';
import type { Clock } from '@hermod/sip';
import type { CongestionPorts } from '../ports.ts';
import type { Deliveries } from './deliveries.ts';
import type { EdgeStats } from './edge-stats.ts';
import type { ExchangeTable } from './exchange.ts';
import type { RouterAdvice } from './router-advice.ts';
import type { EdgeLimits } from './settings.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** What {@link EdgeLoad} looks at. */
export type EdgeLoadParts = {
  readonly waiting: WaitingRoom;
  readonly exchanges: ExchangeTable;
  readonly deliveries: Deliveries;
  readonly limits: EdgeLimits;
  readonly stats: EdgeStats;
  readonly clock: Clock;
  readonly outside: CongestionPorts;
  /** Undefined: the router is in this process. */
  readonly advice: RouterAdvice | undefined;
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** How busy this process is: what the edge knows, what Node knows, and what the router knows where it is in the same process. */
export class EdgeLoad implements LoadSignals {
  readonly #parts: EdgeLoadParts;
  readonly #load: Writable<LocalLoad> = {
    utilisation: Number.NaN,
    loopDelayMs: Number.NaN,
    appendMs: Number.NaN,
    sojournMs: Number.NaN,
    inFlight: Number.NaN,
    routerLoss: Number.NaN,
  };
  #appends = 0;
  #appendSumMs = 0;

  constructor(parts: EdgeLoadParts) {
    this.#parts = parts;
  }

  read(): LocalLoad {
    const { waiting, clock, outside, advice } = this.#parts;
    const { process, router } = outside;
    const load = this.#load;
    const nowMs = clock.nowMs();
    const { utilisation, loopDelayMs } = process.read();
    load.utilisation = utilisation;
    load.loopDelayMs = loopDelayMs;
    load.appendMs = Math.max(this.#meanAppendMs(), waiting.oldestAppendMs(nowMs));
    load.sojournMs = router?.sojournMs ?? Number.NaN;
    load.inFlight = Math.max(this.#fill(), router?.fill ?? 0);
    load.routerLoss = advice?.percent(nowMs) ?? Number.NaN;
    return load;
  }

  get appending(): number {
    return this.#parts.waiting.appending;
  }

  /** Since the last look; 0: nothing was appended. */
  #meanAppendMs(): number {
    const { counts, sumMs } = this.#parts.stats.appendDurations;
    let count = 0;
    for (let i = 0; i < counts.length; i += 1) count += counts[i] ?? 0;
    const appends = count - this.#appends;
    const spentMs = sumMs - this.#appendSumMs;
    this.#appends = count;
    this.#appendSumMs = sumMs;
    return appends === 0 ? 0 : spentMs / appends;
  }

  /** How full the fullest of what holds messages is, 0–1. */
  #fill(): number {
    const { waiting, exchanges, deliveries, limits } = this.#parts;
    return Math.max(
      waiting.size / limits.maxPending,
      exchanges.size / limits.maxTransactions,
      exchanges.heldBytes / limits.maxTransactionBytes,
      deliveries.pending / limits.maxDeliveries,
    );
  }
}
