import { parseDigits, skipLws, trimEnd } from './chars.ts';
import { findHeadEnd } from './head-end.ts';
import type { Latin1Codec } from './latin1.ts';

/** `MESSAGE ` */
const START = [77, 69, 83, 83, 65, 71, 69, 32] as const;
const LENGTH = '\r\nContent-Length:';
/** A request with one of these may have to go before others: it is to be looked at. */
const SPECIAL = ['\r\nRoute:', '\r\nResource-Priority:'] as const;

/**
 * Where a MESSAGE that is nothing special ends, found at a fraction of what it costs to parse it: for senders of whom nothing more is
 * wanted just now. Nothing is checked. What is written in any other way than nearly everybody writes it counts as special.
 *
 * @param from where a message begins
 * @returns offset behind its body; -1: it is something else, it is special, or not all of it is there
 */
export function plainMessageEnd(codec: Latin1Codec, bytes: Uint8Array, from: number): number {
  for (let i = 0; i < START.length; i += 1) if (bytes[from + i] !== START[i]) return -1;
  const bodyAt = findHeadEnd(bytes, from, bytes.length);
  if (bodyAt === -1) return -1;
  const head = codec.decode(bytes, from, bodyAt);
  const at = head.indexOf(LENGTH);
  if (at === -1 || head.indexOf(LENGTH, at + 1) !== -1) return -1;
  for (const row of SPECIAL) if (head.includes(row)) return -1;
  const lineEnd = head.indexOf('\r', at + LENGTH.length);
  const start = skipLws(head, at + LENGTH.length, lineEnd);
  const length = parseDigits(head, start, trimEnd(head, start, lineEnd), Number.MAX_SAFE_INTEGER);
  const end = bodyAt + length;
  return length === -1 || end > bytes.length ? -1 : end;
}
