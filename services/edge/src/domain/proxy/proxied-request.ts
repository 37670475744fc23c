import type { NeighbourLimits, TrafficClass } from '@hermod/congestion';
import {
  branchBreadth,
  type Clock,
  dispositionOf,
  formatBranch,
  forwardBestResponse,
  forwardResponse,
  type IdSource,
  maxBreadthOf,
  type OutgoingMessage,
  ResponseContext,
  type ResponseOptions,
  type SipRequest,
  type SipResponse,
  type TimerEntry,
  type Timers,
  type TimerTarget,
} from '@hermod/sip';
import type { Flow } from '../../ports.ts';
import type { Sender } from '../authentication/sender.ts';
import type { EdgeStats } from '../edge-stats.ts';
import type { NextHopHealth } from '../relay/next-hop-health.ts';
import type { RetryAfter } from '../retry-after.ts';
import { isClientFlow, type Outgoing } from './outgoing.ts';
import type { BranchDirectory } from './proxy-branch.ts';
import { ProxyTarget } from './proxy-target.ts';
import type { RouteSet } from './route-set.ts';
import type { Source } from './source.ts';
import type { Attempt, Way, Ways } from './ways.ts';

/** How long a flow is kept for a dialog that was set up over it, ms. Refreshes (RFC 4028) prolong it. */
const DIALOG_KEEP_MS = 3_600_000;
/** How long an INVITE may go without a final response, ms, whatever its devices say: each provisional response starts Timer C anew, so
 *  that one device could let it ring for ever. */
const MAX_RINGING_MS = 600_000;
const RINGING = 0;

/** What every proxied request of an edge shares. */
export type ProxyParts = {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly ways: Ways;
  readonly health: NextHopHealth;
  readonly limits: NeighbourLimits;
  readonly stats: EdgeStats;
  /** What it is for, when a next hop has asked for less. */
  classOf(flow: Flow, request: SipRequest): TrafficClass;
  readonly outgoing: Outgoing;
  readonly branches: BranchDirectory;
  readonly retryAfter: RetryAfter;
};

/** The server transaction of a proxied request. */
export interface Upstream {
  readonly request: SipRequest;
  /** The client's Via with `received` and `rport`. */
  readonly via: string;
  build(status: number, options: ResponseOptions): OutgoingMessage;
  /** @param status of the message  */
  forward(message: OutgoingMessage, status: number): unknown;
}

/** The ways of each target, in the order in which they are to be tried, at least one each; or the status that says why there is none. */
export type Targets = readonly (readonly Attempt[])[] | Refusal;

/** Why there are no targets. */
export type Refusal = { readonly status: number; readonly headers?: readonly string[] };

/** What a {@link ProxiedRequest} is made with. */
export type ProxiedRequestOptions = {
  readonly upstream: Upstream;
  readonly source: Source;
  readonly sender: Sender;
  readonly route: RouteSet;
  readonly loopHash: string;
  readonly parts: ProxyParts;
  /** It has its final response, or will never have one. Called once. */
  readonly onSettled: (context: ProxiedRequest) => void;
};

/** The response context of one request that this edge proxies (RFC 3261 §16.2, §16.7): its targets, and what goes upstream. */
export class ProxiedRequest implements TimerTarget {
  readonly parts: ProxyParts;
  readonly request: SipRequest;
  readonly isInvite: boolean;
  readonly #options: ProxiedRequestOptions;
  #targets: readonly ProxyTarget[] = [];
  #responses: ResponseContext | undefined;
  /** No further branch is begun: cancelled, a 2xx, or a 6xx. */
  #isDecided = false;
  #isSettled = false;
  /** The caller wants one target tried after the other (RFC 3841 §9.1). */
  #isSequential = false;
  #isCancelled = false;
  #ringing: TimerEntry | undefined;

  constructor(options: ProxiedRequestOptions) {
    this.#options = options;
    this.parts = options.parts;
    this.request = options.upstream.request;
    this.isInvite = this.request.method === 'INVITE';
    if (this.isInvite) this.#ringing = this.parts.timers.start(this, RINGING, MAX_RINGING_MS);
  }

  /** Whether any new branch would be for nothing. */
  get isDecided(): boolean {
    return this.#isDecided;
  }

  /** Forwards to every target at once, or to one after the other where the caller wants that; refuses when there are more than
   *  Max-Breadth allows (RFC 5393 §5.3.3). */
  start(targets: Targets): void {
    // The caller gave up while the targets were looked for.
    if (this.#isSettled) return;
    if ('status' in targets) {
      this.refuse(
        targets.status,
        targets.headers === undefined ? {} : { headers: targets.headers },
      );
      return;
    }
    const breadth = maxBreadthOf(this.request);
    if (targets.length > breadth) {
      this.refuse(440);
      return;
    }
    this.#responses = new ResponseContext(targets.length, this.request.method);
    this.#targets = targets.map((attempts, index) => {
      return new ProxyTarget(this, index, attempts, branchBreadth(breadth, targets.length, index));
    });
    this.#isSequential = targets.length > 1 && dispositionOf(this.request).isSequential;
    if (this.#isSequential) this.#targets[0]?.start(true);
    else for (const target of this.#targets) target.start(targets.length > 1);
  }

  /** Answers for this element. */
  refuse(status: number, options: ResponseOptions = {}): void {
    if (this.#isSettled) return;
    const toTag = this.parts.ids.token();
    this.#settle(this.#options.upstream.build(status, { ...options, toTag }), status);
  }

  /** What it is for. */
  get trafficClass(): TrafficClass {
    return this.parts.classOf(this.#options.source.flow, this.request);
  }

  /** Answers 503: this element itself cannot serve. */
  overloaded(): void {
    this.refuse(503, { headers: [this.parts.retryAfter.line()] });
  }

  /** RFC 3261 §16.10: the branches are cancelled, and their final responses end the INVITE. */
  cancel(): void {
    if (this.#isSettled) return;
    this.#isCancelled = true;
    this.#giveUp(487);
  }

  /** It has been ringing for too long: as when Timer C fires for every branch (RFC 3261 §16.8). */
  onTimer(_timer: number): void {
    this.#ringing = undefined;
    this.#giveUp(408);
  }

  /** Shutdown: nothing is waited for any more. */
  abandon(): void {
    this.#isDecided = true;
    this.overloaded();
    this.#cancelTargets(487);
  }

  // --- called by its targets ---

  newBranch(): string {
    return formatBranch(this.parts.ids.token(), this.#options.loopHash);
  }

  /** The head for one branch; undefined when a flow it needs has closed. */
  head(way: Way, viaBranch: string, maxBreadth: number): string | undefined {
    const { source, sender, route, upstream } = this.#options;
    const { request } = this;
    const clientVia = upstream.via;
    return this.parts.outgoing.head({
      request,
      source,
      sender,
      route,
      clientVia,
      way,
      viaBranch,
      maxBreadth,
    });
  }

  // RFC 3261 §16.7 step 5: forwarded at once. Of a non-INVITE there is only 100 (RFC 4320 §4.1), which goes one hop.
  onProvisional(response: SipResponse): void {
    if (response.status === 100 || !this.isInvite || this.#isSettled) return;
    this.#options.upstream.forward(upstreamMessage(response), response.status);
  }

  /** @param response undefined: the status was made up here */
  onFinal(target: ProxyTarget, status: number, response: SipResponse | undefined): void {
    if (status < 300 && response !== undefined) {
      this.#succeed(target, response);
      return;
    }
    const responses = this.#responses;
    if (responses === undefined || this.#isSettled) return;
    responses.add(target.index, status, response);
    // RFC 3261 §16.7 step 5: a 6xx ends the others, and is sent once they have ended.
    if (status >= 600) {
      this.#isDecided = true;
      this.#cancelTargets(487);
    }
    if (responses.isComplete) this.#sendBest(responses);
    else if (this.#isSequential && !this.#isDecided) this.#targets[target.index + 1]?.start(true);
  }

  // RFC 3261 §16.7 steps 5 and 10: every 2xx of an INVITE goes at once, and ends what is still pending.
  #succeed(target: ProxyTarget, response: SipResponse): void {
    if (this.#isSettled && !this.isInvite) return;
    this.#isDecided = true;
    this.#keepFlows(target);
    this.#settle(upstreamMessage(response), response.status);
    this.#cancelTargets(487);
  }

  // RFC 3261 §16.7 step 6.
  #sendBest(responses: ResponseContext): void {
    const isSilent = responses.finals.every((final) => {
      return final.status === 408 && final.response === undefined;
    });
    // RFC 4320 §4.2: a non-INVITE that nobody answered is not answered either.
    if (isSilent && !this.isInvite) {
      this.#settle(undefined, 408);
      return;
    }
    const best = responses.best;
    if (best === undefined) return;
    // What the caller asked for, whatever the reason that its devices gave.
    if (this.#isCancelled && best.response === undefined) {
      this.refuse(487);
      return;
    }
    const message = forwardBestResponse(best, 1);
    if (message === undefined) this.refuse(best.status, { headers: best.headers });
    else this.#settle(message, best.status);
  }

  /** @param status it ends with when no device says better */
  #giveUp(status: number): void {
    this.#isDecided = true;
    if (this.#responses === undefined) this.refuse(status);
    else this.#cancelTargets(status);
  }

  #cancelTargets(status: number): void {
    for (const target of this.#targets) target.cancel(status);
  }

  #settle(message: OutgoingMessage | undefined, status: number): void {
    const isFirst = !this.#isSettled;
    this.#isSettled = true;
    this.parts.timers.stop(this.#ringing);
    this.#ringing = undefined;
    if (message !== undefined) this.#options.upstream.forward(message, status);
    if (isFirst) this.#options.onSettled(this);
  }

  // RFC 5626 §5.3: a flow that a dialog depends on must not end before it.
  #keepFlows(target: ProxyTarget): void {
    if (!this.isInvite && this.request.method !== 'SUBSCRIBE') return;
    const { source } = this.#options;
    if (!source.isTrunk) source.flow.keepFor(DIALOG_KEEP_MS);
    const { outlet } = target;
    if (outlet !== undefined && isClientFlow(outlet)) outlet.keepFor(DIALOG_KEEP_MS);
  }
}

/** The response as it goes back: our Via popped. */
function upstreamMessage(response: SipResponse): OutgoingMessage {
  return { head: forwardResponse(response, 1), body: response.body };
}
