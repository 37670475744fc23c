import type { Binding } from '@hermod/sip';
import { type ForkLanes, placeOf } from './fork.ts';
import { DATAGRAM_WINDOW, Lane, type LaneTools, STREAM_WINDOW } from './lane.ts';
import type { RouterContext } from './router-context.ts';

/** The lanes of one recipient: one per flow, or per Contact where there is no flow. */
export class FlowLanes implements ForkLanes {
  readonly #context: RouterContext;
  readonly #tools: LaneTools;
  readonly #lanes = new Map<string, Lane>();

  /** @param owner once it is lost, nothing more is sent */
  constructor(context: RouterContext, owner: { readonly lost: boolean }) {
    this.#context = context;
    const { clock, timers, gate } = context;
    this.#tools = { clock, timers, mayAct: () => gate.open && !owner.lost };
  }

  /** Nothing waits in any of them, and no answer can come any more. */
  get idle(): boolean {
    for (const lane of this.#lanes.values()) if (!lane.idle) return false;
    return true;
  }

  /** Something waits for its turn on a datagram flow. */
  get areFull(): boolean {
    for (const lane of this.#lanes.values()) if (lane.isFull) return true;
    return false;
  }

  laneFor(target: Binding): Lane {
    const place = placeOf(target);
    let lane = this.#lanes.get(place);
    if (lane === undefined) {
      lane = new Lane(isDatagram(target) ? DATAGRAM_WINDOW : STREAM_WINDOW, this.#tools);
      this.#lanes.set(place, lane);
    }
    return lane;
  }

  isSuspect(target: Binding): boolean {
    const { flows, clock } = this.#context;
    return flows.isSuspect(placeOf(target), clock.nowMs());
  }

  /** The router may act again: sends what waited. */
  pump(): void {
    for (const lane of this.#lanes.values()) lane.pump();
  }

  /** A temporary failure: nothing that waits will be sent, and its forks are told so (rule 3). */
  abandonWaiting(): void {
    for (const lane of this.#lanes.values()) lane.abandonWaiting();
  }
}

/** The edge marks the Path of a datagram flow; without a flow the Contact's transport decides (RFC 3263 §4.1: UDP by default). */
function isDatagram(target: Binding): boolean {
  const path = target.path[0];
  if (path !== undefined && target.flowToken !== '') return path.includes(';ft=udp');
  return (
    !/;transport=(tcp|tls|sctp|ws|wss)/i.test(target.contact) && !target.contact.startsWith('sips:')
  );
}
