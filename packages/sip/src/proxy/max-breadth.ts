// RFC 5393 §5: Max-Breadth, which bounds how many copies of a request forking may make.
import { parseDigits } from '../chars.ts';
import { H } from '../header-name.ts';
import type { SipRequest } from '../message.ts';

/** Branches that one request may have at once, here and downstream together.  @see RFC 5393 §5.3.3.2, which recommends it */
export const MAX_BREADTH = 60;

/** The breadth that a request brings: {@link MAX_BREADTH} when it has none or more, or one that is no number.
 *  @returns 0–60; 0 = it may not be forwarded at all  @see RFC 5393 §5.3.3 */
export function maxBreadthOf(request: SipRequest): number {
  const text = request.get(H.MAX_BREADTH);
  const breadth = text === undefined ? -1 : parseDigits(text, 0, text.length, MAX_BREADTH);
  return breadth === -1 ? MAX_BREADTH : breadth;
}

/** What a branch gets when `breadth` is divided among all: every branch at least 1, and no more than `breadth` together.
 *  @param branches 1 … `breadth`; with more than `breadth` the request is refused with 440
 *  @param index of the branch, 0 … `branches` − 1  @see RFC 5393 §5.3.3.1 */
export function branchBreadth(breadth: number, branches: number, index: number): number {
  return Math.floor(breadth / branches) + (index < breadth % branches ? 1 : 0);
}
