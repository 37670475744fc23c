/** Longest commit metadata, characters; Kafka refuses the whole commit beyond 4,096 bytes. */
const MAX_METADATA_CHARS = 4000;
/** Offsets that a predecessor's metadata may span. */
const MAX_METADATA_SPAN = 10_000_000;
/** In place of a time. */
const NOT_STARTED = -1;
/** More than one start or finish can add to it: a gap and a run of the largest offsets, and a digit for a neighbour. */
const MAX_CHARS_PER_CHANGE = 32;

/** What the tracker knows of an offset that the log shows. */
type OffsetVerdict = 'new' | 'in-flight' | 'finished';

/** A position to commit: everything below `next` is finished, and so are the runs that `metadata` lists. */
export type CommitPosition = { readonly next: number; readonly metadata: string };

/** The unfinished offsets of one partition: hence the low watermark and the finished runs beyond it (design §4 rule 2).
 *
 *  Metadata is a list of base-36 numbers joined by `.`: gap, run, gap, run … counted from `next`; a successor skips the runs.
 *  Offsets that the log never shows (compaction, transaction markers) are closed by the next offset that it does show. */
export class OffsetTracker {
  /** Unfinished offset → when its message arrived, epoch ms, or {@link NOT_STARTED} by this owner. Ascending: offsets are only ever added at the
   *  end. */
  readonly #open = new Map<number, number>();
  /** Highest offset known, plus one; everything below that is not in #open is finished. */
  #end: number;
  #started = 0;
  /** So many starts and finishes cannot make the metadata too long: it is written out only when they are used up. */
  #room = 0;

  /** @param metadata as committed with `next`; one that does not parse is ignored, since at-least-once holds without it */
  constructor(next: number, metadata: string) {
    this.#end = next;
    if (!/^[0-9a-z]+(\.[0-9a-z]+)*$/.test(metadata)) return;
    const numbers = metadata.split('.').map((text) => Number.parseInt(text, 36));
    // Ours hold some thousands of gaps. Others that write to the group may have left anything.
    if (numbers.reduce((sum, number) => sum + number, 0) > MAX_METADATA_SPAN) return;
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      const runStart = this.#end + (numbers[i] ?? 0);
      for (let offset = this.#end; offset < runStart; offset += 1) {
        this.#open.set(offset, NOT_STARTED);
      }
      this.#end = runStart + (numbers[i + 1] ?? 0);
    }
  }

  /** The log shows `offset`: is it to be started? Offsets come in order, or again after a rebalance.
   *  @param receivedAtMs when its message arrived, epoch ms; 0: not known */
  show(offset: number, receivedAtMs = 0): OffsetVerdict {
    if (offset < this.#end) {
      const known = this.#open.get(offset);
      if (known === undefined) return 'finished';
      if (known !== NOT_STARTED) return 'in-flight';
      this.#closeUnshownBefore(offset);
    } else {
      this.#closeUnshownBefore(offset);
      this.#end = offset + 1;
    }
    this.#open.set(offset, receivedAtMs);
    this.#started += 1;
    this.#room -= 1;
    return 'new';
  }

  /** The record's effect is durable. */
  finish(offset: number): void {
    if (!this.#isStarted(offset)) return;
    this.#open.delete(offset);
    this.#started -= 1;
    this.#room -= 1;
  }

  /** True when its effect is durable, as far as this owner or its predecessors know. */
  isFinished(offset: number): boolean {
    return offset < this.#end && !this.#open.has(offset);
  }

  /** A shown record was not started after all; it will be shown again. */
  unstart(offset: number): void {
    if (!this.#isStarted(offset)) return;
    this.#open.set(offset, NOT_STARTED);
    this.#started -= 1;
  }

  /** Records started and not finished. */
  get unfinished(): number {
    return this.#started;
  }

  /** When the message of the first offset that is started and not finished arrived, epoch ms; 0: there is none, or it is not known. */
  get oldestReceivedAtMs(): number {
    for (const receivedAtMs of this.#open.values()) {
      if (receivedAtMs !== NOT_STARTED) return receivedAtMs;
    }
    return 0;
  }

  /** First offset that is not finished. */
  get next(): number {
    for (const offset of this.#open.keys()) return offset;
    return this.#end;
  }

  /** True while one more record may be started: the metadata will fit. */
  get hasRoom(): boolean {
    if (this.#room > 0) return true;
    const position = this.position();
    if (position === undefined) return false;
    const left = MAX_METADATA_CHARS - position.metadata.length;
    this.#room = Math.floor(left / MAX_CHARS_PER_CHANGE);
    return this.#room > 0;
  }

  /** The position to commit now; undefined when its metadata does not fit. */
  position(): CommitPosition | undefined {
    const next = this.next;
    let metadata = '';
    let runEnd = next;
    let previous = -1;
    for (const offset of this.#open.keys()) {
      if (previous >= 0 && offset > previous + 1) {
        metadata += formatRun(previous + 1 - runEnd, offset - previous - 1, metadata);
        runEnd = offset;
      }
      previous = offset;
    }
    if (previous >= 0 && this.#end > previous + 1) {
      metadata += formatRun(previous + 1 - runEnd, this.#end - previous - 1, metadata);
    }
    return metadata.length > MAX_METADATA_CHARS ? undefined : { next, metadata };
  }

  /** An owner reads in order: what it passed over without showing does not exist. */
  #closeUnshownBefore(offset: number): void {
    if (this.#open.size === this.#started) return;
    this.#room = 0;
    for (const [open, receivedAtMs] of this.#open) {
      if (open >= offset) return;
      if (receivedAtMs === NOT_STARTED) this.#open.delete(open);
    }
  }

  #isStarted(offset: number): boolean {
    const known = this.#open.get(offset);
    return known !== undefined && known !== NOT_STARTED;
  }
}

function formatRun(gap: number, run: number, before: string): string {
  return `${before === '' ? '' : '.'}${gap.toString(36)}.${run.toString(36)}`;
}
