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
  });
});
