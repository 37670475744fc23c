import { traceLine } from '@hermod/contracts';
import { H, HeadEditor, INITIAL_MAX_FORWARDS, maxForwardsOf, type SipRequest } from '@hermod/sip';
import { assertIdentity } from './authentication/identity-headers.ts';
import type { Sender } from './authentication/sender.ts';

/** The head that goes on: our Via above the client's completed one, no Route (all values were ours), Max-Forwards one lower, the sender's
 *  identity as we know it. Nothing else is touched.
 *  @param request passed `checkRequest`, so its Max-Forwards is not 0
 *  @param ourVia value without header name  @param clientVia the client's top Via value with received and rport
 *  @param traceparent of whom the next hop joins; undefined: not traced
 *  @see RFC 3261 §16.6 */
export function editHead(
  request: SipRequest,
  requestUri: string,
  ourVia: string,
  clientVia: string,
  sender: Sender,
  traceparent?: string,
): HeadEditor {
  const editor = new HeadEditor(request)
    .popFirstValue(H.VIA)
    .pushFirst(H.VIA, `Via: ${ourVia}\r\nVia: ${clientVia}`);
  // §16.6 step 3. Here and not only in the router: in a single process no router rewrites the head.
  const maxForwards = maxForwardsOf(request);
  const next = maxForwards === undefined ? INITIAL_MAX_FORWARDS : maxForwards - 1;
  editor.replace(H.MAX_FORWARDS, `Max-Forwards: ${next}`);
  if (request.has(H.ROUTE)) editor.removeAll(H.ROUTE);
  if (requestUri !== request.requestUri) {
    editor.startLine(`${request.method} ${requestUri} SIP/2.0`);
  }
  assertIdentity(editor, request, sender);
  if (traceparent !== undefined) editor.append(traceLine(traceparent));
  // RFC 3261 §18.3: the next hop may be a stream, and a sender on UDP may have left it out.
  if (!request.has(H.CONTENT_LENGTH)) editor.append(`Content-Length: ${request.body.length}`);
  return editor;
}
