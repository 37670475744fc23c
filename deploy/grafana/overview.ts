import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, figure, graph } from './board.ts';
import { max, mean, quantile, quantiles, rate, series, sum } from './queries.ts';

const MESSAGE = 'method="MESSAGE"';

/** Is all well? */
export function overview(name: string): Dashboard {
  return board(name, 'overview', [
    {
      title: 'Now',
      panels: [
        figure('Messages in', rate('sip_requests_total', MESSAGE), { unit: 'ops' }),
        figure('Delivered', rate('im_outcomes_total', 'outcome="delivered"'), { unit: 'ops' }),
        figure('Refused', rate('sip_requests_rejected_total', 'reason!="policy"'), {
          unit: 'ops',
          limit: 1,
        }),
        figure(
          'Delivery, 99 %',
          quantile(0.99, 'im_delivery_duration_seconds', 'outcome="delivered"'),
          {
            unit: 's',
            limit: 0.25,
          },
        ),
        figure('Lag', max('im_lag_seconds'), { unit: 's', limit: 5 }),
        figure('Connections', sum('sip_flows')),
        figure('Stored messages', sum('im_mailbox_entries')),
        figure('Processes up', sum('up')),
        figure('Processes down', `count(${series('up')} == 0) or vector(0)`, { limit: 1 }),
        figure('Alerts', 'count(ALERTS{alertstate="firing",alertname=~"Hermod.*"}) or vector(0)', {
          limit: 1,
        }),
        figure('Fullest', `max(${series('instance_cap:used:ratio')})`, {
          unit: 'percentunit',
          limit: 0.8,
          about: 'Of all that has a cap.',
        }),
        figure('Busiest', max('nodejs_eventloop_utilization_ratio'), {
          unit: 'percentunit',
          limit: 0.8,
          about: 'How much of the time its event loop was not idle.',
        }),
      ],
    },
    {
      title: 'Messages',
      panels: [
        graph(
          'What becomes of them',
          {
            in: rate('sip_requests_total', MESSAGE),
            '{{outcome}}': rate('im_outcomes_total', '', 'outcome'),
            stored: rate('im_stored_total'),
          },
          { unit: 'ops' },
        ),
        graph(
          'Answers to senders',
          { '{{code}}': rate('sip_responses_total', MESSAGE, 'code') },
          {
            unit: 'ops',
          },
        ),
        graph(
          'Refused',
          { '{{reason}}': rate('sip_requests_rejected_total', '', 'reason') },
          {
            unit: 'ops',
          },
        ),
        graph(
          'Arrival to delivery',
          quantiles('im_delivery_duration_seconds', 'outcome="delivered"'),
          { unit: 's', limit: 0.25 },
        ),
        graph('Arrival to answer', quantiles('sip_transaction_duration_seconds', MESSAGE), {
          unit: 's',
          limit: 3,
          about: 'At 3 s a sender is answered 202 by time.',
        }),
        graph(
          'Where the time goes',
          {
            'to the log': mean('im_append_duration_seconds'),
            'to its turn': mean('im_log_duration_seconds'),
            'look-up': mean('im_lookup_duration_seconds'),
            fork: mean('im_fork_duration_seconds'),
            'of it the device': mean('sip_device_duration_seconds'),
          },
          { unit: 's', about: 'Means. What begins at the arrival includes what came before.' },
        ),
      ],
    },
    {
      title: 'Processes',
      panels: [
        graph(
          'How full',
          { '{{cap}}': `max by (cap) (${series('instance_cap:used:ratio')})` },
          {
            unit: 'percentunit',
            limit: 0.8,
          },
        ),
        graph(
          'How busy',
          { '{{service}} {{instance}}': series('nodejs_eventloop_utilization_ratio') },
          { unit: 'percentunit', limit: 0.8 },
        ),
        graph(
          'Memory',
          { '{{service}} {{instance}}': series('process_resident_memory_bytes') },
          {
            unit: 'bytes',
          },
        ),
      ],
    },
  ]);
}
