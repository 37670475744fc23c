// @ts-check
// What the page shows: figures and charts, each from the series that a process has. Runs in the browser.

/** @typedef {import('./history.js').Moment} Moment */
/** @typedef {import('./history.js').Reading} Reading */
/** @typedef {import('./sample.js').Where} Where */

/** @typedef {'perSec' | 'seconds' | 'count' | 'share' | 'bytes'} Unit */

/** Reads the lines of a chart that there is something for; none where the process has no such series.
 *  @typedef {(moment: Moment) => readonly Reading[]} Line */

/** `limit`: above it somebody should look. `isLog`: values differ by orders of magnitude.
 *  @typedef {{ readonly id: string, readonly title: string, readonly about: string, readonly unit: Unit, readonly isLog?: boolean,
 *    readonly limit?: number, readonly lines: readonly Line[] }} Panel */

/** @typedef {{ readonly label: string, readonly unit: Unit, readonly limit?: number, readonly line: Line }} Figure */

/** Growth of a counter per second.
 *  @param {string} label
 *  @param {string} name
 *  @param {Where} [where]
 *  @returns {Line} */
const rate =
  (label, name, where) =>
  ({ last }) =>
    last.after.has(name)
      ? [{ label, value: last.rate(name, where), total: last.after.sum(name, where) }]
      : [];

/** Growth of a counter per second by a label, of those values that have occurred, after that of all together.
 *  @param {string} name
 *  @param {string} by
 *  @returns {Line} */
const rates = (name, by) => (moment) => [
  ...rate('all', name)(moment),
  ...valuesOf(moment, name, by)
    .flatMap((value) => rate(value, name, { [by]: value })(moment))
    .filter(({ total = 0 }) => total > 0),
];

/** A gauge, summed over its rows.
 *  @param {string} label
 *  @param {string} name
 *  @param {Where} [where]
 *  @returns {Line} */
const gauge =
  (label, name, where) =>
  ({ last: { after } }) =>
    after.rows(name, where).length > 0 ? [{ label, value: after.sum(name, where) }] : [];

/** A gauge by a label.
 *  @param {string} name
 *  @param {string} by
 *  @param {(value: string) => string} [label]
 *  @returns {Line} */
const gauges =
  (name, by, label = (value) => value) =>
  (moment) =>
    valuesOf(moment, name, by).flatMap((value) =>
      gauge(label(value), name, { [by]: value })(moment),
    );

/** A percentile of a histogram.
 *  @param {string} label
 *  @param {number} q 0–1
 *  @param {string} name
 *  @param {Where} [where]
 *  @returns {Line} */
const quantile =
  (label, q, name, where) =>
  ({ window }) =>
    window.after.has(`${name}_bucket`) ? [{ label, value: window.quantile(q, name, where) }] : [];

/** @param {string} name
 *  @param {Where} [where]
 *  @returns {readonly Line[]} */
const percentiles = (name, where) => [
  quantile('p50', 0.5, name, where),
  quantile('p90', 0.9, name, where),
  quantile('p99', 0.99, name, where),
];

/** The controller tells its worst signal's distance from the target, in targets.
 *  @type {Line} */
const pressure = (moment) =>
  gauge(
    'worst signal',
    'im_congestion_error',
  )(moment).map(({ label, value }) => ({
    label,
    value: value + 1,
  }));

/** @param {Moment} moment
 *  @param {string} name
 *  @param {string} by
 *  @returns {readonly string[]} */
function valuesOf({ last: { after } }, name, by) {
  return [...new Set(after.rows(name).map(([, { labels }]) => labels[by] ?? ''))];
}

const MESSAGE = { method: 'MESSAGE' };
const DELIVERED = { outcome: 'delivered' };
const SUCCESS = { method: 'MESSAGE', class: '2xx' };
// What policy forbids is no load that was shed.
const SHED = { reason: /^(?!policy$)/ };

/** @type {readonly Figure[]} */
export const FIGURES = [
  { label: 'messages offered', unit: 'perSec', line: rate('', 'sip_requests_total', MESSAGE) },
  { label: 'taken from the log', unit: 'perSec', line: rate('', 'im_records_total') },
  {
    label: 'delivered (goodput)',
    unit: 'perSec',
    line: rate('', 'im_outcomes_total', DELIVERED),
  },
  {
    label: 'answered 2xx',
    unit: 'perSec',
    line: rate('', 'sip_responses_total', { method: 'MESSAGE', code: /^2/ }),
  },
  {
    label: 'delivered after, median',
    unit: 'seconds',
    limit: 0.25,
    line: quantile('', 0.5, 'im_delivery_duration_seconds', DELIVERED),
  },
  {
    label: 'delivered after, p99',
    unit: 'seconds',
    limit: 0.25,
    line: quantile('', 0.99, 'im_delivery_duration_seconds', DELIVERED),
  },
  {
    label: 'answered 2xx after, p99',
    unit: 'seconds',
    limit: 3.5,
    line: quantile('', 0.99, 'sip_transaction_duration_seconds', SUCCESS),
  },
  {
    label: 'refused (shed load)',
    unit: 'perSec',
    line: rate('', 'sip_requests_rejected_total', SHED),
  },
  { label: 'lag', unit: 'seconds', limit: 5, line: gauge('', 'im_lag_seconds') },
  { label: 'open flows', unit: 'count', line: gauge('', 'sip_flows') },
  { label: 'messages in mailboxes', unit: 'count', line: gauge('', 'im_mailbox_entries') },
  { label: 'registrations', unit: 'perSec', line: rate('', 'sip_registrations_total') },
  {
    label: 'event loop busy',
    unit: 'share',
    limit: 0.8,
    line: gauge('', 'nodejs_eventloop_utilization_ratio'),
  },
];

/** @type {readonly Panel[]} */
export const PANELS = [
  {
    id: 'messages',
    title: 'Messages',
    about: 'Per second.',
    unit: 'perSec',
    lines: [
      rate('offered', 'sip_requests_total', MESSAGE),
      rate('taken from the log', 'im_records_total'),
      rate('delivered', 'im_outcomes_total', DELIVERED),
      rate('stored', 'im_stored_total'),
    ],
  },
  {
    id: 'delivery',
    title: 'Time to delivery',
    about: 'From arrival at the edge until a device has the message.',
    unit: 'seconds',
    isLog: true,
    limit: 0.25,
    lines: percentiles('im_delivery_duration_seconds', DELIVERED),
  },
  {
    id: 'answers',
    title: 'Time to 2xx',
    about: 'From arrival of a MESSAGE to its 200 or 202.',
    unit: 'seconds',
    isLog: true,
    limit: 3.5,
    lines: percentiles('sip_transaction_duration_seconds', SUCCESS),
  },
  {
    id: 'steps',
    title: 'Where the time goes',
    about: 'The 99th percentile of each step.',
    unit: 'seconds',
    isLog: true,
    lines: [
      quantile('append', 0.99, 'im_append_duration_seconds'),
      quantile('arrival to router', 0.99, 'im_log_duration_seconds'),
      quantile('look-up', 0.99, 'im_lookup_duration_seconds'),
      quantile('fork', 0.99, 'im_fork_duration_seconds'),
      quantile('device', 0.99, 'sip_device_duration_seconds'),
      quantile('Redis', 0.99, 'im_store_duration_seconds'),
      quantile('Kafka, produce', 0.99, 'im_kafka_request_duration_seconds', { api: 'Produce' }),
    ],
  },
  {
    id: 'responses',
    title: 'Final responses',
    about: 'Sent to clients, per second, by status code.',
    unit: 'perSec',
    lines: [rates('sip_responses_total', 'code')],
  },
  {
    id: 'shed',
    title: 'Refused',
    about: 'Requests per second, by why.',
    unit: 'perSec',
    lines: [rates('sip_requests_rejected_total', 'reason')],
  },
  {
    id: 'admission',
    title: 'Admission',
    about: 'What the congestion controller lets in, requests per second.',
    unit: 'perSec',
    isLog: true,
    lines: [
      gauges('im_admission_rate', 'kind'),
      gauges('im_admission_rate_limit', 'loop', (loop) =>
        loop === 'all' ? 'limit' : `limit, ${loop} loop`,
      ),
      gauge('share of a source', 'im_admission_share'),
    ],
  },
  {
    id: 'pressure',
    title: 'Pressure',
    about: 'Of the congestion controller’s signals the worst, as a share of its target.',
    unit: 'share',
    limit: 1,
    lines: [pressure],
  },
  {
    id: 'given-up',
    title: 'Given up',
    about: 'Requests per second that the controller refused, by what they are for.',
    unit: 'perSec',
    lines: [rates('im_admission_rejected_total', 'class')],
  },
  {
    id: 'lag',
    title: 'Lag',
    about: 'Age of the oldest message that was read and is not finished.',
    unit: 'seconds',
    limit: 5,
    lines: [gauge('oldest', 'im_lag_seconds')],
  },
  {
    id: 'waiting',
    title: 'Waiting',
    about: 'Messages, by where they are.',
    unit: 'count',
    lines: [
      gauge('in the log', 'im_consumer_lag_records'),
      gauge('read, not started', 'im_router_backlog'),
      gauge('at the router', 'im_inflight'),
      gauge('senders that wait', 'im_waiting_senders'),
      gauge('at devices', 'im_pending_deliveries'),
    ],
  },
  {
    id: 'mailbox',
    title: 'Mailbox',
    about: 'What is stored for recipients who are away.',
    unit: 'count',
    lines: [gauge('messages', 'im_mailbox_entries'), gauge('recipients', 'im_mailboxes')],
  },
  {
    id: 'mailbox-flow',
    title: 'Mailbox, in and out',
    about: 'Messages per second.',
    unit: 'perSec',
    lines: [rate('in', 'im_stored_total'), rate('out', 'im_mailbox_removed_total')],
  },
  {
    id: 'mailbox-age',
    title: 'Mailbox, ages',
    about: 'Overdue: how long the recipient that is due first has been due.',
    unit: 'seconds',
    lines: [
      gauge('oldest message', 'im_mailbox_oldest_age_seconds'),
      gauge('overdue', 'im_mailbox_overdue_seconds'),
    ],
  },
  {
    id: 'flows',
    title: 'Flows',
    about: 'Open connections, and UDP addresses that sent something lately.',
    unit: 'count',
    lines: [gauges('sip_flows', 'transport')],
  },
  {
    id: 'requests',
    title: 'Requests',
    about: 'From clients, per second, by method.',
    unit: 'perSec',
    lines: [rates('sip_requests_total', 'method')],
  },
  {
    id: 'registrations',
    title: 'Registrations',
    about: 'Per second, by result.',
    unit: 'perSec',
    lines: [rates('sip_registrations_total', 'result')],
  },
  {
    id: 'registration-time',
    title: 'Time to register',
    about: 'At the registrar, its store included.',
    unit: 'seconds',
    isLog: true,
    lines: percentiles('sip_registration_duration_seconds'),
  },
  {
    id: 'trunks',
    title: 'Trunks',
    about: 'Edges that this process is connected to.',
    unit: 'count',
    lines: [gauge('edges', 'im_trunk_edges_up'), gauge('other edges', 'sip_trunk_edges_up')],
  },
  {
    id: 'processor',
    title: 'Processor',
    about: 'Shares of one core, and of time for the event loop.',
    unit: 'share',
    lines: [
      gauge('event loop', 'nodejs_eventloop_utilization_ratio'),
      rate('CPU', 'process_cpu_seconds_total'),
      rate('garbage collection', 'nodejs_gc_duration_seconds_sum'),
    ],
  },
  {
    id: 'delay',
    title: 'Event-loop delay',
    about: 'Its timer ticks every 10 ms: that is included.',
    unit: 'seconds',
    isLog: true,
    lines: [
      gauge('p50', 'nodejs_eventloop_lag_p50_seconds'),
      gauge('p99', 'nodejs_eventloop_lag_p99_seconds'),
    ],
  },
  {
    id: 'memory',
    title: 'Memory',
    about: 'Of the process, and what its heap uses of it.',
    unit: 'bytes',
    lines: [
      gauge('resident', 'process_resident_memory_bytes'),
      gauge('heap', 'nodejs_heap_size_used_bytes'),
    ],
  },
];

/** What charts show of a moment, by id, and figures, by label: of series that the process has.
 *  @param {Moment} moment
 *  @returns {import('./history.js').Shown} */
export function readMoment(moment) {
  /** @type {Map<string, readonly Reading[]>} */
  const charts = new Map();
  for (const { id, lines } of PANELS) {
    const readings = lines.flatMap((line) => line(moment));
    if (readings.length > 0) charts.set(id, readings);
  }
  /** @type {Map<string, number>} */
  const figures = new Map();
  for (const { label, line } of FIGURES) {
    for (const { value } of line(moment)) figures.set(label, value);
  }
  return { charts, figures };
}

/** What the congestion controller does, in words; undefined where there is none.
 *  @param {Moment} moment
 *  @returns {string | undefined} */
export function readController({ last }) {
  const { after } = last;
  if (!after.has('im_congestion_ticks_total')) return undefined;
  const isRefusing = last.rate('im_admission_rejected_total') > 0;
  const worst = after.rows('im_congestion_worst').find(([, { value }]) => value === 1);
  const signal = worst?.[1].labels.signal;
  const does = isRefusing ? 'refuses some' : 'lets all in';
  if (signal === undefined) return does;
  const isOver = after.sum('im_congestion_error') > 0;
  return `${does}; ${isOver ? 'beyond its target' : 'nearest to its target'} is ${signal}`;
}

/** Gauges that have a cap beside them, `…_limit`.
 *  @param {import('./sample.js').Sample} sample
 *  @returns {{ name: string, help: string, value: number, limit: number }[]} */
export function readLimits(sample) {
  return (
    sample.names
      // Some series that end so are by a label, and no cap.
      .filter((name) => sample.rows(`${name}_limit`).length === 1)
      .map((name) => ({
        name,
        help: sample.help(name),
        value: sample.sum(name),
        limit: sample.sum(`${name}_limit`),
      }))
  );
}
