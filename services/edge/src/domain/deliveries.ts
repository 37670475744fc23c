import { joinTrace, type Tracer } from '@hermod/contracts';
import {
  type Clock,
  H,
  HeadEditor,
  legalRequestUri,
  type OutgoingMessage,
  type SipResponse,
  type Timers,
  TurnoverMap,
} from '@hermod/sip';
import type { Connector, EdgeDelivery, Flow, FlowTokens, OnFinal } from '../ports.ts';
import { classOf } from './answer-stats.ts';
import { dropIdentity } from './authentication/identity-headers.ts';
import { BranchTable } from './branch-table.ts';
import type { EdgeStats } from './edge-stats.ts';
import { flowState } from './flow-state.ts';
import { poppedResponse } from './inbound-response.ts';
import { MAX_DATAGRAM_REQUEST_BYTES, type NextHop, nextHopOf, streamHopOf } from './next-hop.ts';
import { type DeliveryOwner, PendingDelivery } from './pending-delivery.ts';
import { SentBys } from './sent-by.ts';
import type { EdgeSettings } from './settings.ts';

/** How long a large message waits for a TCP connection to a UDP device before it goes over UDP after all. */
const TCP_UPGRADE_MS = 500;
const CONNECT = 0;
/** An answer that took longer may have come too late for its router: it gives a branch up after 2 s, and stores the message. */
const LATE_MS = 1000;
/** How long such an answer is kept. The message comes out of its mailbox when the trunk, the store and the router let it: after nine
 *  attempts that have failed, at pauses that double from 1 s on, 511 s have passed. */
const KEEP_LATE_MS = 600_000;
/** The part of the table's cap that is for them. */
const LATE_SHARE = 1 / 4;
/** What {@link headForDevice} adds at most, but for the texts that {@link Deliveries} knows the length of: the Via line with the number of
 *  the attempt, and a Content-Length line. */
const ADDED_BYTES = 'Via: SIP/2.0/UDP ;branch=..xxxxxxxx;rport\r\nContent-Length: 65536\r\n'.length;
/** A flow token where none is known yet. */
const TOKEN_BYTES = 64;

/** What {@link Deliveries} needs from its edge. */
export type DeliveriesParts = {
  readonly settings: EdgeSettings;
  readonly tokens: FlowTokens;
  readonly connector: Connector;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly stats: EdgeStats;
  /** Whose challenges are this edge's alone; undefined where it makes none. */
  readonly realm: string | undefined;
  /** Undefined: nobody traces. */
  readonly tracer: Tracer | undefined;
};

/**
 * Requests from routers to devices (design §3.7): flow token → open flow → client transaction, else the Contact.
 *
 * A repeat of a request is told by the router's branch alone: while it is pending it joins, and for 64·T1 after a 2xx it gets the stored
 * status. So a router's successor that sends again does not show the message twice. A 2xx that its router may not have heard of is kept
 * for as long as it may come back with the message out of the mailbox.
 */
export class Deliveries implements DeliveryOwner {
  readonly timers: Timers;
  readonly #parts: DeliveriesParts;
  readonly #sentBys: SentBys;
  readonly #succeeded: BranchTable;
  /** 2xx that came late, had to be asked for again, or met a lost trunk. */
  readonly #late: BranchTable;
  readonly #maxLate: number;
  /** When the trunk of a router closed last, epoch milliseconds. */
  #routerLostAtMs = 0;
  /** Of what ended by Timer F within the last 64·T1: the branch towards the device, which begins with the router's, and the length of that one. */
  readonly #overdue: BranchTable;
  readonly #pending = new TurnoverMap<string, PendingDelivery>();
  readonly #byUaBranch = new TurnoverMap<string, PendingDelivery>();
  /** Client transactions begun. */
  #attempts = 0;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
    this.timers = parts.timers;
    this.#sentBys = new SentBys(parts.settings.listeners);
    const { timers, stats, settings } = parts;
    const onEvicted = (count: number): void => {
      stats.branchesEvicted += count;
    };
    const maxLate = Math.ceil(settings.limits.maxBranches * LATE_SHARE);
    this.#maxLate = maxLate;
    this.#succeeded = new BranchTable(timers, settings.limits.maxBranches - maxLate, onEvicted);
    this.#late = new BranchTable(timers, maxLate, onEvicted, KEEP_LATE_MS);
    this.#overdue = new BranchTable(timers, maxLate, onEvicted);
  }

  /** Deliveries without a final response: a gauge. */
  get pending(): number {
    return this.#pending.size;
  }

  /** 2xx kept in the branch table: a gauge. */
  get branches(): number {
    return this.#succeeded.size + this.#late.size;
  }

  /** Delivers, or joins, or repeats what is known. `onFinal` is called once, possibly from within this call. */
  deliver(delivery: EdgeDelivery, onFinal: OnFinal): void {
    const { stats, settings } = this.#parts;
    stats.deliveries += 1;
    const known = this.#pending.get(delivery.branch);
    if (known !== undefined) {
      stats.deliveriesJoined += 1;
      if (!known.join(onFinal, settings.limits.maxJoined)) onFinal(503, undefined);
      return;
    }
    const kept = this.#statusOf(delivery.branch);
    if (kept !== 0) {
      stats.deliveriesRepeated += 1;
      // Who asks again has not heard of it, and may not hear of it now.
      this.#late.keep(delivery.branch, kept);
      onFinal(kept, undefined);
      return;
    }
    if (this.#pending.size >= settings.limits.maxDeliveries) {
      stats.deliveriesCapped += 1;
      onFinal(503, undefined);
      return;
    }
    const { clock, tracer } = this.#parts;
    const span = joinTrace(tracer, 'delivery', delivery.request);
    const pending = new PendingDelivery(this, delivery, clock.nowMs(), onFinal, span);
    this.#pending.set(delivery.branch, pending);
    this.#route(pending);
  }

  /** The trunk of a router has closed: what was answered lately it may not have read, and it comes back with the message out of the mailbox. */
  routerLost(): void {
    this.#routerLostAtMs = this.#parts.clock.nowMs();
    this.#succeeded.each((branch, status) => {
      if (this.#late.size < this.#maxLate) this.#late.keep(branch, status);
    });
  }

  /** @returns the 2xx that is kept for a branch, or 0 */
  #statusOf(branch: string): number {
    const status = this.#succeeded.statusOf(branch);
    return status !== 0 || this.#late.size === 0 ? status : this.#late.statusOf(branch);
  }

  #route(pending: PendingDelivery): void {
    const { delivery } = pending;
    const flow =
      delivery.flowToken === '' ? undefined : this.#parts.tokens.flowOf(delivery.flowToken);
    if (flow !== undefined) {
      // RFC 3261 §18.1.1 forbids large requests over UDP; a device that also listens on TCP is asked there first.
      const tcp = !flow.reliable && this.#isLarge(delivery) ? tcpHopOf(delivery, flow) : undefined;
      if (tcp === undefined) this.#send(pending, flow);
      else this.#connect(pending, tcp, flow);
      return;
    }
    // Two Routes of ours: the second is a Path value of the client's own making, and hides the one behind it from the registrar (ADR 0020).
    if (delivery.flowBound || (delivery.popRoutes ?? 0) > 1) {
      // RFC 5626 §5.3: 430 lets the router try another flow of the same instance, or give this binding up.
      this.onFailed(pending, 430);
      return;
    }
    const hop = nextHopOf(delivery.nextRoute ?? delivery.targetUri, delivery.isSecured);
    if (hop === undefined) this.onFailed(pending, 503);
    else if (hop.transport === 'UDP' && this.#isLarge(delivery)) {
      this.#connect(pending, { ...hop, transport: 'TCP' }, hop);
    } else this.#connect(pending, hop, undefined);
  }

  /** May it be too large for UDP as the device gets it? Never says no to what is. */
  #isLarge({ request, branch, targetUri, flowToken }: EdgeDelivery): boolean {
    const via = this.#sentBys.longest + branch.length + (flowToken.length || TOKEN_BYTES);
    const uri = Math.max(0, targetUri.length - request.requestUri.length);
    const bytes = request.head.length + request.body.length + ADDED_BYTES + via + uri;
    return bytes > MAX_DATAGRAM_REQUEST_BYTES;
  }

  /** @param otherwise where it goes when `hop` gives no flow in time: §18.1.1 allows UDP again when TCP is refused */
  #connect(pending: PendingDelivery, hop: NextHop, otherwise: Flow | NextHop | undefined): void {
    if (otherwise === undefined) {
      // Nearly always an address: nobody waits for anything, so nothing is made to wait with, and nothing overtakes.
      const { connector } = this.#parts;
      const flow = connector.flowToAddress(hop.host, hop.port, hop.transport, hop.domain);
      if (flow !== undefined) {
        this.#send(pending, flow);
        return;
      }
    } else {
      pending.otherwise = otherwise;
      pending.connectTimer = this.timers.start(pending, CONNECT, TCP_UPGRADE_MS);
    }
    this.#parts.connector.flowTo(hop.host, hop.port, hop.transport, hop).then(
      (flow) => this.#onConnected(pending, flow, otherwise),
      () => this.#onConnected(pending, undefined, otherwise),
    );
  }

  #onConnected(
    pending: PendingDelivery,
    flow: Flow | undefined,
    otherwise: Flow | NextHop | undefined,
  ): void {
    // Sent another way meanwhile. The connection stays with its pool.
    if (pending.isFinal || pending.flow !== undefined || pending.otherwise !== otherwise) return;
    if (flow === undefined) {
      if (otherwise === undefined) this.onFailed(pending, 503);
      else this.#fallBack(pending, otherwise);
      return;
    }
    const state = flowState(flow);
    if (otherwise === undefined || state.isEstablished) {
      this.#send(pending, flow);
      return;
    }
    // Not sent before the connection stands: what is queued on it could not be taken back, and would come twice after a fall-back.
    pending.flow = flow;
    state.add(pending);
  }

  /** The TCP connection for a large message takes too long. */
  onConnectDue(pending: PendingDelivery): void {
    if (pending.otherwise !== undefined) this.#fallBack(pending, pending.otherwise);
  }

  #fallBack(pending: PendingDelivery, otherwise: Flow | NextHop): void {
    this.#settleRoute(pending);
    if ('send' in otherwise) this.#send(pending, otherwise);
    else this.#connect(pending, otherwise, undefined);
  }

  /** The way is found: it waits for no connection any more. */
  #settleRoute(pending: PendingDelivery): void {
    if (pending.otherwise === undefined) return;
    pending.otherwise = undefined;
    this.timers.stop(pending.connectTimer);
    pending.connectTimer = undefined;
    if (pending.flow === undefined) return;
    flowState(pending.flow).remove(pending);
    pending.flow = undefined;
  }

  #send(pending: PendingDelivery, flow: Flow): void {
    this.#settleRoute(pending);
    const { delivery } = pending;
    const token = this.#parts.tokens.tokenOf(flow);
    if (token === undefined) {
      this.onFailed(pending, delivery.flowBound ? 430 : 503);
      return;
    }
    // RFC 3261 §8.1.1.7, §17.2.3: a message that was refused for now is tried again as a new transaction. With the branch of the first
    // attempt the device would take it for a retransmission, and say again what it said (over UDP for 32 s, Timer J). Repeats that
    // must not show twice are told before this, by the router's branch.
    this.#attempts += 1;
    const uaBranch = `${delivery.branch}.${token}.${this.#attempts.toString(36)}`;
    const sentBy = this.#sentBys.of(flow);
    flowState(flow).add(pending);
    this.#byUaBranch.set(uaBranch, pending);
    pending.sendOver(flow, headForDevice(delivery, flow, uaBranch, sentBy), uaBranch, sentBy);
  }

  /** A response from a device. Unmatched ones are dropped (RFC 6026 §6). @returns false when it was */
  receiveResponse(response: SipResponse): boolean {
    const via = response.topVia;
    const cseq = response.cseq;
    if (!via.ok || !cseq.ok || cseq.value.method !== 'MESSAGE') return false;
    const branch = via.value.branch;
    if (branch === undefined) return false;
    const pending = this.#byUaBranch.get(branch);
    if (pending === undefined) return this.#receiveOverdue(branch, response.status);
    // RFC 3261 §18.1.2: a sent-by that is not ours is somebody else's response.
    if (!isSentBy(via.value.sentBy, pending.sentBy)) return false;
    pending.receiveResponse(response);
    return true;
  }

  /** A device that answers after Timer F has the message all the same, and its router is about to send it out of the mailbox. */
  #receiveOverdue(uaBranch: string, status: number): boolean {
    const length = this.#overdue.size === 0 ? 0 : this.#overdue.statusOf(uaBranch);
    if (length === 0) return false;
    if (status >= 200 && status < 300) this.#late.keep(uaBranch.slice(0, length), status);
    return true;
  }

  /** A connection stands: what waited for it goes. */
  flowOpened(flow: Flow): void {
    const state = flowState(flow);
    state.isEstablished = true;
    for (const pending of state.deliveries()) {
      if (pending.otherwise !== undefined) this.#send(pending, flow);
    }
  }

  /** A flow is gone: nothing on it will be answered any more, and what waited for it goes another way. */
  flowClosed(flow: Flow): void {
    for (const pending of flowState(flow).deliveries()) {
      if (pending.otherwise === undefined) pending.flowClosed();
      else this.#fallBack(pending, pending.otherwise);
    }
  }

  // --- called by pending deliveries ---

  onDeviceAnswered(pending: PendingDelivery, response: SipResponse): void {
    const { stats } = this.#parts;
    stats.deliveriesAnswered += 1;
    stats.deviceAnswers.count(response.status);
    const popped = poppedResponse(response, this.#parts.realm);
    this.#finish(pending, popped.status, popped);
  }

  onTimeout(pending: PendingDelivery): void {
    this.#overdue.keep(pending.uaBranch, pending.delivery.branch.length);
    this.onFailed(pending, 408);
  }

  onFailed(pending: PendingDelivery, status: number): void {
    const { stats } = this.#parts;
    let reported = status;
    // A flow that broke with the request on it is gone: RFC 5626 §5.3 wants 430 where only that flow would do.
    if (status === 503 && pending.delivery.flowBound && pending.flow?.isOpen === false)
      reported = 430;
    if (reported === 430) stats.deliveriesFlowGone += 1;
    else if (reported === 503) stats.deliveriesUnreachable += 1;
    this.#finish(pending, reported, undefined);
  }

  onOver(pending: PendingDelivery): void {
    this.#byUaBranch.delete(pending.uaBranch);
    if (pending.flow !== undefined) flowState(pending.flow).remove(pending);
  }

  #finish(pending: PendingDelivery, status: number, response: SipResponse | undefined): void {
    const { clock, stats } = this.#parts;
    const by = response === undefined ? 'none' : classOf(status);
    const tookMs = clock.nowMs() - pending.askedAtMs;
    stats.deviceDurations.of(by).observe(tookMs);
    const { branch } = pending.delivery;
    this.#pending.delete(branch);
    // Only a 2xx is kept: after anything else the router may well try again.
    if (status >= 200 && status < 300) {
      const isHeard = tookMs < LATE_MS && pending.askedAtMs > this.#routerLostAtMs;
      (isHeard ? this.#succeeded : this.#late).keep(branch, status);
    }
    pending.finish(status, response);
  }
}

/** The request as the device gets it: our Via on top, our Route popped, its Contact as Request-URI. */
function headForDevice(
  delivery: EdgeDelivery,
  flow: Flow,
  uaBranch: string,
  sentBy: string,
): OutgoingMessage {
  const { request } = delivery;
  const rport = flow.reliable ? '' : ';rport';
  const editor = new HeadEditor(request).pushFirst(
    H.VIA,
    `Via: SIP/2.0/${flow.transport} ${sentBy};branch=${uaBranch}${rport}`,
  );
  const popRoutes = delivery.popRoutes ?? 0;
  for (let i = 0; i < popRoutes; i += 1) editor.popFirstValue(H.ROUTE);
  // RFC 3261 §19.1.1: a Contact may hold `method` and `?headers`, a Request-URI may not.
  const requestUri = legalRequestUri(delivery.targetUri);
  if (requestUri !== request.requestUri) {
    editor.startLine(`${request.method} ${requestUri} SIP/2.0`);
  }
  // RFC 3325 §5: who sent it is known inside; devices are told by From alone.
  dropIdentity(editor, request);
  // RFC 3261 §18.3: on a stream Content-Length is mandatory; a sender on UDP may have left it out.
  if (!request.has(H.CONTENT_LENGTH)) editor.append(`Content-Length: ${request.body.length}`);
  return { head: editor.toHead(), body: request.body };
}

/** Via hosts are parsed to lower case; ours may be configured otherwise. */
function isSentBy(received: string, ours: string): boolean {
  return received === ours || received === ours.toLowerCase();
}

/** A flow-bound binding has its flow alone (RFC 5626 §5.3). */
function tcpHopOf(delivery: EdgeDelivery, flow: Flow): NextHop | undefined {
  if (delivery.flowBound || delivery.isSecured) return undefined;
  return streamHopOf(flow, delivery.nextRoute ?? delivery.targetUri);
}
