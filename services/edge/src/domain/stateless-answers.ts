import {
  buildResponse,
  H,
  type IdSource,
  type ProxyReject,
  type ResponseOptions,
  type SipRequest,
} from '@hermod/sip';
import type { Flow } from '../ports.ts';
import type { EdgeStats } from './edge-stats.ts';
import type { Replies } from './pending-request.ts';
import type { RetryAfter } from './retry-after.ts';
import { stampVia } from './stamped-via.ts';

/** Answers without a transaction: the same request again is answered the same again (RFC 3261 §8.2.7). */
export class StatelessAnswers {
  /** To tag of all of them: §8.2.7 wants the same for the same request, whenever it comes. */
  readonly toTag: string;
  readonly #replies: Replies;
  readonly #retryAfter: RetryAfter;
  readonly #stats: EdgeStats;

  constructor(replies: Replies, ids: IdSource, retryAfter: RetryAfter, stats: EdgeStats) {
    this.#replies = replies;
    this.#retryAfter = retryAfter;
    this.#stats = stats;
    this.toTag = ids.token();
  }

  /** What a check of RFC 3261 §16.3 or a policy refused. */
  refuse(flow: Flow, request: SipRequest, reject: ProxyReject): void {
    this.#stats.rejected += 1;
    this.answer(flow, request, reject.status, {
      reason: reject.reason,
      toTag: this.toTag,
      headers: reject.headers,
    });
  }

  /** 503 with Retry-After. */
  overloaded(flow: Flow, request: SipRequest): void {
    this.answer(flow, request, 503, { toTag: this.toTag, headers: [this.#retryAfter.line()] });
  }

  /** The same, to whoever is to come back when the congestion controller says.
   *  @param retryAfterSec undefined: others that the client speaks for may come at once (RFC 7339 §5.10) */
  busy(flow: Flow, request: SipRequest, retryAfterSec: number | undefined): void {
    const headers = retryAfterSec === undefined ? [] : [`Retry-After: ${retryAfterSec}`];
    this.answer(flow, request, 503, { toTag: this.toTag, headers });
  }

  answer(flow: Flow, request: SipRequest, status: number, options: ResponseOptions): void {
    const via = request.topVia;
    if (!request.has(H.VIA)) {
      // Nothing to send a response by: drop it, and on a stream give the connection up with it.
      this.#stats.dropped += 1;
      if (flow.reliable) flow.close();
      return;
    }
    const response = buildResponse(request, status, {
      reason: options.reason,
      toTag: options.toTag,
      headers: options.headers,
      via: via.ok ? stampVia(via.value, flow) : undefined,
    });
    this.#replies.send(flow, via.ok ? via.value : undefined, response);
    this.#replies.onFinal(request.method, status, undefined);
  }
}
