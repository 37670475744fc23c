import { saysOc, withoutOc } from '@hermod/congestion';
import { H, HeadEditor, parseVia, type SipResponse } from '@hermod/sip';
import {
  dropIdentity,
  dropOurChallenges,
  hasChallenge,
  hasIdentity,
} from './authentication/identity-headers.ts';

/** A response of a device or of somebody else's domain, as other elements may see it. RFC 3325 §5: what its sender asserts of itself means
 *  nothing, nor may it ask for passwords of ours, nor anybody but us to send less. RFC 3261 §18.3: on a stream Content-Length is mandatory; a
 *  device on UDP may have left it out.
 *  @param realm whose challenges are this edge's alone; undefined where it makes none  @returns as it is where there is nothing to do */
export function tidiedResponse(response: SipResponse, realm: string | undefined): SipResponse {
  const asks = realm !== undefined && hasChallenge(response);
  const isTidy = response.has(H.CONTENT_LENGTH) && !asks && !hasIdentity(response);
  if (isTidy && !saysOc(response.head)) return response;
  const editor = new HeadEditor(response);
  tidy(editor, response, realm);
  dropOc(editor, response, true);
  return editor.toResponse();
}

/** {@link tidiedResponse}, with our Via popped. */
export function poppedResponse(response: SipResponse, realm: string | undefined): SipResponse {
  const editor = new HeadEditor(response).popFirstValue(H.VIA);
  tidy(editor, response, realm);
  dropOc(editor, response, false);
  return editor.toResponse();
}

/** Removes what a response says by `oc` in the Via of anybody but us: whoever reads it would send less to the one before, for a callee that says
 *  so. Cheap for all others.  @param isOursKept our own Via stays on top  @see RFC 7339 §5.6, §11 */
function dropOc(editor: HeadEditor, response: SipResponse, isOursKept: boolean): void {
  if (!saysOc(response.head)) return;
  const [ours = '', ...others] = response.values(H.VIA);
  if (!others.some(saysOc)) return;
  const left = others.map(silenced);
  const vias = isOursKept ? [ours, ...left] : left;
  editor.removeAll(H.VIA);
  for (const via of vias.reverse()) editor.pushFirst(H.VIA, `Via: ${via}`);
}

function silenced(text: string): string {
  const via = parseVia(text);
  if (!via.ok) return text;
  const { protocol, transport, sentBy, params } = via.value;
  return `${protocol}/${transport} ${sentBy}${withoutOc(params).format()}`;
}

function tidy(editor: HeadEditor, response: SipResponse, realm: string | undefined): void {
  dropIdentity(editor, response);
  if (realm !== undefined && hasChallenge(response)) dropOurChallenges(editor, response, realm);
  if (!response.has(H.CONTENT_LENGTH)) editor.append(`Content-Length: ${response.body.length}`);
}
