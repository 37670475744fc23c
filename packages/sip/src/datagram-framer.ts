import { BAD_CONTENT_LENGTH, contentLengthOf, NO_CONTENT_LENGTH } from './content-length.ts';
import type { FramerLimits } from './framer-limits.ts';
import { findHeadEnd } from './head-end.ts';
import { scanHead } from './head-scan.ts';
import type { Latin1Codec } from './latin1.ts';
import {
  messageOf,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  salvageRequest,
} from './message.ts';
import { type ParseError, parseError } from './result.ts';

/** One datagram, framed: a message, a keepalive without a message (nothing, CRLFs or NULs), or a refusal with what could be
 *  saved of a request to answer it. */
export type FramedDatagram =
  | { readonly ok: true; readonly value: SipRequest | SipResponse }
  | (ParseError & { readonly partial: SipMessage | undefined })
  | { readonly ping: true };

const PING: FramedDatagram = { ping: true };

/** Frame one datagram (or one WebSocket message). The body is a view of `bytes`.
 *  Octets beyond Content-Length are dropped; without Content-Length the body runs to the end.  @see RFC 3261 §18.3 */
export function frameDatagram(
  bytes: Uint8Array,
  codec: Latin1Codec,
  limits: FramerLimits,
): FramedDatagram {
  const length = bytes.length;
  let start = 0;
  while (start < length && isPadding(bytes[start])) start += 1;
  if (start === length) return PING;
  const cap = Math.min(length, start + limits.maxHeadBytes);
  const headEnd = findHeadEnd(bytes, start, cap);
  if (headEnd === -1) {
    const error =
      cap < length
        ? parseError('SIP_HEAD_TOO_LARGE', limits.maxHeadBytes, 'Message Too Large', 513)
        : parseError('SIP_INCOMPLETE', length, 'Missing Empty Line');
    return refuse(error, codec.decode(bytes, start, cap));
  }
  const head = codec.decode(bytes, start, headEnd);
  const scanned = scanHead(head, limits.maxHeaderRows);
  if (!scanned.ok) return refuse(scanned, head);
  const declared = contentLengthOf(head, scanned.value.rows);
  const rest = length - headEnd;
  const bodyLength = declared === NO_CONTENT_LENGTH ? rest : declared;
  if (declared === BAD_CONTENT_LENGTH) {
    return refuse(parseError('SIP_BAD_CONTENT_LENGTH', 0, 'Malformed Content-Length'), head);
  }
  if (bodyLength > limits.maxBodyBytes) {
    return refuse(parseError('SIP_BODY_TOO_LARGE', 0, 'Request Entity Too Large', 413), head);
  }
  if (bodyLength > rest) {
    // RFC 3261 §18.3: a truncated request is answered 400, a truncated response is dropped.
    return refuse(parseError('SIP_INCOMPLETE', length, 'Body Shorter Than Content-Length'), head);
  }
  const body = bytes.subarray(headEnd, headEnd + bodyLength);
  return { ok: true, value: messageOf(head, body, scanned.value) };
}

function refuse(error: ParseError, head: string): FramedDatagram {
  const partial = salvageRequest(head);
  const { code, at, reason } = error;
  return { ok: false, code, at, reason, status: partial === undefined ? 0 : error.status, partial };
}

function isPadding(octet: number | undefined): boolean {
  return octet === 13 || octet === 10 || octet === 0;
}
