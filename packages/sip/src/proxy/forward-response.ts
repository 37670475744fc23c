import { HeadEditor } from '../head-editor.ts';
import { H } from '../header-name.ts';
import type { SipResponse } from '../message.ts';

/** The head of a response on its way back: the topmost Via values removed, everything else as received.
 *  @param popVias Via values that this element put on top  @see RFC 3261 §16.7 step 3 */
export function forwardResponse(response: SipResponse, popVias: number): string {
  const editor = new HeadEditor(response);
  for (let i = 0; i < popVias; i += 1) editor.popFirstValue(H.VIA);
  return editor.toHead();
}
