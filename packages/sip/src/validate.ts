import { parseDigits } from './chars.ts';
import { BAD_CONTENT_LENGTH, contentLengthOf, NO_CONTENT_LENGTH } from './content-length.ts';
import { ROW_STRIDE } from './head-scan.ts';
import { H, HEADER_NAMES, type HeaderId } from './header-name.ts';
import type { SipRequest } from './message.ts';
import type { NameAddr } from './name-addr.ts';
import { type Parsed, type ParseError, parseError } from './result.ts';
import type { Via } from './via.ts';

const ONCE: readonly HeaderId[] = [H.FROM, H.TO, H.CALL_ID, H.CSEQ];

/** Does a request obey what RFC 3261 §8.1.1 and §16.3 item 1 demand of every request? Header fields that processing does not
 *  need are not looked at (§16.3: other malformed ones are forwarded as they are).
 *  @returns undefined, or the fault with the status and the reason phrase of the answer: 505 for the version, else 400 */
export function validateRequest(request: SipRequest): ParseError | undefined {
  if (request.version !== 'SIP/2.0' && request.version.toUpperCase() !== 'SIP/2.0') {
    return parseError('SIP_BAD_VERSION', 0, 'Version Not Supported', 505);
  }
  return (
    checkPresence(request) ??
    checkCSeq(request) ??
    checkCallId(request) ??
    checkTopVia(request.topVia) ??
    checkAddress(request.from, 'Malformed From') ??
    checkAddress(request.to, 'Malformed To') ??
    checkUri(request) ??
    checkMaxForwards(request) ??
    checkContentLength(request)
  );
}

// RFC 3261 §8.1.1: To, From, CSeq, Call-ID, Max-Forwards and Via. RFC 2543 peers may leave out Max-Forwards.
function checkPresence(request: SipRequest): ParseError | undefined {
  const rows = request.rows;
  let seen = 0;
  for (let i = 0; i < rows.length; i += ROW_STRIDE) {
    const id = rows[i] ?? 0;
    if (id < H.VIA || id > H.MAX_FORWARDS) continue;
    const bit = 1 << id;
    if ((seen & bit) !== 0 && id !== H.VIA) {
      const reason = `Multiple ${HEADER_NAMES[id] ?? ''} Header Fields`;
      return parseError('SIP_DUPLICATE_HEADER', rows[i + 1] ?? 0, reason);
    }
    seen |= bit;
  }
  if ((seen & (1 << H.VIA)) === 0) return missing(H.VIA);
  for (let i = 0; i < ONCE.length; i += 1) {
    const id = ONCE[i] ?? H.OTHER;
    if ((seen & (1 << id)) === 0) return missing(id);
  }
  return undefined;
}

function missing(id: HeaderId): ParseError {
  const reason = `Missing ${HEADER_NAMES[id] ?? ''} Header Field`;
  return parseError('SIP_MISSING_HEADER', 0, reason);
}

// RFC 3261 §8.1.1.5: the method of CSeq matches that of the request. RFC 4475 §3.1.2.18 lets an unknown method be 400 too.
function checkCSeq(request: SipRequest): ParseError | undefined {
  const cseq = request.cseq;
  if (!cseq.ok) return cseq;
  if (cseq.value.method === request.method) return undefined;
  return parseError('SIP_CSEQ_METHOD', 0, 'CSeq Method Mismatch');
}

// Call-ID = word [ "@" word ]: judged loosely (no white space, no control characters), for it is only compared and copied.
function checkCallId(request: SipRequest): ParseError | undefined {
  const callId = request.callId;
  for (let i = 0; i < callId.length; i += 1) {
    const c = callId.charCodeAt(i);
    if (c <= 32 || c === 127) return parseError('SIP_BAD_CALL_ID', i, 'Malformed Call-ID');
  }
  return callId === '' ? parseError('SIP_BAD_CALL_ID', 0, 'Malformed Call-ID') : undefined;
}

// Only the topmost value is ours to judge: never fail on what other elements wrote below it.
function checkTopVia(via: Parsed<Via>): ParseError | undefined {
  if (!via.ok) return withReason(via, 'Malformed Via');
  if (via.value.protocol !== 'SIP/2.0') return parseError('SIP_BAD_VIA', 0, 'Malformed Via');
  // RFC 4475 §3.2.1: the cookie alone identifies nothing; taking such requests for one transaction would lose messages.
  const branch = via.value.branch;
  if (branch !== undefined && branch.length === 7 && branch.toLowerCase() === 'z9hg4bk') {
    return parseError('SIP_BAD_VIA', 0, 'Empty Via Branch');
  }
  return undefined;
}

function checkAddress(addr: Parsed<NameAddr>, reason: string): ParseError | undefined {
  if (!addr.ok) return withReason(addr, reason);
  const uri = addr.value.uri;
  return uri.ok ? undefined : withReason(uri, reason);
}

function checkUri(request: SipRequest): ParseError | undefined {
  const uri = request.uri;
  return uri.ok ? undefined : withReason(uri, 'Malformed Request-URI');
}

// Max-Forwards = 1*DIGIT, 0–255 (RFC 3261 §20.22).
function checkMaxForwards(request: SipRequest): ParseError | undefined {
  const text = request.get(H.MAX_FORWARDS);
  if (text === undefined || parseDigits(text, 0, text.length, 255) !== -1) return undefined;
  return parseError('SIP_BAD_MAX_FORWARDS', 0, 'Malformed Max-Forwards');
}

function checkContentLength(request: SipRequest): ParseError | undefined {
  const length = contentLengthOf(request.head, request.rows);
  if (length === NO_CONTENT_LENGTH || length === request.body.length) return undefined;
  const reason =
    length === BAD_CONTENT_LENGTH ? 'Malformed Content-Length' : 'Content-Length Mismatch';
  return parseError('SIP_BAD_CONTENT_LENGTH', 0, reason);
}

function withReason(error: ParseError, reason: string): ParseError {
  return parseError(error.code, error.at, reason);
}
