import { Buffer } from 'node:buffer';
import type { OutgoingMessage } from '@hermod/sip';
import { writeLatin1 } from './buffer-codec.ts';

/** Octets of a message on the wire: the head is latin1, one octet per character. */
export function messageBytes(message: OutgoingMessage): number {
  return message.head.length + message.body.length;
}

/** Write a message at `at`, where there is room for it. @returns the offset behind it */
export function writeMessage(target: Buffer, message: OutgoingMessage, at: number): number {
  const bodyAt = at + writeLatin1(target, message.head, at);
  if (message.body.length > 0) target.set(message.body, bodyAt);
  return bodyAt + message.body.length;
}

/** A message in a buffer of its own. */
export function encodeMessage(message: OutgoingMessage): Buffer {
  const buffer = Buffer.allocUnsafe(messageBytes(message));
  writeMessage(buffer, message, 0);
  return buffer;
}
