import { parseDigits } from '../chars.ts';
import { H } from '../header-name.ts';
import type { SipRequest } from '../message.ts';

/** What a proxy puts in when there is none.  @see RFC 3261 §16.6 step 3 */
export const INITIAL_MAX_FORWARDS = 70;

/** The Max-Forwards of a request, 0–255; undefined when it is absent or out of range, which counts as absent
 *  (RFC 4475 §3.1.2.4).  @see RFC 3261 §20.22 */
export function maxForwardsOf(request: SipRequest): number | undefined {
  const text = request.get(H.MAX_FORWARDS);
  const value = text === undefined ? -1 : parseDigits(text, 0, text.length, 255);
  return value === -1 ? undefined : value;
}
