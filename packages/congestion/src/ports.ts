/**
 * How busy this process was since the last look. Any of them may be NaN: not known just now. Values that make no sense (negative,
 * infinite, hours) are taken as NaN.
 */
export type LocalLoad = {
  /** Share of time in which the event loop was not idle, 0–1. */
  readonly utilisation: number;
  /** By how many milliseconds the event loop was late, on average: the mean, since one long pause is no overload. */
  readonly loopDelayMs: number;
  /** Mean milliseconds from append to acknowledgement, or the age of the oldest append without one, whichever is more. */
  readonly appendMs: number;
  /** Least time that anything spent in a queue before it was served, milliseconds (CoDel's measure: a queue that empties is none). */
  readonly sojournMs: number;
  /** Messages accepted and not answered, as a share of the most that this process holds, 0–1. */
  readonly inFlight: number;
  /** What the routers asked for with `oc`: per cent of requests not to be sent (RFC 7339 §7.2), 0–100. */
  readonly routerLoss: number;
};

/** Measures this process. */
export interface LoadSignals {
  /** @returns what was measured since the last call; the same object every time is fine */
  read(): LocalLoad;
  /** Requests whose append has no answer, as of now: asked about every request. */
  readonly appending: number;
}

/** What one process cannot see for itself: the state of the cluster. Any of them may be NaN, or nonsense, which is ignored. */
export type ClusterLoad = {
  /** When it was so, epoch milliseconds by the clock of this process. Also tells one sample from the next. */
  readonly atMs: number;
  /** Age of the oldest message that waits for a router or its store, seconds; what waits for a device does not count. */
  readonly lagSec: number;
  /** When that was measured, by the same clock as `atMs`. */
  readonly lagAtMs: number;
  /** 99th percentile of the time from arrival to delivery, seconds. */
  readonly deliveryP99Sec: number;
  /** Mean time of a store's command, seconds. */
  readonly storeSec: number;
  /** Mean time of an append, seconds, over all edges. */
  readonly logSec: number;
  /** How full the routers are: in flight over the most they hold, 0–1. */
  readonly routerSaturation: number;
};

/** Keeps the last answer of Prometheus. */
export interface ClusterSignals {
  /** The last answer that came, however long ago; undefined before the first. Never waits. */
  latest(): ClusterLoad | undefined;
}

/** Uniform in [0, 1), as `Math.random`. */
export type Random = () => number;
