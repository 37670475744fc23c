import {
  type ClassStats,
  type CongestionController,
  INNER_SIGNALS,
  type OcLoss,
  OUTER_SIGNALS,
  type OuterState,
  TRAFFIC_CLASS_NAMES,
} from '@hermod/congestion';
import type { Metrics, Series } from '@hermod/platform';
import type { Edge } from './edge.ts';

const counter = (name: string, help: string): Series => ({ name, help, kind: 'counter' });
const gauge = (name: string, help: string): Series => ({ name, help, kind: 'gauge' });

const OUTER_STATES = ['off', 'live', 'alone'] as const satisfies readonly OuterState[];
const REFUSALS = [
  ['rejectedShare', 'share'],
  ['rejectedWindow', 'window'],
  ['rejectedRate', 'rate'],
  ['dropped', 'unanswered'],
] as const satisfies readonly (readonly [keyof ClassStats, string])[];

/** Publishes what a congestion controller decides and why (names: docs/operations.md); nothing where there is none. */
export function exposeCongestionMetrics(
  metrics: Metrics,
  edge: Pick<Edge, 'congestion' | 'ocLoss' | 'routerLoss'>,
): void {
  const { congestion: controller, ocLoss } = edge;
  if (controller === undefined || ocLoss === undefined) return;
  exposeDecisions(metrics, controller);
  exposeNeighbours(metrics, edge, ocLoss);
  exposeReasons(metrics, controller);
  exposeCluster(metrics, controller);
}

function exposeDecisions(metrics: Metrics, controller: CongestionController): void {
  const { classes } = controller.stats;
  metrics.collect(
    counter('im_admitted_total', 'Requests taken on, by what they are for.'),
    ['class'],
    (emit) => {
      for (const [i, { admitted }] of classes.entries()) emit(admitted, { class: nameOf(i) });
    },
  );
  metrics.collect(
    counter(
      'im_admission_rejected_total',
      'Requests not taken on; unanswered: so many that answers would have cost too much.',
    ),
    ['class', 'reason'],
    (emit) => {
      for (const [i, stats] of classes.entries()) {
        for (const [field, reason] of REFUSALS) emit(stats[field], { class: nameOf(i), reason });
      }
    },
  );
  metrics.collect(
    gauge('im_admission_rate_limit', 'Requests per second that may be taken on; all: the least.'),
    ['loop'],
    (emit) => {
      const { perSec, innerPerSec, outerPerSec } = controller.state();
      emit(perSec, { loop: 'all' });
      emit(innerPerSec, { loop: 'inner' });
      // Without a limit there is no value.
      if (outerPerSec < Infinity) emit(outerPerSec, { loop: 'outer' });
    },
  );
  metrics.collect(
    gauge('im_admission_rate', 'Requests per second, of the last ticks.'),
    ['kind'],
    (emit) => {
      const { offeredPerSec, admittedPerSec } = controller.state();
      emit(offeredPerSec, { kind: 'offered' });
      emit(admittedPerSec, { kind: 'admitted' });
    },
  );
  metrics.collect(
    gauge('im_admission_window', 'Requests that may wait for their append.'),
    [],
    (emit) => emit(controller.state().window),
  );
  metrics.collect(
    gauge('im_admission_share', 'Requests per second that one source gets at most.'),
    [],
    (emit) => emit(controller.state().sharePerSec),
  );
  metrics.collect(
    gauge('im_admission_sources', 'Sources that sent something within the last second.'),
    [],
    (emit) => emit(controller.state().sources),
  );
}

function exposeNeighbours(metrics: Metrics, edge: Pick<Edge, 'routerLoss'>, loss: OcLoss): void {
  metrics.collect(
    gauge(
      'sip_oc_router_loss_ratio',
      'Share of what there is that routers want left out (RFC 7339).',
    ),
    [],
    (emit) => {
      const { routerLoss } = edge;
      if (routerLoss !== undefined) emit(routerLoss / 100);
    },
  );
  metrics.collect(
    gauge(
      'sip_oc_loss_ratio',
      'Share of their requests that servers are asked to leave out (RFC 7339).',
    ),
    [],
    (emit) => emit(loss.percent / 100),
  );
}

function exposeReasons(metrics: Metrics, controller: CongestionController): void {
  metrics.exposeStats(controller.stats, {
    ticks: counter('im_congestion_ticks_total', 'Looks at the load.'),
    limitingTicks: counter(
      'im_congestion_limiting_ticks_total',
      'Those in between which something was refused.',
    ),
    overloadedTicks: counter(
      'im_congestion_overloaded_ticks_total',
      'Those with a signal beyond its target.',
    ),
  });
  metrics.collect(
    counter('im_congestion_ignored_total', 'Measurements that made no sense.'),
    ['loop'],
    (emit) => {
      const { ignoredLocal, ignoredCluster } = controller.state();
      emit(ignoredLocal, { loop: 'inner' });
      emit(ignoredCluster, { loop: 'outer' });
    },
  );
  metrics.collect(
    gauge(
      'im_congestion_error',
      'Distance of the worst signal from its target, in targets; above 0 is overload.',
    ),
    [],
    (emit) => {
      const { error } = controller.state();
      if (!Number.isNaN(error)) emit(error);
    },
  );
  metrics.collect(
    gauge('im_congestion_worst', '1 for the signal that is furthest beyond its target.'),
    ['signal'],
    (emit) => {
      const { worst } = controller.state();
      for (const signal of INNER_SIGNALS) emit(signal === worst ? 1 : 0, { signal });
    },
  );
}

function exposeCluster(metrics: Metrics, controller: CongestionController): void {
  metrics.collect(
    gauge(
      'im_congestion_outer_state',
      '1 for what is known about the cluster. off: nothing ever; live: Prometheus tells; alone: it does not any more.',
    ),
    ['state'],
    (emit) => {
      const { outer } = controller.state();
      for (const state of OUTER_STATES) emit(state === outer ? 1 : 0, { state });
    },
  );
  metrics.collect(
    gauge(
      'im_congestion_outer_pressure',
      "The cluster's worst signal over its target; above 1 is overload.",
    ),
    [],
    (emit) => {
      const { outerPressure } = controller.state();
      if (!Number.isNaN(outerPressure)) emit(outerPressure);
    },
  );
  metrics.collect(
    gauge('im_congestion_outer_worst', '1 for the signal of the cluster that is highest.'),
    ['signal'],
    (emit) => {
      const { outerWorst } = controller.state();
      for (const signal of OUTER_SIGNALS) emit(signal === outerWorst ? 1 : 0, { signal });
    },
  );
}

function nameOf(trafficClass: number): string {
  return TRAFFIC_CLASS_NAMES[trafficClass] ?? '';
}
