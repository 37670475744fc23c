// RFC 5389 as far as RFC 5626 §8 needs it: keepalives of datagram flows, answered with the address that they came from.
import { ipv6Groups } from './host.ts';

const HEADER_BYTES = 20;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const MAGIC_COOKIE = 0x2112a442;
const XOR_MAPPED_ADDRESS = 0x0020;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const FAMILY_IPV4 = 1;
const FAMILY_IPV6 = 2;
/** Attributes from here on may be passed over by whoever does not know them. */
const FIRST_OPTIONAL = 0x8000;
/** USERNAME and MESSAGE-INTEGRITY: known, and of no use here, where no one has to prove anything (RFC 5626 §8). */
const IGNORED: ReadonlySet<number> = new Set([0x0006, 0x0008]);
/** Listed in one answer: it stays smaller than the request. */
const MAX_UNKNOWN = 8;

/** Is it STUN rather than SIP? Told by the first octet, which is 0 or 1, and the magic cookie: NULs alone are a keepalive of old. */
export function isStun(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES || (bytes[0] ?? 2) > 1) return false;
  return bytes[4] === 0x21 && bytes[5] === 0x12 && bytes[6] === 0xa4 && bytes[7] === 0x42;
}

/**
 * Answer a Binding request.
 *
 * @param bytes one datagram
 * @param address where it came from: IPv4, or IPv6 without brackets
 * @returns the response, 420 for attributes that have to be understood; undefined for anything but a whole Binding request, which
 *   gets no answer
 * @see RFC 5389 §7.3, §15.2
 */
export function answerStunBinding(
  bytes: Uint8Array,
  address: string,
  port: number,
): Uint8Array | undefined {
  if (!isStun(bytes)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint16(0) !== BINDING_REQUEST) return undefined;
  if (view.getUint16(2) !== bytes.length - HEADER_BYTES) return undefined;
  const unknown = unknownAttributes(view);
  if (unknown === undefined) return undefined;
  if (unknown.length > 0) return refuse(bytes, unknown);
  const words = addressWords(address);
  const answer = responseTo(bytes, BINDING_SUCCESS, 8 + words.length * 2);
  const out = new DataView(answer.buffer);
  out.setUint16(20, XOR_MAPPED_ADDRESS);
  out.setUint16(22, 4 + words.length * 2);
  out.setUint16(24, words.length === 2 ? FAMILY_IPV4 : FAMILY_IPV6);
  out.setUint16(26, port ^ (MAGIC_COOKIE >>> 16));
  // The address is XORed with the cookie and the transaction id behind it, which is what stands at 4 in the header.
  for (const [i, word] of words.entries())
    out.setUint16(28 + i * 2, word ^ view.getUint16(4 + i * 2));
  return answer;
}

/** Types of attributes that have to be understood and are not; undefined when the attributes do not fill the message. */
function unknownAttributes(view: DataView): number[] | undefined {
  const unknown: number[] = [];
  let at = HEADER_BYTES;
  while (at + 4 <= view.byteLength) {
    const type = view.getUint16(at);
    if (type < FIRST_OPTIONAL && !IGNORED.has(type) && unknown.length < MAX_UNKNOWN) {
      unknown.push(type);
    }
    at += 4 + ((view.getUint16(at + 2) + 3) & ~3);
  }
  return at === view.byteLength ? unknown : undefined;
}

function refuse(request: Uint8Array, unknown: readonly number[]): Uint8Array {
  const listBytes = unknown.length * 2;
  const answer = responseTo(request, BINDING_ERROR, 8 + 4 + ((listBytes + 3) & ~3));
  const out = new DataView(answer.buffer);
  out.setUint16(20, ERROR_CODE);
  out.setUint16(22, 4);
  out.setUint16(26, 0x0414); // class 4, number 20
  out.setUint16(28, UNKNOWN_ATTRIBUTES);
  out.setUint16(30, listBytes);
  for (const [i, type] of unknown.entries()) out.setUint16(32 + i * 2, type);
  return answer;
}

/** A message with the cookie and transaction id of the request. */
function responseTo(
  request: Uint8Array,
  type: number,
  attributeBytes: number,
): Uint8Array<ArrayBuffer> {
  const answer = new Uint8Array(HEADER_BYTES + attributeBytes);
  answer.set(request.subarray(4, HEADER_BYTES), 4);
  const out = new DataView(answer.buffer);
  out.setUint16(0, type);
  out.setUint16(2, attributeBytes);
  return answer;
}

function addressWords(address: string): number[] {
  if (address.includes(':')) return ipv6Groups(address);
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
