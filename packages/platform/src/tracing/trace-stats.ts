import type { Metrics } from '../metrics.ts';

/** What became of spans that have ended; all only grow. */
export type TraceStats = {
  sent: number;
  /** The endpoint did not take them. */
  failed: number;
  /** The queue was full. */
  dropped: number;
};

/** Publishes {@link TraceStats}. */
export function exposeTraceStats(metrics: Metrics, stats: TraceStats): void {
  for (const result of ['sent', 'failed', 'dropped'] as const) {
    metrics.exposeStats(
      stats,
      {
        [result]: {
          name: 'im_trace_spans_total',
          help: 'Spans of traced messages, by what became of them.',
          kind: 'counter',
        },
      },
      { result },
    );
  }
}
