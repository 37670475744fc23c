import {
  buildResponse,
  forwardBestResponse,
  parseMessage,
  ResponseContext,
  type SipRequest,
  type SipResponse,
} from '@hermod/sip';
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

/** The answer to a sender whose message may go to nobody.
 *  @param warning a header line; undefined: nothing that a bare status does not say
 *  @returns undefined to build one of that status from the request */
export function warned(
  request: SipRequest,
  status: number,
  toTag: string,
  warning: string | undefined,
): SipResponse | undefined {
  if (warning === undefined) return undefined;
  const { head, body } = buildResponse(request, status, { toTag, headers: [warning] });
  const parsed = parseMessage(head, body);
  return parsed.ok && parsed.value.kind === 'response' ? parsed.value : undefined;
}
