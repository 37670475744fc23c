// @ts-check
// What the process said in the last minutes, and what became of it. Runs in the browser.
import { Interval } from './interval.js';

/** @typedef {import('./sample.js').Sample} Sample */

/** What can be said at one moment. `last`: since the sample before; `window`: of the last seconds, since percentiles of one second mean little.
 *  @typedef {{ readonly last: Interval, readonly window: Interval }} Moment */

/** One value of a chart's line at one moment; `total`: since the process started.
 *  @typedef {{ readonly label: string, readonly value: number, readonly total?: number }} Reading */

/** What charts and figures show of one moment; figures are values alone.
 *  @typedef {{ readonly charts: ReadonlyMap<string, readonly Reading[]>, readonly figures: ReadonlyMap<string, number> }} Shown */

/** Nothing is shown of a moment at which the process was away, or had just started: lines are broken there.
 *  @typedef {{ readonly atMs: number, readonly shown: Shown }} Row */

/** @typedef {{ readonly atMs: number, readonly text: string }} Event */

/** @type {Shown} */
const NOTHING = { charts: new Map(), figures: new Map() };

export const SHOWN_MS = 300_000;
/** Of percentiles. */
export const WINDOW_MS = 5_000;
const MAX_EVENTS = 20;
const START = 'process_start_time_seconds';

/** State of the process as the page knows it.
 *  @typedef {{ kind: 'unknown' } | { kind: 'ready' } | { kind: 'not ready', why: string } | { kind: 'away', sinceMs: number, why: string }} State */

export class History {
  /** @type {Row[]} */
  rows = [];
  /** The newest first.
   *  @type {Event[]} */
  events = [];
  /** @type {State} */
  state = { kind: 'unknown' };
  /** What is known now; undefined while the process is away, and before it has answered twice.
   *  @type {Moment | undefined} */
  moment;
  /** When the process that answers started anew, while the page watched.
   *  @type {number[]} */
  restarts = [];
  /** Of this run of the process, as far back as percentiles look; the newest last.
   *  @type {Sample[]} */
  #samples = [];
  #read;
  #lastAnswerMs;

  /** @param {(moment: Moment) => Shown} read what is shown of a moment
   *  @param {number} nowMs */
  constructor(read, nowMs) {
    this.#read = read;
    this.#lastAnswerMs = nowMs;
  }

  /** The last sample, undefined before the first.
   *  @returns {Sample | undefined} */
  get sample() {
    return this.#samples.at(-1);
  }

  /** The process has answered.
   *  @param {Sample} sample
   *  @param {readonly string[]} failing why it is not ready; empty: it is */
  answered(sample, failing) {
    const { atMs } = sample;
    const before = this.sample;
    if (before !== undefined && before.sum(START) !== sample.sum(START)) {
      this.#samples = [];
      this.restarts.push(atMs);
      this.#tell(atMs, 'the process has started anew: its counters begin at 0');
    }
    this.#lastAnswerMs = atMs;
    this.#become(
      failing.length === 0 ? { kind: 'ready' } : { kind: 'not ready', why: failing.join('; ') },
      atMs,
    );
    this.#samples.push(sample);
    const first = this.#samples[0] ?? sample;
    const previous = this.#samples.at(-2);
    if (previous === undefined) {
      this.moment = undefined;
      this.#push({ atMs, shown: NOTHING });
    } else {
      const window = new Interval(first, sample);
      this.moment = { last: new Interval(previous, sample), window };
      this.#push({ atMs, shown: this.#read(this.moment) });
    }
    if (atMs - first.atMs >= WINDOW_MS) this.#samples.shift();
  }

  /** The process has not answered, or not with what was asked for.
   *  @param {string} why
   *  @param {number} nowMs */
  unanswered(why, nowMs) {
    this.moment = undefined;
    this.#become({ kind: 'away', sinceMs: this.#lastAnswerMs, why }, nowMs);
    this.#push({ atMs: nowMs, shown: NOTHING });
  }

  /** @param {State} state
   *  @param {number} atMs */
  #become(state, atMs) {
    const before = this.state;
    this.state = state;
    if (before.kind === state.kind && reasonOf(before) === reasonOf(state)) return;
    if (before.kind === 'unknown' && state.kind === 'ready') return;
    const why = reasonOf(state);
    this.#tell(atMs, why === '' ? state.kind : `${state.kind}: ${why}`);
  }

  /** @param {number} atMs
   *  @param {string} text */
  #tell(atMs, text) {
    this.events.unshift({ atMs, text });
    if (this.events.length > MAX_EVENTS) this.events.pop();
  }

  /** @param {Row} row */
  #push(row) {
    this.rows.push(row);
    const sinceMs = row.atMs - SHOWN_MS;
    while ((this.rows[0]?.atMs ?? sinceMs) < sinceMs) this.rows.shift();
    while ((this.restarts[0] ?? sinceMs) < sinceMs) this.restarts.shift();
  }
}

/** @param {State} state */
function reasonOf(state) {
  return 'why' in state ? state.why : '';
}
