import type { Span, TraceStep } from '@hermod/contracts';
import { TraceReceiver } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OtlpTracer, type OtlpTracerOptions } from './otlp-tracer.ts';
import { MAX_QUEUED_SPANS } from './span-queue.ts';

const TRACE_ID = 'ab'.repeat(16);
const SPAN_ID = 'cd'.repeat(8);
const WAIT_MS = 8_000;

let receiver: TraceReceiver;
let nowMs = 0;
let warnings: { readonly detail: Record<string, unknown>; readonly message: string }[];
const open: OtlpTracer[] = [];
beforeEach(async () => {
  receiver = await TraceReceiver.listen();
  nowMs = 0;
  warnings = [];
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((tracer) => tracer.close()));
  await receiver.close();
});

function tracerWith(change: Partial<OtlpTracerOptions> = {}): OtlpTracer {
  const tracer = new OtlpTracer({
    endpoint: receiver.endpoint,
    ratio: 1,
    service: 'edge',
    stats: { sent: 0, failed: 0, dropped: 0 },
    warn: (detail, message) => warnings.push({ detail, message }),
    monotonicMs: () => nowMs,
    random: () => 0,
    ...change,
  });
  open.push(tracer);
  return tracer;
}

function begun(tracer: OtlpTracer, step: TraceStep = 'arrival'): Span {
  const span = tracer.begin(step, Date.now());
  if (span === undefined) throw new Error('not traced');
  return span;
}

describe('OtlpTracer', () => {
  test('MUST begin a trace for the share that was asked for', () => {
    let drawn = 0.249;
    const tracer = tracerWith({ ratio: 0.25, random: () => drawn });
    expect(tracer.begin('arrival', 0)).toBeDefined();
    drawn = 0.25;
    expect(tracer.begin('arrival', 0)).toBeUndefined();
    expect(tracerWith({ ratio: 0 }).begin('arrival', 0)).toBeUndefined();
    const all = tracerWith({ ratio: 1, random: () => 1 - Number.EPSILON });
    expect(all.begin('arrival', 0)).toBeDefined();
  });

  test('MUST go on with the trace of a traceparent, whatever its share is (W3C Trace Context §3.2)', async () => {
    const tracer = tracerWith({ ratio: 0 });
    const span = tracer.join('route', `00-${TRACE_ID}-${SPAN_ID}-01`);
    expect(span?.traceId).toBe(TRACE_ID);
    expect(span?.traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`));
    expect(span?.traceparent).not.toContain(SPAN_ID);
    span?.end(0);
    await tracer.close();
    expect(receiver.spans).toMatchObject([{ traceId: TRACE_ID, parentSpanId: SPAN_ID }]);
  });

  test.each([
    '',
    'trace me',
    `00-${TRACE_ID}-${SPAN_ID}-00`,
    `ff-${TRACE_ID}-${SPAN_ID}-01`,
    `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
    `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    `00-${TRACE_ID}-${SPAN_ID}-01-more`,
  ])('MUST NOT join what is no traceparent of ours: %s', (text) => {
    expect(tracerWith().join('route', text)).toBeUndefined();
  });

  test('MUST send below the path of its endpoint, with status, error and kind', async () => {
    const tracer = tracerWith({ endpoint: `${receiver.endpoint}/otlp` });
    receiver.path = '/otlp/v1/traces';
    const span = begun(tracer);
    span.note('transport', 'TCP');
    span.child('append').end(0);
    span.end(503);
    await tracer.close();
    const [append, arrival] = receiver.spans;
    expect(append).toMatchObject({ name: 'append', kind: 4, parentSpanId: arrival?.spanId });
    expect(append?.attributes).toEqual({});
    expect(arrival).toMatchObject({ kind: 2, service: 'hermod-edge', isError: true });
    expect(arrival?.attributes).toEqual({ 'network.transport': 'tcp', 'sip.status_code': '503' });
  });

  test('MUST hold a bounded number of spans, drop the rest, and count both', async () => {
    const stats = { sent: 0, failed: 0, dropped: 0 };
    const tracer = tracerWith({ stats });
    for (let i = 0; i < MAX_QUEUED_SPANS + 900; i += 1) begun(tracer).end(200);
    expect(stats.dropped).toBe(900);
    await vi.waitFor(() => expect(stats.sent).toBe(MAX_QUEUED_SPANS), WAIT_MS);
    expect(receiver.spans).toHaveLength(MAX_QUEUED_SPANS);
    begun(tracer).end(200);
    expect(stats.dropped).toBe(900);
  });

  test('MUST tell of a failing endpoint once in 30 s, with how many spans were lost meanwhile', async () => {
    receiver.status = 400;
    const stats = { sent: 0, failed: 0, dropped: 0 };
    const tracer = tracerWith({ stats });
    const lose = async (): Promise<void> => {
      const { failed } = stats;
      begun(tracer).end(200);
      await vi.waitFor(() => expect(stats.failed).toBe(failed + 1), WAIT_MS);
    };
    await lose();
    nowMs = 29_999;
    await lose();
    expect(warnings).toHaveLength(1);
    nowMs = 30_000;
    await lose();
    expect(warnings).toMatchObject([
      { message: 'HERMOD_OTLP_ENDPOINT takes no traces', detail: { suppressed: 0 } },
      { detail: { suppressed: 1 } },
    ]);
  }, 15_000);

  test('MUST end within two seconds when its endpoint hangs', async () => {
    receiver.hangs = true;
    const tracer = tracerWith();
    begun(tracer).end(200);
    const startMs = performance.now();
    await tracer.close();
    expect(performance.now() - startMs).toBeLessThan(3_000);
    expect(receiver.requests).toBe(1);
  });
});
