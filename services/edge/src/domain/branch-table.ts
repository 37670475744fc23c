import { fnv1a } from '@hermod/contracts';
import { TIMER_64_T1, type Timers, type TimerTarget } from '@hermod/sip';

/** Slices of the time for which an entry is kept; it may stay for a slice longer. */
const SLICES = 4;
const EVICT_BATCH = 256;
/** Cells of the filter, fewer for a small table: with the 160,000 entries of 5,000 deliveries a second, six of seven new branches meet a
 *  stale cell. */
const MAX_FILTER_CELLS = 1 << 20;
/** Ages as cells hold them: 1–255. One that has come round again costs a look-up, no more. */
const AGES = 255;
const ROTATE = 0;

/**
 * Branch → 2xx status of deliveries that succeeded. Entries are grouped by age and dropped a group at a time: no timer and no object per
 * entry, because 6,500 deliveries a second leave 208,000 entries (58 MB with a status only, 176 MB with responses).
 */
export class BranchTable implements TimerTarget {
  readonly #timers: Timers;
  readonly #maxEntries: number;
  readonly #onEvicted: (count: number) => void;
  readonly #sliceMs: number;
  /** Youngest first. */
  #slices: Map<string, number>[] = [];
  #size = 0;
  #ticking = false;
  /** Per hash of a branch, the age number of the youngest slice that got one. Nearly every branch is new, and to find that out in
   *  the slices takes a look-up, and a cache miss, for each. */
  readonly #filter: Uint8Array;
  #age = 0;

  /** @param maxEntries cap; the oldest group goes when it is reached, and `onEvicted` is told how many
   *  @param keepMs how long an entry is kept; default: a repeat by a router's successor is recognised for 64·T1 (RFC 3261 §17.1.2.2, design §3.7) */
  constructor(
    timers: Timers,
    maxEntries: number,
    onEvicted: (count: number) => void,
    keepMs: number = TIMER_64_T1,
  ) {
    this.#sliceMs = keepMs / SLICES;
    this.#timers = timers;
    this.#maxEntries = maxEntries;
    this.#filter = new Uint8Array(
      Math.min(MAX_FILTER_CELLS, 2 ** Math.ceil(Math.log2(2 * maxEntries))),
    );
    this.#onEvicted = onEvicted;
    this.#slices.push(new Map());
  }

  /** Entries held now: a gauge. */
  get size(): number {
    return this.#size;
  }

  /** @returns the status kept for a branch, or 0 */
  statusOf(branch: string): number {
    const mark = this.#filter[cellOf(branch, this.#filter.length)] ?? 0;
    // Wraps: every slice there is was young at most SLICES rotations ago.
    if (mark === 0 || (this.#age - (mark - 1) + AGES) % AGES > SLICES) return 0;
    const slices = this.#slices;
    for (let i = 0; i < slices.length; i += 1) {
      const status = slices[i]?.get(branch);
      if (status !== undefined) return status;
    }
    return 0;
  }

  /** Keeps a 2xx for as long as the table does, unless the cap drops it. */
  keep(branch: string, status: number): void {
    if (this.#size >= this.#maxEntries) this.#evict();
    const youngest = this.#slices[0];
    if (youngest === undefined) throw new Error('the table always has a slice');
    const before = youngest.size;
    youngest.set(branch, status);
    this.#filter[cellOf(branch, this.#filter.length)] = this.#age + 1;
    this.#size += youngest.size - before;
    if (!this.#ticking) {
      this.#ticking = true;
      this.#timers.start(this, ROTATE, this.#sliceMs);
    }
  }

  /** Every entry, the youngest slice first. */
  each(visit: (branch: string, status: number) => void): void {
    for (const slice of this.#slices) {
      for (const [branch, status] of slice) visit(branch, status);
    }
  }

  onTimer(_timer: number): void {
    this.#slices.unshift(new Map());
    this.#age = (this.#age + 1) % AGES;
    // The youngest of these closed SLICES periods ago at the latest: everything in the one dropped is old enough.
    while (this.#slices.length > SLICES + 1) this.#drop();
    this.#ticking = this.#size > 0;
    if (this.#ticking) this.#timers.start(this, ROTATE, this.#sliceMs);
  }

  #drop(): void {
    this.#size -= this.#slices.pop()?.size ?? 0;
  }

  /** Makes room by dropping the oldest entries, many at once: a Map that loses its first key again and again gets slow. */
  #evict(): void {
    const slices = this.#slices;
    let last = slices.length - 1;
    while (last > 0 && slices[last]?.size === 0) last -= 1;
    const oldest = slices[last];
    if (oldest === undefined) return;
    let evicted = 0;
    for (const branch of oldest.keys()) {
      if (evicted === EVICT_BATCH) break;
      oldest.delete(branch);
      evicted += 1;
    }
    this.#size -= evicted;
    this.#onEvicted(evicted);
  }
}

/** FNV-1a over the last characters: of a router's branch these are a digest and its target, whatever comes before.
 *  @param cells a power of two */
function cellOf(branch: string, cells: number): number {
  const hash = fnv1a(branch, branch.length > 24 ? branch.length - 24 : 0);
  return (hash ^ (hash >>> 16)) & (cells - 1);
}
