/**
 * What a request is for, in the order in which requests are served when there are too many: the first is given up last.
 *
 * The order says what one refusal costs (congestion sheet §5): what ends work comes before what begins it, what keeps a flow
 * before what opens one, a text before a notice about a text.  @see RFC 5390 §4 REQ 13, 19; RFC 7339 §5.10.1
 */
export const TrafficClass = {
  /** Ends work or costs none: ACK, CANCEL, BYE, a REGISTER that removes bindings, SUBSCRIBE with `Expires: 0`. */
  RELEASE: 0,
  /** Carries a Resource-Priority that its sender was authorised to use (RFC 4412 §3). */
  PRIORITY: 1,
  /** Belongs to a dialog that stands. */
  IN_DIALOG: 2,
  /** INVITE: opens a session. */
  SESSION: 3,
  /** REGISTER of a flow that has bindings: refused, the flow would be lost with them. */
  REFRESH: 4,
  /** MESSAGE with something in it for a person. */
  MESSAGE: 5,
  /** REGISTER of a flow without bindings: the avalanche after a failure, which can be spread over minutes (RFC 5390 §4 REQ 14). */
  REGISTER: 6,
  /** IMDN that says that a message failed (RFC 5438). */
  FAILURE_NOTICE: 7,
  /** IMDN that says that a message was delivered or displayed. */
  DELIVERY_NOTICE: 8,
  /** isComposing (RFC 3994): worth nothing a moment later. */
  COMPOSING: 9,
  /** New SUBSCRIBE, OPTIONS, PUBLISH and whatever else can wait. */
  OTHER: 10,
} as const;
export type TrafficClass = (typeof TrafficClass)[keyof typeof TrafficClass];

/** Names of the classes by number, as in the label `class` of a metric. */
export const TRAFFIC_CLASS_NAMES: readonly string[] = [
  'release',
  'priority',
  'in_dialog',
  'session',
  'refresh',
  'message',
  'register',
  'failure_notice',
  'delivery_notice',
  'composing',
  'other',
];

/**
 * The share of a bucket that a class leaves to the classes above it: it is served while more than that is left.
 * Below 0: it may overdraw. This is the leaky bucket with one threshold per priority of RFC 7415 §3.5.2, for eleven of them.
 */
const RESERVES = new Float64Array([-1, -0.5, 0, 0.05, 0.1, 0.2, 0.35, 0.45, 0.55, 0.65, 0.75]);

/** How full a bucket of `depth` may be, the request included, for a request of this class to go in.
 *  @returns in the unit of `depth`, up to twice of it */
export function roomFor(trafficClass: TrafficClass, depth: number): number {
  return depth * (1 - (RESERVES[trafficClass] ?? 1));
}
