import { credentialRows, H, type HeadEditor, type SipMessage, type SipRequest } from '@hermod/sip';
import type { Sender } from './sender.ts';

/** Edits the head of a request from a client on its way inside: an identity that the client asserts means nothing, the one it proved is told,
 *  and credentials that were meant for us go no further. Those for other realms stay.
 *  @see RFC 3325 §5, §9.1; RFC 3261 §22.3 */
export function assertIdentity(editor: HeadEditor, request: SipRequest, sender: Sender): void {
  dropIdentity(editor, request);
  if (sender.assertion !== undefined) editor.append(sender.assertion);
  if (sender.realm === undefined) return;
  dropCredentials(editor, request, H.PROXY_AUTHORIZATION, sender.realm);
  if (request.method === 'REGISTER') {
    dropCredentials(editor, request, H.AUTHORIZATION, sender.realm);
  }
}

/** Removes identities that the other side of a trust boundary asserts, or must not see.  @see RFC 3325 §5, §7 */
export function dropIdentity(editor: HeadEditor, message: SipMessage): void {
  if (message.has(H.P_ASSERTED_IDENTITY)) editor.removeAll(H.P_ASSERTED_IDENTITY);
  if (message.has(H.P_PREFERRED_IDENTITY)) editor.removeAll(H.P_PREFERRED_IDENTITY);
}

function dropCredentials(
  editor: HeadEditor,
  request: SipRequest,
  header: typeof H.AUTHORIZATION | typeof H.PROXY_AUTHORIZATION,
  realm: string,
): void {
  if (!request.has(header)) return;
  for (const row of credentialRows(request, header, realm)) editor.removeRow(row);
}
