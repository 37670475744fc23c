import { BAD_CONTENT_LENGTH, contentLengthOf, NO_CONTENT_LENGTH } from './content-length.ts';
import type { FramerLimits, FramerSink } from './framer-limits.ts';
import { findHeadEnd, headEndProgress } from './head-end.ts';
import { type ScannedHead, scanHead } from './head-scan.ts';
import type { Latin1Codec } from './latin1.ts';
import { messageOf, salvageRequest } from './message.ts';
import { plainMessageEnd } from './plain-message.ts';
import { type ParseError, parseError } from './result.ts';

const EMPTY = new Uint8Array(0);
const FIRST_BUFFER_BYTES = 1024;
/** No other method that many send begins with it, and no response. */
const LETTER_M = 77;

/** Which end of the connection we are: only the end that opened it pings (RFC 5626 §4.4.1), so a CRLF means a pong there. */
export type FramerRole = 'accepted' | 'connected';

/** Cuts a byte stream into SIP messages (RFC 3261 §18.3) however it is chunked.
 *  A message that lies within one chunk is not copied; of one that does not, at most the caps are held.
 *  States: between messages → head → body → between messages; any error ends the stream. */
export class StreamFramer {
  readonly #codec: Latin1Codec;
  readonly #limits: FramerLimits;
  readonly #pongs: boolean;
  #closed = false;
  /** Octets of CRLF CRLF seen: between messages for keepalives, within a held head for its end. */
  #crlf = 0;
  /** Octets of an incomplete head, or of an incomplete body; `#held` of them are in use. */
  #buffer: Uint8Array = EMPTY;
  #held = 0;
  /** Set while the body of this head is incomplete. */
  #head: string | undefined;
  #scanned: ScannedHead | undefined;
  #bodyBytes = 0;

  constructor(codec: Latin1Codec, limits: FramerLimits, role: FramerRole = 'accepted') {
    this.#codec = codec;
    this.#limits = limits;
    this.#pongs = role === 'connected';
  }

  /** Is a message incomplete? (For the time-out of slow senders.) */
  get hasPartial(): boolean {
    return this.#held > 0 || this.#head !== undefined;
  }

  /** Octets held now; never more than `maxHeadBytes` or `maxBodyBytes`. */
  get heldBytes(): number {
    return this.#held;
  }

  /** Report nothing any more, and let go of what is held. Safe to call from within a sink's method. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  /** Take the next octets of the stream. @param chunk borrowed for good: bodies are views of it, so it must not be reused */
  push(chunk: Uint8Array, sink: FramerSink): void {
    let pos = 0;
    while (pos < chunk.length && !this.#closed) {
      if (this.#head !== undefined) pos = this.#takeBody(chunk, pos, sink);
      else if (this.#held > 0) pos = this.#continueHead(chunk, pos, sink);
      else pos = this.#between(chunk, pos, sink);
    }
  }

  // RFC 3261 §7.5: CRLFs before a start line are ignored; RFC 5626 §3.5.1: they are the keepalive.
  #between(chunk: Uint8Array, from: number, sink: FramerSink): number {
    const octet = chunk[from];
    if (octet !== 13 && octet !== 10) {
      if (this.#crlf === 1 || this.#crlf === 3) return this.#failLineEnd(chunk, sink);
      this.#crlf = 0;
      return this.#startHead(chunk, from, sink);
    }
    if ((octet === 10) !== ((this.#crlf & 1) === 1)) return this.#failLineEnd(chunk, sink);
    this.#crlf += 1;
    if (this.#pongs && this.#crlf === 2) {
      this.#crlf = 0;
      sink.onPong?.();
    } else if (this.#crlf === 4) {
      this.#crlf = 0;
      sink.onPing();
    }
    return from + 1;
  }

  #startHead(chunk: Uint8Array, from: number, sink: FramerSink): number {
    if (chunk[from] === LETTER_M && sink.passesOver?.(chunk.length - from) === true) {
      const end = plainMessageEnd(this.#codec, chunk, from);
      if (end !== -1) {
        sink.onPassedOver?.();
        return end;
      }
    }
    const cap = Math.min(chunk.length, from + this.#limits.maxHeadBytes);
    const end = findHeadEnd(chunk, from, cap);
    if (end !== -1) return this.#endHead(this.#codec.decode(chunk, from, end), chunk, end, sink);
    if (cap - from === this.#limits.maxHeadBytes) {
      return this.#failHeadTooLarge(this.#codec.decode(chunk, from, cap), chunk, sink);
    }
    this.#hold(chunk, from, cap, this.#limits.maxHeadBytes);
    for (let i = Math.max(from, cap - 3); i < cap; i += 1) {
      this.#crlf = headEndProgress(this.#crlf, chunk[i] ?? 0);
    }
    return cap;
  }

  // The end of the head may straddle the chunks: the first three octets go through the counter, the rest through the search.
  #continueHead(chunk: Uint8Array, from: number, sink: FramerSink): number {
    const cap = Math.min(chunk.length, from + this.#limits.maxHeadBytes - this.#held);
    let end = -1;
    const straddle = Math.min(cap, from + 3);
    let progress = this.#crlf;
    for (let i = from; i < straddle && end === -1; i += 1) {
      progress = headEndProgress(progress, chunk[i] ?? 0);
      if (progress === 4) end = i + 1;
    }
    if (end === -1) end = findHeadEnd(chunk, from, cap);
    if (end !== -1) {
      this.#hold(chunk, from, end, this.#limits.maxHeadBytes);
      const head = this.#codec.decode(this.#buffer, 0, this.#held);
      this.#release();
      return this.#endHead(head, chunk, end, sink);
    }
    this.#hold(chunk, from, cap, this.#limits.maxHeadBytes);
    if (this.#held >= this.#limits.maxHeadBytes) {
      return this.#failHeadTooLarge(this.#codec.decode(this.#buffer, 0, this.#held), chunk, sink);
    }
    // Only the last three octets can begin an end that the next chunk completes.
    if (cap - 3 > straddle) progress = 0;
    for (let i = Math.max(straddle, cap - 3); i < cap; i += 1) {
      progress = headEndProgress(progress, chunk[i] ?? 0);
    }
    this.#crlf = progress;
    return cap;
  }

  #endHead(head: string, chunk: Uint8Array, from: number, sink: FramerSink): number {
    const scanned = scanHead(head, this.#limits.maxHeaderRows);
    if (!scanned.ok) return this.#fail(scanned, head, chunk, sink);
    const length = contentLengthOf(head, scanned.value.rows);
    // RFC 3261 §18.3, §20.14: on a stream nothing but Content-Length tells where the message ends.
    if (length === BAD_CONTENT_LENGTH || length === NO_CONTENT_LENGTH) {
      const reason =
        length === NO_CONTENT_LENGTH ? 'Missing Content-Length' : 'Malformed Content-Length';
      return this.#fail(parseError('SIP_BAD_CONTENT_LENGTH', 0, reason), head, chunk, sink);
    }
    if (length > this.#limits.maxBodyBytes) {
      const error = parseError('SIP_BODY_TOO_LARGE', 0, 'Request Entity Too Large', 413);
      return this.#fail(error, head, chunk, sink);
    }
    const end = from + length;
    if (end <= chunk.length) {
      const body = length === 0 ? EMPTY : chunk.subarray(from, end);
      sink.onMessage(messageOf(head, body, scanned.value));
      return end;
    }
    this.#head = head;
    this.#scanned = scanned.value;
    this.#bodyBytes = length;
    this.#hold(chunk, from, chunk.length, length);
    return chunk.length;
  }

  #takeBody(chunk: Uint8Array, from: number, sink: FramerSink): number {
    const missing = this.#bodyBytes - this.#held;
    const end = Math.min(chunk.length, from + missing);
    const isWhole = this.#held === 0 && end - from === missing;
    if (!isWhole) this.#hold(chunk, from, end, this.#bodyBytes);
    if (end - from < missing) return end;
    const head = this.#head;
    const scanned = this.#scanned;
    const body = isWhole ? chunk.subarray(from, end) : this.#buffer.subarray(0, this.#bodyBytes);
    this.#release();
    if (head !== undefined && scanned !== undefined) sink.onMessage(messageOf(head, body, scanned));
    return end;
  }

  // Grows by doubling up to `cap`, so that what is held follows what was received, not what was announced.
  #hold(chunk: Uint8Array, from: number, to: number, cap: number): void {
    const needed = this.#held + to - from;
    if (needed > this.#buffer.length) {
      const doubled = Math.max(needed, FIRST_BUFFER_BYTES, this.#buffer.length * 2);
      const grown = new Uint8Array(Math.max(needed, Math.min(cap, doubled)));
      grown.set(
        this.#held === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.#held),
      );
      this.#buffer = grown;
    }
    this.#buffer.set(chunk.subarray(from, to), this.#held);
    this.#held = needed;
  }

  #release(): void {
    this.#buffer = EMPTY;
    this.#held = 0;
    this.#crlf = 0;
    this.#head = undefined;
    this.#scanned = undefined;
    this.#bodyBytes = 0;
  }

  #failLineEnd(chunk: Uint8Array, sink: FramerSink): number {
    const error = parseError('SIP_BAD_LINE_END', 0, 'Bare CR or LF', 0);
    return this.#fail(error, '', chunk, sink);
  }

  #failHeadTooLarge(head: string, chunk: Uint8Array, sink: FramerSink): number {
    const at = this.#limits.maxHeadBytes;
    const error = parseError('SIP_HEAD_TOO_LARGE', at, 'Message Too Large', 513);
    return this.#fail(error, head, chunk, sink);
  }

  #fail(error: ParseError, head: string, chunk: Uint8Array, sink: FramerSink): number {
    this.close();
    const partial = salvageRequest(head);
    sink.onError(partial === undefined ? { ...error, status: 0 } : error, partial);
    return chunk.length;
  }
}
