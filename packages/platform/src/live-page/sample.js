// @ts-check
// One answer of /metrics, in the Prometheus text format. Runs in the browser.

/** Labels that a row must have: a value, or a pattern that it must match.
 *  @typedef {Readonly<Record<string, string | RegExp>>} Where */

/** @typedef {{ readonly labels: Readonly<Record<string, string>>, readonly value: number }} Row */

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const DESCRIPTION = /^# (HELP|TYPE) (\S+) (.*)$/;

/** The values of all series at one moment. */
export class Sample {
  /** By name, then by the text of the labels.
   *  @type {Map<string, Map<string, Row>>} */
  #rows = new Map();
  /** @type {Map<string, string>} */
  #help = new Map();

  /** Takes what it understands: lines that are none of the format are left out.
   *  @param {string} text
   *  @param {number} atMs when it came */
  constructor(text, atMs) {
    this.atMs = atMs;
    for (const line of text.split('\n')) {
      if (line.startsWith('#')) this.#describe(line);
      else this.#add(line);
    }
  }

  /** Whether the process has such a series, be it without a row so far.
   *  @param {string} name */
  has(name) {
    return this.#rows.has(name);
  }

  /** The names of all series.
   *  @returns {readonly string[]} */
  get names() {
    return [...this.#rows.keys()];
  }

  /** What the process says that a series means; '' when it says nothing.
   *  @param {string} name */
  help(name) {
    return this.#help.get(name) ?? '';
  }

  /** The rows of a series whose labels are as asked for.
   *  @param {string} name
   *  @param {Where} [where]
   *  @returns {[labelText: string, row: Row][]} */
  rows(name, where = {}) {
    const wanted = Object.entries(where);
    return [...(this.#rows.get(name) ?? [])].filter(([, { labels }]) =>
      wanted.every(([label, value]) => {
        const found = labels[label] ?? '';
        return typeof value === 'string' ? found === value : value.test(found);
      }),
    );
  }

  /** The sum over those rows; NaN when there is no such series.
   *  @param {string} name
   *  @param {Where} [where] */
  sum(name, where) {
    if (!this.has(name)) return Number.NaN;
    return this.rows(name, where).reduce((sum, [, { value }]) => sum + value, 0);
  }

  /** The value of the row with exactly these labels; 0 when it is not there yet: counters appear with their first event.
   *  @param {string} name
   *  @param {string} labelText */
  count(name, labelText) {
    return this.#rows.get(name)?.get(labelText)?.value ?? 0;
  }

  /** @param {string} line */
  #describe(line) {
    const [, kind, name = '', text = ''] = DESCRIPTION.exec(line) ?? [];
    if (kind === 'HELP') this.#help.set(name, text);
    if (kind === 'TYPE' && text !== 'histogram') this.#family(name);
    if (kind === 'TYPE' && text === 'histogram') this.#family(`${name}_bucket`);
  }

  /** @param {string} line */
  #add(line) {
    const [, name, labelText = '', value = ''] = LINE.exec(line) ?? [];
    if (name === undefined) return;
    /** @type {Record<string, string>} */
    const labels = {};
    for (const [, label = '', text = ''] of labelText.matchAll(LABEL)) {
      labels[label] = text.replace(/\\(.)/g, (_all, one) => (one === 'n' ? '\n' : one));
    }
    this.#family(name).set(labelText, { labels, value: parseValue(value) });
  }

  /** @param {string} name
   *  @returns {Map<string, Row>} */
  #family(name) {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    /** @type {Map<string, Row>} */
    const made = new Map();
    this.#rows.set(name, made);
    return made;
  }
}

/** A value, or a bucket's `le`.
 *  @param {string} text */
export function parseValue(text) {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number.parseFloat(text);
}
