import { parseDigits } from './chars.ts';

/** RFC 3261 §20.19: up to 2^32 − 1. */
const MAX_DELTA_SEC = 0xffffffff;

/** The seconds of an Expires header field or an `expires` parameter, 0–2^32 − 1; -1 when they are malformed or more.
 *  @see RFC 3261 §20.19, §25.1 */
// delta-seconds = 1*DIGIT
export function parseDeltaSeconds(text: string): number {
  return parseDigits(text, 0, text.length, MAX_DELTA_SEC);
}
