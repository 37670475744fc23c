import type { Tracer } from '@hermod/contracts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import { monotonicMs } from '../node-runtime.ts';
import { exposeTraceStats, type TraceStats } from './trace-stats.ts';

/** The part of a service's start that {@link openTracer} needs. */
type TracingContext = {
  readonly config: { readonly otlpEndpoint: string | undefined; readonly traceRatio: number };
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
};

/** The tracer of a process, which ends with it; undefined when nobody has asked for one. Then OpenTelemetry is not even loaded. */
export async function openTracer(
  service: string,
  { config, logger, lifecycle, metrics }: TracingContext,
): Promise<Tracer | undefined> {
  const { otlpEndpoint: endpoint, traceRatio: ratio } = config;
  if (endpoint === undefined) return undefined;
  const { OtlpTracer } = await import('./otlp-tracer.ts');
  const stats: TraceStats = { sent: 0, failed: 0, dropped: 0 };
  exposeTraceStats(metrics, stats);
  const tracer = new OtlpTracer({
    endpoint,
    ratio,
    service,
    stats,
    warn: (detail, message) => logger.warn(detail, message),
    monotonicMs,
    random: Math.random,
  });
  lifecycle.onStop('tracing', () => tracer.close());
  return tracer;
}
