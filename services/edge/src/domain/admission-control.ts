import {
  Codel,
  type CongestionController,
  type OcLoss,
  offersLoss,
  TrafficClass,
  type Verdict,
} from '@hermod/congestion';
import type { SipRequest, Timers, TimerTarget } from '@hermod/sip';
import type { EdgePorts, Flow } from '../ports.ts';
import type { EdgeStats } from './edge-stats.ts';
import { flowState } from './flow-state.ts';
import type { StatelessAnswers } from './stateless-answers.ts';
import { trafficClassOf } from './traffic-class-of.ts';
import { BY_SENDER, trafficSource } from './traffic-source.ts';

/** Timers are not finer than that. */
const MIN_PAUSE_MS = 20;

/** What {@link AdmissionControl} needs from its edge. */
export type AdmissionControlParts = {
  readonly controller: CongestionController;
  /** What servers that are known are to leave out. */
  readonly oc: OcLoss;
  readonly ports: Pick<EdgePorts, 'relay' | 'codec' | 'timers' | 'congestion'>;
  readonly answers: StatelessAnswers;
  readonly stats: EdgeStats;
};

/** Asks the congestion controller about requests of clients, and does what it says. */
export class AdmissionControl {
  readonly #parts: AdmissionControlParts;
  /** Of the requests that were admitted and wait for the credential of their sender. */
  readonly #waiting = new Codel();

  constructor(parts: AdmissionControlParts) {
    this.#parts = parts;
  }

  /** Is this request taken on? If not, it has its answer, or gets none. Not to be asked about ACK, nor about the repeat of a request that was
   *  taken on.  @see RFC 5390 §4 */
  admits(flow: Flow, request: SipRequest, nowMs: number): boolean {
    const { controller, ports, answers, stats } = this.#parts;
    const state = flowState(flow);
    const source = trafficSource(flow, request, ports.relay);
    const isServer = state.source === BY_SENDER;
    const isPrior = ports.congestion?.priority?.isPrior(flow, request) === true;
    const trafficClass = isPrior
      ? TrafficClass.PRIORITY
      : trafficClassOf(request, state.aors.length > 0, ports.codec);
    const verdict = isServer
      ? this.#judgeServer(request, trafficClass, source, nowMs)
      : controller.admit(trafficClass, source, nowMs);
    if (verdict === 'admit') return true;
    stats.rejectedCongestion += 1;
    if (verdict === 'reject') {
      answers.busy(flow, request, isServer ? undefined : controller.retryAfterSec());
    }
    if (!isServer) this.#holdBack(flow, source, nowMs);
    return false;
  }

  /** RFC 7339 §5.10.2: a server that does not obey has as much refused as one that does leaves out itself. */
  #judgeServer(
    { topVia }: SipRequest,
    trafficClass: TrafficClass,
    source: number,
    nowMs: number,
  ): Verdict {
    const { controller, oc } = this.#parts;
    const obeys = topVia.ok && offersLoss(topVia.value.params);
    if (!obeys && !oc.permits(trafficClass, nowMs)) return controller.refuse(trafficClass, nowMs);
    const verdict = controller.admit(trafficClass, source, nowMs);
    oc.count(verdict === 'admit');
    return verdict;
  }

  /** Would a text on this flow be dropped, whatever it says? Not to look at it saves most of what dropping costs. */
  passesOver(flow: Flow, nowMs: number): boolean {
    const { source } = flowState(flow);
    if (source === undefined || source === BY_SENDER) return false;
    if (!this.#parts.controller.drops(source, nowMs)) return false;
    this.#holdBack(flow, source, nowMs);
    return true;
  }

  /** So many MESSAGEs were dropped without a look at them. */
  passedOver(count: number): void {
    const { controller, stats } = this.#parts;
    stats.rejectedCongestion += count;
    controller.passedOver(count);
  }

  /** Is a request to be refused after all, for it has waited so long for the credential of its sender? Nobody was promised anything yet.
   *  @param isLast no other waits  @see RFC 8289 §5 */
  isStale(waitedMs: number, isLast: boolean, nowMs: number): boolean {
    return this.#waiting.refuses(waitedMs, isLast, nowMs);
  }

  /** A stream whose sender is above its share, or does not listen, is left unread for a while: the sender finds out by itself. */
  #holdBack(flow: Flow, source: number, nowMs: number): void {
    const { controller, ports, stats } = this.#parts;
    const state = flowState(flow);
    // What others wait for must come through: the answers of this device, and of a server that requests were sent on to.
    if (!flow.reliable || state.isHeldBack || state.hasDeliveries || state.branchCount > 0) return;
    const neededMs = controller.pauseMs(source, nowMs);
    if (neededMs === 0) return;
    const pauseMs = Math.max(MIN_PAUSE_MS, neededMs);
    stats.readingPauses += 1;
    new ReadingPause(flow, ports.timers, pauseMs, controller.shareOf(pauseMs));
  }
}

/** Leaves a stream unread for a while. */
class ReadingPause implements TimerTarget {
  readonly #flow: Flow;

  /** @param room so many requests its share has room for when it is over */
  constructor(flow: Flow, timers: Timers, ms: number, room: number) {
    this.#flow = flow;
    flowState(flow).isHeldBack = true;
    // Of what gathers meanwhile the newest has waited least.
    flow.pauseReading(true, room);
    timers.start(this, 0, ms);
  }

  onTimer(_timer: number): void {
    flowState(this.#flow).isHeldBack = false;
    this.#flow.pauseReading(false);
  }
}
