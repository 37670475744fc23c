import { describe, expect, test } from 'vitest';
import { Metrics } from '../metrics.ts';
import { parseValue, Sample } from './sample.js';

describe('Sample', () => {
  test('MUST read what a process writes: values, labels, help', async () => {
    const metrics = new Metrics('edge');
    metrics.collect(
      { name: 'sip_flows', help: 'Open flows.', kind: 'gauge' },
      ['transport'],
      (emit) => {
        emit(3, { transport: 'udp' });
        emit(4, { transport: 'tcp' });
      },
    );
    const sample = new Sample(await metrics.text(), 7);
    expect(sample.atMs).toBe(7);
    expect(sample.sum('sip_flows')).toBe(7);
    expect(sample.sum('sip_flows', { transport: 'tcp' })).toBe(4);
    expect(sample.sum('sip_flows', { transport: /^[tu]/ })).toBe(7);
    expect(sample.rows('sip_flows')[0]?.[1].labels).toEqual({ transport: 'udp', service: 'edge' });
    expect(sample.help('sip_flows')).toBe('Open flows.');
  });

  test('MUST tell a series without a row so far from one that there is not', async () => {
    const metrics = new Metrics('edge');
    metrics.collect({ name: 'x_total', help: 'x', kind: 'counter' }, ['code'], () => undefined);
    metrics.collectDurations({ name: 'y_seconds', help: 'y' }, [], () => undefined);
    const sample = new Sample(await metrics.text(), 0);
    expect([sample.has('x_total'), sample.sum('x_total')]).toEqual([true, 0]);
    expect(sample.has('y_seconds_bucket')).toBe(true);
    expect([sample.has('z_total'), sample.sum('z_total')]).toEqual([false, Number.NaN]);
  });

  test('MUST read escaped label values, timestamps and special values', () => {
    const text = 'a{x="1\\"2\\\\3\\n4,}",y=""} 1.5e3 1700000000000\nb NaN\nc -Inf\nd{} +Inf\n';
    const sample = new Sample(text, 0);
    expect(sample.rows('a')[0]?.[1]).toEqual({ labels: { x: '1"2\\3\n4,}', y: '' }, value: 1500 });
    expect(sample.sum('b')).toBeNaN();
    expect(sample.sum('c')).toBe(Number.NEGATIVE_INFINITY);
    expect(sample.sum('d')).toBe(Number.POSITIVE_INFINITY);
    expect(parseValue('+Inf')).toBe(Number.POSITIVE_INFINITY);
  });

  test('MUST leave out what is none of the format', () => {
    const sample = new Sample('<html>\n# no comment of ours\n1a 3\na\na{x="1" 2\n\nb 2\n', 0);
    expect(sample.names).toEqual(['b']);
  });
});
