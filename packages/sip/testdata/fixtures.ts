import { readdirSync, readFileSync } from 'node:fs';
import type { FramerSink } from '../src/framer-limits.ts';
import type { Latin1Codec } from '../src/latin1.ts';
import { appendListValues } from '../src/list.ts';
import { parseMessage, type SipMessage, SipRequest, SipResponse } from '../src/message.ts';
import { type NameAddr, parseNameAddr } from '../src/name-addr.ts';
import { type Parsed, type ParseError, parsed } from '../src/result.ts';
import type { Via } from '../src/via.ts';

/** The codec of production, in miniature. */
export const codec: Latin1Codec = {
  decode: (bytes, start, end) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end),
  encode: (text) => Buffer.from(text, 'latin1'),
};

/** A request from its head (`\n` stands for CRLF, the empty line is added), or an error that fails the test. */
export function requestOf(lines: string, body = new Uint8Array(0)): SipRequest {
  const message = parseMessage(headOf(lines), body);
  if (!message.ok) throw new Error(`${message.code} at ${message.at}: ${message.reason}`);
  if (!(message.value instanceof SipRequest)) throw new Error('not a request');
  return message.value;
}

/** A response from its head; see {@link requestOf}. */
export function responseOf(lines: string, body = new Uint8Array(0)): SipResponse {
  const message = parseMessage(headOf(lines), body);
  if (!message.ok) throw new Error(`${message.code} at ${message.at}: ${message.reason}`);
  if (!(message.value instanceof SipResponse)) throw new Error('not a response');
  return message.value;
}

/** Lines without CRLF → a head. */
export function headOf(lines: string): string {
  return `${lines.replace(/\n/g, '\r\n')}\r\n\r\n`;
}

/** The name-addrs of one row of Contact, Route or Path; the first bad one fails the list. */
export function parseNameAddrList(text: string): Parsed<NameAddr[]> {
  const parts: string[] = [];
  appendListValues(text, parts);
  const list: NameAddr[] = [];
  for (const part of parts) {
    const one = parseNameAddr(part);
    if (!one.ok) return one;
    list.push(one.value);
  }
  return parsed(list);
}

/** Wire form: quoted display name if any, bracketed URI, parameters. */
export function formatNameAddr(addr: NameAddr): string {
  const bracketed = `<${addr.uriText}>${addr.params.format()}`;
  if (addr.displayName === undefined) return bracketed;
  return `"${addr.displayName.replace(/["\\]/g, '\\$&')}" ${bracketed}`;
}

/** Wire form of a Via value. */
export function formatVia(via: Via): string {
  return `${via.protocol}/${via.transport} ${via.sentBy}${via.params.format()}`;
}

const DIRECTORY = new URL('./rfc4475/', import.meta.url);

/** Names of the RFC 4475 messages, without extension. */
export const TORTURE_NAMES: readonly string[] = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.dat'))
  .map((name) => name.slice(0, -4));

/** The bytes of one RFC 4475 message. */
export function torture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.dat`, DIRECTORY)));
}

/** Writes down what a framer reports, in order. */
export class RecordingSink implements FramerSink {
  readonly events: string[] = [];
  readonly messages: (SipRequest | SipResponse)[] = [];
  readonly errors: { error: ParseError; partial: SipMessage | undefined }[] = [];

  onMessage(message: SipRequest | SipResponse): void {
    this.messages.push(message);
    this.events.push(
      `message ${message.head}${codec.decode(message.body, 0, message.body.length)}`,
    );
  }
  onPing(): void {
    this.events.push('ping');
  }
  onPong(): void {
    this.events.push('pong');
  }
  onError(error: ParseError, partial: SipMessage | undefined): void {
    this.errors.push({ error, partial });
    this.events.push(`error ${error.code} ${error.status} ${partial?.head ?? ''}`);
  }
}
