import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, graph } from './board.ts';
import { quantile, quantiles, rate, sum } from './queries.ts';

const STORE = 'im_store_duration_seconds';

/** Bindings, and the store of all. */
export function registrarAndRedis(name: string): Dashboard {
  return board(name, 'registrar and Redis', [
    {
      title: 'Registrations',
      panels: [
        graph(
          'REGISTERs',
          { '{{result}}': rate('sip_registrations_total', '', 'result') },
          {
            unit: 'ops',
          },
        ),
        graph('At the registrar', quantiles('sip_registration_duration_seconds'), { unit: 's' }),
        graph('At the edge', quantiles('sip_transaction_duration_seconds', 'method="REGISTER"'), {
          unit: 's',
        }),
        graph(
          'Forwarded by edges',
          { all: rate('sip_registers_total'), unanswered: rate('sip_register_failures_total') },
          { unit: 'ops' },
        ),
        graph(
          'Unanswered, why',
          { '{{reason}}': rate('sip_registrar_failures_total', '', 'reason') },
          { unit: 'ops' },
        ),
        graph(
          'Routers woken',
          {
            woken: rate('im_wake_ups_total'),
            'by the due set': rate('im_wake_ups_by_due_total'),
            lost: rate('im_wake_ups_lost_total'),
            conflicts: rate('sip_registration_conflicts_total'),
          },
          { unit: 'ops' },
        ),
      ],
    },
    {
      title: 'Redis',
      panels: [
        graph(
          'Calls',
          { '{{operation}}': rate(`${STORE}_count`, '', 'operation') },
          {
            unit: 'ops',
          },
        ),
        graph('All calls', quantiles(STORE), { unit: 's', limit: 0.1 }),
        graph(
          'By operation, 99 %',
          { '{{operation}}': quantile(0.99, STORE, '', 'operation') },
          {
            unit: 's',
            limit: 0.1,
          },
        ),
        graph(
          'Failed',
          { '{{service}} {{operation}}': rate('im_store_errors_total', '', 'service, operation') },
          { unit: 'ops' },
        ),
        graph('Without an answer', { '{{service}}': sum('im_store_pending', '', 'service') }),
        graph(
          'Calls, by caller',
          { '{{service}}': rate(`${STORE}_count`, '', 'service') },
          {
            unit: 'ops',
          },
        ),
      ],
    },
  ]);
}
