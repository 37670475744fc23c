import {
  type ClassStats,
  type CongestionController,
  INNER_SIGNALS,
  TRAFFIC_CLASS_NAMES,
} from '@hermod/congestion';
import type { Metrics, Series } from '@hermod/platform';

const counter = (name: string, help: string): Series => ({ name, help, kind: 'counter' });
const gauge = (name: string, help: string): Series => ({ name, help, kind: 'gauge' });

const REFUSALS = [
  ['rejectedShare', 'share'],
  ['rejectedRate', 'rate'],
  ['dropped', 'unanswered'],
] as const satisfies readonly (readonly [keyof ClassStats, string])[];

/** Publishes what a congestion controller decides and why (names: docs/operations.md); nothing where there is none. */
export function exposeCongestionMetrics(
  metrics: Metrics,
  controller: CongestionController | undefined,
): void {
  if (controller === undefined) return;
  exposeDecisions(metrics, controller);
  exposeReasons(metrics, controller);
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
      const { perSec, innerPerSec } = controller.state();
      emit(perSec, { loop: 'all' });
      emit(innerPerSec, { loop: 'inner' });
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
    (emit) => emit(controller.state().ignoredLocal, { loop: 'inner' }),
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

function nameOf(trafficClass: number): string {
  return TRAFFIC_CLASS_NAMES[trafficClass] ?? '';
}
