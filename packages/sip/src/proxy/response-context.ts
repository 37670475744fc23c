// RFC 3261 §16.7: the response context of a fork.
import { DEFAULT_FRAMER_LIMITS } from '../framer-limits.ts';
import { HeadEditor } from '../head-editor.ts';
import { H } from '../header-name.ts';
import type { SipResponse } from '../message.ts';
import { type OutgoingMessage, REASONS } from '../response.ts';
import { bestResponse, type Final } from './best-response.ts';

/** What goes upstream. */
export type BestResponse = {
  /** Status to send: the chosen one, but 503 as 500, 430 as 480, and 408 as 480 where it is not for an INVITE. */
  readonly status: number;
  /** The response it is made of, Vias as received; undefined when no branch had one: build it from the request. */
  readonly response: SipResponse | undefined;
  /** `Name: value` lines to add: the challenges of the other 401 and 407 responses. */
  readonly headers: readonly string[];
};

/** Collects the final results of the branches of one fork. */
export class ResponseContext {
  readonly #branches: number;
  readonly #isInvite: boolean;
  readonly #finals: Final[] = [];
  /** Branch of each entry of `#finals`. */
  readonly #branchOf: number[] = [];

  /** @param branches ForkBranches started  @param method of the request that was forked */
  constructor(branches: number, method = 'MESSAGE') {
    this.#branches = branches;
    this.#isInvite = method === 'INVITE';
  }

  /** True when every branch has its final result. */
  get isComplete(): boolean {
    return this.#finals.length >= this.#branches;
  }

  /** Results so far, in arrival order. */
  get finals(): readonly Final[] {
    return this.#finals;
  }

  /** Take the final result of a branch; provisional ones are ignored (those of an INVITE are forwarded as they come).
   *  A response replaces a status made up for the same branch; anything else that comes twice is ignored. */
  add(branch: number, status: number, response: SipResponse | undefined): void {
    if (status < 200) return;
    const known = this.#branchOf.indexOf(branch);
    if (known === -1) {
      this.#branchOf.push(branch);
      this.#finals.push({ status, response });
    } else if (response !== undefined && this.#finals[known]?.response === undefined) {
      this.#finals[known] = { status, response };
    }
  }

  /** The best response so far; undefined while there is none. */
  get best(): BestResponse | undefined {
    const index = bestResponse(this.#finals);
    const final = this.#finals[index];
    if (final === undefined) return undefined;
    return {
      status: statusUpstream(final.status, this.#isInvite),
      response: final.response,
      headers: final.status === 401 || final.status === 407 ? this.#otherChallenges(index) : [],
    };
  }

  // RFC 3261 §16.7 step 7: every challenge of every 401 and 407, unmodified, in order (RFC 8760 §2.5); never merged into one row.
  // Only as many as leave a head that can be framed: a stream ends with one that cannot, and everything else that is on it.
  #otherChallenges(chosen: number): string[] {
    const lines: string[] = [];
    const response = this.#finals[chosen]?.response;
    let freeBytes = DEFAULT_FRAMER_LIMITS.maxHeadBytes - (response?.head.length ?? 0);
    let freeRows = DEFAULT_FRAMER_LIMITS.maxHeaderRows - (response?.headerRows ?? 0);
    for (let i = 0; i < this.#finals.length; i += 1) {
      const final = this.#finals[i];
      if (i === chosen || final?.response === undefined) continue;
      if (final.status !== 401 && final.status !== 407) continue;
      for (const line of challengesOf(final.response)) {
        freeBytes -= line.length + CRLF_BYTES;
        freeRows -= 1;
        if (freeBytes < 0 || freeRows < 0) return lines;
        lines.push(line);
      }
    }
    return lines;
  }
}

const CRLF_BYTES = 2;

function challengesOf(response: SipResponse): string[] {
  return [
    ...response.all(H.WWW_AUTHENTICATE).map((value) => `WWW-Authenticate: ${value}`),
    ...response.all(H.PROXY_AUTHENTICATE).map((value) => `Proxy-Authenticate: ${value}`),
  ];
}

function statusUpstream(status: number, isInvite: boolean): number {
  switch (status) {
    // RFC 3261 §16.7 step 6: a 503 speaks of the element that sent it; upstream it would make the sender avoid this proxy.
    case 503:
      return 500;
    // RFC 4320 §4.2: 408 is never sent for a non-INVITE request.
    case 408:
      return isInvite ? 408 : 480;
    // RFC 5626 §11.6: a 430 is for the proxy that chose the flow.
    case 430:
      return 480;
    default:
      return status;
  }
}

/**
 * The best response as it goes upstream: our Vias removed, challenges added; where the status was changed, without its Retry-After.
 *
 * @param best one that has a `response`
 * @param popVias Via values that this element put on top
 * @returns undefined when the status was made up here: then it is built from the request
 */
export function forwardBestResponse(
  best: BestResponse,
  popVias: number,
): OutgoingMessage | undefined {
  const response = best.response;
  if (response === undefined) return undefined;
  const editor = new HeadEditor(response);
  for (let i = 0; i < popVias; i += 1) editor.popFirstValue(H.VIA);
  if (best.status !== response.status) {
    editor.startLine(`SIP/2.0 ${best.status} ${REASONS.get(best.status) ?? ''}`);
    editor.removeAll(H.RETRY_AFTER);
  }
  for (let i = 0; i < best.headers.length; i += 1) editor.append(best.headers[i] ?? '');
  return { head: editor.toHead(), body: response.body };
}
