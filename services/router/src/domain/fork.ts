import { fnv1a, RecordFlag } from '@hermod/contracts';
import {
  type Binding,
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

/** Statuses that edges make up: they say that the flow is gone, silent or refused by its queue, not that the device spoke. */
const MADE_BY_EDGES: ReadonlySet<number> = new Set([408, 430, 503]);

/** One flow of one AoR, as the fork sees it. */
export interface ForkLanes {
  laneFor(target: Binding): Lane;
  /** True for a flow that missed a deadline and has not spoken since: it is not tried by new messages. */
  isSuspect(target: Binding): boolean;
}

/** What is forked: a record of the log, or an entry of the mailbox. */
type Forked = { readonly record: { readonly flags: number } };

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
  /** Try suspect flows too. */
  readonly probing: boolean;
};

/** One message on its way to the target set (RFC 3261 §16.6, with a transaction per branch).
 *  `Subject` is what its owner forks. */
export class Fork<Subject extends Forked> {
  readonly subject: Subject;
  readonly request: SipRequest;
  readonly deliveryId: string;
  /** The delivery id, if the message is Hermod's own, else ''. */
  readonly ownId: string;
  /** In the order the branches ended. */
  readonly results: BranchResult[] = [];
  readonly #owner: ForkOwner<Subject>;
  readonly #tools: ForkTools;
  #running = 0;
  #settled = false;

  constructor(
    owner: ForkOwner<Subject>,
    subject: Subject,
    request: SipRequest,
    deliveryId: string,
    tools: ForkTools,
  ) {
    this.#owner = owner;
    this.subject = subject;
    this.request = request;
    this.deliveryId = deliveryId;
    this.ownId = (subject.record.flags & RecordFlag.ORIGINATED) === 0 ? '' : deliveryId;
    this.#tools = tools;
  }

  /** Sends to every target, each in the order of its lane. The owner may be told the verdict before this returns.
   *  @param targets non-empty */
  start(targets: readonly Target[]): void {
    // All count before the first may end: a verdict needs the results of all.
    this.#running = targets.length;
    for (const target of targets) this.#startBranch(target.binding, target.fallbacks);
  }

  #startBranch(binding: Binding, fallbacks: readonly Binding[]): void {
    const { lanes, trunk, timers, probing } = this.#tools;
    const branch = new ForkBranch(this, binding, fallbacks, lanes.laneFor(binding), trunk, timers);
    if (!probing && lanes.isSuspect(binding)) branch.abandon();
    else branch.submit();
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
    if (!this.#settled && isFlowLost(result)) {
      const [next, ...others] = branch.fallbacks;
      if (next !== undefined) {
        // RFC 5626 §7: the next flow of the same instance takes its place.
        this.#startBranch(next, others);
        return;
      }
    }
    this.#running -= 1;
    this.results.push(result);
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
  onBranchResult(branch: ForkBranch, result: BranchResult, spoke: boolean, late: boolean): void;
}

type BranchState = 'waiting' | 'sent' | 'late' | 'ended';

/** One leg = one target = one client transaction at its edge. */
export class ForkBranch implements BranchSink, LaneEntry, TimerTarget {
  readonly target: Binding;
  /** Other flows of the same instance, to be tried when this one is gone. */
  readonly fallbacks: readonly Binding[];
  readonly #fork: ForkParent;
  readonly #lane: Lane;
  readonly #trunk: Trunk;
  readonly #timers: Timers;
  #deadline: TimerEntry | undefined;
  #state: BranchState = 'waiting';

  constructor(
    fork: ForkParent,
    target: Binding,
    fallbacks: readonly Binding[],
    lane: Lane,
    trunk: Trunk,
    timers: Timers,
  ) {
    this.#fork = fork;
    this.target = target;
    this.fallbacks = fallbacks;
    this.#lane = lane;
    this.#trunk = trunk;
    this.#timers = timers;
  }

  get ownId(): string {
    return this.#fork.ownId;
  }

  submit(): void {
    this.#lane.submit(this);
  }

  sendOnLane(): void {
    this.#state = 'sent';
    this.#deadline = this.#timers.start(this, 0, BRANCH_DEADLINE_MS);
    const { target } = this;
    this.#trunk.deliver(
      {
        viaBranch: branchOf(this.#fork.deliveryId, target),
        deliveryId: this.#fork.deliveryId,
        request: this.#fork.request,
        targetUri: target.contact,
        path: target.path,
        flowToken: target.flowToken,
        flowBound: target.flowBound,
      },
      this,
    );
  }

  /** The window closed, or the flow is suspect: as good as unreachable, without waiting for it. */
  abandon(): void {
    this.#state = 'ended';
    this.#fork.onBranchResult(this, { status: 480, response: undefined }, false, false);
  }

  onFinal(status: number, response: SipResponse | undefined): void {
    if (this.#state === 'ended' || this.#state === 'waiting') return;
    const late = this.#state === 'late';
    this.#state = 'ended';
    this.#timers.stop(this.#deadline);
    const result = { status, response };
    // The verdict first: a temporary failure closes this lane's window before the next entry would be sent (rule 3).
    // A repeat that an edge matched to an earlier 2xx has no response of its own, but the device did speak.
    const spoke = status < 300 || (response !== undefined && !MADE_BY_EDGES.has(status));
    this.#fork.onBranchResult(this, result, spoke, late);
    if (late) this.#lane.endLate(this);
    else if (isFlowLost(result)) this.#lane.releaseLost(this);
    else this.#lane.release(this);
  }

  onTimer(): void {
    if (this.#state === 'late') {
      this.#state = 'ended';
      this.#lane.endLate(this);
    } else if (this.#state === 'sent') {
      this.#state = 'late';
      // RFC 3261 §17.1.2.2: its edge's Timer F ends it before that, unless the edge is gone.
      this.#deadline = this.#timers.start(this, 0, TIMER_64_T1);
      this.#fork.onBranchResult(this, { status: 408, response: undefined }, false, false);
      this.#lane.releaseLate();
    }
  }
}

/** The flow is gone, or so is its edge (the trunk's own 503); what a device answers by itself stands. */
function isFlowLost({ status, response }: BranchResult): boolean {
  return status === 430 || (status === 503 && response === undefined);
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
