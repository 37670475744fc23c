import type { Flow } from '../../ports.ts';

/** Where a request came from. */
export type Source = {
  readonly flow: Flow;
  /** Another edge sent it: this flow is a trunk, not a client's. */
  readonly isTrunk: boolean;
};

/** Clients or other edges. */
export type Side = Pick<Source, 'isTrunk'>;
