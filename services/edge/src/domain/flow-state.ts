import type { Flow } from '../ports.ts';
import type { PendingDelivery } from './pending-delivery.ts';

/** What the edge keeps per flow, in {@link Flow.context}. */
export class FlowState {
  /** Requests of this flow that wait for their final response. */
  pending = 0;
  /** The connection stands: false while a connect is under way. */
  isEstablished = false;
  /** Deliveries to this flow that wait for the device; made when the first comes. */
  deliveries: Set<PendingDelivery> | undefined;

  add(delivery: PendingDelivery): void {
    this.deliveries ??= new Set();
    this.deliveries.add(delivery);
  }

  remove(delivery: PendingDelivery): void {
    this.deliveries?.delete(delivery);
  }
}

/** The state of a flow, made on first use. */
export function flowState(flow: Flow): FlowState {
  const known = flow.context;
  if (known instanceof FlowState) return known;
  const state = new FlowState();
  flow.context = state;
  return state;
}
