import type { Metrics, Series } from '@hermod/platform';
import type { RegisterListener } from './adapters/register-listener.ts';
import type { RegistrarStats } from './domain/registrar-stats.ts';

const counter = (name: string, help: string): Series => ({ name, help, kind: 'counter' });

const ANSWERED = 'sip_registrations_total';
const ANSWERED_HELP = 'REGISTERs answered, by result.';

/** Publishes what a registrar counts (names: docs/operations.md). */
export function exposeRegistrarMetrics(metrics: Metrics, stats: RegistrarStats): void {
  const answers = [
    ['accepted', 'accepted'],
    ['refused', 'refused'],
    ['storeFailures', 'store_away'],
    ['queueRefusals', 'queue_full'],
    ['conflictFailures', 'conflict'],
  ] as const;
  for (const [field, result] of answers) {
    metrics.exposeStats(stats, { [field]: counter(ANSWERED, ANSWERED_HELP) }, { result });
  }
  metrics.exposeStats(stats, {
    conflicts: counter('sip_registration_conflicts_total', 'Writes repeated after a conflict.'),
    wakeUps: counter('im_wake_ups_total', 'Drains asked for through the log.'),
    wakeUpsByDue: counter('im_wake_ups_by_due_total', 'Drains asked for through the due set.'),
    wakeUpsLost: counter('im_wake_ups_lost_total', 'Drains that could not be asked for.'),
  });
  metrics.collectDurations(
    { name: 'sip_registration_duration_seconds', help: 'REGISTER to its answer.' },
    [],
    (emit) => emit(stats.durations),
  );
}

/** Publishes what the listener for edges counts: in the cluster alone. */
export function exposeListenerMetrics(metrics: Metrics, { stats }: RegisterListener): void {
  metrics.exposeStats(stats, { capped: counter(ANSWERED, ANSWERED_HELP) }, { result: 'capped' });
  metrics.exposeStats(stats, {
    refusedPeers: counter('im_trunk_strangers_total', 'Connections from no listed peer.'),
  });
}
