import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, graph } from './board.ts';
import { max, quantile, rate, series, sum } from './queries.ts';

/** What waits for devices that are away. */
export function mailbox(name: string): Dashboard {
  return board(name, 'mailbox', [
    {
      title: 'What is in it',
      panels: [
        graph('Stored messages', { all: sum('im_mailbox_entries') }),
        graph('Recipients', { all: sum('im_mailboxes') }),
        graph('Oldest', { age: max('im_mailbox_oldest_age_seconds') }, { unit: 's' }),
        graph(
          'In and out',
          { in: rate('im_stored_total'), out: rate('im_mailbox_removed_total') },
          { unit: 'ops' },
        ),
        graph(
          'Growth over an hour',
          { all: series('job:im_mailbox_growth:rate1h') },
          {
            unit: 'ops',
          },
        ),
        graph(
          'How long they waited',
          {
            '{{outcome}}, half of them': quantile(
              0.5,
              'im_mailbox_duration_seconds',
              '',
              'outcome',
            ),
            '{{outcome}}, 99 %': quantile(0.99, 'im_mailbox_duration_seconds', '', 'outcome'),
          },
          { unit: 's' },
        ),
      ],
    },
    {
      title: 'How it is emptied',
      panels: [
        graph(
          'Due and not looked at',
          { all: max('im_mailbox_overdue_seconds') },
          {
            unit: 's',
            limit: 60,
          },
        ),
        graph('Drains under way', { drains: sum('im_drains'), 'may be': sum('im_drains_limit') }),
        graph(
          'Drains',
          { started: rate('im_drains_total'), 'messages delivered': rate('im_drained_total') },
          { unit: 'ops' },
        ),
        graph(
          'Notifications to senders',
          {
            '{{disposition}}': rate('im_notifications_total', '', 'disposition'),
            'not sent': rate('im_notifications_dropped_total'),
          },
          { unit: 'ops' },
        ),
        graph(
          'Routers woken by registrations',
          { woken: rate('im_wake_ups_total'), lost: rate('im_wake_ups_lost_total') },
          { unit: 'ops' },
        ),
      ],
    },
  ]);
}
