import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, graph } from './board.ts';
import { quantile, quantiles, rate, series, sum } from './queries.ts';

const ANSWERED = 'sip_transaction_duration_seconds';

/** What clients and devices see. */
export function edge(name: string): Dashboard {
  return board(name, 'edge', [
    {
      title: 'Requests',
      panels: [
        graph(
          'Requests',
          { '{{method}}': rate('sip_requests_total', '', 'method') },
          { unit: 'ops' },
        ),
        graph(
          'Answers',
          { '{{method}} {{code}}': rate('sip_responses_total', '', 'method, code') },
          {
            unit: 'ops',
          },
        ),
        graph(
          'Refused',
          { '{{reason}}': rate('sip_requests_rejected_total', '', 'reason') },
          {
            unit: 'ops',
          },
        ),
        graph(
          'Arrival to final response, 99 %',
          { '{{method}}': quantile(0.99, ANSWERED, '', 'method') },
          {
            unit: 's',
            about: 'INVITE: ringing included.',
          },
        ),
        graph(
          'Absorbed and lost',
          {
            retransmissions: rate('sip_retransmissions_total'),
            dropped: rate('sip_dropped_total'),
            'answers without a way': rate('sip_replies_lost_total'),
            'branches forgotten early': rate('im_branches_evicted_total'),
          },
          {
            unit: 'ops',
            about:
              'branches forgotten early: after a crash of a router a device may be shown a message twice; add edges.',
          },
        ),
        graph(
          'Proxied: calls, other domains',
          {
            requests: rate('sip_proxied_total'),
            'ACK of 2xx': rate('sip_acks_forwarded_total'),
          },
          { unit: 'ops' },
        ),
        graph(
          'Authentication',
          { '{{result}}': rate('sip_authentications_total', '', 'result') },
          {
            unit: 'ops',
            about:
              'wrong or slowed_down rise: somebody guesses passwords, or many devices have an old one.',
          },
        ),
      ],
    },
    {
      title: 'Messages',
      panels: [
        graph('Arrival to the log', quantiles('im_append_duration_seconds'), { unit: 's' }),
        graph(
          'Appends',
          {
            appended: rate('im_appended_total'),
            failed: rate('im_append_failures_total'),
            'answered by time': rate('im_accepted_by_time_total'),
            'answered by a router': rate('im_replies_total'),
            'answered by a router, too late': rate('im_late_replies_total'),
          },
          { unit: 'ops' },
        ),
        graph(
          'Credentials read, 99 %',
          { all: quantile(0.99, 'sip_credential_load_duration_seconds') },
          {
            unit: 's',
          },
        ),
        graph('Delivery to a device', quantiles('sip_device_duration_seconds'), { unit: 's' }),
        graph(
          'Answers of devices',
          { '{{code}}': rate('sip_device_responses_total', '', 'code') },
          {
            unit: 'ops',
          },
        ),
        graph(
          'Deliveries',
          { '{{result}}': rate('im_deliveries_total', '', 'result') },
          {
            unit: 'ops',
          },
        ),
      ],
    },
    {
      title: 'Held',
      panels: [
        graph('Messages', {
          'senders that wait': sum('im_waiting_senders'),
          'deliveries that wait': sum('im_pending_deliveries'),
          'REGISTERs that wait': sum('sip_pending_registers'),
        }),
        graph('Transactions', {
          server: sum('sip_server_transactions'),
          client: sum('sip_client_transactions'),
          INVITE: sum('sip_invite_transactions'),
          'calls without a final response': sum('sip_pending_proxied'),
        }),
        graph('Known', {
          branches: sum('im_branches'),
          'flow tokens': sum('sip_flow_tokens'),
          nonces: sum('sip_nonces'),
          credentials: sum('sip_cached_credentials'),
          'servers left alone': sum('sip_held_next_hops'),
        }),
      ],
    },
    {
      title: 'Connections',
      panels: [
        graph('Open', {
          '{{transport}} {{instance}}': sum('sip_flows', '', 'transport, instance'),
        }),
        graph(
          'Comings and goings',
          {
            accepted: rate('sip_flows_accepted_total'),
            refused: rate('sip_flows_refused_total'),
            'timed out': rate('sip_flow_timeouts_total'),
            evicted: rate('sip_flows_evicted_total'),
          },
          { unit: 'ops' },
        ),
        graph(
          'Troubles',
          {
            'TLS and WebSocket handshakes': rate('sip_tls_handshake_failures_total'),
            'SCTP paths': rate('sip_path_failures_total'),
            'full queues': rate('sip_backpressure_refusals_total'),
            'dead bindings': rate('sip_dead_bindings_total'),
            'dead bindings left': rate('sip_dead_bindings_left_total'),
          },
          { unit: 'ops' },
        ),
        graph(
          'Closed, by transport',
          {
            '{{transport}}: framing': rate('sip_framing_errors_total', '', 'transport'),
            '{{transport}}: socket': rate('sip_socket_errors_total', '', 'transport'),
            '{{transport}}: time-out': rate('sip_flow_timeouts_total', '', 'transport'),
          },
          { unit: 'ops', about: 'tcp_out: connections that edges open to Contacts.' },
        ),
        graph(
          'SIP messages, by transport',
          {
            '{{transport}} in': rate('sip_messages_received_total', '', 'transport'),
            '{{transport}} out': rate('sip_messages_sent_total', '', 'transport'),
          },
          { unit: 'ops' },
        ),
        graph(
          'Bytes, by transport',
          {
            '{{transport}} in': rate('sip_received_bytes_total', '', 'transport'),
            '{{transport}} out': rate('sip_sent_bytes_total', '', 'transport'),
          },
          { unit: 'Bps' },
        ),
        graph(
          'Socket buffers',
          { '{{instance}}': series('sip_buffered_bytes') },
          { unit: 'bytes' },
        ),
        graph(
          'Certificates expire in',
          {
            '{{use}} {{instance}}': `${series('sip_tls_certificate_expiry_timestamp_seconds')} - time()`,
          },
          { unit: 's' },
        ),
      ],
    },
    {
      title: 'Process',
      panels: [
        graph(
          'Event loop late by, 99 %',
          {
            '{{instance}}': series(
              'nodejs_eventloop_lag_p99_seconds',
              'service=~"edge|standalone"',
            ),
          },
          { unit: 's', limit: 0.05 },
        ),
        graph(
          'CPU',
          {
            '{{instance}}': rate(
              'process_cpu_seconds_total',
              'service=~"edge|standalone"',
              'instance',
            ),
          },
          {
            unit: 'percentunit',
            limit: 0.8,
            about: 'Of one core, which is all that a process uses.',
          },
        ),
        graph(
          'Garbage collection',
          {
            '{{kind}}': rate(
              'nodejs_gc_duration_seconds_sum',
              'service=~"edge|standalone"',
              'kind',
            ),
          },
          { unit: 'percentunit', about: 'Of the time.' },
        ),
      ],
    },
  ]);
}
