import type { DurationHistogram } from '@hermod/contracts';

/** Label names and values. Bounded sets only: never an AoR, Call-ID, URI or IP address. They need no escapes. */
export type Labels = Readonly<Record<string, string>>;

/** One histogram in the Prometheus text format, seconds, with its buckets, `_sum` and `_count`.
 *  @param withExemplars OpenMetrics only */
export function formatDurations(
  name: string,
  labels: Labels,
  histogram: DurationHistogram,
  withExemplars: boolean,
): string {
  const { boundsMs, counts, sumMs } = histogram;
  let of = '';
  for (const [label, value] of Object.entries(labels)) of += `${label}="${value}",`;
  let lines = '';
  let count = 0;
  for (let bucket = 0; bucket < counts.length; bucket += 1) {
    count += counts[bucket] ?? 0;
    const bound = boundsMs[bucket];
    const le = bound === undefined ? '+Inf' : String(bound / 1000);
    lines += `${name}_bucket{${of}le="${le}"} ${count}`;
    lines += withExemplars ? `${formatExemplar(histogram, bucket)}\n` : '\n';
  }
  const plain = `{${of.slice(0, -1)}}`;
  return `${lines}${name}_sum${plain} ${sumMs / 1000}\n${name}_count${plain} ${count}\n`;
}

function formatExemplar(histogram: DurationHistogram, bucket: number): string {
  const exemplar = histogram.exemplarOf(bucket);
  if (exemplar === undefined) return '';
  const { ms, traceId, atMs } = exemplar;
  return ` # {trace_id="${traceId}"} ${ms / 1000} ${atMs / 1000}`;
}

/** What prom-client writes as Prometheus text, as OpenMetrics 1.0: a counter is named without `_total`, its values with it. (prom-client's own
 *  OpenMetrics renames its counters for good: one registry serves one of the two formats.) Without the `# EOF` at the end. */
export function toOpenMetrics(text: string): string {
  return text
    .replace(
      /^# HELP (\w+)_total (.*)\n# TYPE \1_total counter$/gm,
      '# HELP $1 $2\n# TYPE $1 counter',
    )
    .replace(/\n\n+/g, '\n');
}
