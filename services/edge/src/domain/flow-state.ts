import type { Outlet } from '../ports.ts';
import type { Proof } from './authentication/sender.ts';
import type { RateBucket } from './flow-rate.ts';
import type { PendingDelivery } from './pending-delivery.ts';
import type { ProxyBranch } from './proxy/proxy-branch.ts';

/** Shared: most flows never have another. */
const NO_PROOFS: readonly Proof[] = [];
const NO_AORS: readonly string[] = [];

/** What the edge keeps per flow, in {@link Flow.context}. */
export class FlowState {
  /** Requests of this flow that wait for their final response. */
  pending = 0;
  /** The peer has ended its half: it waits for answers, and for nothing else. */
  peerEnded = false;
  /** Of users who have proved on this flow to be who they are. */
  proofs: readonly Proof[] = NO_PROOFS;
  /** A user of ours has proved something on it at least once, itself or through a proxy: no pass, but more than nothing. */
  hasProof = false;
  /** AoRs that have a binding to this flow, and the token in those bindings. */
  aors: readonly string[] = NO_AORS;
  flowToken = '';
  /** What it may send; undefined before its first request. */
  rate: RateBucket | undefined;
  /** Whose fair share its requests take, see `trafficSource`; undefined: to be found out, anew after every proof. */
  source: number | undefined;
  /** It is left unread for a moment. */
  isHeldBack = false;
  /** The connection stands: false while a connect is under way. */
  isEstablished = false;
  /** Proxied requests that wait for this neighbour; most flows never have one. */
  #branches: Set<ProxyBranch> | undefined;
  /** First and last delivery that waits for the device: a list through the deliveries, since a Set outgrows a table every few
   *  messages, and outgrown tables keep what was in them (see TurnoverMap in packages/sip). */
  #first: PendingDelivery | undefined;
  #last: PendingDelivery | undefined;

  /** Proxied requests that wait for this neighbour, as of now. */
  branches(): readonly ProxyBranch[] {
    return this.#branches === undefined ? [] : [...this.#branches];
  }

  get branchCount(): number {
    return this.#branches?.size ?? 0;
  }

  addBranch(branch: ProxyBranch): void {
    this.#branches ??= new Set();
    this.#branches.add(branch);
  }

  removeBranch(branch: ProxyBranch): void {
    this.#branches?.delete(branch);
  }

  add(delivery: PendingDelivery): void {
    delivery.previous = this.#last;
    if (this.#last === undefined) this.#first = delivery;
    else this.#last.next = delivery;
    this.#last = delivery;
  }

  /** Forgets one that was added; one that was not is ignored. */
  remove(delivery: PendingDelivery): void {
    const { previous, next } = delivery;
    if (previous === undefined && this.#first !== delivery) return;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    delivery.previous = undefined;
    delivery.next = undefined;
  }

  /** Waits anything for the device? */
  get hasDeliveries(): boolean {
    return this.#first !== undefined;
  }

  /** Deliveries to this flow that wait for the device, in the order they were sent, as of now. */
  deliveries(): PendingDelivery[] {
    const all: PendingDelivery[] = [];
    for (let one = this.#first; one !== undefined; one = one.next) all.push(one);
    return all;
  }
}

/** The state of a flow, made on first use. */
export function flowState(flow: Pick<Outlet, 'context'>): FlowState {
  const known = flow.context;
  if (known instanceof FlowState) return known;
  const state = new FlowState();
  flow.context = state;
  return state;
}
