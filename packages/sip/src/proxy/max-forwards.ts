import { H } from '../header-name.ts';
import type { SipRequest } from '../message.ts';

/** What a proxy puts in when there is none.  @see RFC 3261 §16.6 step 3 */
export const INITIAL_MAX_FORWARDS = 70;

/** The Max-Forwards of a request, 0–255; undefined when it is absent or out of range, which counts as absent
 *  (RFC 4475 §3.1.2.4).  @see RFC 3261 §20.22 */
export function maxForwardsOf(request: SipRequest): number | undefined {
  const text = request.get(H.MAX_FORWARDS);
  if (text === undefined || text === '') return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > 255) return undefined;
  }
  return value;
}
