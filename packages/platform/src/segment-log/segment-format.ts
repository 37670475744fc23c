import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { encodeRecordHeader, type LogRecord, RECORD_HEADER_BYTES } from '@hermod/contracts';
import { decodeLogRecord, viewAsBuffer } from '../log-bytes.ts';

// entry = length u32le (bytes that follow the checksum) | crc32 u32le (over those bytes)
//         | offset f64le | AoR length u16le | packed record header | AoR latin1 | value (head, body)
// Offsets are explicit, so that an abandoned group or a power cut leaves a gap instead of an offset used twice.
const PREFIX_BYTES = 8;
const OFFSET_AT = 8;
const AOR_LENGTH_AT = 16;
const HEADER_AT = 18;
const AOR_AT = HEADER_AT + RECORD_HEADER_BYTES;

/** Bytes of an entry apart from its AoR and value. */
export const ENTRY_OVERHEAD_BYTES = AOR_AT;

/** No entry is longer: a length beyond it on disk is damage, not an entry. */
export const MAX_ENTRY_BYTES = 4 * 1024 * 1024;

/** Bytes that `record` will take. Head and AoR are latin1: one byte per UTF-16 unit. */
export function entryBytes(record: LogRecord): number {
  return ENTRY_OVERHEAD_BYTES + record.aor.length + record.head.length + record.body.length;
}

/** Writes the entry at `target[at…)`, which must have {@link entryBytes} of room. @returns the end of the entry */
export function encodeEntry(target: Buffer, at: number, offset: number, record: LogRecord): number {
  const aorLength = record.aor.length;
  target.writeDoubleLE(offset, at + OFFSET_AT);
  target.writeUInt16LE(aorLength, at + AOR_LENGTH_AT);
  encodeRecordHeader(record, target, at + HEADER_AT);
  const headAt = at + AOR_AT + aorLength;
  target.write(record.aor, at + AOR_AT, 'latin1');
  target.write(record.head, headAt, 'latin1');
  const bodyAt = headAt + record.head.length;
  target.set(record.body, bodyAt);
  const end = bodyAt + record.body.length;
  target.writeUInt32LE(end - at - PREFIX_BYTES, at);
  target.writeUInt32LE(crc32(target.subarray(at + PREFIX_BYTES, end)), at + 4);
  return end;
}

/** What stands at a place in a segment: `entry`: whole and sound; `damaged`: a whole entry with a wrong checksum;
 *  `short`: more bytes are needed than there are; `none`: no entry can start with these bytes. */
export type EntryProbe = {
  readonly kind: 'entry' | 'damaged' | 'short' | 'none';
  /** End of the entry (also for `short`: what it would need), or `at`. */
  readonly end: number;
};

/** Looks at `bytes[at…limit)` without decoding the record. */
export function probeEntry(bytes: Buffer, at: number, limit: number): EntryProbe {
  if (limit - at < PREFIX_BYTES) return { kind: 'short', end: at + PREFIX_BYTES };
  const end = at + PREFIX_BYTES + bytes.readUInt32LE(at);
  // A power cut may leave a run of zeros where the file had grown but its pages had not been written.
  if (end - at < ENTRY_OVERHEAD_BYTES || end - at > MAX_ENTRY_BYTES)
    return { kind: 'none', end: at };
  if (end > limit) return { kind: 'short', end };
  const sound = crc32(bytes.subarray(at + PREFIX_BYTES, end)) === bytes.readUInt32LE(at + 4);
  return { kind: sound ? 'entry' : 'damaged', end };
}

/** The offset of a sound entry. */
export function entryOffset(bytes: Buffer, at: number): number {
  return bytes.readDoubleLE(at + OFFSET_AT);
}

/** Decodes a sound entry; the body is a copy. @returns undefined when the record is poison */
export function decodeEntry(bytes: Buffer, at: number, end: number): LogRecord | undefined {
  const aorEnd = at + AOR_AT + bytes.readUInt16LE(at + AOR_LENGTH_AT);
  if (aorEnd > end) return undefined;
  const aor = bytes.toString('latin1', at + AOR_AT, aorEnd);
  return decodeLogRecord(aor, bytes, at + HEADER_AT, bytes, aorEnd, end, 'copy');
}

/** The bytes of an entry's record (header, AoR, value), copied: what the dead-letter log keeps. */
export function entryPayload(bytes: Buffer, at: number, end: number): Uint8Array {
  return Buffer.from(viewAsBuffer(bytes).subarray(at + HEADER_AT, end));
}

/** What a scan of a whole segment found. */
export type SegmentScan = {
  /** Bytes from the start up to the last sound entry; what follows is a torn tail. */
  readonly soundBytes: number;
  /** Offset of the last sound entry, -1 if there is none. */
  readonly lastOffset: number;
  /** Entries with a wrong checksum that sound ones follow: damage, not a torn tail. */
  readonly damagedEntries: number;
};

/** Finds the end of the sound entries. `bytes` is the whole segment. */
export function scanSegment(bytes: Buffer): SegmentScan {
  let at = 0;
  let soundBytes = 0;
  let lastOffset = -1;
  let damagedEntries = 0;
  let damagedSince = 0;
  while (at < bytes.length) {
    const probe = probeEntry(bytes, at, bytes.length);
    if (probe.kind === 'entry') {
      lastOffset = entryOffset(bytes, at);
      soundBytes = probe.end;
      damagedEntries += damagedSince;
      damagedSince = 0;
    } else if (probe.kind === 'damaged') {
      damagedSince += 1;
    } else {
      break;
    }
    at = probe.end;
  }
  return { soundBytes, lastOffset, damagedEntries };
}
