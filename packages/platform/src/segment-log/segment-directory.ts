import { closeSync, fsync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const NAME = /^(\d{16})\.seg$/;
const fsyncAsync = promisify(fsync);

/** One file of the log. Its entries' offsets are ≥ `firstOffset` and below the next segment's. */
export type Segment = {
  readonly firstOffset: number;
  readonly path: string;
  /** Bytes of sound, written entries; grows for the last segment only. */
  bytes: number;
};

/** The segments of one log directory, ascending by first offset; the last one is written to. */
export class SegmentDirectory {
  readonly #directory: string;
  readonly #fd: number;
  readonly segments: Segment[];

  /** Lists what is there. Throws the file system's error. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#fd = openSync(directory, 'r');
    this.segments = [];
    for (const name of readdirSync(directory).sort()) {
      const digits = NAME.exec(name)?.[1];
      if (digits === undefined) continue;
      const path = join(directory, name);
      this.segments.push({ firstOffset: Number(digits), path, bytes: statSync(path).size });
    }
  }

  get last(): Segment | undefined {
    return this.segments.at(-1);
  }

  /** Creates the file for entries from `firstOffset` on; an empty one of that name is taken over.
   *  The name is durable after {@link sync}. @returns the segment and its descriptor, owned by the caller */
  create(firstOffset: number): { readonly segment: Segment; readonly fd: number } {
    const path = join(this.#directory, `${String(firstOffset).padStart(16, '0')}.seg`);
    const fd = openSync(path, 'w+');
    const segment: Segment = { firstOffset, path, bytes: 0 };
    if (this.last?.firstOffset === firstOffset) this.segments.pop();
    this.segments.push(segment);
    return { segment, fd };
  }

  /** Index of the segment that has, or would have, `offset`. */
  indexOf(offset: number): number {
    let index = this.segments.length - 1;
    while (index > 0 && (this.segments[index]?.firstOffset ?? 0) > offset) index -= 1;
    return index;
  }

  /** True when {@link removeBelow} would delete something. */
  hasBelow(offset: number): boolean {
    return (this.segments[1]?.firstOffset ?? Number.POSITIVE_INFINITY) <= offset;
  }

  /** Deletes the segments all of whose offsets are below `offset`, never the last. */
  removeBelow(offset: number): void {
    while (this.hasBelow(offset)) {
      const segment = this.segments.shift();
      if (segment !== undefined) unlinkSync(segment.path);
    }
  }

  /** Makes created names durable. */
  async sync(): Promise<void> {
    await fsyncAsync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
