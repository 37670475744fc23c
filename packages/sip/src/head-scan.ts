import { skipLws, trimEnd } from './chars.ts';
import { headerIdAt } from './header-name.ts';
import { type Parsed, parsed, parseError, type SipErrorCode } from './result.ts';
import { parseStartLine, type StartLine } from './start-line.ts';

/** Numbers per header row of a row table: id, lineStart, valueStart, lineEnd (before its CRLF, folds included). */
export const ROW_STRIDE = 4;

/** Header rows accepted where the caller sets no cap of its own: what a client may send, and what elements on the way add. */
export const DEFAULT_MAX_HEADER_ROWS = 320;

/** A start line and the flat row table ({@link ROW_STRIDE} numbers per row, in head order) of one head. */
export type ScannedHead = { readonly start: StartLine; readonly rows: readonly number[] };

/** Scan a head: the start line is parsed, header lines are only located and classified.
 *  @param head latin1, ends with CRLF CRLF
 *  @returns errors `SIP_BAD_START_LINE`, `SIP_BAD_STATUS`, `SIP_BAD_VERSION`, `SIP_BAD_LINE_END`, `SIP_BAD_HEADER_LINE`,
 *  `SIP_TOO_MANY_HEADERS`; `status` is 0 for a response */
export function scanHead(head: string, maxRows: number): Parsed<ScannedHead> {
  const startEnd = head.indexOf('\r');
  if (startEnd <= 0) return parseError('SIP_BAD_START_LINE', 0, 'Malformed Start Line');
  const start = parseStartLine(head, startEnd);
  if (!start.ok) return start;
  const rows: number[] = [];
  const fault =
    head.indexOf('\n') === startEnd + 1 ? scanRows(head, startEnd + 2, rows, maxRows) : startEnd;
  if (fault === -1) return parsed({ start: start.value, rows });
  const status = start.value.kind === 'request' ? 400 : 0;
  if (rows.length > maxRows * ROW_STRIDE) {
    return parseError('SIP_TOO_MANY_HEADERS', fault, 'Too Many Header Fields', status);
  }
  const code = isLineEndFault(head, fault) ? 'SIP_BAD_LINE_END' : 'SIP_BAD_HEADER_LINE';
  return parseError(code, fault, FAULT_REASONS[code], status);
}

const FAULT_REASONS = {
  SIP_BAD_LINE_END: 'Bare CR or LF',
  SIP_BAD_HEADER_LINE: 'Malformed Header Line',
} as const satisfies Partial<Record<SipErrorCode, string>>;

// Fills `rows`; returns -1, or the offset of the line that is at fault. This is the hot loop of the parser:
// memchr-backed indexOf on single characters, one row table, no objects.
function scanRows(head: string, from: number, rows: number[], maxRows: number): number {
  const length = head.length;
  let pos = from;
  while (pos < length) {
    if (head.charCodeAt(pos) === 13) {
      // The empty line: it must be the last one.
      return head.charCodeAt(pos + 1) === 10 && pos + 2 === length ? -1 : pos;
    }
    const next = scanRow(head, pos, rows);
    if (next === -1 || rows.length > maxRows * ROW_STRIDE) return pos;
    pos = next;
  }
  return pos;
}

// Appends the row that starts at `pos`; returns the start of the next one, or -1 for a fault (nothing appended).
function scanRow(head: string, pos: number, rows: number[]): number {
  let lineEnd = head.indexOf('\r', pos);
  // RFC 3261 §7: lines end in CRLF. A bare CR or LF is where two parsers would disagree: refused.
  if (lineEnd === -1 || head.indexOf('\n', pos) !== lineEnd + 1) return -1;
  let colon = pos;
  while (colon < lineEnd && head.charCodeAt(colon) !== 58) colon += 1;
  if (colon === lineEnd) return -1;
  let nameEnd = colon;
  while (nameEnd > pos && isBlank(head.charCodeAt(nameEnd - 1))) nameEnd -= 1;
  const id = headerIdAt(head, pos, nameEnd);
  if (id === -1) return -1;
  // §7.3.1: a line that starts with white space continues the one above.
  let next = lineEnd + 2;
  while (isBlank(head.charCodeAt(next))) {
    lineEnd = head.indexOf('\r', next);
    if (lineEnd === -1 || head.indexOf('\n', next) !== lineEnd + 1) return -1;
    next = lineEnd + 2;
  }
  rows.push(id, pos, skipLws(head, colon + 1, lineEnd), lineEnd);
  return next;
}

/** Appends the rows of whole, well-formed header lines that will stand at `offset` of a head.
 *  Throws when they are not: such lines are this process's own. */
export function appendRows(lines: string, offset: number, rows: number[]): void {
  let row = rows.length;
  for (let pos = 0; pos < lines.length; ) {
    pos = scanRow(lines, pos, rows);
    if (pos === -1) throw new Error('a line of ours is no header line');
  }
  for (; row < rows.length; row += ROW_STRIDE) {
    for (let field = 1; field < ROW_STRIDE; field += 1) {
      rows[row + field] = (rows[row + field] ?? 0) + offset;
    }
  }
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

// Only for the wording of the answer: does the line at `pos` end in anything but CRLF?
function isLineEndFault(head: string, pos: number): boolean {
  const cr = head.indexOf('\r', pos);
  return cr === -1 || head.indexOf('\n', pos) !== cr + 1;
}

/** Rescue the well-formed lines of a broken or incomplete head.
 *  @returns a head made of them (start line first, empty line last) and its table; undefined without a start line */
export function salvageHead(
  broken: string,
): { readonly head: string; readonly scanned: ScannedHead } | undefined {
  const startEnd = broken.indexOf('\r\n');
  if (startEnd <= 0) return undefined;
  const start = parseStartLine(broken, startEnd);
  if (!start.ok || broken.indexOf('\r') !== startEnd || broken.indexOf('\n') !== startEnd + 1) {
    return undefined;
  }
  let head = broken.slice(0, startEnd + 2);
  const row: number[] = [];
  let pos = startEnd + 2;
  for (let n = 0; n < DEFAULT_MAX_HEADER_ROWS && pos < broken.length; n += 1) {
    row.length = 0;
    const next = scanRow(broken, pos, row);
    if (next !== -1 && next <= broken.length) head += broken.slice(pos, next);
    const lineFeed = broken.indexOf('\n', pos);
    pos = next !== -1 ? next : lineFeed === -1 ? broken.length : lineFeed + 1;
  }
  head += '\r\n';
  const rows: number[] = [];
  return scanRows(head, startEnd + 2, rows, DEFAULT_MAX_HEADER_ROWS) === -1
    ? { head, scanned: { start: start.value, rows } }
    : undefined;
}

// §7.3.1: CRLF and the white space after it are one space; what stands before the CRLF is trimmed with it.
/** Join the folded lines of a header value by one space each. */
export function unfold(value: string): string {
  let out = '';
  let from = 0;
  let cr = value.indexOf('\r');
  while (cr !== -1) {
    out += `${value.slice(from, trimEnd(value, from, cr))} `;
    from = skipLws(value, cr, value.length);
    cr = value.indexOf('\r', from);
  }
  return out + value.slice(from);
}
