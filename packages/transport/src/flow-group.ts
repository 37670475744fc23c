import {
  DEFAULT_FLOW_LIMITS,
  type Flow,
  type FlowDirectory,
  type FlowHandlers,
  type FlowLimits,
  newTransportStats,
  type TransportStats,
} from './flow.ts';
import { PeerBudget, type PeerShare } from './peer-budget.ts';

/** A flow as its group sees it. */
export interface GroupMember extends Flow {
  /** Of its remote address, from the group's budget. */
  readonly share: PeerShare;
  /** Check the time-outs. @param nowMs monotonic */
  sweep(nowMs: number): void;
  /** Begin to close for a reason of the group's. */
  closeWith(reason: 'shutdown' | 'evicted'): void;
}

const MAX_SWEEP_MS = 1_000;
const MIN_SWEEP_MS = 20;

/** Has a time-out run off?  @param limitMs 0: there is none */
export function isOver(elapsedMs: number, limitMs: number): boolean {
  return limitMs > 0 && elapsedMs >= limitMs;
}

/**
 * The flows of one listener, pool or link: their handlers, caps, counters and one coarse timer for all their time-outs,
 * which runs while there are any.
 */
export class FlowGroup {
  readonly handlers: FlowHandlers;
  readonly limits: FlowLimits;
  readonly stats: TransportStats = newTransportStats();
  readonly budget: PeerBudget;
  readonly #directory: FlowDirectory | undefined;
  readonly #members = new Set<GroupMember>();
  readonly #sweepMs: number;
  #timer: NodeJS.Timeout | undefined;
  #emptied: (() => void)[] = [];

  constructor(options: {
    readonly handlers: FlowHandlers;
    readonly limits?: Partial<FlowLimits> | undefined;
    readonly directory?: FlowDirectory | undefined;
    readonly budget?: PeerBudget | undefined;
  }) {
    this.handlers = options.handlers;
    this.limits = { ...DEFAULT_FLOW_LIMITS, ...options.limits };
    this.budget = options.budget ?? new PeerBudget();
    this.#directory = options.directory;
    this.#sweepMs = sweepInterval(this.limits);
  }

  /** Flows that hold a resource, those that are still flushing after a close included. */
  get size(): number {
    return this.#members.size;
  }

  /** Whether one more flow would break the cap. */
  get isFull(): boolean {
    return this.#members.size >= this.limits.maxFlows;
  }

  /** A flow came into being. */
  enter(flow: GroupMember): void {
    this.#members.add(flow);
    flow.share.enter(flow.reliable);
    this.stats.connections++;
    this.#directory?.add(flow);
    if (this.#timer !== undefined) return;
    // Unreferenced: the sockets keep the process alive, the sweep never does.
    this.#timer = setInterval(() => this.#sweep(), this.#sweepMs).unref();
  }

  /** A stream's peer ended its half: nobody finds the flow any more. @returns whether its owner still has answers for it */
  peerEnded(flow: GroupMember): boolean {
    this.#directory?.remove(flow);
    return this.handlers.onPeerEnded?.(flow) === true;
  }

  /** A flow closed for its owner, who hears of it in the loop's next turn; its socket may still be flushing. */
  closed(flow: GroupMember): void {
    this.stats.connections--;
    this.#directory?.remove(flow);
    setImmediate(() => this.handlers.onClosed(flow));
  }

  /** The client of a flow offers it for requests to a port of its own. */
  alias(flow: GroupMember, port: number): void {
    this.#directory?.alias?.(flow, port);
  }

  /** A flow's resources are free. */
  leave(flow: GroupMember): void {
    if (!this.#members.delete(flow)) return;
    flow.share.leave(flow.reliable);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    const waiting = this.#emptied;
    this.#emptied = [];
    for (const resolve of waiting) resolve();
  }

  /** Close every flow and wait until their sockets are gone (at most about `lingerMs`) and `onClosed` was called. */
  async closeAll(): Promise<void> {
    for (const member of this.#members) member.closeWith('shutdown');
    if (this.#members.size > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied.push(resolve);
      });
    }
    // Behind the last onClosed, which is due in this turn.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const member of this.#members) member.sweep(nowMs);
  }
}

/** A quarter of the shortest time-out, within reason. */
function sweepInterval(limits: FlowLimits): number {
  let shortest = MAX_SWEEP_MS * 4;
  const timeouts = [
    limits.firstMessageMs,
    limits.messageMs,
    limits.idleMs,
    limits.datagramIdleMs,
    limits.connectMs,
    limits.handshakeMs,
    limits.pingMs,
    limits.halfClosedMs,
    limits.lingerMs,
  ];
  for (const timeout of timeouts) if (timeout > 0 && timeout < shortest) shortest = timeout;
  return Math.max(MIN_SWEEP_MS, Math.floor(shortest / 4));
}
