import { DurationHistogram, DurationsBy } from '@hermod/contracts';
import { AnswerStats, MethodCounts, type StatusClass, StatusCounts } from './answer-stats.ts';

/** Plain counters of one edge; whoever exports metrics reads the fields. All only grow. */
export type EdgeStats = {
  /** Requests that reached the edge, repeats included. */
  readonly requests: MethodCounts;
  /** Final responses to clients. */
  readonly answers: AnswerStats;
  /** Arrival of a message to its being durable in the log. */
  readonly appendDurations: DurationHistogram;
  /** Credentials read from the store. */
  readonly credentialDurations: DurationHistogram;
  /** Final responses of devices to deliveries. */
  readonly deviceAnswers: StatusCounts;
  /** Deliveries, from being asked for to their end; `none`: no device has answered. */
  readonly deviceDurations: DurationsBy<StatusClass>;
  /** Repeats absorbed by a server transaction. */
  retransmissions: number;
  /** Appends started. */
  appended: number;
  /** Appends that the log refused or did not confirm in time. */
  appendFailures: number;
  /** Answered 202 because no final came within the accept time. */
  acceptedByTime: number;
  /** Finals of routers forwarded to the waiting sender. */
  repliesForwarded: number;
  /** Finals of routers for a sender that has its answer already, or that this process never had. */
  lateReplies: number;
  /** Refused by a check of RFC 3261 §16.3 or by policy (4xx, 5xx but overload). */
  rejected: number;
  /** 503: log or store away, or draining. */
  rejectedUnavailable: number;
  /** 503: the cap on waiting senders of the whole edge. */
  rejectedPendingCap: number;
  /** 503: a cap on what one source may let wait, of proxied requests or of those whose credential is being read. */
  rejectedSourceCap: number;
  /** 503: the cap on waiting requests of one flow. */
  rejectedFlowCap: number;
  /** 503, or nothing: more than the rate of a flow. */
  rejectedFlowRate: number;
  /** 503: the cap on server transactions held. */
  rejectedTransactionCap: number;
  /** 503, or nothing: the congestion controller. */
  rejectedCongestion: number;
  /** 503: it had waited too long for its sender's credential. */
  rejectedStale: number;
  /** Streams left unread for a moment, since their sender was above its share or went on after refusals. */
  readingPauses: number;
  /** Dropped without an answer: no usable Via, ACK, malformed or unmatched responses. */
  dropped: number;
  registersForwarded: number;
  registerFailures: number;
  /** Deliveries asked for by routers. */
  deliveries: number;
  /** Repeats that joined a pending delivery. */
  deliveriesJoined: number;
  /** Repeats answered from the branch table. */
  deliveriesRepeated: number;
  /** Deliveries that ended with a final response of the device. */
  deliveriesAnswered: number;
  /** 430: the flow is gone. */
  deliveriesFlowGone: number;
  /** 503: no way to the device, or its flow's queue is full. */
  deliveriesUnreachable: number;
  /** 503: the cap on pending deliveries. */
  deliveriesCapped: number;
  /** 2xx entries dropped from the branch tables before their time because of the cap. */
  branchesEvicted: number;
  /** Requests that were proxied rather than appended: INVITE and whatever else is no MESSAGE. */
  proxied: number;
  /** Requests not sent to a next hop, since it had asked for less (RFC 7339). */
  limitedByNeighbours: number;
  /** ACKs of 2xx, end to end. */
  acksForwarded: number;
  /** Bindings removed because their flow has closed, and flows whose bindings were left to be found out. */
  deadBindingsRemoved: number;
  deadBindingsLeft: number;
  /** Responses to a request without rport that could not be sent to its Via's port. */
  replyPathFailures: number;
};

/** Counters at zero. */
export function newEdgeStats(): EdgeStats {
  return {
    requests: new MethodCounts(),
    answers: new AnswerStats(),
    appendDurations: new DurationHistogram(),
    credentialDurations: new DurationHistogram(),
    deviceAnswers: new StatusCounts(),
    deviceDurations: new DurationsBy<StatusClass>('2xx'),
    retransmissions: 0,
    appended: 0,
    appendFailures: 0,
    acceptedByTime: 0,
    repliesForwarded: 0,
    lateReplies: 0,
    rejected: 0,
    rejectedUnavailable: 0,
    rejectedPendingCap: 0,
    rejectedSourceCap: 0,
    rejectedFlowCap: 0,
    rejectedFlowRate: 0,
    rejectedTransactionCap: 0,
    rejectedCongestion: 0,
    rejectedStale: 0,
    readingPauses: 0,
    dropped: 0,
    registersForwarded: 0,
    registerFailures: 0,
    deliveries: 0,
    deliveriesJoined: 0,
    deliveriesRepeated: 0,
    deliveriesAnswered: 0,
    deliveriesFlowGone: 0,
    deliveriesUnreachable: 0,
    deliveriesCapped: 0,
    branchesEvicted: 0,
    proxied: 0,
    limitedByNeighbours: 0,
    acksForwarded: 0,
    deadBindingsRemoved: 0,
    deadBindingsLeft: 0,
    replyPathFailures: 0,
  };
}
