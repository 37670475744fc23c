import { hostname } from 'node:os';
import type { Span, TraceNote, Tracer, TraceStep } from '@hermod/contracts';
import {
  type Span as ApiSpan,
  type Tracer as ApiTracer,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { SpanQueue, type SpanQueueTools } from './span-queue.ts';

/** An endpoint that does not answer by then has failed. */
const SEND_DEADLINE_MS = 5_000;
/** How long a stop waits for the last spans. */
const CLOSE_MS = 2_000;

const KINDS: Readonly<Record<TraceStep, SpanKind>> = {
  arrival: SpanKind.SERVER,
  append: SpanKind.PRODUCER,
  route: SpanKind.CONSUMER,
  drain: SpanKind.CONSUMER,
  branch: SpanKind.CLIENT,
  delivery: SpanKind.SERVER,
  device: SpanKind.CLIENT,
};

const NOTES: Readonly<Record<TraceNote, string>> = {
  delivery_id: 'hermod.delivery_id',
  outcome: 'hermod.outcome',
  partition: 'messaging.destination.partition.id',
  transport: 'network.transport',
};

/** What a process traces with. */
export type OtlpTracerOptions = SpanQueueTools & {
  /** Of the OTLP/HTTP receiver; `v1/traces` is put behind it. */
  readonly endpoint: string;
  /** Share of messages that are traced, 0–1. */
  readonly ratio: number;
  /** `edge`, `router`, … */
  readonly service: string;
  /** @returns from 0 up to 1 */
  random(): number;
};

/** Sends spans to an OpenTelemetry receiver, in JSON over HTTP. Whatever becomes of them touches nothing else: what the queue does not hold
 *  is dropped, what the receiver does not take is lost, and either is counted (ADR 0022). */
export class OtlpTracer implements Tracer {
  readonly #ratio: number;
  readonly #random: () => number;
  readonly #provider: TracerProvider;
  readonly #tracer: ApiTracer;

  constructor(options: OtlpTracerOptions) {
    const exporter = new OTLPTraceExporter({
      url: new URL('v1/traces', withSlash(options.endpoint)).href,
      timeoutMillis: SEND_DEADLINE_MS,
    });
    this.#ratio = options.ratio;
    this.#random = options.random;
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.namespace': 'hermod',
        'service.name': `hermod-${options.service}`,
        'service.instance.id': `${hostname()}:${process.pid}`,
      }),
      // Who is traced is decided here, for the whole trace: what is not makes no span at all.
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new SpanQueue(exporter, options)],
    });
    this.#tracer = this.#provider.getTracer('hermod');
  }

  begin(step: TraceStep, atMs: number): Span | undefined {
    if (this.#random() >= this.#ratio) return undefined;
    return new OtlpSpan(this.#tracer, step, undefined, atMs);
  }

  join(step: TraceStep, traceparent: string): Span | undefined {
    const context = parseTraceparent(traceparent);
    if (context === undefined) return undefined;
    return new OtlpSpan(this.#tracer, step, trace.wrapSpanContext(context), undefined);
  }

  /** Sends what is left, for two seconds at most. Never rejects. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    // What the endpoint does not take has been counted and told.
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }
}

class OtlpSpan implements Span {
  readonly traceId: string;
  readonly #tracer: ApiTracer;
  readonly #span: ApiSpan;

  constructor(
    tracer: ApiTracer,
    step: TraceStep,
    parent: ApiSpan | undefined,
    startTime: number | undefined,
  ) {
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
    this.#tracer = tracer;
    const kind = KINDS[step];
    const options = startTime === undefined ? { kind } : { kind, startTime };
    this.#span = tracer.startSpan(step, options, context);
    this.traceId = this.#span.spanContext().traceId;
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.#span.spanContext().spanId}-01`;
  }

  child(step: TraceStep): Span {
    return new OtlpSpan(this.#tracer, step, this.#span, undefined);
  }

  note(what: TraceNote, value: string | number): void {
    this.#span.setAttribute(NOTES[what], String(value).toLowerCase());
  }

  end(status: number): void {
    if (status !== 0) this.#span.setAttribute('sip.status_code', status);
    // OpenTelemetry's rule for servers: what the other side did wrong is no error of ours.
    if (status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }
}

/** @see W3C Trace Context §3.2: version-format, lower-case hexadecimal. Only what is traced is written at all. */
function parseTraceparent(
  text: string,
): { traceId: string; spanId: string; traceFlags: number; isRemote: true } | undefined {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(text);
  const [, traceId = '', spanId = ''] = match ?? [];
  const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true } as const;
  return isSpanContextValid(context) ? context : undefined;
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
