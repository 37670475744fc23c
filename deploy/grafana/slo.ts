import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, figure, graph } from './board.ts';
import { quantile, series } from './queries.ts';

const BUDGET = 'on (slo) group_left () slo:error_budget:ratio';

/** @param window of the recording rules */
function errors(window: string, labels = ''): string {
  return series(`job_slo:errors:ratio_rate${window}`, labels);
}

/** The two promises: see the recording rules. */
export function slo(name: string): Dashboard {
  return board(name, 'SLO', [
    {
      title: 'Promises',
      panels: [
        figure('Answers other than 5xx, 3 days', `1 - ${errors('3d', 'slo="answer"')}`, {
          unit: 'percentunit',
          about: 'Promised: 99.9 % of MESSAGEs.',
        }),
        figure('Delivered within 0.25 s, 3 days', `1 - ${errors('3d', 'slo="delivery"')}`, {
          unit: 'percentunit',
          about: 'Promised: 99 % of what is delivered directly.',
        }),
        figure('Delivery, 99 %', series('job:im_delivery_duration_seconds:p99_rate1m'), {
          unit: 's',
          limit: 0.25,
        }),
        figure('Answer, 99 %', series('job:sip_transaction_duration_seconds:p99_rate1m'), {
          unit: 's',
          limit: 3,
        }),
      ],
    },
    {
      title: 'Error budget',
      panels: ['answer', 'delivery'].flatMap((promise) => [
        graph(
          `${promise}: how many times as fast as it may`,
          Object.fromEntries(
            ['5m', '30m', '1h', '6h', '3d'].map((window) => [
              window,
              `${errors(window, `slo="${promise}"`)} / ${BUDGET}`,
            ]),
          ),
          { limit: 1, about: 'At 1 the budget lasts exactly as long as it is meant to.' },
        ),
        graph(
          `${promise}: left of the budget of 3 days`,
          { left: `1 - ${errors('3d', `slo="${promise}"`)} / ${BUDGET}` },
          { unit: 'percentunit' },
        ),
        graph(
          `${promise}: outside of it`,
          { share: errors('5m', `slo="${promise}"`) },
          {
            unit: 'percentunit',
          },
        ),
      ]),
    },
    {
      title: 'Distribution',
      panels: [
        graph(
          'Arrival to delivery',
          Object.fromEntries(
            [0.5, 0.9, 0.99, 0.999].map((q) => [
              `${q * 100} %`,
              quantile(q, 'im_delivery_duration_seconds', 'outcome="delivered"'),
            ]),
          ),
          { unit: 's', limit: 0.25 },
        ),
      ],
    },
  ]);
}
