import { lastIndexIn, parseDigits, skipClass, TOKEN } from './chars.ts';
import { type Parsed, parsed, parseError } from './result.ts';

/** A parsed start line; `uri` and `version` are texts, not judged here. */
export type StartLine =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly uri: string;
      readonly version: string;
    }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** Parse `head[0, end)`. Errors: `SIP_BAD_START_LINE` 400; for a response `SIP_BAD_START_LINE` or `SIP_BAD_STATUS` with status 0.
 *  @see RFC 3261 §7.1, §7.2 */
// Request-Line = Method SP Request-URI SP SIP-Version ; Status-Line = SIP-Version SP Status-Code SP Reason-Phrase
export function parseStartLine(head: string, end: number): Parsed<StartLine> {
  // No method holds "/", so "SIP/" in front can only be a Status-Line.
  if (head.charCodeAt(3) === 47 && head.slice(0, 4).toUpperCase() === 'SIP/') {
    return parseStatusLine(head, end);
  }
  const methodEnd = skipClass(head, 0, end, TOKEN);
  if (methodEnd === 0 || head.charCodeAt(methodEnd) !== 32) return badStart(methodEnd);
  // RFC 4475 §3.1.2.9, §3.1.2.10: extra spaces around the URI and at the end are tolerated; HeadEditor sends none of them on.
  let lineEnd = end;
  while (lineEnd > methodEnd && head.charCodeAt(lineEnd - 1) === 32) lineEnd -= 1;
  const versionStart = lastIndexIn(head, 32, methodEnd, lineEnd) + 1;
  if (versionStart <= methodEnd + 1) return badStart(methodEnd);
  let uriEnd = versionStart - 1;
  let uriStart = methodEnd + 1;
  while (uriStart < uriEnd && head.charCodeAt(uriStart) === 32) uriStart += 1;
  while (uriEnd > uriStart && head.charCodeAt(uriEnd - 1) === 32) uriEnd -= 1;
  if (uriStart === uriEnd || !isSipVersion(head, versionStart, lineEnd))
    return badStart(versionStart);
  return parsed({
    kind: 'request',
    method: head.slice(0, methodEnd),
    uri: head.slice(uriStart, uriEnd),
    version: head.slice(versionStart, lineEnd),
  });
}

function parseStatusLine(head: string, end: number): Parsed<StartLine> {
  const versionEnd = head.indexOf(' ');
  if (versionEnd !== 7 || head.slice(4, 7) !== '2.0') {
    return parseError('SIP_BAD_VERSION', 0, 'Version Not Supported', 0);
  }
  const codeEnd = versionEnd + 4;
  const status = parseDigits(head, versionEnd + 1, codeEnd, 699);
  // RFC 4475 §3.1.1.13: the SP before an empty reason is compulsory; its absence is tolerated.
  if (status < 100 || codeEnd > end || (codeEnd < end && head.charCodeAt(codeEnd) !== 32)) {
    return parseError('SIP_BAD_STATUS', versionEnd + 1, 'Malformed Status Line', 0);
  }
  return parsed({ kind: 'response', status, reason: head.slice(codeEnd + 1, end) });
}

// SIP-Version = "SIP" "/" 1*DIGIT "." 1*DIGIT; which version it is decides validateRequest (505).
function isSipVersion(head: string, from: number, to: number): boolean {
  if (to - from === 7 && head.startsWith('SIP/2.0', from)) return true;
  if (to - from < 7 || head.slice(from, from + 4).toUpperCase() !== 'SIP/') return false;
  const dot = head.indexOf('.', from + 4);
  if (dot === -1 || dot >= to) return false;
  return parseDigits(head, from + 4, dot, 1e9) !== -1 && parseDigits(head, dot + 1, to, 1e9) !== -1;
}

function badStart(at: number): Parsed<StartLine> {
  return parseError('SIP_BAD_START_LINE', at, 'Malformed Request Line');
}
