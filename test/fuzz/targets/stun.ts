import { answerStunBinding, DEFAULT_FRAMER_LIMITS, frameDatagram, isStun } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

const ATTRIBUTES = [0x0001, 0x0006, 0x0008, 0x0014, 0x0020, 0x8022, 0x8028, 0x7fff];
const ADDRESSES = ['198.51.100.7', '2001:db8::1', '::1', 'fe80::1'];
/** What an answer may have beyond the request: XOR-MAPPED-ADDRESS of IPv6, or ERROR-CODE and UNKNOWN-ATTRIBUTES. */
const MAX_LARGER = 48;

function bindingRequest(random: Random): Uint8Array {
  const attributes: Buffer[] = [];
  for (let left = random.int(5); left > 0; left -= 1) {
    const value = random.int(5) * (random.chance(80) ? 4 : 1);
    const attribute = Buffer.alloc(4 + value, random.int(256));
    attribute.writeUInt16BE(random.pick(ATTRIBUTES), 0);
    attribute.writeUInt16BE(random.chance(90) ? value : random.int(65_536), 2);
    attributes.push(attribute);
  }
  const body = Buffer.concat(attributes);
  const header = Buffer.alloc(20, random.int(256));
  header.writeUInt16BE(random.chance(85) ? 0x0001 : random.int(0x0200), 0);
  header.writeUInt16BE(random.chance(90) ? body.length : random.int(65_536), 2);
  header.writeUInt32BE(random.chance(95) ? 0x2112_a442 : random.int(0xffff_ffff), 4);
  return Buffer.concat([header, body]);
}

/** RFC 5626 §8: keepalives beside SIP on one port. */
export const stunTarget: FuzzTarget = {
  name: 'stun',
  weight: 1,
  make(random) {
    const bytes = bindingRequest(random);
    if (random.chance(30)) bytes[random.int(bytes.length)] = random.int(256);
    return random.chance(15) ? bytes.slice(0, random.int(bytes.length + 1)) : bytes;
  },
  check(input) {
    const copy = input.slice();
    for (const address of ADDRESSES) {
      const answer = answerStunBinding(input, address, 5060);
      if (answer === undefined) continue;
      must(isStun(input), 'only STUN is answered by STUN');
      must(isStun(answer), 'an answer is STUN');
      must(answerStunBinding(answer, address, 5060) === undefined, 'an answer is not answered');
      must(answer.length <= input.length + MAX_LARGER, 'an answer is no amplifier');
      const transaction = (bytes: Uint8Array) => Buffer.from(bytes.subarray(4, 20)).toString('hex');
      mustEqual(transaction(answer), transaction(input), 'of the same transaction');
    }
    mustEqual(Buffer.compare(input, copy), 0, 'the request stays as it is');
    if (!isStun(input)) return;
    const framed = frameDatagram(input, bufferCodec, DEFAULT_FRAMER_LIMITS);
    must('ping' in framed || !framed.ok, 'what is STUN is no SIP');
  },
};
