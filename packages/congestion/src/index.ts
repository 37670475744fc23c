export { Codel, QUEUE_INTERVAL_MS, QUEUE_LIMIT_MS, QUEUE_TARGET_MS } from './codel.ts';
export {
  CongestionController,
  type CongestionOptions,
  type CongestionState,
  TICK_MS,
  type Verdict,
} from './congestion-controller.ts';
export type { ClassStats, CongestionStats } from './congestion-stats.ts';
export {
  INNER_SIGNALS,
  INNER_TARGETS,
  type InnerSignal,
  type InnerTargets,
} from './inner-loop.ts';
export { NeighbourLimit } from './neighbour-limit.ts';
export { NeighbourLimits } from './neighbour-limits.ts';
export { OcAdvice } from './oc-advice.ts';
export { OcLoss } from './oc-loss.ts';
export {
  isOcParam,
  OC_OFFER,
  type OcAlgorithm,
  type OcFeedback,
  offersLoss,
  readOcFeedback,
  saysOc,
  withoutOc,
} from './oc-params.ts';
export {
  OUTER_SIGNALS,
  OUTER_TARGETS,
  type OuterSignal,
  type OuterState,
  type OuterTargets,
} from './outer-loop.ts';
export type {
  ClusterLoad,
  ClusterSignals,
  LoadSignals,
  LocalLoad,
  Random,
} from './ports.ts';
export { TRAFFIC_CLASS_NAMES, TrafficClass } from './traffic-class.ts';
