import type { DueStore } from '@hermod/contracts';

/** After so many deaths at the same watermark, records run one at a time with a counter. */
const DEATHS_BEFORE_WATCH = 1;
/** With the death that began the watch, that makes three attempts. */
const WATCHED_ATTEMPTS = 2;
/** Records that must finish before the partition counts as healthy again. */
const WATCHED_RECORDS = 1000;

type Mark = { next: number; deaths: number; offset: number; attempts: number };

/** Finds the record that kills its router (design §4 rule 9) without a write per record: each owner leaves a mark of the watermark
 *  it began at. Owners that keep beginning at the same one are dying there; only then are attempts counted record by record. */
export class PoisonWatch {
  readonly #partition: number;
  readonly #next: number;
  readonly #store: Pick<DueStore, 'readMark' | 'writeMark'>;
  #mark: Mark;
  #left = 0;
  #busy = true;
  #marked = false;

  constructor(partition: number, next: number, store: Pick<DueStore, 'readMark' | 'writeMark'>) {
    this.#partition = partition;
    this.#next = next;
    this.#store = store;
    this.#mark = { next, deaths: 0, offset: -1, attempts: 0 };
  }

  /** True while records run one at a time. */
  get watching(): boolean {
    return this.#left > 0;
  }

  /** True while the mark is being read or written: nothing may be started. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Reads the predecessor's mark and leaves ours. Rejects with PlatformError; call again. */
  async open(): Promise<void> {
    const before = parseMark(await this.#store.readMark(this.#partition));
    // A watched record at or beyond the watermark is the one its owner died of, whatever was committed meanwhile.
    const again =
      before !== undefined && (before.next === this.#next || before.offset >= this.#next);
    this.#mark = again ? { ...before, next: this.#next, deaths: before.deaths + 1 } : this.#mark;
    await this.#write();
    this.#marked = true;
    if (this.#mark.deaths >= DEATHS_BEFORE_WATCH) this.#left = WATCHED_RECORDS;
    this.#busy = false;
  }

  /** Counts one more attempt at a record before it runs. */
  async attempt(offset: number): Promise<'run' | 'poison'> {
    this.#busy = true;
    try {
      const attempts = this.#mark.offset === offset ? this.#mark.attempts + 1 : 1;
      this.#mark = { ...this.#mark, offset, attempts };
      if (attempts > WATCHED_ATTEMPTS) return 'poison';
      await this.#write();
      return 'run';
    } finally {
      this.#busy = false;
    }
  }

  onFinished(): void {
    if (this.#left > 0) this.#left -= 1;
  }

  /** The owner goes in good order, or the watermark has moved: nobody died here. */
  async clear(): Promise<void> {
    if (!this.#marked || this.watching) return;
    this.#marked = false;
    await this.#store.writeMark(this.#partition, '');
  }

  #write(): Promise<void> {
    return this.#store.writeMark(this.#partition, JSON.stringify(this.#mark));
  }
}

function parseMark(text: string): Mark | undefined {
  if (text === '') return undefined;
  try {
    const mark: unknown = JSON.parse(text);
    if (typeof mark !== 'object' || mark === null) return undefined;
    const { next, deaths, offset, attempts } = mark as Record<string, unknown>;
    if (typeof next !== 'number' || typeof deaths !== 'number') return undefined;
    if (typeof offset !== 'number' || typeof attempts !== 'number') return undefined;
    return { next, deaths, offset, attempts };
  } catch {
    return undefined;
  }
}
