import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, graph } from './board.ts';
import { max, rate, series, sum } from './queries.ts';

/** What edges take on, what not, and why. */
export function congestion(name: string): Dashboard {
  return board(name, 'congestion', [
    {
      title: 'Decisions',
      panels: [
        graph(
          'Offered, admitted, limit',
          {
            '{{kind}}': sum('im_admission_rate', '', 'kind'),
            'limit, {{loop}}': `${sum('im_admission_rate_limit', '', 'loop')} < Inf`,
          },
          { unit: 'ops', about: 'No limit is drawn while none is in force.' },
        ),
        graph('Admitted', { '{{class}}': rate('im_admitted_total', '', 'class') }, { unit: 'ops' }),
        graph(
          'Not admitted',
          { '{{class}}': rate('im_admission_rejected_total', '', 'class') },
          { unit: 'ops' },
        ),
        graph(
          'Not admitted, why',
          { '{{reason}}': rate('im_admission_rejected_total', '', 'reason') },
          { unit: 'ops', about: 'share: its source had its share; rate: too much of everything.' },
        ),
        graph(
          'A source gets at most',
          { '{{instance}}': `${series('im_admission_share')} < Inf` },
          { unit: 'ops' },
        ),
        graph('Sources', { '{{instance}}': series('im_admission_sources') }),
        graph(
          'Left unread for a moment',
          { '{{instance}}': rate('sip_reading_pauses_total', '', 'instance') },
          {
            unit: 'ops',
            about:
              'Connections whose sender is above its share, or goes on after refusals; TCP slows it down.',
          },
        ),
      ],
    },
    {
      title: 'Reasons',
      panels: [
        graph(
          'Distance from the target',
          { '{{instance}}': series('im_congestion_error') },
          {
            limit: 0,
            about: 'Of the worst signal, in targets; above 0 is overload.',
          },
        ),
        graph(
          'Worst signal',
          { '{{signal}}': sum('im_congestion_worst', '', 'signal') },
          {
            about: 'Of how many edges.',
          },
        ),
        graph(
          'Time under limit and overload',
          {
            limiting: `${rate('im_congestion_limiting_ticks_total')} / ${rate('im_congestion_ticks_total')}`,
            overloaded: `${rate('im_congestion_overloaded_ticks_total')} / ${rate('im_congestion_ticks_total')}`,
          },
          { unit: 'percentunit' },
        ),
        graph(
          'Measurements ignored',
          { '{{loop}}': rate('im_congestion_ignored_total', '', 'loop') },
          {
            unit: 'ops',
          },
        ),
      ],
    },
    {
      title: 'The cluster, by Prometheus',
      panels: [
        graph(
          'Is it heard?',
          { '{{state}}': sum('im_congestion_outer_state', '', 'state') },
          {
            about:
              'Of how many edges. off: none has ever been asked or answered; alone: there is no answer any more.',
          },
        ),
        graph(
          'Pressure',
          { '{{instance}}': series('im_congestion_outer_pressure') },
          { limit: 1, about: 'The worst signal of the cluster over its target.' },
        ),
        graph(
          'Worst signal',
          { '{{signal}}': sum('im_congestion_outer_worst', '', 'signal') },
          { about: 'Of how many edges.' },
        ),
        graph(
          'Questions',
          { '{{result}}': rate('im_prometheus_queries_total', '', 'result') },
          { unit: 'ops' },
        ),
      ],
    },
    {
      title: 'Neighbours (RFC 7339)',
      panels: [
        graph(
          'Asked of servers that send here',
          { '{{instance}}': series('sip_oc_loss_ratio') },
          {
            unit: 'percentunit',
            about: 'Of what they have for this cluster: to be left out, or sent elsewhere.',
          },
        ),
        graph(
          'Asked of edges by routers',
          { '{{instance}}': series('sip_oc_router_loss_ratio') },
          { unit: 'percentunit', about: 'The same, of what edges have for the log.' },
        ),
        graph(
          'Servers of other domains',
          {
            'ask for less': sum('sip_oc_next_hops'),
            'are left alone': sum('sip_held_next_hops'),
          },
          {
            about:
              'Left alone: they did not answer, or asked for rest by Retry-After. As many as edges see.',
          },
        ),
        graph(
          'Not sent to servers that ask for less',
          { '{{instance}}': rate('sip_oc_limited_total', '', 'instance') },
          { unit: 'ops', about: 'It goes to another server of the domain, or gets 503.' },
        ),
      ],
    },
    {
      title: 'What it protects',
      panels: [
        graph(
          'Goodput',
          { delivered: rate('im_outcomes_total', 'outcome="delivered"') },
          { unit: 'ops' },
        ),
        graph(
          'Lag',
          { 'for routers': max('im_routing_lag_seconds'), all: max('im_lag_seconds') },
          { unit: 's', limit: 0.4 },
        ),
        graph(
          'Event loop busy',
          {
            '{{instance}}': series(
              'nodejs_eventloop_utilization_ratio',
              'service=~"edge|standalone"',
            ),
          },
          { unit: 'percentunit' },
        ),
      ],
    },
  ]);
}
