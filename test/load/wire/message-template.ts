import { NUMBER_BYTES, writeNumber } from './message-identity.ts';

const HOLE = '#'.repeat(NUMBER_BYTES);
const LENGTH_DIGITS = 5;
const LENGTH_HOLE = '@'.repeat(LENGTH_DIGITS);

/** What one sender says to one recipient. */
export type TemplateParts = {
  readonly from: string;
  readonly fromTag: string;
  /** Request-URI and To. */
  readonly to: string;
  readonly transport: string;
  /** Host and port of the sender. */
  readonly sentBy: string;
  /** First part of the Call-ID. */
  readonly callIdPrefix: string;
};

/** The octets of a MESSAGE of one stream, in which only the number, the length and the body change. */
export class MessageTemplate {
  readonly #head: Buffer;
  readonly #branchAt: number;
  readonly #callIdAt: number;
  readonly #lengthAt: number;

  constructor(parts: TemplateParts) {
    const { from, fromTag, to, transport, sentBy, callIdPrefix } = parts;
    const text =
      `MESSAGE ${to} SIP/2.0\r\nVia: SIP/2.0/${transport} ${sentBy};branch=z9hG4bK${callIdPrefix}${HOLE};rport\r\n` +
      `Max-Forwards: 70\r\nFrom: <${from}>;tag=${fromTag}\r\nTo: <${to}>\r\nCall-ID: ${callIdPrefix}${HOLE}@load\r\n` +
      `CSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\nContent-Length: ${LENGTH_HOLE}\r\n\r\n`;
    this.#head = Buffer.from(text, 'latin1');
    this.#branchAt = text.indexOf(HOLE);
    this.#callIdAt = text.lastIndexOf(HOLE);
    this.#lengthAt = text.indexOf(LENGTH_HOLE);
  }

  /** @param body its first octets are replaced by the number  @returns a new buffer, the caller's own */
  fill(number: number, body: Uint8Array): Buffer {
    const head = this.#head;
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    writeNumber(bytes, this.#branchAt, number);
    writeNumber(bytes, this.#callIdAt, number);
    writeNumber(bytes, head.length, number);
    // RFC 3261 §25.1: Content-Length is 1*DIGIT, so zeros may lead.
    let rest = body.length;
    for (let i = LENGTH_DIGITS - 1; i >= 0; i -= 1, rest = Math.floor(rest / 10)) {
      bytes[this.#lengthAt + i] = 48 + (rest % 10);
    }
    return bytes;
  }

  /** The same message once more, as the answer to a challenge: a new transaction (RFC 3261 §22.2).
   *  @param attempt 1 for the first repetition  @param authorization whole header line */
  fillAgain(number: number, body: Uint8Array, attempt: number, authorization: string): Buffer {
    const text = this.fill(number, body).toString('latin1');
    const headEnd = text.indexOf('\r\n\r\n');
    const head = text
      .slice(0, headEnd)
      .replace(/(branch=[\w-]+)/, `$1-${attempt}`)
      .replace('CSeq: 1 ', `CSeq: ${attempt + 1} `);
    return Buffer.from(`${head}\r\n${authorization}${text.slice(headEnd)}`, 'latin1');
  }
}
