import { H, HeadEditor, type SipResponse } from '@hermod/sip';
import {
  dropIdentity,
  dropOurChallenges,
  hasChallenge,
  hasIdentity,
} from './authentication/identity-headers.ts';

/** A response of a device or of somebody else's domain, as other elements may see it. RFC 3325 §5: what its sender asserts of itself means
 *  nothing, nor may it ask for passwords of ours. RFC 3261 §18.3: on a stream Content-Length is mandatory; a device on UDP may have left it out.
 *  @param realm whose challenges are this edge's alone; undefined where it makes none  @returns as it is where there is nothing to do */
export function tidiedResponse(response: SipResponse, realm: string | undefined): SipResponse {
  const asks = realm !== undefined && hasChallenge(response);
  if (response.has(H.CONTENT_LENGTH) && !asks && !hasIdentity(response)) return response;
  const editor = new HeadEditor(response);
  tidy(editor, response, realm);
  return editor.toResponse();
}

/** {@link tidiedResponse}, with our Via popped. */
export function poppedResponse(response: SipResponse, realm: string | undefined): SipResponse {
  const editor = new HeadEditor(response).popFirstValue(H.VIA);
  tidy(editor, response, realm);
  return editor.toResponse();
}

function tidy(editor: HeadEditor, response: SipResponse, realm: string | undefined): void {
  dropIdentity(editor, response);
  if (realm !== undefined && hasChallenge(response)) dropOurChallenges(editor, response, realm);
  if (!response.has(H.CONTENT_LENGTH)) editor.append(`Content-Length: ${response.body.length}`);
}
