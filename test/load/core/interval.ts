import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

const HIGHEST_US = 120_000_000;

/** What is counted per second. */
export const COUNTERS = [
  /** Due by the plan. */
  'intended',
  'sent',
  /** Not sent: the server did not read from the sender's connection, or there was none. */
  'unsent',
  'retransmitted',
  /** Sent once more, as the answer to a challenge. */
  'challenged',
  /** First receipts of a message: the goodput. */
  'received',
  /** Receipts by further devices of the same user. */
  'copies',
  /** Receipts by a device that has the message. */
  'repeats',
  /** The same, by a device that reads slowly or had to connect again in between. */
  'repeatsExcused',
  /** Receipts after a later message of the same stream. */
  'disordered',
  /** The same, by a slow reader, of what was under way when the device broke off, or where datagrams may have passed each other. */
  'disorderedExcused',
  /** Received with another body, or by somebody else. */
  'damaged',
  /** Messages of earlier runs, and requests that are no messages of ours. */
  'strays',
  /** Final responses to what was ended or answered already. */
  'lateAnswers',
  'unanswered',
  'cut',
  'registered',
  'registerFailures',
  /** Connections that ended without our doing. */
  'broken',
  /** Of the abusive source: due, and answered 2xx. */
  'abuseIntended',
  'abuseSucceeded',
] as const;

export type CounterName = (typeof COUNTERS)[number];

/** What is timed. Recorded in microseconds, kept with three significant digits up to 120 s. */
export const TIMES = [
  /** From the intended time to a 2xx. */
  'success',
  /** From the intended time to any other final response. */
  'refusal',
  /** From the intended time to the first receipt, of messages to users that are there. */
  'delivery',
  /** From REGISTER to its 200, challenges included. */
  'register',
  /** From the intended to the real time of sending: what the generator itself adds. */
  'lateness',
] as const;

export type TimeName = (typeof TIMES)[number];

/** State at the end of a second. */
export type Gauges = {
  open: number;
  connected: number;
  /** Of the busiest process, 0–1. */
  loopShare: number;
  /** Spent in this second by all processes. */
  cpuSec: number;
};

/** One second as it travels between processes. */
export type IntervalRecord = {
  readonly second: number;
  readonly counts: Readonly<Record<CounterName, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** Encoded histograms; those without a value are missing. */
  readonly times: Readonly<Partial<Record<TimeName, string>>>;
  readonly gauges: Gauges;
};

/** An empty histogram of microseconds. */
export function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
  });
}

/** What happens in one second, in one process or in all of them together. */
export class Interval {
  readonly counts: Record<CounterName, number> = noCounters();
  readonly statuses: Record<string, number> = {};
  readonly gauges: Gauges = { open: 0, connected: 0, loopShare: 0, cpuSec: 0 };
  readonly #times: Readonly<Record<TimeName, Histogram>> = {
    success: newHistogram(),
    refusal: newHistogram(),
    delivery: newHistogram(),
    register: newHistogram(),
    lateness: newHistogram(),
  };

  time(name: TimeName, ms: number): void {
    const us = Math.round(ms * 1000);
    this.#times[name].recordValue(us < 1 ? 1 : us > HIGHEST_US ? HIGHEST_US : us);
  }

  status(status: number): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }

  histogram(name: TimeName): Histogram {
    return this.#times[name];
  }

  /** Adds the same second of another process. Of gauges: sums, and the highest share. */
  add(record: IntervalRecord): void {
    this.#addCounts(record);
    for (const name of TIMES) {
      const encoded = record.times[name];
      if (encoded !== undefined) this.#times[name].add(decodeFromCompressedBase64(encoded));
    }
    this.gauges.open += record.gauges.open;
    this.gauges.connected += record.gauges.connected;
    this.gauges.cpuSec += record.gauges.cpuSec;
    this.gauges.loopShare = Math.max(this.gauges.loopShare, record.gauges.loopShare);
  }

  /** Adds another second; gauges stay as they are. */
  addInterval(other: Interval): void {
    this.#addCounts(other);
    for (const name of TIMES) this.#times[name].add(other.#times[name]);
  }

  #addCounts({ counts, statuses }: Pick<IntervalRecord, 'counts' | 'statuses'>): void {
    for (const name of COUNTERS) this.counts[name] += counts[name];
    for (const [status, count] of Object.entries(statuses)) {
      this.statuses[status] = (this.statuses[status] ?? 0) + count;
    }
  }

  /** Hands out what there is, and begins anew. */
  take(second: number): IntervalRecord {
    const times: Partial<Record<TimeName, string>> = {};
    for (const name of TIMES) {
      const histogram = this.#times[name];
      if (histogram.totalCount === 0) continue;
      times[name] = encodeIntoCompressedBase64(histogram);
      histogram.reset();
    }
    const record = {
      ...{ second, times, gauges: { ...this.gauges } },
      ...{ counts: { ...this.counts }, statuses: { ...this.statuses } },
    };
    for (const name of COUNTERS) this.counts[name] = 0;
    for (const status of Object.keys(this.statuses)) delete this.statuses[status];
    return record;
  }
}

function noCounters(): Record<CounterName, number> {
  const counts: Partial<Record<CounterName, number>> = {};
  for (const name of COUNTERS) counts[name] = 0;
  // Every name was set just now.
  return counts as Record<CounterName, number>;
}
