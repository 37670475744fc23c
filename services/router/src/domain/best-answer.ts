import { forwardBestResponse, parseMessage, ResponseContext } from '@hermod/sip';
import type { BranchResult } from './outcome.ts';

/** The answer to a sender whose message no branch took: §16.7's best response, with the challenges of all branches, a lone 503 as 500,
 *  and never 408 (RFC 4320 §4.2).
 *  @param results one per branch, non-empty
 *  @returns `response` to forward, or undefined to build one of that status from the request */
export function bestAnswer(results: readonly BranchResult[]): BranchResult {
  const context = new ResponseContext(results.length);
  results.forEach((result, branch) => {
    context.add(branch, result.status, result.response);
  });
  const { best } = context;
  if (best === undefined) return { status: 480, response: undefined };
  const { status, response } = best;
  if (response === undefined || (status === response.status && best.headers.length === 0)) {
    return { status, response };
  }
  const forwarded = forwardBestResponse(best, 0);
  const parsed = forwarded && parseMessage(forwarded.head, forwarded.body);
  const amended = parsed?.ok && parsed.value.kind === 'response' ? parsed.value : undefined;
  return { status, response: amended };
}
