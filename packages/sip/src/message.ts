import { trimEnd } from './chars.ts';
import { type CSeq, parseCSeq } from './cseq.ts';
import {
  DEFAULT_MAX_HEADER_ROWS,
  ROW_STRIDE,
  type ScannedHead,
  salvageHead,
  scanHead,
  unfold,
} from './head-scan.ts';
import { H, type HeaderId, headerId } from './header-name.ts';
import { appendListValues, listValueEnd } from './list.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';
import { type Parsed, parsed } from './result.ts';
import type { StartLine } from './start-line.ts';
import { parseUri, type Uri } from './uri.ts';
import { parseVia, type Via } from './via.ts';

/** A SIP message whose head was only scanned: headers are parsed on first use and kept.
 *  The head is one latin1 string from the start line through the empty line; the body stays bytes. Immutable. */
export abstract class SipMessage {
  abstract readonly kind: 'request' | 'response';
  readonly head: string;
  readonly body: Uint8Array;
  /** Flat row table, {@link ROW_STRIDE} numbers per header row, in head order. Not to be changed. */
  readonly rows: readonly number[];
  #cseq: Parsed<CSeq> | undefined;
  #from: Parsed<NameAddr> | undefined;
  #to: Parsed<NameAddr> | undefined;
  #topVia: Parsed<Via> | undefined;
  #callId: string | undefined;

  constructor(head: string, body: Uint8Array, rows: readonly number[]) {
    this.head = head;
    this.body = body;
    this.rows = rows;
  }

  /** Number of header rows. */
  get headerRows(): number {
    return this.rows.length / ROW_STRIDE;
  }

  /** Index into {@link rows} of the first row with this id, or -1. */
  rowOf(id: HeaderId): number {
    const rows = this.rows;
    for (let i = 0; i < rows.length; i += ROW_STRIDE) if (rows[i] === id) return i;
    return -1;
  }

  /** Value of the row at a {@link rows} index, trimmed, folds joined by one space. */
  valueAt(row: number): string {
    const from = this.rows[row + 2] ?? 0;
    const to = this.rows[row + 3] ?? 0;
    const value = this.head.slice(from, trimEnd(this.head, from, to));
    return value.includes('\r') ? unfold(value) : value;
  }

  /** First row's value, trimmed and unfolded; undefined when the header is absent. */
  get(id: HeaderId): string | undefined {
    const row = this.rowOf(id);
    return row === -1 ? undefined : this.valueAt(row);
  }

  /** Each row's value in order (rows, not comma-split). */
  all(id: HeaderId): string[] {
    const values: string[] = [];
    for (let i = 0; i < this.rows.length; i += ROW_STRIDE) {
      if (this.rows[i] === id) values.push(this.valueAt(i));
    }
    return values;
  }

  /** Comma-separated values of all rows in order; only for list-shaped headers (RFC 3261 §7.3.1). */
  values(id: HeaderId): string[] {
    const values: string[] = [];
    for (let i = 0; i < this.rows.length; i += ROW_STRIDE) {
      if (this.rows[i] === id) appendListValues(this.valueAt(i), values);
    }
    return values;
  }

  has(id: HeaderId): boolean {
    return this.rowOf(id) !== -1;
  }

  /** Is there exactly one value, in one row? Only for list-shaped headers. */
  hasOneValue(id: HeaderId): boolean {
    const row = this.rowOf(id);
    if (row === -1) return false;
    for (let i = row + ROW_STRIDE; i < this.rows.length; i += ROW_STRIDE) {
      if (this.rows[i] === id) return false;
    }
    const to = this.rows[row + 3] ?? 0;
    return listValueEnd(this.head, this.rows[row + 2] ?? 0, to) === to;
  }

  /** First row's value by name, in any case; for names without a {@link HeaderId}. */
  byName(name: string): string | undefined {
    const id = headerId(name);
    if (id !== H.OTHER) return this.get(id);
    const key = name.toLowerCase();
    for (let i = 0; i < this.rows.length; i += ROW_STRIDE) {
      if (this.rows[i] !== H.OTHER) continue;
      const start = this.rows[i + 1] ?? 0;
      const colon = this.head.indexOf(':', start);
      const nameEnd = trimEnd(this.head, start, colon);
      if (nameEnd - start === key.length && this.head.slice(start, nameEnd).toLowerCase() === key) {
        return this.valueAt(i);
      }
    }
    return undefined;
  }

  /** Call-ID, byte-exact; '' when absent. */
  get callId(): string {
    this.#callId ??= this.get(H.CALL_ID) ?? '';
    return this.#callId;
  }

  get cseq(): Parsed<CSeq> {
    this.#cseq ??= this.#parseFirst(H.CSEQ, parseCSeq);
    return this.#cseq;
  }

  get from(): Parsed<NameAddr> {
    this.#from ??= this.#parseFirst(H.FROM, parseNameAddr);
    return this.#from;
  }

  get to(): Parsed<NameAddr> {
    this.#to ??= this.#parseFirst(H.TO, parseNameAddr);
    return this.#to;
  }

  /** The topmost Via value: the first list element of the first Via row. */
  get topVia(): Parsed<Via> {
    this.#topVia ??= this.#parseFirst(H.VIA, parseTopVia);
    return this.#topVia;
  }

  // Unless the row is folded it is parsed where it stands: cutting it out first costs more than parsing it.
  #parseFirst<T>(
    id: HeaderId,
    parse: (text: string, from: number, to: number) => Parsed<T>,
  ): Parsed<T> {
    const row = this.rowOf(id);
    if (row === -1) return parse('', 0, 0);
    const from = this.rows[row + 2] ?? 0;
    const to = this.rows[row + 3] ?? 0;
    if (this.head.indexOf('\r', from) === to) return parse(this.head, from, to);
    const value = this.valueAt(row);
    return parse(value, 0, value.length);
  }
}

function parseTopVia(text: string, from: number, to: number): Parsed<Via> {
  return parseVia(text, from, listValueEnd(text, from, to));
}

/** A SIP request. `requestUri` is the text of the start line, not yet judged; `uri` judges it. */
export class SipRequest extends SipMessage {
  readonly kind = 'request';
  readonly method: string;
  readonly requestUri: string;
  /** As written, e.g. `SIP/2.0`. */
  readonly version: string;
  #uri: Parsed<Uri> | undefined;

  constructor(head: string, body: Uint8Array, rows: readonly number[], start: RequestStart) {
    super(head, body, rows);
    this.method = start.method;
    this.requestUri = start.uri;
    this.version = start.version;
  }

  get uri(): Parsed<Uri> {
    this.#uri ??= parseUri(this.requestUri);
    return this.#uri;
  }
}

/** A SIP response; `status` is 100–699. */
export class SipResponse extends SipMessage {
  readonly kind = 'response';
  readonly status: number;
  /** Reason phrase, possibly empty, bytes as latin1. */
  readonly reason: string;

  constructor(head: string, body: Uint8Array, rows: readonly number[], start: ResponseStart) {
    super(head, body, rows);
    this.status = start.status;
    this.reason = start.reason;
  }
}

type RequestStart = Extract<StartLine, { kind: 'request' }>;
type ResponseStart = Extract<StartLine, { kind: 'response' }>;

/** Scan the start line and the header lines; nothing else is parsed until it is asked for.
 *  @param head latin1, ends with the empty line (CRLF CRLF); kept as it is
 *  @param body borrowed, not copied
 *  @returns errors of {@link scanHead}; `status` 0 for a response (dropped, never answered) */
export function parseMessage(head: string, body: Uint8Array): Parsed<SipRequest | SipResponse> {
  const scanned = scanHead(head, DEFAULT_MAX_HEADER_ROWS);
  return scanned.ok ? parsed(messageOf(head, body, scanned.value)) : scanned;
}

/** Put a scanned head and its body together. */
export function messageOf(
  head: string,
  body: Uint8Array,
  scanned: ScannedHead,
): SipRequest | SipResponse {
  const { start, rows } = scanned;
  return start.kind === 'request'
    ? new SipRequest(head, body, rows, start)
    : new SipResponse(head, body, rows, start);
}

/** What can be saved of a request whose head is not well-formed or not complete, so that it can be answered 4xx:
 *  whole, well-formed lines; the others are skipped.
 *  @returns undefined when there is no request line, or it is a response */
export function salvageRequest(head: string): SipRequest | undefined {
  const salvaged = salvageHead(head);
  if (salvaged === undefined || salvaged.scanned.start.kind !== 'request') return undefined;
  return new SipRequest(salvaged.head, NO_BODY, salvaged.scanned.rows, salvaged.scanned.start);
}

const NO_BODY = new Uint8Array(0);
