import { CongestionController, OcLoss } from '@hermod/congestion';
import type { ParseError, SipMessage, SipRequest, SipResponse, TimerTarget } from '@hermod/sip';
import { AdmissionControl } from './domain/admission-control.ts';
import { Arrival } from './domain/arrival.ts';
import { Deliveries } from './domain/deliveries.ts';
import { EdgeLoad } from './domain/edge-load.ts';
import { type EdgeStats, newEdgeStats } from './domain/edge-stats.ts';
import { ExchangeTable } from './domain/exchange.ts';
import { FlowBindings } from './domain/flow-bindings.ts';
import { FlowRate } from './domain/flow-rate.ts';
import { flowState } from './domain/flow-state.ts';
import { OcAnswers } from './domain/oc-answers.ts';
import { OwnAddresses } from './domain/own-addresses.ts';
import { Policy } from './domain/policy.ts';
import { StatefulProxy } from './domain/proxy/stateful-proxy.ts';
import { Registrations } from './domain/registrations.ts';
import { ReplyPath } from './domain/reply-path.ts';
import { RetryAfter } from './domain/retry-after.ts';
import { RouterAdvice } from './domain/router-advice.ts';
import { assertSettings, type EdgeLimits, type EdgeSettings } from './domain/settings.ts';
import { StatelessAnswers } from './domain/stateless-answers.ts';
import { TrunkReplies } from './domain/trunk-replies.ts';
import { WaitingRoom } from './domain/waiting-room.ts';
import type {
  EdgeDelivery,
  EdgeNeighbour,
  EdgePorts,
  EdgeService,
  Flow,
  OnFinal,
  Outlet,
} from './ports.ts';

/** Requests per second that are taken on before anything is known: more than a process can do, since nobody is refused before it is too much. */
const INITIAL_PER_SEC = 20_000;
/** How often a draining edge looks whether it is done. */
const DRAIN_POLL_MS = 20;
/** How long draining waits for devices. The router's deadline for a branch is 2 s: by then it has stored what no device took. */
const DRAIN_DEVICES_MS = 2_500;

/**
 * One edge: client flows in, records out, deliveries to devices. Give it to the client listeners and the connection pool as their
 * handlers, and to the routers (in process, or through the trunk) as {@link EdgeService}.
 */
export class Edge implements EdgeService, EdgeNeighbour {
  readonly stats: EdgeStats = newEdgeStats();
  /** What it holds at most. */
  readonly limits: EdgeLimits;
  /** Undefined: whatever comes is taken on, up to the caps. */
  readonly congestion: CongestionController | undefined;
  /** What servers that are known are asked to leave out; undefined: nobody is asked anything. */
  readonly ocLoss: OcLoss | undefined;
  readonly #ports: EdgePorts;
  /** Of routers elsewhere. */
  readonly #advice: RouterAdvice | undefined;
  readonly #exchanges: ExchangeTable;
  readonly #waiting: WaitingRoom;
  readonly #deliveries: Deliveries;
  readonly #registrations: Registrations;
  readonly #flowBindings: FlowBindings;
  readonly #proxy: StatefulProxy;
  readonly #arrival: Arrival;

  constructor(settings: EdgeSettings, ports: EdgePorts) {
    assertSettings(settings);
    this.#ports = ports;
    const { congestion } = ports;
    this.#advice =
      congestion === undefined || congestion.router !== undefined ? undefined : new RouterAdvice();
    this.limits = settings.limits;
    const { stats } = this;
    const { clock, timers, ids, tokens, connector } = ports;
    const retryAfter = new RetryAfter();
    const own = new OwnAddresses(settings);
    const policy = new Policy(settings, own, ports.gruuSeal);
    const { limits } = settings;
    const oc = congestion === undefined ? undefined : new OcLoss(ports.random, clock.nowMs());
    this.ocLoss = oc;
    const advice = oc === undefined ? undefined : new OcAnswers(oc, ports.relay, clock);
    const replies = new ReplyPath(connector, clock, stats, advice);
    this.#exchanges = new ExchangeTable(timers, replies, limits, stats);
    const answers = new StatelessAnswers(replies, ids, retryAfter, stats);
    const edges = new TrunkReplies(stats);
    this.#proxy = new StatefulProxy({
      settings,
      ports,
      policy,
      own,
      retryAfter,
      stats,
      clients: { exchanges: this.#exchanges, replies, answers },
      trunk: {
        // One trunk carries what all the clients of another edge ask for.
        exchanges: new ExchangeTable(
          timers,
          edges,
          { ...limits, maxPendingPerFlow: limits.maxTransactions },
          stats,
        ),
        replies: edges,
        answers: new StatelessAnswers(edges, ids, retryAfter, stats),
      },
    });
    this.#waiting = new WaitingRoom({
      log: ports.log,
      clock,
      timers,
      ids,
      acceptAfterMs: settings.acceptAfterMs,
      retryAfter,
      stats,
    });
    const realm = ports.authenticator?.realm;
    const { recipients, tracer } = ports;
    this.#deliveries = new Deliveries({
      settings,
      tokens,
      connector,
      clock,
      timers,
      stats,
      realm,
      tracer,
    });
    this.#flowBindings = new FlowBindings({ recipients, clock, stats });
    this.#registrations = new Registrations({
      settings,
      flowBindings: this.#flowBindings,
      registrar: ports.registrar,
      tokens,
      ids,
      retryAfter,
      stats,
    });
    this.congestion = this.#newController();
    this.#arrival = new Arrival({
      settings,
      ports,
      policy,
      authenticator: ports.authenticator,
      exchanges: this.#exchanges,
      waiting: this.#waiting,
      registrations: this.#registrations,
      proxy: this.#proxy,
      answers,
      admission:
        this.congestion === undefined || oc === undefined
          ? undefined
          : new AdmissionControl({ controller: this.congestion, oc, ports, answers, stats }),
      rate: new FlowRate(limits.flowRate, (flow) => ports.relay?.isPeer(flow) ?? false),
      stats,
    });
  }

  /** Things held now, for gauges. */
  get gauges(): {
    readonly waitingSenders: number;
    readonly pendingDeliveries: number;
    readonly pendingRegisters: number;
    readonly serverTransactions: number;
    readonly branches: number;
    readonly pendingProxied: number;
    readonly inviteTransactions: number;
    readonly clientTransactions: number;
    readonly heldHops: number;
    readonly limitingHops: number;
  } {
    return {
      waitingSenders: this.#waiting.size,
      pendingDeliveries: this.#deliveries.pending,
      pendingRegisters: this.#registrations.pending,
      serverTransactions: this.#exchanges.size,
      branches: this.#deliveries.branches,
      pendingProxied: this.#proxy.pending,
      inviteTransactions: this.#proxy.invites,
      clientTransactions: this.#proxy.branches,
      heldHops: this.#proxy.heldHops,
      limitingHops: this.#proxy.limitingHops,
    };
  }

  /** What routers elsewhere want left out, per cent: a gauge; undefined: they are asked nothing. */
  get routerLoss(): number | undefined {
    return this.#advice?.percent(this.#ports.clock.nowMs());
  }

  /** Lets the congestion controller look at the load. To be called every `TICK_MS` of the controller. */
  tick(): void {
    const nowMs = this.#ports.clock.nowMs();
    this.congestion?.tick(nowMs);
    this.ocLoss?.tick(nowMs);
  }

  // --- FlowHandlers of the client listeners and the connection pool ---

  onOpen(flow: Flow): void {
    this.#deliveries.flowOpened(flow);
  }

  onMessage(flow: Flow, message: SipRequest | SipResponse): void {
    if (message.kind === 'request') {
      this.#arrival.receiveRequest(flow, message, this.#ports.clock.nowMs());
    } else if (!this.#deliveries.receiveResponse(message)) this.#onProxiedResponse(message);
  }

  onFramingError(flow: Flow, error: ParseError, partial: SipMessage | undefined): void {
    this.#arrival.receiveUnframed(flow, error, partial, this.#ports.clock.nowMs());
  }

  passesOver(flow: Flow): boolean {
    return this.#arrival.passesOver(flow, this.#ports.clock.nowMs());
  }

  onPassedOver(_flow: Flow, count: number): void {
    this.#arrival.passedOver(count);
  }

  onClosed(flow: Flow): void {
    this.#deliveries.flowClosed(flow);
    this.#proxy.outletClosed(flow);
    this.#flowBindings.onFlowClosed(flow);
    this.#ports.tokens.remove(flow);
  }

  /** @returns true when requests of it wait for their answers; their exchanges close the flow behind the last one */
  onPeerEnded(flow: Flow): boolean {
    // It can neither take a delivery nor answer one.
    this.#ports.tokens.remove(flow);
    this.#deliveries.flowClosed(flow);
    this.#proxy.outletClosed(flow);
    this.#flowBindings.onFlowClosed(flow);
    const state = flowState(flow);
    state.peerEnded = true;
    return state.pending > 0;
  }

  // --- what other edges call ---

  forward(flow: Flow, request: SipRequest): void {
    this.#proxy.receiveFromEdge(flow, request);
  }

  /** What came back over a trunk to another edge. */
  onTrunkResponse(response: SipResponse): void {
    this.#onProxiedResponse(response);
  }

  /** Another edge does not answer any more. */
  onTrunkDown(trunk: Outlet): void {
    this.#proxy.outletClosed(trunk);
  }

  // --- what routers call ---

  deliver(delivery: EdgeDelivery, onFinal: OnFinal): void {
    this.#deliveries.deliver(delivery, onFinal);
  }

  routerLost(): void {
    this.#deliveries.routerLost();
  }

  reply(branch: string, status: number, response: SipResponse | undefined): void {
    if (response !== undefined) this.#advice?.receive(response, this.#ports.clock.nowMs());
    this.#waiting.reply(branch, status, response);
  }

  /** Takes nothing new and waits for what is in flight: senders and REGISTERs for the whole grace, silent devices for a moment. When
   *  the grace is over, senders whose message is durable get 202, and calls that ring are ended.
   *  @returns true when everything was finished in time */
  async drain(graceMs: number): Promise<boolean> {
    this.#arrival.isDraining = true;
    this.#proxy.isDraining = true;
    this.#flowBindings.isDraining = true;
    const devicesUntilMs = this.#ports.clock.nowMs() + DRAIN_DEVICES_MS;
    const isDone = await new DrainWatch(this.#ports, graceMs, () => this.#isIdle(devicesUntilMs))
      .done;
    // Rule 1: they have their promise already, only the answer is missing.
    if (!isDone) this.#waiting.acceptAll();
    this.#proxy.abandonAll();
    return isDone;
  }

  #newController(): CongestionController | undefined {
    const { congestion, clock, random } = this.#ports;
    if (congestion === undefined) return undefined;
    const { cluster } = congestion;
    const signals = new EdgeLoad({
      waiting: this.#waiting,
      exchanges: this.#exchanges,
      deliveries: this.#deliveries,
      limits: this.limits,
      stats: this.stats,
      clock,
      outside: congestion,
      advice: this.#advice,
    });
    const initialPerSec = INITIAL_PER_SEC;
    return new CongestionController({ signals, random, cluster, initialPerSec }, clock.nowMs());
  }

  #onProxiedResponse(response: SipResponse): void {
    if (!this.#proxy.receiveResponse(response)) this.stats.dropped += 1;
  }

  #isIdle(devicesUntilMs: number): boolean {
    if (this.#waiting.size > 0 || this.#registrations.pending > 0) return false;
    if (this.#proxy.pending > 0) return false;
    return this.#deliveries.pending === 0 || this.#ports.clock.nowMs() >= devicesUntilMs;
  }
}

/** Polls until the edge is idle or the grace is over. */
class DrainWatch implements TimerTarget {
  readonly done: Promise<boolean>;
  readonly #ports: EdgePorts;
  readonly #isIdle: () => boolean;
  readonly #endsAtMs: number;
  #resolve: (isDone: boolean) => void = () => undefined;

  constructor(ports: EdgePorts, graceMs: number, isIdle: () => boolean) {
    this.#ports = ports;
    this.#isIdle = isIdle;
    this.#endsAtMs = ports.clock.nowMs() + graceMs;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.onTimer(0);
  }

  onTimer(_timer: number): void {
    if (this.#isIdle()) this.#resolve(true);
    else if (this.#ports.clock.nowMs() >= this.#endsAtMs) this.#resolve(false);
    else this.#ports.timers.start(this, 0, DRAIN_POLL_MS);
  }
}
