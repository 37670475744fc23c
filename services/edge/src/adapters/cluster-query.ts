import type { ClusterLoad, OuterSignal } from '@hermod/congestion';

/** Rates go over so many scrapes. */
const SCRAPES = 4;
/** A router that has not said anything for so long has lost its partitions to others. */
const SILENT_SEC = 15;
/** How long ago the highest lag was scraped. */
const LAG_AGE = 'lag_age';

/** One PromQL expression for all that the outer loop wants to know: a vector with one element per signal, named by the label `signal`.
 *  @param match label matchers, or ''  @param scrapeSec how often Prometheus looks at a process */
export function clusterQuery(match: string, scrapeSec: number): string {
  const range = `[${SCRAPES * scrapeSec}s]`;
  const lag = `im_routing_lag_seconds{${match}}`;
  // A router that does not answer any more has the lag of its silence: its records wait until it, or another, goes on.
  const silence = `(time() - max_over_time(timestamp(${lag})[${SILENT_SEC}s:1s])) and on (instance, job) up == 0`;
  const buckets = `im_delivery_duration_seconds_bucket{outcome="delivered",${match}}`;
  const expressions: Readonly<Record<OuterSignal | typeof LAG_AGE, string>> = {
    lag: `max(${lag} or on (instance, job) (${silence}))`,
    [LAG_AGE]: `max(time() - timestamp(${lag}) and on (instance, job) topk(1, ${lag}))`,
    delivery: `histogram_quantile(0.99, sum by (le) (rate(${buckets}${range})))`,
    store: meanOf('im_store_duration_seconds', match, range),
    log: meanOf('im_append_duration_seconds', match, range),
    router_saturation: `sum(im_inflight{${match}}) / sum(im_inflight_limit{${match}})`,
  };
  return Object.entries(expressions)
    .map(([signal, expression]) => `label_replace(${expression}, "signal", "${signal}", "", "")`)
    .join(' or ');
}

function meanOf(histogram: string, match: string, range: string): string {
  const sum = `sum(rate(${histogram}_sum{${match}}${range}))`;
  return `${sum} / sum(rate(${histogram}_count{${match}}${range}))`;
}

/** Reads the answer to {@link clusterQuery}. What is missing, or no number, is NaN.
 *  @param text JSON of Prometheus' API  @param atMs when it was asked, epoch
 *  @throws Error when it is no such answer */
export function readClusterLoad(text: string, atMs: number): ClusterLoad {
  const found = new Map<string, number>();
  for (const element of elementsOf(JSON.parse(text))) {
    const signal = fieldOf(fieldOf(element, 'metric'), 'signal');
    const sample = fieldOf(element, 'value');
    const [, value] = Array.isArray(sample) ? (sample as readonly unknown[]) : [];
    if (typeof signal === 'string' && typeof value === 'string') found.set(signal, Number(value));
  }
  const of = (signal: OuterSignal): number => found.get(signal) ?? Number.NaN;
  return {
    atMs,
    lagSec: of('lag'),
    lagAtMs: atMs - (found.get(LAG_AGE) ?? 0) * 1_000,
    deliveryP99Sec: of('delivery'),
    storeSec: of('store'),
    logSec: of('log'),
    routerSaturation: of('router_saturation'),
  };
}

function elementsOf(answer: unknown): readonly unknown[] {
  const result = fieldOf(fieldOf(answer, 'data'), 'result');
  if (fieldOf(answer, 'status') !== 'success' || !Array.isArray(result)) {
    throw new Error('not an answer of Prometheus');
  }
  return result;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
