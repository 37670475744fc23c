import type { Second } from '../core/timeline.ts';
import { isGeneratorLate } from '../core/verdict.ts';
import type { LoadOptions } from '../options.ts';

/** Something that happened, for a person. */
export type EventLine = {
  /** Seconds into the run. */
  readonly atSec: number;
  readonly kind: 'plan' | 'server' | 'generator' | 'breach';
  readonly text: string;
};

type Series = {
  readonly kind: EventLine['kind'];
  readonly begins: string;
  readonly ends: string | undefined;
  count(second: Second): number;
};

const SERIES: readonly Series[] = [
  {
    kind: 'server',
    begins: 'refuses with 503',
    ends: 'no 503 any more',
    count: ({ statuses }) => statuses[503] ?? 0,
  },
  {
    kind: 'server',
    begins: 'refuses with other codes',
    ends: 'no such refusals any more',
    count: ({ statuses }) =>
      Object.entries(statuses).reduce((sum, [status, count]) => {
        return Number(status) >= 300 && status !== '503' ? sum + count : sum;
      }, 0),
  },
  {
    kind: 'server',
    begins: 'connections end without our doing',
    ends: undefined,
    count: ({ counts }) => counts.broken,
  },
  {
    kind: 'server',
    begins: 'messages stay without a final response',
    ends: undefined,
    count: ({ counts }) => counts.unanswered,
  },
  {
    kind: 'server',
    begins: 'messages cannot be sent: the server does not read, or there is no connection',
    ends: 'all can be sent again',
    count: ({ counts }) => counts.unsent,
  },
  {
    kind: 'breach',
    begins: 'messages are received twice',
    ends: undefined,
    count: ({ counts }) => counts.repeats,
  },
  {
    kind: 'breach',
    begins: 'messages are received out of order',
    ends: undefined,
    count: ({ counts }) => counts.disordered,
  },
  {
    kind: 'generator',
    begins: 'the generator is short of CPU',
    ends: 'the generator is in time again',
    count: (second) => (isGeneratorLate(second) ? 1 : 0),
  },
];

/** The story of a run: what the plan did, and where a series begins and ends (a pause of less than three seconds is none). */
export function findEvents(
  seconds: readonly Second[],
  options: LoadOptions,
  joinedSec: number,
): EventLine[] {
  const { users, devices, warmUpSec, storm, workers } = options;
  const events: EventLine[] = [
    {
      atSec: -warmUpSec,
      kind: 'plan',
      text: `${users * devices} devices of ${users} users have registered in ${joinedSec.toFixed(1)} s, from ${workers} process${workers === 1 ? '' : 'es'}`,
    },
  ];
  if (warmUpSec > 0) events.push({ atSec: 0, kind: 'plan', text: 'warm-up over' });
  if (storm !== undefined) {
    const text = `${Math.round(storm.share * 100)} % of the connections break at once`;
    events.push({ atSec: storm.atSec, kind: 'plan', text });
    const restored = seconds.find(
      ({ second, gauges }) =>
        second > storm.atSec && gauges.connected >= connectedBefore(seconds, storm.atSec),
    );
    if (restored !== undefined) {
      events.push({
        atSec: restored.second,
        kind: 'server',
        text: 'all of them have registered again',
      });
    }
  }
  events.push({ atSec: options.seconds, kind: 'plan', text: 'no more messages are sent' });
  for (const series of SERIES) events.push(...eventsOf(series, seconds));
  return events.sort((a, b) => a.atSec - b.atSec);
}

function connectedBefore(seconds: readonly Second[], atSec: number): number {
  return seconds.findLast(({ second }) => second < atSec)?.gauges.connected ?? 0;
}

function eventsOf({ kind, begins, ends, count }: Series, seconds: readonly Second[]): EventLine[] {
  const events: EventLine[] = [];
  let total = 0;
  let last = Number.NEGATIVE_INFINITY;
  let begin = 0;
  const close = (): void => {
    if (total === 0) return;
    events.push({
      atSec: begin,
      kind,
      text: `${begins} (${total}${ends === undefined ? '' : `, for ${last - begin + 1} s`})`,
    });
    if (ends !== undefined) events.push({ atSec: last + 1, kind, text: ends });
    total = 0;
  };
  for (const second of seconds) {
    const found = count(second);
    if (found === 0) {
      if (second.second - last > 2) close();
      continue;
    }
    if (total === 0) begin = second.second;
    total += found;
    last = second.second;
  }
  close();
  return events;
}
