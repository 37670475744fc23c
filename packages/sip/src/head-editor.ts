import { skipLws } from './chars.ts';
import { appendRows, ROW_STRIDE } from './head-scan.ts';
import type { HeaderId } from './header-name.ts';
import { listValueEnd } from './list.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';
import { parseStartLine, type StartLine } from './start-line.ts';

/** Rewrites the head of a message; what is not edited is copied in slices, byte for byte, save superfluous spaces in a request line.
 *  Every edit is relative to the message's own rows: lines that were pushed or appended are not edited again.
 *  One use: edit, then {@link toHead}. The message is not changed. */
export class HeadEditor {
  readonly #message: SipMessage;
  #startLine: string | undefined;
  /** Text inserted after the start line, whole lines. */
  #top = '';
  /** Text inserted before the final empty line, whole lines. */
  #tail = '';
  /** Row index → whole lines inserted above it. */
  #above: (string | undefined)[] | undefined;
  /** Row index → whole lines in its stead, '' = removed. */
  #instead: (string | undefined)[] | undefined;
  /** Row index → offset of the first value that was not popped. */
  #poppedTo: (number | undefined)[] | undefined;

  constructor(message: SipMessage) {
    this.#message = message;
  }

  /** Replace the start line. @param line without CRLF */
  startLine(line: string): this {
    this.#startLine = line;
    return this;
  }

  /** Insert a header line above the first row of that header, else right after the start line. The last pushed ends up on top.
   *  @param line `Name: value` without CRLF */
  pushFirst(id: HeaderId, line: string): this {
    const row = this.#message.rowOf(id);
    if (row === -1) {
      this.#top = `${line}\r\n${this.#top}`;
    } else {
      this.#above ??= [];
      this.#above[row] = `${line}\r\n${this.#above[row] ?? ''}`;
    }
    return this;
  }

  /** Put a line in place of the first row of that header and remove its further rows; append it when there is none.
   *  @param line `Name: value` without CRLF */
  replace(id: HeaderId, line: string): this {
    const first = this.#message.rowOf(id);
    if (first === -1) return this.append(line);
    this.removeAll(id);
    this.#setInstead(first, `${line}\r\n`);
    return this;
  }

  /** Remove every row of that header. */
  removeAll(id: HeaderId): this {
    const rows = this.#message.rows;
    for (let i = 0; i < rows.length; i += ROW_STRIDE) if (rows[i] === id) this.#setInstead(i, '');
    return this;
  }

  /** Remove one row, and leave others of that header.  @param row index into the message's {@link SipMessage.rows} */
  removeRow(row: number): this {
    this.#setInstead(row, '');
    return this;
  }

  /** Remove the first comma-list value of that header, with its row when it was the only one. Repeatable; does nothing when none is left. */
  popFirstValue(id: HeaderId): this {
    const { rows, head } = this.#message;
    for (let i = 0; i < rows.length; i += ROW_STRIDE) {
      if (rows[i] !== id || this.#instead?.[i] === '') continue;
      const lineEnd = rows[i + 3] ?? 0;
      const valueStart = rows[i + 2] ?? 0;
      const comma = listValueEnd(head, this.#poppedTo?.[i] ?? valueStart, lineEnd);
      if (comma === lineEnd) {
        this.#setInstead(i, '');
        return this;
      }
      const rest = skipLws(head, comma + 1, lineEnd);
      this.#poppedTo ??= [];
      this.#poppedTo[i] = rest;
      const name = head.slice(rows[i + 1] ?? 0, valueStart);
      this.#setInstead(i, `${name}${head.slice(rest, lineEnd)}\r\n`);
      return this;
    }
    return this;
  }

  /** Add a line at the end of the head. @param line `Name: value` without CRLF */
  append(line: string): this {
    this.#tail += `${line}\r\n`;
    return this;
  }

  /** The edited head, through the empty line. */
  toHead(): string {
    return this.#build(undefined);
  }

  /** The edited message, without another scan: the places of its rows follow from the edits.
   *  Its start line and the lines put in must be well-formed; else it throws. Only for requests. */
  toRequest(): SipRequest {
    const message = this.#message;
    if (!(message instanceof SipRequest)) throw new Error('not a request');
    const rows: number[] = [];
    const head = this.#build(rows);
    let start: Extract<StartLine, { kind: 'request' }> = {
      kind: 'request',
      method: message.method,
      uri: message.requestUri,
      version: message.version,
    };
    if (this.#startLine !== undefined) {
      const parsed = parseStartLine(this.#startLine, this.#startLine.length);
      if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('not a request line');
      start = parsed.value;
    }
    return new SipRequest(head, message.body, rows, start);
  }

  /** As {@link toRequest}, for a response. */
  toResponse(): SipResponse {
    const message = this.#message;
    if (!(message instanceof SipResponse)) throw new Error('not a response');
    const rows: number[] = [];
    const head = this.#build(rows);
    const { status, reason } = message;
    let start: Extract<StartLine, { kind: 'response' }> = { kind: 'response', status, reason };
    if (this.#startLine !== undefined) {
      const parsed = parseStartLine(this.#startLine, this.#startLine.length);
      if (!parsed.ok || parsed.value.kind !== 'response') throw new Error('not a status line');
      start = parsed.value;
    }
    return new SipResponse(head, message.body, rows, start);
  }

  /** @param outRows gets the row table of the result, when given */
  #build(outRows: number[] | undefined): string {
    const { rows, head } = this.#message;
    const firstLine = head.indexOf('\r') + 2;
    let out = '';
    let keptFrom = 0;
    const startLine = this.#startLine ?? tidyRequestLine(this.#message, firstLine - 2);
    if (startLine !== undefined) {
      out = `${startLine}\r\n`;
      keptFrom = firstLine;
    }
    if (this.#top !== '') {
      out += head.slice(keptFrom, firstLine);
      if (outRows !== undefined) appendRows(this.#top, out.length, outRows);
      out += this.#top;
      keptFrom = firstLine;
    }
    const above = this.#above;
    const instead = this.#instead;
    for (let i = 0; i < rows.length; i += ROW_STRIDE) {
      const inserted = above?.[i];
      const replaced = instead?.[i];
      if (inserted === undefined && replaced === undefined) {
        if (outRows !== undefined) pushShifted(outRows, rows, i, out.length - keptFrom);
        continue;
      }
      const lineStart = rows[i + 1] ?? 0;
      if (keptFrom < lineStart) out += head.slice(keptFrom, lineStart);
      keptFrom = lineStart;
      if (inserted !== undefined) {
        if (outRows !== undefined) appendRows(inserted, out.length, outRows);
        out += inserted;
      }
      if (replaced !== undefined) {
        if (outRows !== undefined) appendRows(replaced, out.length, outRows);
        out += replaced;
        keptFrom = (rows[i + 3] ?? 0) + 2;
      } else if (outRows !== undefined) pushShifted(outRows, rows, i, out.length - keptFrom);
    }
    if (this.#tail === '') return out + head.slice(keptFrom);
    out += head.slice(keptFrom, head.length - 2);
    if (outRows !== undefined) appendRows(this.#tail, out.length, outRows);
    return `${out}${this.#tail}\r\n`;
  }

  #setInstead(row: number, lines: string): void {
    this.#instead ??= [];
    this.#instead[row] = lines;
  }
}

// RFC 4475 §3.1.2.9, §3.1.2.10: more spaces than the two may be tolerated, but must not be sent on. Undefined when there are none.
function tidyRequestLine(message: SipMessage, length: number): string | undefined {
  if (!(message instanceof SipRequest)) return undefined;
  const { method, requestUri, version } = message;
  if (method.length + requestUri.length + version.length + 2 === length) return undefined;
  return `${method} ${requestUri} ${version}`;
}

function pushShifted(into: number[], rows: readonly number[], row: number, by: number): void {
  into.push(
    rows[row] ?? 0,
    (rows[row + 1] ?? 0) + by,
    (rows[row + 2] ?? 0) + by,
    (rows[row + 3] ?? 0) + by,
  );
}
