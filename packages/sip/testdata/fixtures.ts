import { readdirSync, readFileSync } from 'node:fs';
import type { FramerSink } from '../src/framer-limits.ts';
import type { Latin1Codec } from '../src/latin1.ts';
import { parseMessage, type SipMessage, SipRequest, SipResponse } from '../src/message.ts';
import type { ParseError } from '../src/result.ts';

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
