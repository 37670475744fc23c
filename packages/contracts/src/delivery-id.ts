import type { Hash, SipRequest } from '@hermod/sip';

/** The identity of one message for one recipient: equal for a repeat of the same request, whatever connection or branch it comes by;
 *  different for a resend with a new CSeq. Hash over Call-ID, From tag, CSeq, sender, Request-URI and body (design §4 rule 2).
 *  @returns 22 characters base64url */
export function deliveryId(request: SipRequest, hash: Hash): string {
  const from = request.from;
  const cseq = request.cseq;
  const sender = from.ok ? `${from.value.uriText}\n${from.value.tag ?? ''}` : '';
  const sequence = cseq.ok ? cseq.value.number : 0;
  const named = `${request.callId}\n${sender}\n${sequence}\n${request.requestUri}\n`;
  return hash.digest(named, request.body);
}
