import { H, HeadEditor, type SipRequest } from '@hermod/sip';

/** The steps of a message's way that a trace shows, as docs/route-of-a-message.md names them. */
export type TraceStep = 'arrival' | 'append' | 'route' | 'drain' | 'branch' | 'delivery' | 'device';

/** What a step may say of itself. A closed list: nobody's address, name or words can get into a trace. */
export type TraceNote = 'delivery_id' | 'outcome' | 'partition' | 'transport';

/** One step of a traced message, from its making to its {@link end}; one that is never ended is never told. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** By which whoever comes next joins, as W3C Trace Context §3.2 writes it. */
  readonly traceparent: string;
  /** Begins a step that is part of this one, or follows from it. */
  child(step: TraceStep): Span;
  note(what: TraceNote, value: string | number): void;
  /** @param status of the SIP response that the step ended with, 0: with none */
  end(status: number): void;
}

/** Makes spans. Owners take `undefined` for "nobody traces": then nothing is asked for, and nothing is made. */
export interface Tracer {
  /** Begins a trace, for a share of all messages.  @param atMs when the step began, epoch ms
   *  @returns undefined: not this one */
  begin(step: TraceStep, atMs: number): Span | undefined;
  /** Goes on with a trace.  @returns undefined when `traceparent` is none */
  join(step: TraceStep, traceparent: string): Span | undefined;
}

/** The request as whoever joins the trace gets it, over the log and over trunks alone: edges take the header from what clients send, and
 *  from what devices get (ADR 0022). */
export function withTraceparent(request: SipRequest, traceparent: string): SipRequest {
  return new HeadEditor(request).replace(H.HERMOD_TRACE, traceLine(traceparent)).toRequest();
}

/** The header line, without CRLF. */
export function traceLine(traceparent: string): string {
  return `Hermod-Trace: ${traceparent}`;
}

/** Goes on with the trace that a request out of the log, or from a trunk, is part of. */
export function joinTrace(
  tracer: Tracer | undefined,
  step: TraceStep,
  request: SipRequest,
): Span | undefined {
  if (tracer === undefined) return undefined;
  const traceparent = request.get(H.HERMOD_TRACE);
  return traceparent === undefined ? undefined : tracer.join(step, traceparent);
}
