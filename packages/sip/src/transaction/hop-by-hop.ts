// RFC 3261 §17.1.1.3 and §9.1: the two requests that a client transaction makes from the INVITE it has sent.
import { H } from '../header-name.ts';
import { parseMessage, type SipRequest, type SipResponse } from '../message.ts';
import { INITIAL_MAX_FORWARDS } from '../proxy/max-forwards.ts';
import type { OutgoingMessage } from '../response.ts';

const NO_BODY = new Uint8Array(0);

/** The ACK for a final response of 300–699, to be sent where the INVITE went. Its To is the response's: that one has the tag.
 *  @param invite as it was sent, with our Via on top  @see RFC 3261 §17.1.1.3 */
export function buildAck(invite: OutgoingMessage, response: SipResponse): OutgoingMessage {
  const request = sentRequest(invite);
  return hopByHop(request, 'ACK', response.get(H.TO) ?? request.get(H.TO) ?? '');
}

/** The CANCEL of an INVITE, to be sent where that went, and only once it has got a provisional response.
 *  @param invite as it was sent, with our Via on top  @see RFC 3261 §9.1 */
export function buildCancel(invite: OutgoingMessage): OutgoingMessage {
  const request = sentRequest(invite);
  return hopByHop(request, 'CANCEL', request.get(H.TO) ?? '');
}

// Same Request-URI, Call-ID, From, CSeq number and Route; of the Vias only ours, so that it matches the INVITE's transaction and goes no further.
function hopByHop(request: SipRequest, method: string, to: string): OutgoingMessage {
  const cseq = request.cseq;
  const routes = request.all(H.ROUTE);
  let head = `${method} ${request.requestUri} SIP/2.0\r\nVia: ${request.values(H.VIA)[0] ?? ''}\r\n`;
  for (let i = 0; i < routes.length; i += 1) head += `Route: ${routes[i] ?? ''}\r\n`;
  head += `Max-Forwards: ${INITIAL_MAX_FORWARDS}\r\nFrom: ${request.get(H.FROM) ?? ''}\r\nTo: ${to}\r\n`;
  head += `Call-ID: ${request.callId}\r\nCSeq: ${cseq.ok ? cseq.value.number : 0} ${method}\r\n`;
  return { head: `${head}Content-Length: 0\r\n\r\n`, body: NO_BODY };
}

// Parsed only now: most INVITEs need neither.
function sentRequest(invite: OutgoingMessage): SipRequest {
  const parsed = parseMessage(invite.head, invite.body);
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('not a request we sent');
  return parsed.value;
}
