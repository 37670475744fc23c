import { createRequire } from 'node:module';

/** What the fix touches of kafkajs 2.2.4's RequestQueue, which has no type declarations. */
type RequestQueuePrototype = {
  pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
};

let fixed = false;

/**
 * Stops kafkajs from setting a timer after every response although no request is waiting: the delay it computes for it
 * is negative (`throttledUntil` is −1), which Node 24 reports as a TimeoutNegativeWarning. With requests waiting the
 * delay is positive. Idempotent.
 */
export function fixRequestQueue(): void {
  if (fixed) return;
  const load = createRequire(import.meta.url);
  const requestQueue: unknown = load('kafkajs/src/network/requestQueue/index.js');
  const prototype: unknown =
    typeof requestQueue === 'function' ? requestQueue.prototype : undefined;
  if (!isRequestQueue(prototype)) throw new Error('kafkajs is not the version this fix is for');
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueuePrototype): void {
    if (this.pending.length > 0) schedule.call(this);
  };
  fixed = true;
}

function isRequestQueue(value: unknown): value is RequestQueuePrototype {
  return typeof value === 'object' && value !== null && 'scheduleCheckPendingRequests' in value;
}
