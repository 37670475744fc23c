import type { DueStore } from '@hermod/contracts';

/** After so many deaths at the same watermark, records run one at a time with a counter. */
const DEATHS_BEFORE_WATCH = 2;
/** With the deaths that began the watch, that makes three attempts. */
const WATCHED_ATTEMPTS = 1;
/** Records that must finish before the partition counts as healthy again. */
const WATCHED_RECORDS = 1000;

type Mark = { next: number; deaths: number; offset: number; attempts: number; life: string };

/** Finds the record that kills its router (design §4 rule 9) without a write per record: an owner leaves a mark of the watermark at
 *  which it started its first record, and takes it away when the watermark has moved. Owners that keep starting at the same one are dying
 *  there; only then are attempts counted record by record. An idle partition that changes hands leaves no mark. */
export class PoisonWatch {
  readonly #partition: number;
  readonly #next: number;
  readonly #store: Pick<DueStore, 'readMark' | 'writeMark'>;
  /** Tells our mark from that of another life. */
  readonly #life: string;
  /** The predecessor's mark as found. */
  #found = '';
  #mark: Mark;
  #left = 0;
  #state: 'unread' | 'read' | 'busy' | 'begun' = 'unread';
  #marked = false;

  /** @param life unique to this owner's time with the partition */
  constructor(
    partition: number,
    next: number,
    store: Pick<DueStore, 'readMark' | 'writeMark'>,
    life: string,
  ) {
    this.#partition = partition;
    this.#life = life;
    this.#next = next;
    this.#store = store;
    this.#mark = { next, deaths: 0, offset: -1, attempts: 0, life };
  }

  /** True while records run one at a time. */
  get watching(): boolean {
    return this.#left > 0;
  }

  /** `begun`: records may start. `read`: call {@link begin} before the first. Else something is being read or written. */
  get state(): 'unread' | 'read' | 'busy' | 'begun' {
    return this.#state;
  }

  /** Reads the predecessor's mark. Rejects with PlatformError; call again. */
  async open(): Promise<void> {
    this.#found = await this.#store.readMark(this.#partition);
    const before = parseMark(this.#found);
    // A watched record at or beyond the watermark is the one its owner died of, whatever was committed meanwhile.
    const isAgain =
      before !== undefined && (before.next === this.#next || before.offset >= this.#next);
    if (isAgain) {
      const deaths = before.deaths + 1;
      this.#mark = { ...before, next: this.#next, deaths, life: this.#life };
    }
    if (this.#mark.deaths >= DEATHS_BEFORE_WATCH) this.#left = WATCHED_RECORDS;
    this.#state = 'read';
  }

  /** Leaves our mark: a record is about to start. Rejects with PlatformError; call again. */
  async begin(): Promise<void> {
    this.#state = 'busy';
    try {
      await this.#write();
      this.#marked = true;
      this.#state = 'begun';
    } catch (error) {
      this.#state = 'read';
      throw error;
    }
  }

  /** Counts one more attempt at a record before it runs. */
  async attempt(offset: number): Promise<'run' | 'poison'> {
    this.#state = 'busy';
    try {
      const before = this.#mark;
      const attempts = before.offset === offset ? before.attempts + 1 : 1;
      if (attempts > WATCHED_ATTEMPTS) return 'poison';
      this.#mark = { ...before, offset, attempts };
      try {
        await this.#write();
      } catch (error) {
        // Not written, so not run: the next try is the same attempt.
        this.#mark = before;
        throw error;
      }
      this.#marked = true;
      return 'run';
    } finally {
      this.#state = 'begun';
    }
  }

  onFinished(): void {
    if (this.#left > 0) this.#left -= 1;
  }

  /** The watermark has moved: nobody died here. */
  async clear(): Promise<void> {
    if (!this.#marked || this.watching) return;
    this.#marked = false;
    await this.#store.writeMark(this.#partition, '');
  }

  /** The partition goes to another owner, and this one lives: what was under way killed nobody. Puts things back as they were found,
   *  unless the other has left a mark already; the next record to start here leaves ours again. */
  async withdraw(): Promise<void> {
    if (!this.#marked) return;
    this.#marked = false;
    if (this.#state === 'begun') this.#state = 'read';
    const now = parseMark(await this.#store.readMark(this.#partition));
    if (now?.life !== this.#life) return;
    await this.#store.writeMark(this.#partition, this.watching ? this.#found : '');
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
    const { next, deaths, offset, attempts, life } = mark as Record<string, unknown>;
    if (typeof next !== 'number' || typeof deaths !== 'number') return undefined;
    if (typeof offset !== 'number' || typeof attempts !== 'number') return undefined;
    return { next, deaths, offset, attempts, life: typeof life === 'string' ? life : '' };
  } catch {
    return undefined;
  }
}
