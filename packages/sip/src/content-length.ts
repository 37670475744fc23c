import { parseDigits, trimEnd } from './chars.ts';
import { ROW_STRIDE } from './head-scan.ts';
import { H } from './header-name.ts';

/** What {@link contentLengthOf} returns for an absent header. */
export const NO_CONTENT_LENGTH = -1;
/** What {@link contentLengthOf} returns for a negative, non-numeric, absurd or contradictory header. */
export const BAD_CONTENT_LENGTH = -2;

/** The Content-Length of a scanned head: 0 or more, {@link NO_CONTENT_LENGTH} or {@link BAD_CONTENT_LENGTH}.
 *  Rows that repeat the same number are one (RFC 4475 §3.3.9 is about rows that differ). */
export function contentLengthOf(head: string, rows: readonly number[]): number {
  let length = NO_CONTENT_LENGTH;
  for (let i = 0; i < rows.length; i += ROW_STRIDE) {
    if (rows[i] !== H.CONTENT_LENGTH) continue;
    const from = rows[i + 2] ?? 0;
    const to = trimEnd(head, from, rows[i + 3] ?? 0);
    const value = parseDigits(head, from, to, Number.MAX_SAFE_INTEGER);
    if (value === -1 || (length !== NO_CONTENT_LENGTH && value !== length)) {
      return BAD_CONTENT_LENGTH;
    }
    length = value;
  }
  return length;
}
