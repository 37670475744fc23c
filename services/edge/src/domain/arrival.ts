import { deliveryId, type LogRecord, PlatformError, RecordFlag } from '@hermod/contracts';
import {
  formatBranch,
  type ParseError,
  type SipMessage,
  SipRequest,
  serverTransactionKey,
  type Via,
} from '@hermod/sip';
import type { EdgePorts, Flow, Toward } from '../ports.ts';
import type { AdmissionControl } from './admission-control.ts';
import type { Authenticator, NeedsLoad } from './authentication/authenticator.ts';
import { ANYBODY, type Sender, SOMEBODY_ELSE } from './authentication/sender.ts';
import type { EdgeStats } from './edge-stats.ts';
import type { ExchangeTable } from './exchange.ts';
import type { FlowRate } from './flow-rate.ts';
import { editHead } from './log-head.ts';
import type { Admitted, Policy } from './policy.ts';
import type { StatefulProxy } from './proxy/stateful-proxy.ts';
import type { Registrations } from './registrations.ts';
import { ALLOW, type EdgeSettings, RELAY_DENIED } from './settings.ts';
import { checkSignedDate } from './signed-date.ts';
import { SourceShares, sourceOf } from './source-shares.ts';
import type { StatelessAnswers } from './stateless-answers.ts';
import { trunkVia } from './trunk-address.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Answer to OPTIONS (RFC 3261 §11.2). Any body passes, in any encoding and language: these say so. */
const CAPABILITIES: readonly string[] = [
  ALLOW,
  'Accept: */*',
  'Accept-Encoding: *',
  'Accept-Language: *',
  'Supported: path, outbound, gruu',
];
/** Requests that wait for the credential of their sender at once, all and those of one address: more get 503. */
const MAX_LOADING = 2_000;
const MAX_LOADING_PER_SOURCE = 250;

const FROM_CLIENTS = { isTrunk: false } as const;

/** What {@link Arrival} needs from its edge. */
export type ArrivalParts = {
  readonly settings: EdgeSettings;
  readonly ports: EdgePorts;
  readonly policy: Policy;
  /** Undefined: nobody has to prove anything (`HERMOD_AUTH=open`). */
  readonly authenticator: Authenticator | undefined;
  readonly exchanges: ExchangeTable;
  readonly waiting: WaitingRoom;
  readonly registrations: Registrations;
  readonly proxy: StatefulProxy;
  readonly answers: StatelessAnswers;
  readonly rate: FlowRate;
  /** Undefined: whatever comes is taken on, up to the caps. */
  readonly admission: AdmissionControl | undefined;
  readonly stats: EdgeStats;
};

/**
 * Requests from clients (design §3.1–3.3): match the server transaction, refuse cheaply, dispatch by method, append.
 * What is refused gets no transaction: the same request again is refused again (RFC 3261 §8.2.7).
 */
export class Arrival {
  readonly #parts: ArrivalParts;
  /** Transactions whose request waits for a credential: their repeats are absorbed. */
  readonly #loading = new Set<string>();
  readonly #loadingShares = new SourceShares(MAX_LOADING_PER_SOURCE);
  /** Routers are elsewhere, and may ask for less. */
  readonly #obeysRouters: boolean;
  /** True: nothing new is taken. */
  isDraining = false;

  constructor(parts: ArrivalParts) {
    this.#parts = parts;
    const { congestion } = parts.ports;
    this.#obeysRouters = congestion !== undefined && congestion.router === undefined;
  }

  /** @param arrivedAtMs when its bytes came */
  receiveRequest(flow: Flow, request: SipRequest, arrivedAtMs: number): void {
    this.#parts.stats.requests.count(request.method);
    // RFC 3261 §17.1.1.3: an ACK is never answered, whatever is wrong with it.
    if (request.method === 'ACK') {
      this.#parts.proxy.receiveAck({ flow, isTrunk: false }, request);
      return;
    }
    if (this.#exceedsRate(flow, request, arrivedAtMs)) return;
    const via = request.topVia;
    if (!via.ok) {
      this.#parts.answers.refuse(flow, request, { ok: false, status: 400, reason: via.reason });
      return;
    }
    const key = serverTransactionKey(request);
    if (this.#isRetransmission(request, key)) return;
    const { admission } = this.#parts;
    if (admission?.admits(flow, request, arrivedAtMs) === false) return;
    this.#dispatch(flow, request, key, via.value, arrivedAtMs);
  }

  /** Would a text on this flow be dropped, whatever it says?  @see AdmissionControl */
  passesOver(flow: Flow, nowMs: number): boolean {
    return this.#parts.admission?.passesOver(flow, nowMs) === true;
  }

  /** So many MESSAGEs came that nobody has looked at.  @see AdmissionControl */
  passedOver(count: number): void {
    this.#parts.stats.requests.count('MESSAGE', count);
    this.#parts.admission?.passedOver(count);
  }

  #dispatch(flow: Flow, request: SipRequest, key: string, via: Via, arrivedAtMs: number): void {
    switch (request.method) {
      case 'MESSAGE':
        if (this.#parts.proxy.takesMessage(flow, request)) break;
        this.#receiveMessage(flow, request, key, via, arrivedAtMs);
        return;
      case 'REGISTER':
        this.#receiveRegister(flow, request, key, via, arrivedAtMs);
        return;
      case 'OPTIONS':
        if (this.#answersOptions(flow, request)) return;
        break;
      case 'CANCEL':
        this.#receiveCancel(flow, request);
        return;
      default:
    }
    this.#receiveProxied(flow, request, key, via, arrivedAtMs);
  }

  /** Before anything that costs: whoever sends too much is told so, and then no more. */
  #exceedsRate(flow: Flow, request: SipRequest, arrivedAtMs: number): boolean {
    const { rate, stats, answers } = this.#parts;
    const verdict = rate.take(flow, arrivedAtMs);
    if (verdict === 'pass') return false;
    stats.rejectedFlowRate += 1;
    if (verdict === 'refuse') answers.overloaded(flow, request);
    return true;
  }

  /** What could not be framed. The stream closes after this; the sender learns why if that much can be read. */
  receiveUnframed(
    flow: Flow,
    error: ParseError,
    partial: SipMessage | undefined,
    arrivedAtMs: number,
  ): void {
    if (!(partial instanceof SipRequest) || partial.method === 'ACK' || error.status < 300) {
      this.#parts.stats.dropped += 1;
      return;
    }
    this.#parts.stats.requests.count(partial.method);
    if (this.#exceedsRate(flow, partial, arrivedAtMs)) return;
    this.#parts.answers.refuse(flow, partial, {
      ok: false,
      status: error.status,
      reason: error.reason,
    });
  }

  #receiveMessage(
    flow: Flow,
    request: SipRequest,
    key: string,
    via: Via,
    arrivedAtMs: number,
  ): void {
    const { ports, exchanges, waiting } = this.#parts;
    // Before any check: under overload a refusal must cost far less than a delivery.
    const isAway = this.isDraining || !ports.gate.open;
    if (this.#refusesLoad(flow, request, isAway, waiting.size)) return;
    const admitted = this.#parts.policy.admit(request, flow, arrivedAtMs);
    if (!admitted.ok) {
      // To another domain it goes beside the log, like any other request (ADR 0014), and there that is refused or not.
      if (admitted === RELAY_DENIED) this.#receiveProxied(flow, request, key, via, arrivedAtMs);
      else this.#parts.answers.refuse(flow, request, admitted);
      return;
    }
    const sender = this.#senderOf(flow, request, key, via, arrivedAtMs, 'user');
    if (sender === undefined) return;
    const replayed = checkSignedDate(request, arrivedAtMs);
    if (replayed !== undefined && ports.relay?.isPeer(flow) !== true) {
      this.#parts.answers.refuse(flow, request, replayed);
      return;
    }
    const exchange = exchanges.open(key, flow, request, via, arrivedAtMs);
    const branch = formatBranch(ports.ids.token(), admitted.loopHash);
    exchange.span = ports.tracer?.begin('arrival', arrivedAtMs);
    const span = exchange.span?.child('append');
    const record = this.#record(
      request,
      admitted,
      sender,
      branch,
      exchange.via,
      arrivedAtMs,
      span?.traceparent,
    );
    if (exchange.span !== undefined) {
      exchange.span.note('transport', flow.transport);
      exchange.span.note('delivery_id', record.deliveryId);
    }
    waiting.enter(branch, exchange, record, span);
  }

  /** The record of `im.inbox`. Its head is the request as a proxy forwards it: our Via on top (design §2). */
  #record(
    request: SipRequest,
    admitted: Admitted,
    sender: Sender,
    branch: string,
    clientVia: string,
    arrivedAtMs: number,
    traceparent: string | undefined,
  ): LogRecord {
    const { ports, settings } = this.#parts;
    const via = trunkVia(settings.trunk, branch, this.#obeysRouters);
    const { requestUri } = admitted;
    const editor = editHead(request, requestUri, via, clientVia, sender, traceparent);
    const forwarded = editor.toRequest();
    return {
      type: 'message',
      aor: admitted.aor,
      deliveryId: deliveryId(request, ports.hash),
      receivedAtMs: arrivedAtMs,
      expiresAtMs: admitted.lifetime.expiresAtMs,
      flags: flagsOf(admitted, sender),
      head: forwarded.head,
      body: forwarded.body,
      request: forwarded,
    };
  }

  #receiveRegister(
    flow: Flow,
    request: SipRequest,
    key: string,
    via: Via,
    arrivedAtMs: number,
  ): void {
    const { exchanges, registrations, policy } = this.#parts;
    if (this.#refusesLoad(flow, request, this.isDraining, registrations.pending)) return;
    const checked = policy.check(request, flow);
    if (!checked.ok) {
      this.#parts.answers.refuse(flow, request, checked);
      return;
    }
    if (checked.isRouted) {
      this.#parts.answers.refuse(flow, request, RELAY_DENIED);
      return;
    }
    const domain = policy.checkDomain(request, checked.requestUri);
    if (domain !== true) {
      this.#parts.answers.refuse(flow, request, domain);
      return;
    }
    const sender = this.#senderOf(flow, request, key, via, arrivedAtMs);
    if (sender === undefined) return;
    const exchange = exchanges.open(key, flow, request, via, arrivedAtMs);
    registrations.forward(exchange, checked, sender);
  }

  /** Everything that does not go through the log. */
  #receiveProxied(
    flow: Flow,
    request: SipRequest,
    key: string,
    topVia: Via,
    arrivedAtMs: number,
  ): void {
    const { proxy } = this.#parts;
    const source = { flow, isTrunk: false };
    const admission = proxy.admit(source, request);
    if (admission === undefined) return;
    const toward = proxy.towardOf(request, admission);
    const isCalled = proxy.isCalled(request, admission);
    const sender = this.#senderOf(flow, request, key, topVia, arrivedAtMs, toward, isCalled);
    if (sender === undefined) return;
    proxy.forward({ source, sender, key, request, topVia, admission });
  }

  /** @returns false when it is for somebody else */
  #answersOptions(flow: Flow, request: SipRequest): boolean {
    const { policy, answers } = this.#parts;
    // RFC 3261 §16.3 step 3: with Max-Forwards 0 an OPTIONS is answered by whoever has it.
    const checked = policy.check(request, flow);
    if (!checked.ok && checked.status !== 483) {
      answers.refuse(flow, request, checked);
      return true;
    }
    if (checked.ok && !policy.isForEdge(request, checked)) return false;
    answers.answer(flow, request, 200, { toTag: answers.toTag, headers: CAPABILITIES });
    return true;
  }

  #receiveCancel(flow: Flow, request: SipRequest): void {
    const { proxy, exchanges, answers } = this.#parts;
    if (proxy.receiveCancel({ flow, isTrunk: false }, request)) return;
    // RFC 3261 §9.2: a CANCEL of a non-INVITE has no effect on it, and is not passed on. 481 when nothing matches.
    const cancelled = exchanges.findCancelled(request);
    answers.answer(flow, request, cancelled === undefined ? 481 : 200, { toTag: answers.toTag });
  }

  /** Who sent it (RFC 3261 §16.3 step 6). Undefined: it was answered, or it waits for a credential, and is dispatched once more.
   *  @param toward undefined: nobody from elsewhere has any business here
   *  @param isCalled its From is what the other side of its dialog has dialled */
  #senderOf(
    flow: Flow,
    request: SipRequest,
    key: string,
    via: Via,
    arrivedAtMs: number,
    toward?: Toward,
    isCalled = false,
  ): Sender | undefined {
    const { authenticator, answers, ports } = this.#parts;
    if (authenticator === undefined) return ANYBODY;
    if (toward !== undefined && ports.relay?.needsNoProof(flow, request, toward) === true) {
      return SOMEBODY_ELSE;
    }
    const checked = authenticator.check(flow, request, arrivedAtMs, isCalled);
    if (checked.ok === true) return checked;
    if (checked.ok === false) {
      const { status, reason, headers } = checked;
      answers.answer(flow, request, status, { reason, toTag: answers.toTag, headers });
    } else if (this.#takesLoading(flow)) {
      void this.#load(authenticator, checked, flow, request, key, via, arrivedAtMs);
    } else answers.overloaded(flow, request);
    return undefined;
  }

  /** Room for one more request that waits for a credential? Counts the refusal when there is none. */
  #takesLoading(flow: Flow): boolean {
    const { ports, stats } = this.#parts;
    const source = sourceOf(flow, ports.relay);
    if (this.#loading.size >= MAX_LOADING) stats.rejectedPendingCap += 1;
    else if (source === undefined || this.#loadingShares.take(source)) return true;
    else stats.rejectedSourceCap += 1;
    return false;
  }

  async #load(
    authenticator: Authenticator,
    needs: NeedsLoad,
    flow: Flow,
    request: SipRequest,
    key: string,
    via: Via,
    arrivedAtMs: number,
  ): Promise<void> {
    this.#loading.add(key);
    let isThere = true;
    try {
      await authenticator.load(needs, arrivedAtMs);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      isThere = false;
    }
    this.#loading.delete(key);
    const { ports, stats, admission } = this.#parts;
    const source = sourceOf(flow, ports.relay);
    if (source !== undefined) this.#loadingShares.giveBack(source);
    const waitedMs = ports.clock.nowMs() - arrivedAtMs;
    if (!isThere) stats.rejectedUnavailable += 1;
    else {
      stats.credentialDurations.observe(waitedMs);
      if (admission?.isStale(waitedMs, this.#loading.size === 0, ports.clock.nowMs()) !== true) {
        this.#dispatch(flow, request, key, via, arrivedAtMs);
        return;
      }
      stats.rejectedStale += 1;
    }
    this.#parts.answers.overloaded(flow, request);
  }

  /** The same request again is answered by its transaction, or is on its way to one. */
  #isRetransmission(request: SipRequest, key: string): boolean {
    if (this.#loading.has(key)) {
      this.#parts.stats.retransmissions += 1;
      return true;
    }
    return this.#parts.proxy.isRetransmission(FROM_CLIENTS, key, request);
  }

  /** Answers 503 when this edge must not take more.  @param pending what of its kind waits already */
  #refusesLoad(flow: Flow, request: SipRequest, isAway: boolean, pending: number): boolean {
    const { exchanges, settings, stats } = this.#parts;
    if (isAway) stats.rejectedUnavailable += 1;
    else if (pending >= settings.limits.maxPending) stats.rejectedPendingCap += 1;
    else if (exchanges.hasRoom(flow)) return false;
    this.#parts.answers.overloaded(flow, request);
    return true;
  }
}

/** The flags of a record: only who proved to be a user of ours may learn whether another exists (design §3). */
function flagsOf({ lifetime }: Admitted, sender: Sender): number {
  return sender === SOMEBODY_ELSE ? lifetime.flags : lifetime.flags | RecordFlag.AUTHENTICATED;
}
