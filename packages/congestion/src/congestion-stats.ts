import { TRAFFIC_CLASS_NAMES } from './traffic-class.ts';

/** What became of the requests of one class. All only grow. */
export type ClassStats = {
  admitted: number;
  /** 503: its source had its share. */
  rejectedShare: number;
  /** 503: so much waited to be appended that it would have been late. */
  rejectedWindow: number;
  /** 503: too much came of everything. */
  rejectedRate: number;
  /** Neither served nor answered: so many had to be refused that answers would have cost too much. */
  dropped: number;
};

/** Why a request is answered 503. */
export type RefusalReason = 'rejectedShare' | 'rejectedWindow' | 'rejectedRate';

/** Plain numbers of one controller; whoever exports metrics reads the fields. */
export type CongestionStats = {
  /** By {@link TrafficClass}. */
  readonly classes: readonly ClassStats[];
  /** Ticks of the inner loop, and those in which the rate was why requests were refused. */
  ticks: number;
  limitingTicks: number;
  /** Ticks in which a signal was beyond its target. */
  overloadedTicks: number;
};

/** Counters at zero. */
export function newCongestionStats(): CongestionStats {
  return {
    classes: TRAFFIC_CLASS_NAMES.map(() => ({
      admitted: 0,
      rejectedShare: 0,
      rejectedWindow: 0,
      rejectedRate: 0,
      dropped: 0,
    })),
    ticks: 0,
    limitingTicks: 0,
    overloadedTicks: 0,
  };
}
