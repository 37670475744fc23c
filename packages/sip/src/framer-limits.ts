import { DEFAULT_MAX_HEADER_ROWS } from './head-scan.ts';
import type { SipMessage, SipRequest, SipResponse } from './message.ts';
import type { ParseError } from './result.ts';

/** Caps of a framer. Everything a peer can make us hold is bounded by the sum of the first two. */
export type FramerLimits = {
  /** Start line through empty line; beyond it 513. */
  readonly maxHeadBytes: number;
  /** Beyond it 413. */
  readonly maxBodyBytes: number;
  /** Beyond it 400. */
  readonly maxHeaderRows: number;
};

/** Caps that hold every message a SIP peer sends in good faith, and a full UDP datagram. Larger than what an edge takes from a client: a
 *  request grows on its way by Vias and Routes, its response carries them all back, and a stream that cannot be framed is closed. */
export const DEFAULT_FRAMER_LIMITS: FramerLimits = {
  maxHeadBytes: 24_576,
  maxBodyBytes: 65_536,
  maxHeaderRows: DEFAULT_MAX_HEADER_ROWS,
};

/** What a stream framer found. Called synchronously from `push`, in stream order. */
export interface FramerSink {
  /** The body is borrowed from the chunk: it stays valid, but keeps the chunk's memory alive; copy it to keep it long. */
  onMessage(message: SipRequest | SipResponse): void;
  /** Asked where a MESSAGE begins: should it be passed over, if it is a plain one? Absent: none is.
   *  @param left octets of this `push` from there on */
  passesOver?(left: number): boolean;
  /** A plain MESSAGE was passed over: it was in the stream, and nobody has looked at it. */
  onPassedOver?(): void;
  /** CRLF CRLF between messages: to be answered by one CRLF at once (RFC 5626 §5.4). Only on accepted connections. */
  onPing(): void;
  /** CRLF between messages: the answer to a ping of ours. Only on connections that we opened. */
  onPong?(): void;
  /** The stream cannot be framed any further: answer `partial` with `error.status` if both allow it, then close.
   *  Nothing is reported after it. */
  onError(error: ParseError, partial: SipMessage | undefined): void;
}
