/** PromQL of the Hermod that `$job` names, over the interval that fits the graph. */

/** A selector. @param labels further matchers, as PromQL has them */
export function series(name: string, labels = ''): string {
  return `${name}{job="$job"${labels === '' ? '' : `,${labels}`}}`;
}

/** How fast a counter rises, per second, summed. @param by labels to keep */
export function rate(counter: string, labels = '', by = ''): string {
  return `${sumBy(by)} (rate(${series(counter, labels)}[$__rate_interval]))`;
}

/** A gauge, summed over processes. */
export function sum(gauge: string, labels = '', by = ''): string {
  return `${sumBy(by)} (${series(gauge, labels)})`;
}

/** A gauge, the greatest of all processes. */
export function max(gauge: string, by = ''): string {
  return `max${byClause(by)} (${series(gauge)})`;
}

/** A quantile of a histogram. @param q 0–1 */
export function quantile(q: number, histogram: string, labels = '', by = ''): string {
  const kept = by === '' ? 'le' : `${by}, le`;
  return `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, labels, kept)})`;
}

/** The mean of a histogram. */
export function mean(histogram: string, labels = '', by = ''): string {
  return `${rate(`${histogram}_sum`, labels, by)} / ${rate(`${histogram}_count`, labels, by)}`;
}

/** Three quantiles of a histogram, as the lines of a graph. */
export function quantiles(histogram: string, labels = ''): Readonly<Record<string, string>> {
  return {
    'half of them': quantile(0.5, histogram, labels),
    '95 %': quantile(0.95, histogram, labels),
    '99 %': quantile(0.99, histogram, labels),
  };
}

function sumBy(by: string): string {
  return `sum${byClause(by)}`;
}

function byClause(by: string): string {
  return by === '' ? '' : ` by (${by})`;
}
