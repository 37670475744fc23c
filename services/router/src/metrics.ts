import type { Metrics, Series } from '@hermod/platform';
import type { SipTrunk } from './adapters/sip-trunk.ts';
import { MAX_CONCURRENT_DRAINS } from './domain/drain-slots.ts';
import type { RouterStats } from './domain/router-stats.ts';
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
  metrics.collect(gauge('im_trunk_pending', 'Branches without a final response.'), [], (emit) =>
    emit(trunk.pending),
  );
}

/** Publishes what a router counts (names: docs/operations.md). */
export function exposeRouterMetrics(metrics: Metrics, router: Router): void {
  const { stats } = router;
  metrics.exposeStats(stats, {
    records: counter('im_records_total', 'Records started.'),
    repeats: counter('im_repeats_total', 'Records whose delivery id had an outcome already.'),
    stored: counter('im_stored_total', 'Messages put into a mailbox.'),
    mailboxRemoved: counter(
      'im_mailbox_removed_total',
      'Stored messages that came to their end: their mailbox is rid of them.',
    ),
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
  exposeDurations(metrics, router.stats);
  exposeGauges(metrics, router);
}

function exposeDurations(metrics: Metrics, stats: RouterStats): void {
  metrics.collectDurations(
    { name: 'im_log_duration_seconds', help: 'Arrival at the edge to its turn at the router.' },
    [],
    (emit) => emit(stats.logDurations),
  );
  metrics.collectDurations(
    { name: 'im_lookup_duration_seconds', help: "That to the recipient's state." },
    [],
    (emit) => emit(stats.lookupDurations),
  );
  metrics.collectDurations(
    { name: 'im_fork_duration_seconds', help: 'Start of a fork to its verdict.' },
    ['verdict'],
    (emit) => {
      for (const [verdict, histogram] of stats.forkDurations.entries()) {
        emit(histogram, { verdict });
      }
    },
  );
  for (const [name, help, durations] of [
    [
      'im_delivery_duration_seconds',
      'Arrival at the edge to the outcome, of what came directly; stored: to the mailbox.',
      stats.deliveryDurations,
    ],
    [
      'im_mailbox_duration_seconds',
      'Arrival at the edge to the outcome, of what had been stored.',
      stats.mailboxDurations,
    ],
  ] as const) {
    metrics.collectDurations({ name, help }, ['outcome'], (emit) => {
      for (const [outcome, histogram] of durations.entries()) emit(histogram, { outcome });
    });
  }
}

function exposeGauges(metrics: Metrics, router: Router): void {
  const { mailboxes } = router;
  const gauges: readonly [name: string, help: string, read: () => number][] = [
    ['im_inflight', 'Records started and not finished.', () => router.unfinished],
    ['im_inflight_limit', 'How many there may be.', () => router.maxUnfinished],
    ['im_router_backlog', 'Records read and not started.', () => router.waiting],
    [
      'im_consumer_lag_records',
      'Records of the owned partitions that were not read yet.',
      () => router.unread,
    ],
    [
      'im_lag_seconds',
      'Age of the oldest message that was read and is not finished; 0: there is none.',
      () => router.lagMs / 1000,
    ],
    [
      'im_routing_lag_seconds',
      'Age of the oldest message that was read and that nothing was decided about: it waits for the router or the store, not for a device; 0: there is none.',
      () => router.routingLagMs / 1000,
    ],
    ['im_router_partitions', 'Partitions owned.', () => router.ownedPartitions],
    ['im_active_recipients', 'Recipients with work under way.', () => router.activeRecipients],
    ['im_drains', 'Mailbox drains under way.', () => router.drains],
    ['im_drains_limit', 'How many there may be.', () => MAX_CONCURRENT_DRAINS],
    [
      'im_mailboxes',
      'Recipients that have stored messages, or are to be looked at.',
      () => mailboxes.mailboxes,
    ],
    [
      'im_mailbox_entries',
      'Stored messages, from a sample: exact while a partition has few recipients.',
      () => mailboxes.entries,
    ],
    [
      'im_mailbox_oldest_age_seconds',
      'Age of the oldest stored message in that sample.',
      () => mailboxes.oldestAgeMs / 1000,
    ],
    [
      'im_mailbox_overdue_seconds',
      'How long the recipient that is due first has been so.',
      () => mailboxes.overdueMs / 1000,
    ],
  ];
  for (const [name, help, read] of gauges) {
    metrics.collect(gauge(name, help), [], (emit) => emit(read()));
  }
}
