import { ROW_STRIDE } from './head-scan.ts';
import { H, type HeaderId } from './header-name.ts';
import { listValueEnd } from './list.ts';
import type { SipRequest } from './message.ts';

/** A message ready to be sent: latin1 head through the empty line, body bytes. */
export type OutgoingMessage = { readonly head: string; readonly body: Uint8Array };

/** Default reason phrases by status (RFC 3261 §21 and later registrations). */
export const REASONS: ReadonlyMap<number, string> = new Map([
  [100, 'Trying'],
  [200, 'OK'],
  [202, 'Accepted'],
  [300, 'Multiple Choices'],
  [301, 'Moved Permanently'],
  [302, 'Moved Temporarily'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [406, 'Not Acceptable'],
  [407, 'Proxy Authentication Required'],
  [408, 'Request Timeout'],
  [410, 'Gone'],
  [413, 'Request Entity Too Large'],
  [414, 'Request-URI Too Long'],
  [415, 'Unsupported Media Type'],
  [416, 'Unsupported URI Scheme'],
  [420, 'Bad Extension'],
  [421, 'Extension Required'],
  [423, 'Interval Too Brief'],
  [430, 'Flow Failed'],
  [439, 'First Hop Lacks Outbound Support'],
  [440, 'Max-Breadth Exceeded'],
  [480, 'Temporarily Unavailable'],
  [481, 'Call/Transaction Does Not Exist'],
  [482, 'Loop Detected'],
  [483, 'Too Many Hops'],
  [484, 'Address Incomplete'],
  [485, 'Ambiguous'],
  [486, 'Busy Here'],
  [487, 'Request Terminated'],
  [488, 'Not Acceptable Here'],
  [489, 'Bad Event'],
  [493, 'Undecipherable'],
  [500, 'Server Internal Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Server Time-out'],
  [505, 'Version Not Supported'],
  [513, 'Message Too Large'],
  [600, 'Busy Everywhere'],
  [603, 'Decline'],
  [604, 'Does Not Exist Anywhere'],
  [606, 'Not Acceptable'],
]);

const NO_BODY = new Uint8Array(0);

/** What may differ from the bare response of RFC 3261 §8.2.6. */
export type ResponseOptions = {
  /** Default: {@link REASONS}. */
  readonly reason?: string | undefined;
  /** Added to To when it has no tag; leave it out for 100 and where the request's To must come back as it was. */
  readonly toTag?: string | undefined;
  /** `Name: value` lines without CRLF. */
  readonly headers?: readonly string[] | undefined;
  /** Borrowed. */
  readonly body?: Uint8Array | undefined;
  /** Replaces the topmost Via value (received and rport filled in); further values of that row stay. */
  readonly via?: string | undefined;
};

/** Build a response: every Via, From, To, Call-ID and CSeq of the request as received, then `headers`, then Content-Length.
 *  A header that the request lacks is left out (a 400 must still be possible).  @see RFC 3261 §8.2.6.2 */
export function buildResponse(
  request: SipRequest,
  status: number,
  options?: ResponseOptions,
): OutgoingMessage {
  const reason = options?.reason ?? REASONS.get(status) ?? '';
  let head = `SIP/2.0 ${status} ${reason}\r\n`;
  head += viaLines(request, options?.via);
  head += firstLine(request, H.FROM);
  head += toLine(request, options?.toTag);
  head += firstLine(request, H.CALL_ID);
  head += firstLine(request, H.CSEQ);
  // RFC 3261 §8.2.6.1: a Timestamp of the request is copied into the 100.
  if (status === 100) head += firstLine(request, H.TIMESTAMP);
  const headers = options?.headers;
  if (headers !== undefined) {
    for (let i = 0; i < headers.length; i += 1) head += `${headers[i] ?? ''}\r\n`;
  }
  const body = options?.body ?? NO_BODY;
  return { head: `${head}Content-Length: ${body.length}\r\n\r\n`, body };
}

const VIA_ROW = /\r\n(?:via|v)[ \t]*:/i;

/** A response with another topmost Via value; the same when it has none.  @param via value without header name */
export function withTopVia(response: OutgoingMessage, via: string): OutgoingMessage {
  const { head, body } = response;
  const row = VIA_ROW.exec(head);
  if (row === null) return response;
  const from = row.index + row[0].length;
  const to = listValueEnd(head, from, head.indexOf('\r\n', from));
  return { head: `${head.slice(0, from)} ${via}${head.slice(to)}`, body };
}

function viaLines(request: SipRequest, via: string | undefined): string {
  const { rows, head } = request;
  let out = '';
  let isTop = true;
  for (let i = 0; i < rows.length; i += ROW_STRIDE) {
    if (rows[i] !== H.VIA) continue;
    const lineEnd = rows[i + 3] ?? 0;
    if (isTop && via !== undefined) {
      const rest = listValueEnd(head, rows[i + 2] ?? 0, lineEnd);
      out += `Via: ${via}${head.slice(rest, lineEnd)}\r\n`;
    } else {
      out += head.slice(rows[i + 1] ?? 0, lineEnd + 2);
    }
    isTop = false;
  }
  return out;
}

function firstLine(request: SipRequest, id: HeaderId): string {
  const row = request.rowOf(id);
  if (row === -1) return '';
  return request.head.slice(request.rows[row + 1] ?? 0, (request.rows[row + 3] ?? 0) + 2);
}

function toLine(request: SipRequest, toTag: string | undefined): string {
  const line = firstLine(request, H.TO);
  if (toTag === undefined || line === '') return line;
  const to = request.to;
  // A To that cannot be parsed, or has a tag without a value, comes back as it was: a tag glued to it would only break it further.
  if (!to.ok || to.value.params.has('tag')) return line;
  return `${line.slice(0, -2)};tag=${toTag}\r\n`;
}
