// @ts-check
// What happened between two samples of one process. Runs in the browser.
import { parseValue } from './sample.js';

/** @typedef {import('./sample.js').Sample} Sample */
/** @typedef {import('./sample.js').Where} Where */

/** Two samples of the same run of a process. */
export class Interval {
  /** @param {Sample} before
   *  @param {Sample} after later than `before` */
  constructor(before, after) {
    this.before = before;
    this.after = after;
  }

  /** Growth of a counter per second; NaN when there is no such series.
   *  @param {string} name
   *  @param {Where} [where] */
  rate(name, where) {
    if (!this.after.has(name)) return Number.NaN;
    let grown = 0;
    for (const [labelText, { value }] of this.after.rows(name, where)) {
      grown += increase(this.before.count(name, labelText), value);
    }
    return grown / ((this.after.atMs - this.before.atMs) / 1000);
  }

  /** A quantile of what a histogram saw in this time, linear within its bucket as Prometheus' `histogram_quantile`; above the last
   *  finite bound that bound. NaN when it saw nothing.
   *  @param {number} q 0–1
   *  @param {string} name without `_bucket`
   *  @param {Where} [where] */
  quantile(q, name, where) {
    const buckets = this.#buckets(`${name}_bucket`, where);
    const rank = q * (buckets.at(-1)?.count ?? 0);
    if (rank === 0) return Number.NaN;
    let below = { bound: 0, count: 0 };
    for (const bucket of buckets) {
      if (bucket.count >= rank) {
        if (bucket.bound === Number.POSITIVE_INFINITY) return below.bound;
        const share = (rank - below.count) / (bucket.count - below.count);
        return below.bound + (bucket.bound - below.bound) * share;
      }
      below = bucket;
    }
    return below.bound;
  }

  /** Cumulative counts by upper bound, over all rows, the lowest bound first.
   *  @param {string} name
   *  @param {Where} [where] */
  #buckets(name, where) {
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const [labelText, { labels, value }] of this.after.rows(name, where)) {
      const bound = parseValue(labels.le ?? '');
      const grown = increase(this.before.count(name, labelText), value);
      counts.set(bound, (counts.get(bound) ?? 0) + grown);
    }
    return [...counts]
      .map(([bound, count]) => ({ bound, count }))
      .sort((one, other) => one.bound - other.bound);
  }
}

/** A counter that is less than before has begun again at 0.
 *  @param {number} before
 *  @param {number} after */
function increase(before, after) {
  return after >= before ? after - before : after;
}
