import { Buffer } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import type { ConsumedRecord, LogRecord, RecordSink } from '@hermod/contracts';
import type { Segment, SegmentDirectory } from './segment-directory.ts';
import { decodeEntry, entryOffset, entryPayload, probeEntry } from './segment-format.ts';
import type { WrittenSink } from './segment-writer.ts';

/** The standalone's log has this one partition. */
export const PARTITION = 0;
const CHUNK_BYTES = 256 * 1024;

type QueuedRecord = {
  readonly record: ConsumedRecord;
  readonly segment: Segment;
  readonly start: number;
  readonly end: number;
};

/** What a tail reports besides records. */
export type TailEvents = {
  /** Bytes of a segment that hold no readable entry were passed over. */
  onDamage(path: string, position: number, bytes: number): void;
  /** Reading failed; the tail tries again. */
  onReadError(error: unknown): void;
};

/** Reading position of the one consumer. `live`: records come from the writer, in memory; `behind`: they are read from
 *  the files, at start and after more than `maxLagBytes` had been held back. */
export class SegmentTail implements WrittenSink {
  readonly #directory: SegmentDirectory;
  readonly #sink: RecordSink;
  readonly #events: TailEvents;
  readonly #maxLagBytes: number;
  readonly #retryMs: number;
  readonly #onDrain = (): void => this.#drain();
  #mode: 'live' | 'behind' = 'behind';
  #paused = false;
  #stopped = false;
  #reading: Promise<void> | undefined;
  #queue: QueuedRecord[] = [];
  #queueHead = 0;
  #queuedBytes = 0;
  #draining = false;
  /** Where to read on while behind. */
  #segment: Segment | undefined;
  #position = 0;
  /** Smallest offset that has not been handed over. */
  #next: number;
  #file: { readonly segment: Segment; readonly handle: FileHandle } | undefined;

  /** @param next first offset to hand over */
  constructor(
    directory: SegmentDirectory,
    next: number,
    sink: RecordSink,
    events: TailEvents,
    options: { readonly maxLagBytes: number; readonly retryMs: number },
  ) {
    this.#directory = directory;
    this.#next = next;
    this.#sink = sink;
    this.#events = events;
    this.#maxLagBytes = options.maxLagBytes;
    this.#retryMs = options.retryMs;
    this.#segment = directory.segments[directory.indexOf(next)];
  }

  /** Bytes of records held in memory for a paused consumer. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Smallest offset that has not been handed over. */
  get next(): number {
    return this.#next;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Begins to hand over. */
  start(): void {
    this.#readOn();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#mode === 'behind') this.#readOn();
    else this.#drainSoon();
  }

  /** Stops handing over; resolves when no read is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
    await this.#file?.handle.close();
    this.#file = undefined;
  }

  /** @see WrittenSink */
  onWritten(
    records: readonly LogRecord[],
    firstOffset: number,
    segment: Segment,
    start: number,
    ends: readonly number[],
  ): void {
    if (this.#stopped || this.#mode === 'behind') return;
    let at = start;
    for (let i = 0; i < records.length; i += 1) {
      const record = records[i];
      const end = ends[i];
      if (record === undefined || end === undefined) return;
      const consumed = consumedRecord(record, firstOffset + i);
      if (this.#paused || this.#queue.length > 0) {
        this.#enqueue({ record: consumed, segment, start: at, end });
        // Fell behind: this record and the rest are read from the file later.
        if (this.#queue.length === 0) return;
      } else {
        this.#handOver(consumed);
      }
      at = end;
    }
  }

  #handOver(record: ConsumedRecord): void {
    this.#next = record.offset + 1;
    this.#sink.onRecord(record);
  }

  #enqueue(entry: QueuedRecord): void {
    this.#queue.push(entry);
    this.#queuedBytes += entry.end - entry.start;
    if (this.#queuedBytes <= this.#maxLagBytes) return;
    const first = this.#queue[this.#queueHead];
    this.#segment = first?.segment;
    this.#position = first?.start ?? 0;
    this.#mode = 'behind';
    this.#clearQueue();
    if (!this.#paused) this.#readOn();
  }

  #clearQueue(): void {
    this.#queue = [];
    this.#queueHead = 0;
    this.#queuedBytes = 0;
  }

  #drainSoon(): void {
    if (this.#draining || this.#queue.length === 0) return;
    this.#draining = true;
    setImmediate(this.#onDrain);
  }

  #drain(): void {
    this.#draining = false;
    while (!this.#paused && !this.#stopped && this.#queueHead < this.#queue.length) {
      const entry = this.#queue[this.#queueHead];
      if (entry === undefined) break;
      this.#queueHead += 1;
      this.#queuedBytes -= entry.end - entry.start;
      this.#handOver(entry.record);
    }
    if (this.#queueHead >= this.#queue.length) this.#clearQueue();
  }

  #readOn(): void {
    if (this.#reading !== undefined || this.#stopped) return;
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      // Resumed again between the last look at `#paused` and here.
      if (this.#mode === 'behind' && !this.#paused) this.#readOn();
    });
  }

  async #read(): Promise<void> {
    while (!this.#paused && !this.#stopped && this.#mode === 'behind') {
      try {
        await this.#readChunk();
      } catch (error) {
        this.#events.onReadError(error);
        await new Promise<void>((resolve) => setTimeout(resolve, this.#retryMs));
      }
    }
  }

  async #readChunk(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined || this.#position >= segment.bytes) {
      await this.#advance(segment);
      return;
    }
    const handle = await this.#handleOf(segment);
    let chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, segment.bytes - this.#position));
    let got = (await handle.read(chunk, 0, chunk.length, this.#position)).bytesRead;
    const probe = probeEntry(chunk, 0, got);
    if (probe.kind === 'short' && this.#position + probe.end <= segment.bytes) {
      chunk = Buffer.allocUnsafe(probe.end);
      got = (await handle.read(chunk, 0, chunk.length, this.#position)).bytesRead;
    }
    this.#handOverChunk(segment, chunk, got);
  }

  #handOverChunk(segment: Segment, chunk: Buffer, got: number): void {
    let at = 0;
    while (!this.#paused && !this.#stopped) {
      const probe = probeEntry(chunk, at, got);
      if (probe.kind === 'short' && at > 0) break;
      if (probe.kind === 'short' || probe.kind === 'none') {
        // Damage that reached a length: nothing in this segment can be found again after it.
        const lost = segment.bytes - this.#position - at;
        if (lost > 0) this.#events.onDamage(segment.path, this.#position + at, lost);
        this.#position = segment.bytes;
        return;
      }
      if (probe.kind === 'damaged') {
        this.#events.onDamage(segment.path, this.#position + at, probe.end - at);
      } else if (entryOffset(chunk, at) >= this.#next) {
        this.#handOverEntry(chunk, at, probe.end);
      }
      at = probe.end;
    }
    this.#position += at;
  }

  #handOverEntry(chunk: Buffer, at: number, end: number): void {
    const offset = entryOffset(chunk, at);
    const record = decodeEntry(chunk, at, end);
    if (record !== undefined) {
      this.#handOver(consumedRecord(record, offset));
      return;
    }
    this.#next = offset + 1;
    this.#sink.onUndecodable(PARTITION, offset, entryPayload(chunk, at, end));
  }

  /** At the end of a segment: on to the next one, or live when this is the last. */
  async #advance(segment: Segment | undefined): Promise<void> {
    await this.#file?.handle.close();
    this.#file = undefined;
    // From here to the change of mode nothing is awaited, so that no written batch falls between the two.
    if (this.#paused || this.#stopped) return;
    if (segment !== undefined && this.#position < segment.bytes) return;
    const segments = this.#directory.segments;
    const at = segment === undefined ? -1 : segments.indexOf(segment);
    const following = at >= 0 ? segments[at + 1] : segments[this.#directory.indexOf(this.#next)];
    if (following === undefined || following === segment) {
      this.#mode = 'live';
      return;
    }
    this.#segment = following;
    this.#position = 0;
  }

  async #handleOf(segment: Segment): Promise<FileHandle> {
    if (this.#file?.segment === segment) return this.#file.handle;
    await this.#file?.handle.close();
    this.#file = undefined;
    const handle = await open(segment.path, 'r');
    this.#file = { segment, handle };
    return handle;
  }
}

function consumedRecord(record: LogRecord, offset: number): ConsumedRecord {
  return {
    partition: PARTITION,
    offset,
    type: record.type,
    aor: record.aor,
    deliveryId: record.deliveryId,
    receivedAtMs: record.receivedAtMs,
    expiresAtMs: record.expiresAtMs,
    flags: record.flags,
    head: record.head,
    body: record.body,
    request: record.request,
  };
}
