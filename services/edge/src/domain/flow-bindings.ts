import { PlatformError } from '@hermod/contracts';
import type { Clock } from '@hermod/sip';
import type { Flow, Recipients } from '../ports.ts';
import type { EdgeStats } from './edge-stats.ts';
import { flowState } from './flow-state.ts';

/** AoRs remembered per flow: a device has a few, a gateway with thousands behind one flow has them removed as they are met. */
const MAX_AORS_PER_FLOW = 16;
/** AoRs whose bindings are being removed at once, and those that wait: when a network goes, thousands of flows close together. */
const MAX_UNDER_WAY = 32;
const MAX_WAITING = 50_000;
/** Places in front of those that wait, before all move up. */
const MAX_TAKEN = 1_024;

type Ended = { readonly aor: string; readonly flowToken: string };

/** What {@link FlowBindings} needs from its edge. */
export type FlowBindingsParts = {
  readonly recipients: Recipients;
  readonly clock: Clock;
  readonly stats: EdgeStats;
};

/**
 * Removes the bindings of flows that have closed, so that nobody tries a device that cannot be reached any more (RFC 5626 §5.3, §7).
 * Best effort: what is left over, because the store was away or too many flows closed, ends when a router meets its 430.
 */
export class FlowBindings {
  /** Shutdown: all flows end, and the store with them. */
  isDraining = false;
  readonly #parts: FlowBindingsParts;
  /** What waits, from `#taken` on. */
  #waiting: Ended[] = [];
  #taken = 0;
  #underWay = 0;

  constructor(parts: FlowBindingsParts) {
    this.#parts = parts;
  }

  /** A device of the AoR has registered over the flow.  @param flowToken of the flow, which may have closed meanwhile */
  onRegistered(flow: Flow, flowToken: string, aor: string): void {
    if (!flow.isOpen) {
      this.#end({ aor, flowToken });
      return;
    }
    const state = flowState(flow);
    state.flowToken = flowToken;
    if (state.aors.includes(aor) || state.aors.length >= MAX_AORS_PER_FLOW) return;
    state.aors = [...state.aors, aor];
  }

  /** The flow has closed, or its peer will take nothing more. */
  onFlowClosed(flow: Flow): void {
    const state = flowState(flow);
    const { aors, flowToken } = state;
    if (aors.length === 0) return;
    state.aors = [];
    for (const aor of aors) this.#end({ aor, flowToken });
  }

  #end(ended: Ended): void {
    if (this.isDraining) return;
    if (this.#underWay < MAX_UNDER_WAY) void this.#remove(ended);
    else if (this.#waiting.length - this.#taken < MAX_WAITING) this.#waiting.push(ended);
    else this.#parts.stats.deadBindingsLeft += 1;
  }

  async #remove(first: Ended): Promise<void> {
    this.#underWay += 1;
    for (let ended: Ended | undefined = first; ended !== undefined; ended = this.#take()) {
      try {
        await this.#removeFlow(ended);
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error;
        this.#parts.stats.deadBindingsLeft += 1;
      }
    }
    this.#underWay -= 1;
  }

  async #removeFlow({ aor, flowToken }: Ended): Promise<void> {
    const { recipients, clock, stats } = this.#parts;
    const { bindings } = await recipients.read(aor, clock.nowMs());
    for (const binding of bindings) {
      // Any other can be reached at its Contact (design §7).
      if (!binding.flowBound || binding.flowToken !== flowToken) continue;
      if (await recipients.removeBinding(aor, binding.key, flowToken)) {
        stats.deadBindingsRemoved += 1;
      }
    }
  }

  #take(): Ended | undefined {
    const ended = this.#waiting[this.#taken];
    if (ended === undefined) {
      this.#waiting = [];
      this.#taken = 0;
      return undefined;
    }
    this.#taken += 1;
    if (this.#taken === MAX_TAKEN) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return ended;
  }
}
