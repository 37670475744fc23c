import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Attribute = {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
};

/** The parts of OTLP/JSON that are read (opentelemetry-proto, trace.proto). */
type TracesData = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly kind: number;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status: { readonly code: number };
        readonly attributes: readonly Attribute[];
      }[];
    }[];
  }[];
};

/** A span as it came in. */
export type ReceivedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for the first of its trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly service: string;
  /** Of the process. */
  readonly instance: string;
  readonly tookMs: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string>>;
};

/** An OpenTelemetry receiver: OTLP/HTTP in JSON, as a collector takes it. */
export class TraceReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Everything that came in, as text. */
  text = '';
  requests = 0;
  /** Status of the answers. */
  status = 200;
  /** It takes requests and answers none. */
  hangs = false;
  /** Where it takes them. */
  path = '/v1/traces';
  readonly #server: Server;

  static async listen(): Promise<TraceReceiver> {
    const receiver = new TraceReceiver();
    await new Promise<void>((resolve) => {
      receiver.#server.listen(0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.requests += 1;
        if (this.hangs) return;
        if (this.status === 200) this.#receive(request.url, Buffer.concat(chunks).toString());
        response.writeHead(this.status, { 'content-type': 'application/json' });
        response.end('{}');
      });
    });
  }

  /** For HERMOD_OTLP_ENDPOINT. */
  get endpoint(): string {
    // listen() has bound it to a TCP port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(url: string | undefined, text: string): void {
    if (url !== this.path) throw new Error(`no such path: ${url}`);
    this.text += text;
    // A receiver of the test: what it cannot read fails the test.
    const data = JSON.parse(text) as TracesData;
    for (const { resource, scopeSpans } of data.resourceSpans) {
      const of = recordOf(resource.attributes);
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const { traceId, spanId, parentSpanId = '', name, kind } = span;
        this.spans.push({
          ...{ traceId, spanId, parentSpanId, name, kind },
          service: of['service.name'] ?? '',
          instance: of['service.instance.id'] ?? '',
          tookMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
          isError: span.status.code === 2,
          attributes: recordOf(span.attributes),
        });
      }
    }
  }
}

function recordOf(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue)]),
  );
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

/** What it did and how it ended: `route consumer 200 delivered`. */
export function spanLine({ name, kind, attributes }: ReceivedSpan): string {
  const { 'hermod.outcome': outcome, 'sip.status_code': status } = attributes;
  return [name, KINDS[kind], status, outcome].filter((word) => word !== undefined).join(' ');
}

/** Traces as trees in text: one line per span, its children indented below it. A span whose parent has not come is not shown.
 *  @param show what a line says */
export function treeOf(
  spans: readonly ReceivedSpan[],
  show: (span: ReceivedSpan) => string = spanLine,
): string[] {
  const below = (parentSpanId: string, indent: string): string[] =>
    spans
      .filter((span) => span.parentSpanId === parentSpanId)
      .flatMap((span) => [`${indent}${show(span)}`, ...below(span.spanId, `${indent}  `)]);
  return below('', '');
}
