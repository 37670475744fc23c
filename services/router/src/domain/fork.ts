import { fnv1a, RecordFlag, type Span, withTraceparent } from '@hermod/contracts';
import {
  type Binding,
  type Clock,
  H,
  HeadEditor,
  isSips,
  maxBreadthOf,
  requestUriFor,
  type SipRequest,
  type SipResponse,
  type Target,
  TIMER_64_T1,
  type TimerEntry,
  type Timers,
  type TimerTarget,
} from '@hermod/sip';
import type { BranchSink, Trunk } from '../ports.ts';
import type { Lane, LaneEntry } from './lane.ts';
import { type BranchResult, judge, type Verdict } from './outcome.ts';

/** A branch that has no final response by then counts as temporarily failed; below the 3 s at which the sender gets its 202. */
export const BRANCH_DEADLINE_MS = 2000;

/** Nothing new is begun for a message this long after its start: with one more deadline, 6 s (design §3.5). */
const FORK_BUDGET_MS = 4_000;

/** Statuses that edges make up: they say that the flow is gone, silent or refused by its queue, not that the device spoke. */
const MADE_BY_EDGES: ReadonlySet<number> = new Set([408, 430, 503]);

/** One flow of one AoR, as the fork sees it. */
export interface ForkLanes {
  laneFor(target: Binding): Lane;
  /** True for a flow that missed a deadline and has not spoken since: it is not tried by new messages. */
  isSuspect(target: Binding): boolean;
}

const NO_TARGETS: readonly Target[] = [];

/** What is forked: a record of the log, with the time of its start (epoch ms), or an entry of the mailbox, which may wait its turn. */
type Forked = {
  readonly record: { readonly flags: number };
  readonly startedAtMs?: number;
  /** Undefined: not traced. */
  readonly span?: Span | undefined;
};

/** Who started the fork. Calls come at most once each, `onLateSuccess` after `onForkSettled`. */
export interface ForkOwner<Subject extends Forked> {
  /** The verdict stands: at the first 2xx, or when every branch has ended. */
  onForkSettled(fork: Fork<Subject>, verdict: Verdict): void;
  /** A branch whose deadline had passed was answered 2xx after all. */
  onLateSuccess(fork: Fork<Subject>, status: number): void;
  /** Every branch, and again when it is answered after its deadline: the binding's state may have to change (430, 405, 501), its flow
   *  has spoken or fallen silent. */
  onBranchEnd(target: Binding, result: BranchResult, spoke: boolean): void;
}

/** What every fork of a router works with. */
export type ForkTools = {
  readonly lanes: ForkLanes;
  readonly trunk: Trunk;
  readonly timers: Timers;
  readonly clock: Clock;
  /** Try suspect flows too. */
  readonly probing: boolean;
};

/** One message on its way to the target set (RFC 3261 §16.6, with a transaction per branch).
 *  `Subject` is what its owner forks. */
export class Fork<Subject extends Forked> {
  readonly subject: Subject;
  readonly deliveryId: string;
  /** The delivery id, if the message is Hermod's own, else ''. */
  readonly ownId: string;
  /** In the order the branches ended. */
  readonly results: BranchResult[] = [];
  readonly #owner: ForkOwner<Subject>;
  readonly #tools: ForkTools;
  #request: SipRequest;
  #running = 0;
  #settled = false;
  /** Targets that wait for the one before them to fail (RFC 3841 §9.1), the first of them at `#next`. */
  #sequence: readonly Target[] = NO_TARGETS;
  #next = 0;
  /** Epoch ms; 0 for what comes out of the mailbox, until something may have to follow. */
  #startedMs: number;

  constructor(
    owner: ForkOwner<Subject>,
    subject: Subject,
    request: SipRequest,
    deliveryId: string,
    tools: ForkTools,
  ) {
    this.#owner = owner;
    this.subject = subject;
    this.#request = request;
    this.deliveryId = deliveryId;
    this.ownId = (subject.record.flags & RecordFlag.ORIGINATED) === 0 ? '' : deliveryId;
    this.#tools = tools;
    this.#startedMs = subject.startedAtMs ?? 0;
  }

  /** When a branch that still waits its turn is given up, epoch ms: its record would be unfinished for too long. */
  get beginByMs(): number {
    const { startedAtMs } = this.subject;
    const isAwaited = startedAtMs !== undefined && !this.#settled;
    return isAwaited ? startedAtMs + FORK_BUDGET_MS : Number.POSITIVE_INFINITY;
  }

  get span(): Span | undefined {
    return this.subject.span;
  }

  /** As it goes to each branch. */
  get request(): SipRequest {
    return this.#request;
  }

  /** Sends to every target, each in the order of its lane. The owner may be told the verdict before this returns.
   *  @param targets non-empty  @param isSequential to one target after the other, until one takes it */
  start(targets: readonly Target[], isSequential = false): void {
    const breadth = maxBreadthOf(this.#request);
    if (breadth === 0) {
      this.#settled = true;
      this.results.push({ status: 440, response: undefined });
      this.#owner.onForkSettled(this, judge(this.results));
      return;
    }
    // RFC 5393 §5.3.3: where the breadth does not suffice for all at once, it does for one after the other.
    if (isSequential || targets.length > breadth) {
      this.#sequence = targets;
      this.#running = 1;
      this.#startNext();
      return;
    }
    if (targets.length > 1) this.#shareBreadth(Math.floor(breadth / targets.length));
    // All count before the first may end: a verdict needs the results of all.
    this.#running = targets.length;
    for (const target of targets) this.#startTarget(target);
  }

  // RFC 5393 §5.3.3.1: together the branches have no more than the request brought, or users who name each other as Contacts could
  // make one message into any number. What goes to one target alone keeps what it has (ADR 0019).
  #shareBreadth(each: number): void {
    const editor = new HeadEditor(this.#request);
    this.#request = editor.replace(H.MAX_BREADTH, `Max-Breadth: ${each}`).toRequest();
  }

  /** @returns false when none is left */
  #startNext(): boolean {
    const target = this.#sequence[this.#next];
    if (target === undefined) return false;
    this.#next += 1;
    if (this.#startedMs === 0) this.#startedMs = this.#tools.clock.nowMs();
    this.#startTarget(target);
    return true;
  }

  #startTarget({ binding, fallbacks }: Target): void {
    if (fallbacks.length > 0 && this.#startedMs === 0) {
      this.#startedMs = this.#tools.clock.nowMs();
    }
    this.#startBranch(binding, fallbacks);
  }

  #startBranch(binding: Binding, fallbacks: readonly Binding[]): void {
    const { lanes, probing } = this.#tools;
    const branch = new ForkBranch(this, binding, fallbacks, this.#tools);
    // A probe is for when there is nobody else: in a sequence, silent devices would take all the time there is from the next.
    const maySkip = !probing || this.#next < this.#sequence.length;
    const isSilent = lanes.isSuspect(binding) && !hasLive(fallbacks, lanes);
    if (maySkip && isSilent) branch.abandon();
    else branch.submit();
  }

  get #hasTime(): boolean {
    return this.#tools.clock.nowMs() - this.#startedMs < FORK_BUDGET_MS;
  }

  /** Branch contract; not for owners. */
  onBranchResult(branch: ForkBranch, result: BranchResult, spoke: boolean, late: boolean): void {
    // The deadline has said so already; the flow may have spoken since.
    if (late && result.status === 408) return;
    this.#owner.onBranchEnd(branch.target, result, spoke);
    if (late) {
      if (result.status >= 300) return;
      if (this.#settled) {
        this.#owner.onLateSuccess(this, result.status);
        return;
      }
      // Other branches are still under way, so there is no verdict yet: any 2xx is one.
      this.results.push(result);
      this.#settled = true;
      this.#owner.onForkSettled(this, judge(this.results));
      return;
    }
    if (branch.fallbacks.length > 0 && !this.#settled && branch.leadsOn(result) && this.#hasTime) {
      // RFC 5626 §7: the next flow of the same instance takes its place.
      const [next, ...others] = branch.fallbacks;
      if (next !== undefined) {
        this.#startBranch(next, others);
        return;
      }
    }
    this.results.push(result);
    if (!this.#settled && this.#next < this.#sequence.length && result.status >= 300) {
      // RFC 3261 §16.7 step 5: no new branch after a 6xx.
      if (result.status < 600 && this.#hasTime && this.#startNext()) return;
      // The others are tried when the message comes out of the mailbox.
      if (result.status < 600) this.results.push({ status: 408, response: undefined });
    }
    this.#running -= 1;
    if (this.#settled) return;
    if (result.status < 300 || this.#running === 0) {
      this.#settled = true;
      this.#owner.onForkSettled(this, judge(this.results));
    }
  }
}

/** What a branch knows of its fork. */
interface ForkParent {
  readonly request: SipRequest;
  readonly deliveryId: string;
  readonly ownId: string;
  readonly beginByMs: number;
  readonly span: Span | undefined;
  onBranchResult(branch: ForkBranch, result: BranchResult, spoke: boolean, late: boolean): void;
}

type BranchState = 'waiting' | 'sent' | 'late' | 'ended';

/** One leg = one target = one client transaction at its edge. */
export class ForkBranch implements BranchSink, LaneEntry, TimerTarget {
  readonly target: Binding;
  /** Other flows of the same instance, to be tried when this one is gone. */
  readonly fallbacks: readonly Binding[];
  readonly #fork: ForkParent;
  readonly #tools: ForkTools;
  readonly #lane: Lane;
  #deadline: TimerEntry | undefined;
  #state: BranchState = 'waiting';
  #isSkipped = false;
  #span: Span | undefined;

  constructor(fork: ForkParent, target: Binding, fallbacks: readonly Binding[], tools: ForkTools) {
    this.#fork = fork;
    this.target = target;
    this.fallbacks = fallbacks;
    this.#tools = tools;
    this.#lane = tools.lanes.laneFor(target);
  }

  /** May another flow of the same instance be tried? For 408 and 430 alone, or when the flow's edge is away; what a device says by
   *  itself stands.  @see RFC 5626 §7 */
  leadsOn({ status, response }: BranchResult): boolean {
    if (this.#isSkipped || status === 430 || status === 408) return true;
    return status === 503 && response === undefined;
  }

  get ownId(): string {
    return this.#fork.ownId;
  }

  get beginByMs(): number {
    return this.#fork.beginByMs;
  }

  submit(): void {
    this.#lane.submit(this);
  }

  sendOnLane(): void {
    const { target, fallbacks } = this;
    const { lanes, timers, trunk } = this.#tools;
    // In its turn, not before: what went over this flow earlier may be on its way to the next one, too.
    if (fallbacks.length > 0 && lanes.isSuspect(target) && hasLive(fallbacks, lanes)) {
      this.#isSkipped = true;
      this.abandon();
      this.#lane.releaseLost(this);
      return;
    }
    this.#state = 'sent';
    this.#deadline = timers.start(this, 0, BRANCH_DEADLINE_MS);
    this.#span = this.#fork.span?.child('branch');
    const { request } = this.#fork;
    trunk.deliver(
      {
        viaBranch: branchOf(this.#fork.deliveryId, target),
        deliveryId: this.#fork.deliveryId,
        request:
          this.#span === undefined ? request : withTraceparent(request, this.#span.traceparent),
        targetUri: requestUriFor(isSips(request.requestUri), target.contact),
        isSecured: isSips(target.contact),
        path: target.path,
        flowToken: target.flowToken,
        flowBound: target.flowBound,
      },
      this,
    );
  }

  /** The window closed, the flow is suspect, or its turn has not come: as good as unreachable, without waiting for it. */
  abandon(): void {
    this.#state = 'ended';
    this.#fork.onBranchResult(this, { status: 480, response: undefined }, false, false);
  }

  onFinal(status: number, response: SipResponse | undefined): void {
    if (this.#state === 'ended' || this.#state === 'waiting') return;
    const late = this.#state === 'late';
    this.#state = 'ended';
    this.#tools.timers.stop(this.#deadline);
    this.#span?.end(status);
    const result = { status, response };
    // The verdict first: a temporary failure closes this lane's window before the next entry would be sent (rule 3).
    // A repeat that an edge matched to an earlier 2xx has no response of its own, but the device did speak.
    const spoke = status < 300 || (response !== undefined && !MADE_BY_EDGES.has(status));
    this.#fork.onBranchResult(this, result, spoke, late);
    if (late) this.#lane.endLate(this);
    else if (this.leadsOn(result)) this.#lane.releaseLost(this);
    else this.#lane.release(this);
  }

  onTimer(): void {
    if (this.#state === 'late') {
      this.#state = 'ended';
      this.#span?.end(408);
      this.#lane.endLate(this);
    } else if (this.#state === 'sent') {
      this.#state = 'late';
      // RFC 3261 §17.1.2.2: its edge's Timer F ends it before that, unless the edge is gone.
      this.#deadline = this.#tools.timers.start(this, 0, TIMER_64_T1);
      this.#fork.onBranchResult(this, { status: 408, response: undefined }, false, false);
      this.#lane.releaseLate(this.fallbacks.length > 0);
    }
  }
}

/** Is one of the flows not silent, as far as is known? */
function hasLive(flows: readonly Binding[], lanes: ForkLanes): boolean {
  for (const flow of flows) if (!lanes.isSuspect(flow)) return true;
  return false;
}

/** RFC 3261 §8.1.1.7 cookie; then what makes a successor's repeat the same transaction to the edge (design §3.7). */
function branchOf(deliveryId: string, target: Binding): string {
  // The Contact too: two devices of one AoR may share a flow.
  const place = fnv1a(`${target.flowToken} ${target.contact}`);
  return `z9hG4bK${deliveryId}.${place.toString(36)}`;
}

/** What a target is reached by: its flow while it has one, else its Contact. */
export function placeOf(target: Binding): string {
  return target.flowToken === '' ? target.contact : target.flowToken;
}
