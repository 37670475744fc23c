import { DurationHistogram } from '@hermod/contracts';
import { describe, expect, test } from 'vitest';
import { Metrics } from './metrics.ts';

const PENDING = { name: 'im_store_pending', help: 'Waiting.', kind: 'gauge' } as const;
const RESPONSES = { name: 'sip_responses_total', help: 'Responses.', kind: 'counter' } as const;

describe('Metrics', () => {
  test('MUST read the fields of a stats object at each scrape', async () => {
    const metrics = new Metrics('edge');
    const stats = { pending: 1, name: 'not a number' };
    metrics.exposeStats(stats, { pending: PENDING });
    expect(await metrics.text()).toContain('im_store_pending{service="edge"} 1');
    stats.pending = 7;
    expect(await metrics.text()).toContain('im_store_pending{service="edge"} 7');
  });

  test('objects that share a series MUST appear side by side, told apart by labels', async () => {
    const metrics = new Metrics('edge');
    const series = { name: 'sip_requests_total', help: 'Requests.', kind: 'counter' } as const;
    metrics.exposeStats({ messagesIn: 2 }, { messagesIn: series }, { transport: 'udp' });
    metrics.exposeStats({ messagesIn: 3 }, { messagesIn: series }, { transport: 'tcp' });
    const text = await metrics.text();
    expect(text).toContain('sip_requests_total{transport="udp",service="edge"} 2');
    expect(text).toContain('sip_requests_total{transport="tcp",service="edge"} 3');
    expect(text.match(/# TYPE sip_requests_total counter/g)?.length).toBe(1);
  });

  test('values with labels known only at scrape time MUST be emitted, and vanish with their source', async () => {
    const metrics = new Metrics('edge');
    const byCode = new Map([['200', 5]]);
    metrics.collect(RESPONSES, ['code'], (emit) => {
      for (const [code, count] of byCode) emit(count, { code });
    });
    expect(await metrics.text()).toContain('sip_responses_total{code="200",service="edge"} 5');
    byCode.delete('200');
    byCode.set('503', 1);
    const text = await metrics.text();
    expect(text).toContain('code="503"');
    expect(text).not.toContain('code="200"');
  });

  test('one name with two kinds or two sets of labels MUST be refused', () => {
    const metrics = new Metrics('edge');
    const read = () => undefined;
    metrics.collect(RESPONSES, ['method', 'code'], read);
    metrics.collect(RESPONSES, ['code', 'method'], read);
    expect(() => metrics.collect(RESPONSES, ['code'], read)).toThrow('by (code,method)');
    metrics.exposeStats({ pending: 1 }, { pending: PENDING });
    expect(() => metrics.collect({ ...PENDING, kind: 'counter' }, [], () => undefined)).toThrow();
  });

  test('the process, its event loop and its garbage collection MUST be visible', async () => {
    const metrics = new Metrics('edge');
    metrics.collectProcess();
    const text = await metrics.text();
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text).toContain('nodejs_gc_duration_seconds');
    expect(text).toMatch(/^nodejs_eventloop_utilization_ratio\{service="edge"\} [01]/m);
  });
});

describe('histograms', () => {
  const SERIES = { name: 'im_append_duration_seconds', help: 'Append.' };

  test('MUST be shown in seconds, cumulative, with sum and count', async () => {
    const metrics = new Metrics('edge');
    const histogram = new DurationHistogram([5, 250]);
    metrics.collectDurations(SERIES, ['class'], (emit) => emit(histogram, { class: '2xx' }));
    for (const ms of [4, 100, 250, 900]) histogram.observe(ms);
    expect(await metrics.text()).toContain(`# HELP im_append_duration_seconds Append.
# TYPE im_append_duration_seconds histogram
im_append_duration_seconds_bucket{class="2xx",service="edge",le="0.005"} 1
im_append_duration_seconds_bucket{class="2xx",service="edge",le="0.25"} 3
im_append_duration_seconds_bucket{class="2xx",service="edge",le="+Inf"} 4
im_append_duration_seconds_sum{class="2xx",service="edge"} 1.254
im_append_duration_seconds_count{class="2xx",service="edge"} 4
`);
  });

  test('that share a series MUST appear under one heading, and no other series may have the name', async () => {
    const metrics = new Metrics('edge');
    for (const method of ['MESSAGE', 'REGISTER']) {
      metrics.collectDurations(SERIES, ['method'], (emit) =>
        emit(new DurationHistogram([5]), { method }),
      );
    }
    const text = await metrics.text();
    expect(text.match(/# TYPE im_append_duration_seconds/g)?.length).toBe(1);
    expect(text.match(/^im_append_duration_seconds_count/gm)?.length).toBe(2);
    expect(() => metrics.collectDurations(SERIES, [], () => undefined)).toThrow('by (method)');
    expect(() =>
      metrics.collect({ ...SERIES, kind: 'gauge' }, ['method'], () => undefined),
    ).toThrow('already a histogram');
  });

  test('MUST show the trace of an observation to scrapers that take OpenMetrics, and to no others', async () => {
    const metrics = new Metrics('edge');
    const histogram = new DurationHistogram([5, 250]);
    metrics.collect(RESPONSES, ['code'], (emit) => emit(3, { code: '200' }));
    metrics.collect(PENDING, [], (emit) => emit(1));
    metrics.collectDurations(SERIES, [], (emit) => emit(histogram));
    histogram.observe(42);
    histogram.exemplify(42, 'ab'.repeat(16), 1_700_000_000_500);
    const open = await metrics.expose('application/openmetrics-text;version=1.0.0,*/*;q=0.1');
    expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.text).toContain(
      `{service="edge",le="0.25"} 1 # {trace_id="${'ab'.repeat(16)}"} 0.042 1700000000.5\n`,
    );
    expect(open.text).toContain('# TYPE sip_responses counter\nsip_responses_total{code="200"');
    expect(open.text).not.toContain('\n\n');
    expect(open.text.endsWith('\n# EOF\n')).toBe(true);
    const plain = await metrics.expose('text/plain');
    expect(plain.contentType).toContain('text/plain; version=0.0.4');
    expect(plain.text).not.toMatch(/trace_id|# EOF/);
    expect(plain.text).toContain('# TYPE sip_responses_total counter');
  });
});
