import { DIGIT, parseDigits, skipClass, skipLws, TOKEN, trimEnd } from './chars.ts';
import { type Parsed, parsed, parseError } from './result.ts';

/** Sequence number (0 to 2^32-1) and method of a CSeq header. */
export type CSeq = { readonly number: number; readonly method: string };

/** RFC 3261 §8.1.1.5 asks for less than 2^31; up to 2^32-1 is tolerated (scalar02 of RFC 4475 is beyond). */
const MAX_CSEQ = 0xffffffff;

/** Parse a CSeq value. @param from  @param to bounds within `text`, the whole by default. Error: `SIP_BAD_CSEQ`, 400. */
// CSeq = 1*DIGIT LWS Method
export function parseCSeq(text: string, from = 0, to = text.length): Parsed<CSeq> {
  const end = trimEnd(text, from, to);
  const digitsEnd = skipClass(text, from, end, DIGIT);
  const number = parseDigits(text, from, digitsEnd, MAX_CSEQ);
  const methodStart = skipLws(text, digitsEnd, end);
  if (number === -1 || methodStart === digitsEnd || methodStart === end) {
    return parseError('SIP_BAD_CSEQ', digitsEnd, 'Malformed CSeq');
  }
  if (skipClass(text, methodStart, end, TOKEN) !== end) {
    return parseError('SIP_BAD_CSEQ', methodStart, 'Malformed CSeq');
  }
  return parsed({ number, method: text.slice(methodStart, end) });
}
