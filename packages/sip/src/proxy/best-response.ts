// RFC 3261 §16.7 step 6: choosing the best response.
import type { SipResponse } from '../message.ts';

/** The final result of one ForkBranch. */
export type Final = {
  /** 200–699. */
  readonly status: number;
  /** Undefined when this element made the status up: 408 for a deadline, 503 for a transport error, 430 for a lost flow. */
  readonly response: SipResponse | undefined;
};

/** Pick the best final response of a fork: a 2xx, else a 6xx, else the lowest class; within 4xx the ones that tell the sender how to retry;
 *  of equals the first.
 *  @param finals one per ForkBranch, status 200–699, in arrival order, non-empty
 *  @returns index into `finals`; -1 when it is empty; never throws.  @see RFC 3261 §16.7 step 6 */
export function bestResponse(finals: readonly Final[]): number {
  let best = -1;
  let bestRank = Number.POSITIVE_INFINITY;
  for (let i = 0; i < finals.length; i += 1) {
    const rank = rankOf(finals[i]?.status ?? 0);
    if (rank < bestRank) {
      best = i;
      bestRank = rank;
    }
  }
  return best;
}

// Lower is better.
function rankOf(status: number): number {
  const statusClass = Math.floor(status / 100);
  if (statusClass === 2) return 0;
  // RFC 3261 §16.7 step 6: a 6xx beats everything that is not a 2xx.
  if (statusClass === 6) return 10;
  return 100 * statusClass + rankInClass(status);
}

function rankInClass(status: number): number {
  switch (status) {
    case 401:
    case 407:
      return 0;
    // "responses that provide information affecting resubmission"
    case 413:
    case 415:
    case 416:
    case 420:
    case 484:
      return 1;
    // They say something about a flow or about time, nothing about the recipient.
    case 408:
    case 430:
    case 503:
      return 3;
    default:
      return 2;
  }
}
