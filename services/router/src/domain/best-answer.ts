import { HeadEditor, parseMessage, REASONS, ResponseContext, type SipResponse } from '@hermod/sip';
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
  return { status, response: amend(response, status, best.headers) };
}

function amend(
  response: SipResponse,
  status: number,
  headers: readonly string[],
): SipResponse | undefined {
  const editor = new HeadEditor(response);
  if (status !== response.status)
    editor.startLine(`SIP/2.0 ${status} ${REASONS.get(status) ?? ''}`);
  for (const line of headers) editor.append(line);
  const parsed = parseMessage(editor.toHead(), response.body);
  return parsed.ok && parsed.value.kind === 'response' ? parsed.value : undefined;
}
