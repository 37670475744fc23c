import type { SipRequest, SipResponse } from '@hermod/sip';

/** One leg of a fork on its way to an edge. */
export type TrunkDelivery = {
  /** The router's Via branch: a function of delivery id and target, so that a successor's repeat is recognised by the edge (design §3.7). */
  readonly viaBranch: string;
  readonly deliveryId: string;
  /** As read from the log: its topmost Via is the accepting edge's. */
  readonly request: SipRequest;
  /** The binding's Contact, as a sip URI for a request that came for one: becomes the Request-URI. */
  readonly targetUri: string;
  /** The Contact is sips: only TLS reaches it (RFC 5630 §5.3). */
  readonly isSecured: boolean;
  /** The binding's Path, URI texts, topmost first: becomes the Route. */
  readonly path: readonly string[];
  /** User part of the first Path URI, or ''. */
  readonly flowToken: string;
  /** True when only that flow reaches the user agent: without it, 430. */
  readonly flowBound: boolean;
};

/** Told the final response of one branch, at most once; possibly long after the router's own deadline. */
export interface BranchSink {
  /** @param status 200–699; a transport failure is 503, a flow that is gone 430
   *  @param response the response with the edge's and the router's Via popped, or undefined when an element made the status up */
  onFinal(status: number, response: SipResponse | undefined): void;
}

/** SIP towards the edges: over TCP in the cluster, by call in the standalone. */
export interface Trunk {
  deliver(delivery: TrunkDelivery, sink: BranchSink): void;
  /** Sends the final response for a record to the edge that accepted it (its topmost Via). Fire and forget: correctness never depends on it.
   *  @param response a response to forward (its topmost Via is the accepting edge's), or undefined to build one from `request` */
  reply(request: SipRequest, status: number, response: SipResponse | undefined): void;
}
