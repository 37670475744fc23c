import {
  bearerRows,
  challengeRows,
  credentialRows,
  H,
  type HeadEditor,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '@hermod/sip';
import type { Protection, Sender } from './sender.ts';

/** Edits the head of a request from a client on its way inside: an identity that the client asserts means nothing, the one it proved is told,
 *  and credentials that were meant for us go no further. Those for other realms stay.
 *  @see RFC 3325 §5, §9.1; RFC 3261 §22.3 */
export function assertIdentity(editor: HeadEditor, request: SipRequest, sender: Sender): void {
  dropIdentity(editor, request);
  if (sender.assertion !== undefined) editor.append(sender.assertion);
  const { protection } = sender;
  if (protection === undefined) return;
  dropCredentials(editor, request, H.PROXY_AUTHORIZATION, protection);
  // Not in REGISTER alone: devices add to any request what REGISTER was answered with, and nobody but we may try it.
  dropCredentials(editor, request, H.AUTHORIZATION, protection);
}

/** Headers that mean something among elements that trust each other alone. Three assert an identity, one of them from before RFC 3325, which
 *  devices still show; the last names the trace that a message is part of (ADR 0022). */
const INSIDE = [
  H.P_ASSERTED_IDENTITY,
  H.P_PREFERRED_IDENTITY,
  H.REMOTE_PARTY_ID,
  H.HERMOD_TRACE,
] as const;

/** Removes what the other side of a trust boundary asserts, or must not see: identities, and traces.  @see RFC 3325 §5, §7 */
export function dropIdentity(editor: HeadEditor, message: SipMessage): void {
  for (const header of INSIDE) if (message.has(header)) editor.removeAll(header);
}

/** Is there something that {@link dropIdentity} would remove? */
export function hasIdentity(message: SipMessage): boolean {
  for (const header of INSIDE) if (message.has(header)) return true;
  return false;
}

function dropCredentials(
  editor: HeadEditor,
  request: SipRequest,
  header: typeof H.AUTHORIZATION | typeof H.PROXY_AUTHORIZATION,
  { realm, takesTokens }: Protection,
): void {
  if (!request.has(header)) return;
  for (const row of credentialRows(request, header, realm)) editor.removeRow(row);
  if (!takesTokens) return;
  for (const row of bearerRows(request, header)) editor.removeRow(row);
}

/** Does a response of a device, or of somebody else's domain, carry a challenge? Cheap for all others. */
export function hasChallenge(response: SipResponse): boolean {
  return response.has(H.WWW_AUTHENTICATE) || response.has(H.PROXY_AUTHENTICATE);
}

/** Removes challenges for our realm from a response that came from a device or from somebody else's domain: nobody but this element asks
 *  for passwords of its users. Else a callee would pass a nonce of ours on to its caller, whose answer proves the callee to be the caller.
 *  What cannot be read may be one of them. A 401 or 407 that asks for nothing any more becomes a 403 (RFC 3261 §21.4.2).
 *  @see RFC 7616 §5.8 */
export function dropOurChallenges(editor: HeadEditor, response: SipResponse, realm: string): void {
  let left = 0;
  for (const header of [H.WWW_AUTHENTICATE, H.PROXY_AUTHENTICATE]) {
    const ours = challengeRows(response, header, realm);
    for (const row of ours) editor.removeRow(row);
    left += response.all(header).length - ours.length;
  }
  const { status } = response;
  if (left === 0 && (status === 401 || status === 407)) editor.startLine('SIP/2.0 403 Forbidden');
}
