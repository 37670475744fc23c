import { NeighbourLimits, TrafficClass } from '@hermod/congestion';
import {
  formatBranch,
  H,
  isInDialog,
  maxBreadthOf,
  type ProxyReject,
  type SipRequest,
  type SipResponse,
  serverTransactionKey,
  TurnoverMap,
  type Via,
} from '@hermod/sip';
import type { EdgePorts, Flow, Outlet, Toward } from '../../ports.ts';
import { ANYBODY, type Sender } from '../authentication/sender.ts';
import type { EdgeStats } from '../edge-stats.ts';
import type { ExchangeTable } from '../exchange.ts';
import { flowState } from '../flow-state.ts';
import { tidiedResponse } from '../inbound-response.ts';
import type { OwnAddresses } from '../own-addresses.ts';
import type { Replies } from '../pending-request.ts';
import type { Policy } from '../policy.ts';
import { NextHopHealth } from '../relay/next-hop-health.ts';
import type { RetryAfter } from '../retry-after.ts';
import { SentBys } from '../sent-by.ts';
import { type EdgeSettings, RELAY_DENIED } from '../settings.ts';
import { SourceShares, sourceOf } from '../source-shares.ts';
import { stampVia } from '../stamped-via.ts';
import type { StatelessAnswers } from '../stateless-answers.ts';
import { trafficClassOf } from '../traffic-class-of.ts';
import { DialogProofs } from './dialog-proofs.ts';
import { InviteExchange } from './invite-exchange.ts';
import { NextSteps, type Routed } from './next-step.ts';
import { isClientFlow, Outgoing } from './outgoing.ts';
import { ProxiedRequest, type ProxyParts, type Upstream } from './proxied-request.ts';
import type { BranchDirectory, ProxyBranch } from './proxy-branch.ts';
import { type RouteSet, routeSetOf } from './route-set.ts';
import type { Side, Source } from './source.ts';
import { TargetFinder } from './target-finder.ts';
import { type NoWay, type Way, Ways } from './ways.ts';

/** The server side of requests from one kind of neighbour, clients or other edges. */
export type ServerSide = {
  readonly exchanges: ExchangeTable;
  readonly replies: Replies;
  readonly answers: StatelessAnswers;
};

/** What {@link StatefulProxy} needs from its edge. */
export type StatefulProxyParts = {
  readonly settings: EdgeSettings;
  readonly ports: EdgePorts;
  readonly policy: Policy;
  readonly own: OwnAddresses;
  readonly retryAfter: RetryAfter;
  readonly stats: EdgeStats;
  readonly clients: ServerSide;
  readonly trunk: ServerSide;
};

/** A request that nothing speaks against, before it has a transaction. */
export type Admission = { readonly ok: true; readonly step: Routed; readonly loopHash: string };

/** A request to be forwarded. */
export type ProxiedOptions = {
  readonly source: Source;
  readonly sender: Sender;
  /** {@link serverTransactionKey} */
  readonly key: string;
  readonly request: SipRequest;
  readonly topVia: Via;
  readonly admission: Admission;
};

/**
 * The proxy for everything that does not go through the log (RFC 3261 §16; ADR 0013): INVITE and what belongs to its dialog,
 * subscriptions, methods nobody here knows. Transaction-stateful, dialog-stateless: what a dialog needs to find its way stands in its
 * Record-Route.
 */
export class StatefulProxy implements BranchDirectory {
  /** True: nothing new is taken. */
  isDraining = false;
  readonly #parts: StatefulProxyParts;
  readonly #proxy: ProxyParts;
  readonly #steps: NextSteps;
  readonly #targets: TargetFinder;
  readonly #invites = {
    clients: new TurnoverMap<string, InviteExchange>(),
    trunk: new TurnoverMap<string, InviteExchange>(),
  };
  readonly #pending = new Set<ProxiedRequest>();
  readonly #shares: SourceShares;
  readonly #proofs: DialogProofs | undefined;
  readonly #branches = new TurnoverMap<string, ProxyBranch>();

  constructor(parts: StatefulProxyParts) {
    const { settings, ports, own, retryAfter, stats } = parts;
    const { clock, timers, ids, tokens, connector, trunks, congestion, codec } = ports;
    this.#parts = parts;
    this.#steps = new NextSteps({ settings, own, tokens, trunks, gruuSeal: ports.gruuSeal });
    this.#targets = new TargetFinder(settings, ports);
    this.#shares = new SourceShares(settings.limits.maxProxiedPerSource);
    const mac = ports.authenticator?.dialogMac;
    this.#proofs = mac === undefined ? undefined : new DialogProofs(mac);
    this.#proxy = {
      clock,
      timers,
      ids,
      retryAfter,
      ways: new Ways({ own, tokens, trunks, connector }),
      health: new NextHopHealth(),
      limits: new NeighbourLimits(ports.random),
      stats,
      classOf: (flow, request) => {
        const isPrior = congestion?.priority?.isPrior(flow, request) === true;
        return isPrior ? TrafficClass.PRIORITY : trafficClassOf(request, false, codec);
      },
      outgoing: new Outgoing({
        settings,
        tokens,
        sentBys: new SentBys(settings.listeners),
        proofs: this.#proofs,
      }),
      branches: this,
    };
  }

  /** Requests without a final response: a gauge. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Client transactions held: a gauge. */
  get branches(): number {
    return this.#branches.size;
  }

  /** Next hops of other domains that are left alone: a gauge. */
  get heldHops(): number {
    return this.#proxy.health.size;
  }

  /** Servers of other domains that have asked for less, just now: a gauge. */
  get limitingHops(): number {
    return this.#proxy.limits.limiting(this.#nowMs);
  }

  /** INVITE server transactions held: a gauge. */
  get invites(): number {
    return this.#invites.clients.size + this.#invites.trunk.size;
  }

  /** Has this MESSAGE a way of its own, so that it follows that and not the log: that of its dialog, or the token of another flow than
   *  it came by (RFC 5626 §5.3.1)? Cheap for all others. */
  takesMessage(flow: Flow, request: SipRequest): boolean {
    if (!request.has(H.ROUTE)) return false;
    const route = routeSetOf(request, this.#parts.own.isOurs, 2);
    if (!route.ok) return false;
    const [token] = route.tokens;
    if (isInDialog(request)) return token !== undefined || route.nextRoute !== undefined;
    return token !== undefined && this.#parts.ports.tokens.flowOf(token) !== flow;
  }

  /** The same request again is answered by its transaction. @returns true when it was one */
  isRetransmission(source: Side, key: string, request: SipRequest): boolean {
    const known =
      request.method === 'INVITE'
        ? this.#invitesOf(source).get(key)
        : this.#sideOf(source).exchanges.find(key);
    if (known === undefined) return false;
    this.#parts.stats.retransmissions += 1;
    known.transaction.receiveRetransmission();
    return true;
  }

  /** Everything that can refuse a request before it has a transaction: load, RFC 3261 §16.3, where it wants to go.
   *  @returns undefined when it was answered */
  admit(source: Source, request: SipRequest): Admission | undefined {
    const { answers } = this.#sideOf(source);
    if (this.#isOverloaded(source)) {
      answers.overloaded(source.flow, request);
      return undefined;
    }
    const admission = this.#check(source, request);
    if (admission.ok) return admission;
    answers.refuse(source.flow, request, admission);
    return undefined;
  }

  /** Where a request goes that was admitted, for those who decide whether it may without proof. */
  towardOf(request: SipRequest, { step }: Admission): Toward {
    if (step.kind === 'foreign') return 'elsewhere';
    const isByToken = step.kind === 'outlet' && isClientFlow(step.outlet);
    return isByToken && isInDialog(request) ? 'dialog' : 'user';
  }

  /** Was its sender called in the dialog that it goes on in, so that its From is what the caller had dialled? */
  isCalled(request: SipRequest, { step }: Admission): boolean {
    return this.#proofs?.isCalled(request, step.route) === true;
  }

  /** Forwards a request that was admitted, INVITE after a 100 (RFC 3261 §17.2.1); anything but ACK and CANCEL. Refuses it when its sender has
   *  its share of those that wait. */
  forward(proxied: ProxiedOptions): void {
    const { source, request, admission, sender } = proxied;
    const { stats } = this.#parts;
    const payer = this.#payerOf(proxied);
    if (payer !== undefined && !this.#shares.take(payer)) {
      stats.rejectedSourceCap += 1;
      this.#sideOf(source).answers.overloaded(source.flow, request);
      return;
    }
    stats.proxied += 1;
    const context = this.#open(proxied, payer);
    const targets = this.#targets.of(admission.step, request, sender);
    if (!(targets instanceof Promise)) context.start(targets);
    else {
      targets.then(
        (found) => context.start(found),
        // The store is away.
        () => context.overloaded(),
      );
    }
  }

  /** Any request of another edge. */
  receiveFromEdge(flow: Flow, request: SipRequest): void {
    const source: Source = { flow, isTrunk: true };
    const topVia = request.topVia;
    if (!topVia.ok) {
      this.#parts.stats.dropped += 1;
      return;
    }
    if (request.method === 'ACK') {
      this.receiveAck(source, request);
      return;
    }
    const { answers } = this.#parts.trunk;
    if (request.method === 'CANCEL') {
      if (this.receiveCancel(source, request)) return;
      answers.answer(flow, request, 481, { toTag: answers.toTag });
      return;
    }
    const key = serverTransactionKey(request);
    if (this.isRetransmission(source, key, request)) return;
    const admission = this.admit(source, request);
    if (admission === undefined) return;
    this.forward({ source, sender: ANYBODY, key, request, topVia: topVia.value, admission });
  }

  /** An ACK ends the INVITE transaction it belongs to; that of a 2xx is forwarded, without a transaction (RFC 3261 §16.11, §17.2.1). */
  receiveAck(source: Source, ack: SipRequest): void {
    const exchange = this.#invitesOf(source).get(serverTransactionKey(ack));
    if (exchange !== undefined) exchange.transaction.receiveAck(ack);
    else if (!this.#isAckOfRefusal(source, ack)) this.#forwardAck(source, ack);
  }

  /** @returns false when it means no INVITE that is known here */
  receiveCancel(source: Source, cancel: SipRequest): boolean {
    const exchange = this.#invitesOf(source).get(serverTransactionKey(cancel, 'INVITE'));
    // RFC 3261 §22.1: what cannot be challenged has to come from where its INVITE came from. The callee, for one, knows its branch.
    if (exchange?.flow.remote.address !== source.flow.remote.address) return false;
    // RFC 3261 §16.10: 200 at once, then whatever is pending is cancelled.
    const { answers } = this.#sideOf(source);
    answers.answer(source.flow, cancel, 200, { toTag: answers.toTag });
    exchange.onCancel();
    return true;
  }

  /** Unmatched ones are dropped (RFC 6026 §6). @returns false when it was */
  receiveResponse(response: SipResponse): boolean {
    const via = response.topVia;
    const cseq = response.cseq;
    if (!via.ok || !cseq.ok) return false;
    const branch = this.#branches.get(via.value.branch ?? '');
    // RFC 3261 §18.1.2: a sent-by that is not ours is somebody else's response.
    if (branch === undefined || via.value.sentBy !== branch.sentBy.toLowerCase()) return false;
    const realm = this.#parts.ports.authenticator?.realm;
    branch.receiveResponse(tidiedResponse(response, realm), cseq.value.method);
    return true;
  }

  /** A flow or a trunk is gone: nothing that was sent over it will be answered. */
  outletClosed(outlet: Outlet): void {
    for (const branch of flowState(outlet).branches()) branch.flowClosed();
  }

  /** Shutdown: whoever waits gets 503, whoever rings is cancelled. */
  abandonAll(): void {
    for (const context of [...this.#pending]) context.abandon();
  }

  // --- called by branches ---

  add(branch: ProxyBranch): void {
    this.#branches.set(branch.viaBranch, branch);
    flowState(branch.outlet).addBranch(branch);
  }

  remove(branch: ProxyBranch): void {
    this.#branches.delete(branch.viaBranch);
    flowState(branch.outlet).removeBranch(branch);
  }

  hasRoom(outlet: Outlet): boolean {
    const { maxPendingPerFlow } = this.#parts.settings.limits;
    return !isClientFlow(outlet) || flowState(outlet).branchCount < maxPendingPerFlow;
  }

  /** Whose share of the proxied requests it takes: that of the user who proved to have sent it, here or at another edge, else of the
   *  address. Undefined: nobody's. */
  #payerOf({ source, sender, request }: ProxiedOptions): string | undefined {
    const { flow, isTrunk } = source;
    if (isTrunk) return request.get(H.P_ASSERTED_IDENTITY);
    return sender.aor === '' ? sourceOf(flow, this.#parts.ports.relay) : `<${sender.aor}>`;
  }

  #open(proxied: ProxiedOptions, payer: string | undefined): ProxiedRequest {
    const { source, sender, key, request, topVia, admission } = proxied;
    const isInvite = request.method === 'INVITE';
    const invite = isInvite ? this.#openInvite(source, key, request, topVia) : undefined;
    const upstream: Upstream =
      invite ?? this.#sideOf(source).exchanges.open(key, source.flow, request, topVia, this.#nowMs);
    const context = new ProxiedRequest({
      upstream,
      source,
      sender,
      route: admission.step.route,
      loopHash: admission.loopHash,
      parts: this.#proxy,
      onSettled: (settled) => {
        this.#pending.delete(settled);
        if (payer !== undefined) this.#shares.giveBack(payer);
      },
    });
    this.#pending.add(context);
    if (invite !== undefined) {
      invite.onCancel = () => context.cancel();
      invite.transaction.trying();
    }
    return context;
  }

  get #nowMs(): number {
    return this.#parts.ports.clock.nowMs();
  }

  #openInvite(source: Source, key: string, request: SipRequest, topVia: Via): InviteExchange {
    const invites = this.#invitesOf(source);
    const exchange = new InviteExchange({
      key,
      flow: source.flow,
      request,
      topVia,
      arrivedAtMs: this.#nowMs,
      timers: this.#proxy.timers,
      replies: this.#sideOf(source).replies,
      onOver: (over) => invites.delete(over.key),
      onAck: (ack) => this.#forwardAck(source, ack),
    });
    invites.set(key, exchange);
    return exchange;
  }

  /**
   * Sent once and forgotten: it has no response (RFC 3261 §16.11). Whoever got a 2xx through this edge has its Record-Route, so an ACK for
   * a user of ours that comes without is nobody's, and would only cost a look-up that nothing answers for.
   */
  #forwardAck(source: Source, ack: SipRequest): void {
    const { stats } = this.#parts;
    const admission = this.#check(source, ack);
    if (!admission.ok) {
      stats.dropped += 1;
      return;
    }
    const { step, loopHash } = admission;
    const send = (way: Way | NoWay): void => {
      const isSent = this.#sendAck(source, ack, step.route, loopHash, way);
      if (isSent) stats.acksForwarded += 1;
      else stats.dropped += 1;
    };
    const { requestUri } = step.route;
    if (step.kind === 'outlet') send({ outlet: step.outlet, requestUri, routes: [] });
    else if (step.kind === 'foreign' && this.#isOfDialog(source, step.route)) {
      void this.#targets.hopsOf(step.uri, ack, requestUri).then(async ([attempts]) => {
        const attempt = attempts?.[0];
        send(attempt === undefined ? 503 : await this.#proxy.ways.of(attempt));
      });
    } else stats.dropped += 1;
  }

  #sendAck(
    source: Source,
    ack: SipRequest,
    route: RouteSet,
    loopHash: string,
    way: Way | NoWay,
  ): boolean {
    const topVia = ack.topVia;
    if (typeof way === 'number' || !topVia.ok) return false;
    const head = this.#proxy.outgoing.head({
      request: ack,
      source,
      // RFC 3261 §22.1: it has the credentials of its INVITE, which end here as those did.
      sender: { ...ANYBODY, protection: this.#parts.ports.authenticator?.protection },
      route,
      clientVia: stampVia(topVia.value, source.flow),
      way,
      viaBranch: formatBranch(this.#proxy.ids.token(), loopHash),
      maxBreadth: maxBreadthOf(ack),
    });
    return head !== undefined && way.outlet.send({ head, body: ack.body });
  }

  /** Does this ACK, which cannot be challenged (RFC 3261 §22.1), go where its INVITE was let go: by a token of ours on a flow that may set up
   *  such dialogs, or on one whose user has proved who it is? A token alone is told to callers from other domains, too. */
  #isOfDialog({ flow }: Source, route: RouteSet): boolean {
    const { tokens, relay } = this.#parts.ports;
    const { proofs, hasProof } = flowState(flow);
    if (proofs.length > 0) return true;
    const hasToken = route.tokens.some((token) => tokens.flowOf(token) !== undefined);
    return hasToken && (hasProof || relay?.isPeer(flow) === true);
  }

  /** An INVITE that was refused without a transaction leaves nothing that its ACK could match; the tag says whose refusal it was. */
  #isAckOfRefusal(source: Source, ack: SipRequest): boolean {
    return ack.to.ok && ack.to.value.tag === this.#sideOf(source).answers.toTag;
  }

  /** RFC 3261 §16.3, and the next step; relaying for somebody who may not is refused like any other. */
  #check(source: Source, request: SipRequest): Admission | ProxyReject {
    const { policy, ports } = this.#parts;
    const { flow, isTrunk } = source;
    const validated = policy.validate(request, flow, isTrunk);
    if (!validated.ok) return validated;
    const step = this.#steps.of(source, request);
    if (!step.ok) return step;
    const isDenied =
      step.kind === 'foreign' && ports.relay?.mayRelay(flow, request, step.uri) !== true;
    return isDenied ? RELAY_DENIED : { ok: true, step, loopHash: validated.loopHash };
  }

  #isOverloaded(source: Source): boolean {
    const { stats, settings } = this.#parts;
    const { maxProxied, maxTransactions } = settings.limits;
    if (this.isDraining) stats.rejectedUnavailable += 1;
    else if (this.#pending.size >= maxProxied) stats.rejectedPendingCap += 1;
    else if (this.invites >= maxTransactions || this.#branches.size >= maxTransactions) {
      stats.rejectedTransactionCap += 1;
    } else return !this.#sideOf(source).exchanges.hasRoom(source.flow);
    return true;
  }

  #sideOf(source: Side): ServerSide {
    return source.isTrunk ? this.#parts.trunk : this.#parts.clients;
  }

  #invitesOf(source: Side): TurnoverMap<string, InviteExchange> {
    return source.isTrunk ? this.#invites.trunk : this.#invites.clients;
  }
}
