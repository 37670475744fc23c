import { Buffer } from 'node:buffer';
import {
  buildResponse,
  type OutgoingMessage,
  type ParseError,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '@hermod/sip';
import type { Flow, FlowHandlers, TransportName, WebSocketTransport } from '../src/flow.ts';

/** Keeps what flows tell; answers a request with 200, and what is wrong with its status, as an edge does. */
export class FlowRecorder implements FlowHandlers {
  readonly opened: Flow[] = [];
  readonly closed: Flow[] = [];
  readonly messages: (SipRequest | SipResponse)[] = [];
  readonly errors: ParseError[] = [];

  onOpen(flow: Flow): void {
    this.opened.push(flow);
  }

  onMessage(flow: Flow, incoming: SipRequest | SipResponse): void {
    this.messages.push(incoming);
    if (incoming.kind === 'request') flow.send(buildResponse(incoming, 200));
  }

  onFramingError(flow: Flow, error: ParseError, partial: SipMessage | undefined): void {
    this.errors.push(error);
    if (partial?.kind === 'request' && error.status > 0) {
      flow.send(buildResponse(partial as SipRequest, error.status, { reason: error.reason }));
    }
  }

  onClosed(flow: Flow): void {
    this.closed.push(flow);
  }

  /** As UTF-8, in order. */
  get bodies(): string[] {
    return this.messages.map(({ body }) => Buffer.from(body).toString());
  }

  /** CSeq numbers, in order; -1 for what is none. */
  get cseqs(): number[] {
    return this.messages.map(({ cseq }) => (cseq.ok ? cseq.value.number : -1));
  }
}

type ViaTransport = TransportName | WebSocketTransport;

/** A MESSAGE.  @param n its CSeq number  @param more further lines, each with its CRLF; default the Content-Length */
export function messageOver(
  transport: ViaTransport,
  n: number,
  body = 'hi',
  more = `Content-Length: ${body.length}\r\n`,
): OutgoingMessage {
  const head =
    `MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/${transport} 127.0.0.1;branch=z9hG4bK${n}\r\n` +
    'From: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c\r\n' +
    `CSeq: ${n} MESSAGE\r\nMax-Forwards: 70\r\n${more}\r\n`;
  return { head, body: Buffer.from(body) };
}

/** The same as text. */
export function messageText(
  transport: ViaTransport,
  n: number,
  body = 'hi',
  more?: string,
): string {
  return messageOver(transport, n, body, more).head + body;
}

/** What a test leaves behind, in the order in which it came. */
export type CleanUps = (() => Promise<void> | void)[];

/** For `afterEach`: undo everything, last first, and each once. */
export async function undo(cleanUps: CleanUps): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}
