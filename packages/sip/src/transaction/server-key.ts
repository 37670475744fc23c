import { H } from '../header-name.ts';
import type { SipRequest } from '../message.ts';

/** What every branch of an RFC 3261 element begins with (§8.1.1.7). */
export const BRANCH_COOKIE = 'z9hG4bK';

/**
 * The key under which an element files the server transaction of a request: equal for a retransmission, different for anything else.
 *
 * @param request passed `validateRequest`; its top Via as received
 * @returns opaque text: branch, sent-by and method; for a branch without cookie, or with nothing after it (RFC 4475 §3.2.1),
 *   the values that RFC 2543 compares. An ACK has the key of its INVITE, so a CANCEL's target is `serverTransactionKey` with the method replaced.
 * @see RFC 3261 §17.2.3
 */
export function serverTransactionKey(request: SipRequest, method: string = request.method): string {
  const keyMethod = method === 'ACK' ? 'INVITE' : method;
  const via = request.topVia;
  if (via.ok) {
    const branch = via.value.branch;
    if (branch !== undefined && branch.length > BRANCH_COOKIE.length && hasCookie(branch)) {
      return `${branch} ${via.value.sentBy} ${keyMethod}`;
    }
  }
  return rfc2543Key(request, keyMethod);
}

/** Tokens are compared without case (RFC 3261 §7.3.1). */
function hasCookie(branch: string): boolean {
  return (
    branch.startsWith(BRANCH_COOKIE) ||
    branch.slice(0, BRANCH_COOKIE.length).toLowerCase() === BRANCH_COOKIE.toLowerCase()
  );
}

// RFC 3261 §17.2.3: Request-URI, To tag, From tag, Call-ID, CSeq and top Via. A line break is in none of them.
function rfc2543Key(request: SipRequest, keyMethod: string): string {
  const to = request.to;
  const from = request.from;
  const cseq = request.cseq;
  const isInvite = keyMethod === 'INVITE';
  const toTag = isInvite ? '' : to.ok ? (to.value.tag ?? '') : (request.get(H.TO) ?? '');
  const fromTag = from.ok ? (from.value.tag ?? '') : (request.get(H.FROM) ?? '');
  const sequence = cseq.ok ? String(cseq.value.number) : (request.get(H.CSEQ) ?? '');
  const topVia = request.values(H.VIA)[0] ?? '';
  // The To tag of an ACK is the one of the answer, which the INVITE did not have; the other values tell an INVITE from the next.
  return `${request.requestUri}\n${toTag}\n${fromTag}\n${request.callId}\n${sequence} ${keyMethod}\n${topVia}`;
}
