import type { Metrics, Series } from '@hermod/platform';
import type { SipTrunk } from './adapters/sip-trunk.ts';
import type { Router } from './router.ts';

const counter = (name: string, help: string): Series => ({ name, help, kind: 'counter' });
const gauge = (name: string, help: string): Series => ({ name, help, kind: 'gauge' });

/** Publishes what a trunk counts. */
export function exposeTrunkMetrics(metrics: Metrics, trunk: SipTrunk): void {
  metrics.exposeStats(trunk.stats, {
    refused: counter('im_trunk_refused_total', 'Branches that could not be sent to any edge.'),
    unmatched: counter('im_trunk_unmatched_total', 'Responses that no branch waits for.'),
    repliesDropped: counter('im_trunk_replies_dropped_total', 'Replies that no edge could take.'),
  });
  metrics.collect(gauge('im_trunk_edges_up', 'Edges that answer on their trunk.'), [], (emit) =>
    emit(trunk.edgesUp),
  );
}

/** Publishes what a router counts (names: docs/operations.md). */
export function exposeRouterMetrics(metrics: Metrics, router: Router): void {
  const { stats } = router;
  metrics.exposeStats(stats, {
    records: counter('im_records_total', 'Records started.'),
    repeats: counter('im_repeats_total', 'Records whose delivery id had an outcome already.'),
    stored: counter('im_stored_total', 'Messages put into a mailbox.'),
    branches: counter('im_branches_sent_total', 'Branches of forks, drains included.'),
    deadlines: counter('im_branch_deadlines_total', 'Branches without an answer within 2 s.'),
    lateSuccesses: counter('im_late_successes_total', '2xx that came after the deadline.'),
    drainsStarted: counter('im_drains_total', 'Mailbox drains started.'),
    drained: counter('im_drained_total', 'Messages delivered from a mailbox.'),
    dead: counter('im_dead_total', 'Records set aside because they could not be processed.'),
    notificationsDropped: counter(
      'im_notifications_dropped_total',
      'Notifications that were asked for and not sent: a foreign sender, or too large.',
    ),
    storeRetries: counter('im_store_retries_total', 'Store calls that were repeated.'),
    commits: counter('im_commits_total', 'Positions committed to the log.'),
    commitFailures: counter('im_commit_failures_total', 'Commits that failed.'),
  });
  for (const outcome of ['delivered', 'refused', 'expired', 'failed'] as const) {
    const series = counter('im_outcomes_total', 'Messages that came to their end, by outcome.');
    metrics.exposeStats(stats, { [outcome]: series }, { outcome });
  }
  const notifications = counter('im_notifications_total', 'Senders told, by what they were told.');
  for (const [field, disposition] of [
    ['notificationsStored', 'stored'],
    ['notificationsFailed', 'failed'],
  ] as const) {
    metrics.exposeStats(stats, { [field]: notifications }, { disposition });
  }
  metrics.collect(gauge('im_inflight', 'Records started and not finished.'), [], (emit) =>
    emit(router.unfinished),
  );
  metrics.collect(gauge('im_router_backlog', 'Records read and not started.'), [], (emit) =>
    emit(router.waiting),
  );
  metrics.collect(gauge('im_router_partitions', 'Partitions owned.'), [], (emit) =>
    emit(router.ownedPartitions),
  );
  metrics.collect(gauge('im_active_recipients', 'Recipients with work under way.'), [], (emit) =>
    emit(router.activeRecipients),
  );
}
