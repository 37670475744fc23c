import type { Metrics, Series } from '@hermod/platform';
import type { PeerTrunks } from './adapters/peer-trunks.ts';
import type { SipRegistrarClient } from './adapters/sip-registrar-client.ts';
import type { TrunkListener } from './adapters/trunk-listener.ts';
import { exposeCongestionMetrics } from './congestion-metrics.ts';
import type { EdgeStats } from './domain/edge-stats.ts';
import type { OpenEdge } from './open-edge.ts';

const counter = (name: string, help: string): Series => ({ name, help, kind: 'counter' });
const gauge = (name: string, help: string): Series => ({ name, help, kind: 'gauge' });

const REJECTED = 'sip_requests_rejected_total';
const REJECTED_HELP = 'Requests refused, by reason.';
const UNANSWERED_REGISTERS = 'sip_registrar_failures_total';
const UNANSWERED_REGISTERS_HELP = 'REGISTERs that no registrar answered, by reason.';
const DELIVERIES = 'im_deliveries_total';
const DELIVERIES_HELP = 'Deliveries to devices that routers asked for, by result.';

const LIMIT_HELP = 'How many there may be.';

/** Publishes what an edge and its sockets count (names: docs/operations.md). */
export function exposeEdgeMetrics(metrics: Metrics, open: OpenEdge): void {
  const { edge, listeners, pool, tokens, budget } = open;
  metrics.exposeStats(edge.stats, {
    retransmissions: counter(
      'sip_retransmissions_total',
      'Repeated requests absorbed by a server transaction.',
    ),
    appended: counter('im_appended_total', 'Messages given to the log.'),
    appendFailures: counter(
      'im_append_failures_total',
      'Appends that the log refused or did not confirm in time; the sender got 503.',
    ),
    acceptedByTime: counter(
      'im_accepted_by_time_total',
      'Senders answered 202 because no device had answered within HERMOD_ACCEPT_AFTER_MS.',
    ),
    repliesForwarded: counter('im_replies_total', 'Final responses of routers sent to senders.'),
    lateReplies: counter('im_late_replies_total', 'Final responses that came after the 202.'),
    replyPathFailures: counter(
      'sip_replies_lost_total',
      'Responses whose sender could not be reached, or did not read.',
    ),
    dropped: counter('sip_dropped_total', 'Messages that may not or cannot be answered.'),
    registersForwarded: counter('sip_registers_total', 'REGISTERs forwarded to a registrar.'),
    registerFailures: counter(
      'sip_register_failures_total',
      'REGISTERs that no registrar answered.',
    ),
    proxied: counter('sip_proxied_total', 'Requests that were proxied rather than appended.'),
    limitedByNeighbours: counter(
      'sip_oc_limited_total',
      'Requests not sent to a server of another domain, since it had asked for less (RFC 7339).',
    ),
    acksForwarded: counter('sip_acks_forwarded_total', 'ACKs of 2xx forwarded end to end.'),
    deadBindingsRemoved: counter(
      'sip_dead_bindings_total',
      'Bindings removed because the flow they depend on has closed.',
    ),
    deadBindingsLeft: counter(
      'sip_dead_bindings_left_total',
      'Closed flows whose bindings could not be removed then: they end when a message meets them.',
    ),
    readingPauses: counter(
      'sip_reading_pauses_total',
      'Streams left unread for a moment, since their sender was above its share or went on after refusals.',
    ),
    branchesEvicted: counter(
      'im_branches_evicted_total',
      'Branches forgotten early because the table was full: a repeat of one would be shown twice.',
    ),
  });
  exposeTraffic(metrics, edge.stats);
  exposeCongestionMetrics(metrics, edge);
  for (const result of ['answered', 'failed'] as const) {
    const series = counter('im_prometheus_queries_total', 'Questions to Prometheus, by result.');
    const stats = open.prometheus?.stats ?? { answered: 0, failed: 0 };
    metrics.exposeStats(stats, { [result]: series }, { result });
  }
  const rejected = [
    ['rejected', 'policy'],
    ['rejectedUnavailable', 'unavailable'],
    ['rejectedPendingCap', 'pending_cap'],
    ['rejectedSourceCap', 'source_cap'],
    ['rejectedFlowCap', 'flow_cap'],
    ['rejectedFlowRate', 'flow_rate'],
    ['rejectedTransactionCap', 'transaction_cap'],
    ['rejectedCongestion', 'congestion'],
    ['rejectedStale', 'stale'],
  ] as const;
  for (const [field, reason] of rejected) {
    metrics.exposeStats(edge.stats, { [field]: counter(REJECTED, REJECTED_HELP) }, { reason });
  }
  const deliveries = [
    ['deliveriesAnswered', 'answered'],
    ['deliveriesJoined', 'joined'],
    ['deliveriesRepeated', 'repeated'],
    ['deliveriesFlowGone', 'flow_gone'],
    ['deliveriesUnreachable', 'unreachable'],
    ['deliveriesCapped', 'capped'],
  ] as const;
  for (const [field, result] of deliveries) {
    metrics.exposeStats(edge.stats, { [field]: counter(DELIVERIES, DELIVERIES_HELP) }, { result });
  }
  const gauges = [
    ['waitingSenders', 'im_waiting_senders', 'Senders that wait for an answer.'],
    ['pendingDeliveries', 'im_pending_deliveries', 'Deliveries that wait for a device.'],
    ['pendingRegisters', 'sip_pending_registers', 'REGISTERs that wait for a registrar.'],
    ['serverTransactions', 'sip_server_transactions', 'Server transactions held.'],
    ['pendingProxied', 'sip_pending_proxied', 'Proxied requests without a final response.'],
    ['inviteTransactions', 'sip_invite_transactions', 'INVITE server transactions held.'],
    ['clientTransactions', 'sip_client_transactions', 'Client transactions of proxied requests.'],
    ['heldHops', 'sip_held_next_hops', 'Servers of other domains that did not answer.'],
    ['limitingHops', 'sip_oc_next_hops', 'Servers of other domains that ask for less (RFC 7339).'],
    ['branches', 'im_branches', 'Branches kept so that a repeat is not shown twice.'],
  ] as const;
  for (const [field, name, help] of gauges) {
    metrics.collect(gauge(name, help), [], (emit) => emit(edge.gauges[field]));
  }
  const limits = [
    ['maxPending', 'im_waiting_senders_limit'],
    ['maxDeliveries', 'im_pending_deliveries_limit'],
    ['maxTransactions', 'sip_server_transactions_limit'],
    ['maxProxied', 'sip_pending_proxied_limit'],
    ['maxBranches', 'im_branches_limit'],
  ] as const;
  for (const [field, name] of limits) {
    metrics.collect(gauge(name, LIMIT_HELP), [], (emit) => emit(edge.limits[field]));
  }
  metrics.collect(
    gauge('sip_flow_tokens', 'Open flows that deliveries go over, or may.'),
    [],
    (emit) => emit(tokens.size),
  );
  metrics.collect(
    gauge('sip_buffered_bytes', 'Bytes that wait to be sent or to be completed; HERMOD_BUFFER_MB.'),
    [],
    (emit) => emit(budget.bytes),
  );
  metrics.collect(gauge('sip_buffered_bytes_limit', LIMIT_HELP), [], (emit) =>
    emit(budget.caps.maxBytes),
  );
  for (const [stats, transport] of [
    ...listeners.map((one) => [one.stats, one.transport.toLowerCase()] as const),
    [pool.stats, 'tcp_out'] as const,
  ]) {
    metrics.exposeStats(
      stats,
      {
        connections: gauge(
          'sip_flows',
          'Open flows by transport; tcp_out: opened to Contacts, TLS too.',
        ),
        accepted: counter('sip_flows_accepted_total', 'Flows accepted.'),
        refused: counter('sip_flows_refused_total', 'Flows turned away at the cap.'),
        bytesIn: counter('sip_received_bytes_total', 'Bytes received.'),
        bytesOut: counter('sip_sent_bytes_total', 'Bytes sent.'),
        messagesIn: counter('sip_messages_received_total', 'Messages received.'),
        messagesOut: counter('sip_messages_sent_total', 'Messages sent.'),
        framingErrors: counter('sip_framing_errors_total', 'Byte streams that lost their framing.'),
        backpressureRefusals: counter(
          'sip_backpressure_refusals_total',
          'Messages not sent because the queue of their flow was full.',
        ),
        evicted: counter(
          'sip_flows_evicted_total',
          'Flows closed to make room: for others (UDP), or since their address held too much.',
        ),
        timeouts: counter('sip_flow_timeouts_total', 'Flows closed by a time-out.'),
        socketErrors: counter('sip_socket_errors_total', 'Socket errors.'),
        handshakeFailures: counter(
          'sip_tls_handshake_failures_total',
          'TLS handshakes and WebSocket upgrades that clients began and that came to nothing.',
        ),
        pathFailures: counter(
          'sip_path_failures_total',
          'Paths of SCTP associations that went down.',
        ),
      },
      { transport },
    );
  }
}

/** Requests, answers, and how long they took. */
function exposeTraffic(metrics: Metrics, stats: EdgeStats): void {
  metrics.collect(
    counter('sip_requests_total', 'Requests received from clients, repeats included.'),
    ['method'],
    (emit) => {
      for (const [method, count] of stats.requests.entries()) emit(count, { method });
    },
  );
  metrics.collect(
    counter('sip_responses_total', 'Final responses to clients, without repeats.'),
    ['method', 'code'],
    (emit) => {
      for (const [method, { codes }] of stats.answers.entries()) {
        for (const [code, count] of codes.entries()) emit(count, { method, code });
      }
    },
  );
  metrics.collect(
    counter('sip_device_responses_total', 'Final responses of devices to deliveries.'),
    ['code'],
    (emit) => {
      for (const [code, count] of stats.deviceAnswers.entries()) emit(count, { code });
    },
  );
  metrics.collectDurations(
    {
      name: 'sip_transaction_duration_seconds',
      help: 'Arrival of a request to its final response, for what got a server transaction.',
    },
    ['method', 'class'],
    (emit) => {
      for (const [method, { durations }] of stats.answers.entries()) {
        for (const [by, histogram] of durations.entries()) emit(histogram, { method, class: by });
      }
    },
  );
  metrics.collectDurations(
    {
      name: 'im_append_duration_seconds',
      help: 'Arrival of a message to its being durable in the log.',
    },
    [],
    (emit) => emit(stats.appendDurations),
  );
  metrics.collectDurations(
    {
      name: 'sip_credential_load_duration_seconds',
      help: 'Arrival of a request to the credential of its sender, where it was not cached.',
    },
    [],
    (emit) => emit(stats.credentialDurations),
  );
  metrics.collectDurations(
    {
      name: 'sip_device_duration_seconds',
      help: 'Delivery asked for to its end; class none: no device has answered.',
    },
    ['class'],
    (emit) => {
      for (const [by, histogram] of stats.deviceDurations.entries()) emit(histogram, { class: by });
    },
  );
}

/** Publishes what waits for Kafka: in the cluster alone. */
export function exposeAppenderMetrics(
  metrics: Metrics,
  log: { readonly pendingRecords: number; readonly maxPendingRecords: number },
): void {
  metrics.collect(gauge('im_append_pending', 'Records that wait for Kafka.'), [], (emit) =>
    emit(log.pendingRecords),
  );
  metrics.collect(gauge('im_append_pending_limit', LIMIT_HELP), [], (emit) =>
    emit(log.maxPendingRecords),
  );
}

/** Publishes what happens on trunks: in the cluster alone. */
export function exposeTrunkMetrics(
  metrics: Metrics,
  trunk: TrunkListener,
  trunks: PeerTrunks,
  registrars: SipRegistrarClient,
): void {
  metrics.exposeStats(trunk.stats, {
    refusedPeers: counter('im_trunk_strangers_total', 'Connections from no listed peer.'),
    dropped: counter('im_trunk_dropped_total', 'What routers sent that could not be understood.'),
    lostFinals: counter('im_trunk_finals_lost_total', 'Finals that no router took.'),
  });
  metrics.collect(gauge('sip_trunk_edges_up', 'Other edges that answer.'), [], (emit) =>
    emit(trunks.edgesUp),
  );
  const unanswered = [
    ['unreachable', 'unreachable'],
    ['lost', 'lost'],
    ['timeouts', 'timeout'],
  ] as const;
  for (const [field, reason] of unanswered) {
    metrics.exposeStats(
      registrars.stats,
      { [field]: counter(UNANSWERED_REGISTERS, UNANSWERED_REGISTERS_HELP) },
      { reason },
    );
  }
}
