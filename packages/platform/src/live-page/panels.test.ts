import { describe, expect, test } from 'vitest';
import { Interval } from './interval.js';
import { FIGURES, PANELS, readController, readLimits, readMoment } from './panels.js';
import { Sample } from './sample.js';

/** A moment one second long. */
function moment(before: string, after: string) {
  const interval = new Interval(new Sample(before, 0), new Sample(after, 1_000));
  return { last: interval, window: interval };
}

describe('readMoment', () => {
  test('MUST read what there is, and nothing of series that the process has not', () => {
    const requests = (count: number): string => `sip_requests_total{method="MESSAGE"} ${count}\n`;
    const { charts, figures } = readMoment(moment(requests(10), requests(25)));
    expect([...charts]).toEqual([
      ['messages', [{ label: 'offered', value: 15, total: 25 }]],
      [
        'requests',
        [
          { label: 'all', value: 15, total: 25 },
          { label: 'MESSAGE', value: 15, total: 25 },
        ],
      ],
    ]);
    expect([...figures]).toEqual([['messages offered', 15]]);
    expect(readMoment(moment('', ''))).toEqual({ charts: new Map(), figures: new Map() });
  });

  test('what policy forbids MUST NOT be called load that was shed', () => {
    const rejected = (policy: number, cap: number): string =>
      `sip_requests_rejected_total{reason="policy"} ${policy}\nsip_requests_rejected_total{reason="flow_cap"} ${cap}\n`;
    const { figures } = readMoment(moment(rejected(0, 0), rejected(7, 2)));
    expect(figures.get('refused (shed load)')).toBe(2);
  });

  test('by a label MUST be what has occurred; a gauge by a label, all of it', () => {
    const text = (code: number): string =>
      `sip_responses_total{method="MESSAGE",code="200"} ${code}\nsip_responses_total{method="BYE",code="200"} 1\n` +
      `sip_responses_total{method="BYE",code="481"} 0\nsip_flows{transport="udp"} 0\nsip_flows{transport="tcp"} 4\n`;
    const { charts } = readMoment(moment(text(1), text(5)));
    expect(charts.get('responses')).toEqual([
      { label: 'all', value: 4, total: 6 },
      { label: '200', value: 4, total: 6 },
    ]);
    expect(charts.get('flows')).toEqual([
      { label: 'udp', value: 0 },
      { label: 'tcp', value: 4 },
    ]);
  });

  test('charts and figures MUST have names of their own', () => {
    for (const names of [
      PANELS.map(({ id }) => id),
      PANELS.map(({ title }) => title),
      FIGURES.map(({ label }) => label),
    ]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('readController', () => {
  const state = (rejected: number, error: number): string =>
    `im_congestion_ticks_total 9\nim_admission_rejected_total{class="message",reason="rate"} ${rejected}\n` +
    `im_congestion_error ${error}\nim_congestion_worst{signal="append"} 1\nim_congestion_worst{signal="sojourn"} 0\n`;

  test('MUST say in words what it does, and by which signal', () => {
    expect(readController(moment('', ''))).toBeUndefined();
    const idle = 'im_congestion_ticks_total 1\nim_congestion_worst{signal="append"} 0\n';
    expect(readController(moment('', idle))).toBe('lets all in');
    const nearest = 'lets all in; nearest to its target is append';
    expect(readController(moment(state(5, -0.4), state(5, -0.4)))).toBe(nearest);
    const refuses = 'refuses some; beyond its target is append';
    expect(readController(moment(state(5, 0), state(6, 0.4)))).toBe(refuses);
    const { charts } = readMoment(moment(state(5, 0), state(6, 0.4)));
    expect(charts.get('pressure')?.[0]?.value).toBeCloseTo(1.4);
  });
});

test('readLimits MUST find each gauge that has a cap, and no series by a label', () => {
  const text =
    '# HELP im_inflight Started.\nim_inflight 30\nim_inflight_limit 4000\n' +
    'im_admission_rate{kind="a"} 1\nim_admission_rate_limit{loop="a"} 9\nim_admission_rate_limit{loop="b"} 9\n';
  expect(readLimits(new Sample(text, 0))).toEqual([
    { name: 'im_inflight', help: 'Started.', value: 30, limit: 4000 },
  ]);
});
