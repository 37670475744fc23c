import type { Latin1Codec } from '../latin1.ts';
import { type Parsed, type ParseError, parsed, parseError } from '../result.ts';
import {
  CPIM_NAMESPACE,
  type CpimHeader,
  type CpimLine,
  parseCpimAddress,
  parseCpimLine,
} from './cpim-header.ts';

/** Bytes of metadata and MIME header together: more is no instant message. */
const MAX_HEAD_BYTES = 8192;
/** Header lines of either block. */
const MAX_HEADERS = 64;

/** A header named in a Require header. */
export type CpimName = Pick<CpimHeader, 'namespace' | 'name'>;

/** A message/cpim object, read and never changed: whoever passes it on passes on the bytes it was read from (RFC 3862 §6). */
export class CpimMessage {
  /** Metadata in order, NS and Require left out. */
  readonly headers: readonly CpimHeader[];
  /** What a recipient must understand, or not use the message (RFC 3862 §3.5). */
  readonly required: readonly CpimName[];
  /** Bytes of the content; borrowed. */
  readonly content: Uint8Array;
  /** By lower-case name. */
  readonly #mime: ReadonlyMap<string, string>;

  constructor(
    headers: readonly CpimHeader[],
    required: readonly CpimName[],
    mime: ReadonlyMap<string, string>,
    content: Uint8Array,
  ) {
    this.headers = headers;
    this.required = required;
    this.#mime = mime;
    this.content = content;
  }

  /** Value of the first header of that name, escapes included.  @param name case-sensitive, without prefix */
  get(name: string, namespace = CPIM_NAMESPACE): string | undefined {
    return this.headers.find((h) => h.name === name && h.namespace === namespace)?.value;
  }

  /** Values of all headers of that name, in order. */
  all(name: string, namespace = CPIM_NAMESPACE): string[] {
    return this.headers
      .filter((h) => h.name === name && h.namespace === namespace)
      .map((h) => h.value);
  }

  /** A MIME header of the content, unfolded.  @param name lower case: these names have no case */
  mime(name: string): string | undefined {
    return this.#mime.get(name);
  }
}

// Message-CPIM = *( Header CRLF ) CRLF MIME-headers CRLF content
/** Parses the body of a message whose Content-Type is message/cpim.
 *  Errors: `CPIM_BAD_HEADER`, `CPIM_TOO_LARGE`, `CPIM_BAD_CONTENT` (no content, or one without Content-Type); `at` is a byte offset.
 *  @param bytes borrowed by the result's content
 *  @see RFC 3862 §2 */
export function parseCpim(bytes: Uint8Array, codec: Latin1Codec): Parsed<CpimMessage> {
  const text = codec.decode(bytes, 0, Math.min(bytes.length, MAX_HEAD_BYTES));
  const headers: CpimHeader[] = [];
  const required: string[] = [];
  const prefixes = new Map([['', CPIM_NAMESPACE]]);
  let at = 0;
  for (let lines = 0; ; lines += 1) {
    const end = text.indexOf('\r\n', at);
    if (end === -1) return cutShort(bytes, at);
    if (end === at) break;
    if (lines === MAX_HEADERS) return tooLarge(at);
    const line = parseCpimLine(text.slice(at, end), at);
    if (!line.ok) return line;
    if (!addHeader(line.value, prefixes, headers, required)) {
      return parseError('CPIM_BAD_HEADER', at, 'Malformed CPIM Namespace');
    }
    at = end + 2;
  }
  const mime = new Map<string, string>();
  const contentAt = parseMimeHead(text, at + 2, mime);
  if (typeof contentAt !== 'number')
    return contentAt === undefined ? cutShort(bytes, at) : contentAt;
  if (!mime.has('content-type')) return badContent(at);
  const names = required.map((name) => resolved(name, prefixes));
  return parsed(new CpimMessage(headers, names, mime, bytes.subarray(contentAt)));
}

/** @returns false for an NS header that declares nothing */
function addHeader(
  line: CpimLine,
  prefixes: Map<string, string>,
  headers: CpimHeader[],
  required: string[],
): boolean {
  const { prefix, name, lang, value } = line;
  if (prefix === '' && name === 'NS') {
    const declared = parseCpimAddress(value);
    if (declared !== undefined) prefixes.set(declared.formalName, declared.uri);
    return declared !== undefined;
  }
  if (prefix === '' && name === 'Require') {
    for (const part of value.split(',')) required.push(part.trim());
    return true;
  }
  headers.push({ namespace: prefixes.get(prefix), name, lang, value });
  return true;
}

/** Require may stand above the NS header that declares its prefix: names are resolved when all are known. */
function resolved(name: string, prefixes: ReadonlyMap<string, string>): CpimName {
  const dot = name.indexOf('.');
  return {
    namespace: prefixes.get(dot === -1 ? '' : name.slice(0, dot)),
    name: name.slice(dot + 1),
  };
}

/** Reads the MIME headers at `from`.  @returns where the content begins, undefined when the text ends before */
function parseMimeHead(
  text: string,
  from: number,
  into: Map<string, string>,
): number | ParseError | undefined {
  let at = from;
  let last = '';
  for (let lines = 0; ; lines += 1) {
    const end = text.indexOf('\r\n', at);
    if (end === -1) return undefined;
    if (end === at) return end + 2;
    if (lines === MAX_HEADERS) return tooLarge(at);
    const line = text.slice(at, end);
    if (line[0] === ' ' || line[0] === '\t') {
      // RFC 5322 §2.2.3: folding, which CPIM's own headers do not have.
      if (last === '') return badContent(at);
      into.set(last, `${into.get(last) ?? ''} ${line.trim()}`);
    } else {
      const colon = line.indexOf(':');
      if (colon <= 0) return badContent(at);
      last = line.slice(0, colon).trimEnd().toLowerCase();
      // Two of a kind leave it open which one holds.
      if (into.has(last)) return badContent(at);
      into.set(last, line.slice(colon + 1).trim());
    }
    at = end + 2;
  }
}

function cutShort(bytes: Uint8Array, at: number): ParseError {
  return bytes.length > MAX_HEAD_BYTES ? tooLarge(at) : badContent(at);
}

function tooLarge(at: number): ParseError {
  return parseError('CPIM_TOO_LARGE', at, 'CPIM Headers Too Large');
}

function badContent(at: number): ParseError {
  return parseError('CPIM_BAD_CONTENT', at, 'Malformed CPIM Content');
}
