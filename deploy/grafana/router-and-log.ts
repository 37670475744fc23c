import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, graph } from './board.ts';
import { max, quantile, quantiles, rate, series, sum } from './queries.ts';

/** From the log to the device. */
export function routerAndLog(name: string): Dashboard {
  return board(name, 'router and log', [
    {
      title: 'Do routers keep up?',
      panels: [
        graph(
          'Oldest message under way',
          { '{{instance}}': max('im_lag_seconds', 'instance') },
          {
            unit: 's',
            limit: 5,
          },
        ),
        graph('Not read yet', { '{{instance}}': sum('im_consumer_lag_records', '', 'instance') }),
        graph('Read and not started', { '{{instance}}': sum('im_router_backlog', '', 'instance') }),
        graph(
          'Started',
          { '{{instance}}': rate('im_records_total', '', 'instance') },
          { unit: 'ops' },
        ),
        graph('Under way', {
          '{{instance}}': sum('im_inflight', '', 'instance'),
          'as many as may be': sum('im_inflight_limit'),
        }),
        graph('Recipients with work', {
          '{{instance}}': sum('im_active_recipients', '', 'instance'),
        }),
      ],
    },
    {
      title: 'Stages',
      panels: [
        graph('Arrival to its turn', quantiles('im_log_duration_seconds'), { unit: 's' }),
        graph('Look-up', quantiles('im_lookup_duration_seconds'), { unit: 's' }),
        graph(
          'Fork, 99 %',
          { '{{verdict}}': quantile(0.99, 'im_fork_duration_seconds', '', 'verdict') },
          { unit: 's' },
        ),
        graph(
          'Arrival to outcome, 99 %',
          { '{{outcome}}': quantile(0.99, 'im_delivery_duration_seconds', '', 'outcome') },
          { unit: 's' },
        ),
        graph(
          'Outcomes',
          { '{{outcome}}': rate('im_outcomes_total', '', 'outcome') },
          {
            unit: 'ops',
          },
        ),
        graph(
          'Branches',
          {
            sent: rate('im_branches_sent_total'),
            'no answer in 2 s': rate('im_branch_deadlines_total'),
            'late 2xx': rate('im_late_successes_total'),
          },
          { unit: 'ops' },
        ),
      ],
    },
    {
      title: 'Log',
      panels: [
        graph(
          'Kafka, 99 %',
          { '{{api}}': quantile(0.99, 'im_kafka_request_duration_seconds', '', 'api') },
          { unit: 's', about: 'Fetch waits up to 0.25 s for something to read.' },
        ),
        graph('Records that wait for Kafka', { '{{instance}}': series('im_append_pending') }),
        graph(
          'Commits',
          { done: rate('im_commits_total'), failed: rate('im_commit_failures_total') },
          { unit: 'ops' },
        ),
        graph(
          'Repeated',
          { records: rate('im_repeats_total'), 'store calls': rate('im_store_retries_total') },
          { unit: 'ops' },
        ),
        graph('Set aside', { '{{instance}}': series('im_dead_total') }),
        graph('Partitions', { '{{instance}}': series('im_router_partitions') }),
      ],
    },
    {
      title: 'Trunks',
      panels: [
        graph('Edges reached', {
          'by router {{instance}}': series('im_trunk_edges_up'),
          'by edge {{instance}}': series('sip_trunk_edges_up'),
        }),
        graph('Without a final response', { '{{instance}}': series('im_trunk_pending') }),
        graph(
          'Lost',
          {
            'no edge to send to': rate('im_trunk_refused_total'),
            'nobody waited': rate('im_trunk_unmatched_total'),
            'replies without an edge': rate('im_trunk_replies_dropped_total'),
            'finals without a router': rate('im_trunk_finals_lost_total'),
            'not understood': rate('im_trunk_dropped_total'),
            strangers: rate('im_trunk_strangers_total'),
          },
          { unit: 'ops' },
        ),
      ],
    },
    {
      title: 'Process',
      panels: [
        graph(
          'Event loop busy',
          {
            '{{instance}}': series(
              'nodejs_eventloop_utilization_ratio',
              'service=~"router|standalone"',
            ),
          },
          { unit: 'percentunit', limit: 0.8 },
        ),
        graph(
          'CPU',
          {
            '{{instance}}': rate(
              'process_cpu_seconds_total',
              'service=~"router|standalone"',
              'instance',
            ),
          },
          { unit: 'percentunit', limit: 0.8 },
        ),
        graph(
          'Memory',
          {
            '{{instance}}': series('process_resident_memory_bytes', 'service=~"router|standalone"'),
          },
          { unit: 'bytes' },
        ),
      ],
    },
  ]);
}
