import { Buffer } from 'node:buffer';
import {
  closeSync,
  constants,
  fdatasync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';

// slot = crc32 u32le (over the rest) | sequence f64le | next f64le | end f64le | metadata length u16le | metadata latin1
// Two slots, written in turn and in place: a torn write leaves the other one, and a full disk never stops a commit,
// without which no segment could be deleted to make room.
const SLOT_BYTES = 8192;
const SLOTS = 2;
const METADATA_AT = 30;
const fdatasyncAsync = promisify(fdatasync);

/** Longest commit metadata, in latin1 characters. */
export const MAX_METADATA_CHARS = SLOT_BYTES - METADATA_AT;

/** The consumer's committed position. */
export type Position = {
  /** First offset that is not finished. */
  readonly next: number;
  readonly metadata: string;
  /** Offset the log would have given next at the time: none below it may be given again. */
  readonly end: number;
};

/** The committed position of a segment log, in a small file of fixed size. Writes are not synced: after a power cut
 *  the position may be an earlier one, which redelivers (design §4 rule 2). */
export class PositionFile {
  readonly #fd: number;
  readonly #slot = Buffer.alloc(SLOT_BYTES);
  #sequence = 0;
  #position: Position = { next: 0, metadata: '', end: 0 };

  /** Opens or creates the file. Throws the file system's error. */
  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    const bytes = Buffer.alloc(SLOT_BYTES * SLOTS);
    const got = readSync(this.#fd, bytes, 0, bytes.length, 0);
    for (let i = 0; i < SLOTS; i += 1)
      this.#adopt(bytes.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES));
    if (got < bytes.length) {
      // Claim the blocks now, while there is room.
      writeSync(this.#fd, bytes, 0, bytes.length, 0);
      ftruncateSync(this.#fd, bytes.length);
    }
  }

  get position(): Position {
    return this.#position;
  }

  /** Writes a position. Throws the file system's error; the position before it then stands. */
  write(position: Position): void {
    const sequence = this.#sequence + 1;
    const slot = this.#slot;
    slot.writeDoubleLE(sequence, 4);
    slot.writeDoubleLE(position.next, 12);
    slot.writeDoubleLE(position.end, 20);
    slot.writeUInt16LE(position.metadata.length, 28);
    const end = METADATA_AT + slot.write(position.metadata, METADATA_AT, 'latin1');
    slot.writeUInt32LE(crc32(slot.subarray(4, end)), 0);
    writeSync(this.#fd, slot, 0, end, (sequence % SLOTS) * SLOT_BYTES);
    this.#sequence = sequence;
    this.#position = position;
  }

  /** Makes the position durable: needed before segments below it are deleted. */
  async sync(): Promise<void> {
    await fdatasyncAsync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #adopt(slot: Buffer): void {
    const length = slot.readUInt16LE(28);
    if (length > MAX_METADATA_CHARS) return;
    const end = METADATA_AT + length;
    if (crc32(slot.subarray(4, end)) !== slot.readUInt32LE(0)) return;
    const sequence = slot.readDoubleLE(4);
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.#position = {
      next: slot.readDoubleLE(12),
      end: slot.readDoubleLE(20),
      metadata: slot.toString('latin1', METADATA_AT, end),
    };
  }
}
