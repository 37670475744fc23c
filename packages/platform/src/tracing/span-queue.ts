import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { TraceStats } from './trace-stats.ts';

/** Spans that wait to be sent, or are being sent. */
export const MAX_QUEUED_SPANS = 4_096;
/** How often they are sent, and how many at a time. */
const SEND_MS = 1_000;
const BATCH_SPANS = 512;
/** How often the log says that the endpoint fails. */
const QUIET_MS = 30_000;

type OnResult = Parameters<SpanExporter['export']>[1];

/** What a {@link SpanQueue} needs of its process. */
export type SpanQueueTools = {
  readonly stats: TraceStats;
  warn(detail: Record<string, unknown>, message: string): void;
  monotonicMs(): number;
};

/** Sends ended spans in batches; what it does not hold is dropped, what the endpoint does not take is lost. Either is counted. */
export class SpanQueue extends BatchSpanProcessor {
  readonly #watch: ExportWatch;

  constructor(exporter: SpanExporter, tools: SpanQueueTools) {
    const watch = new ExportWatch(exporter, tools);
    super({
      exporter: watch,
      scheduledDelayMillis: SEND_MS,
      maxExportBatchSize: BATCH_SPANS,
      maxQueueSize: MAX_QUEUED_SPANS,
    });
    this.#watch = watch;
  }

  override onEnd(span: ReadableSpan): void {
    if (this.#watch.takes()) super.onEnd(span);
  }
}

/** Stands before the exporter. Its processor hears of no failure: there is nothing that it could do. */
class ExportWatch implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #tools: SpanQueueTools;
  #held = 0;
  #quietUntilMs = 0;
  #suppressed = 0;

  constructor(exporter: SpanExporter, tools: SpanQueueTools) {
    this.#exporter = exporter;
    this.#tools = tools;
  }

  /** Room for one more? Counts it when there is none. */
  takes(): boolean {
    if (this.#held >= MAX_QUEUED_SPANS) {
      this.#tools.stats.dropped += 1;
      return false;
    }
    this.#held += 1;
    return true;
  }

  export(spans: ReadableSpan[], onResult: OnResult): void {
    this.#exporter.export(spans, ({ code, error }) => {
      this.#held -= spans.length;
      if (code === 0) this.#tools.stats.sent += spans.length;
      else this.#onFailed(spans.length, error);
      onResult({ code: 0 });
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #onFailed(spans: number, error: Error | undefined): void {
    const { stats, warn, monotonicMs } = this.#tools;
    stats.failed += spans;
    if (monotonicMs() < this.#quietUntilMs) {
      this.#suppressed += spans;
      return;
    }
    this.#quietUntilMs = monotonicMs() + QUIET_MS;
    const reason = error?.message ?? 'unknown';
    warn({ spans, reason, suppressed: this.#suppressed }, 'HERMOD_OTLP_ENDPOINT takes no traces');
    this.#suppressed = 0;
  }
}
