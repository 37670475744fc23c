import {
  decodeBinding,
  decodeMail,
  decodeRecordHeader,
  encodeBinding,
  encodeMail,
} from '@hermod/contracts';
import { bufferCodec } from '@hermod/transport';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import { hashOf } from '../random.ts';
import { messageText } from './message.ts';

/** What log and store give back: ours, cut, or somebody else's. Never a throw: it is poison, or it is read as it was written. */
export const recordsTarget: FuzzTarget = {
  name: 'records',
  weight: 1,
  make(random) {
    const text = messageText(random);
    const mail = encodeMail(
      {
        order: random.int(1_000_000),
        record: {
          type: 'message',
          aor: 'sip:bob@example.com',
          deliveryId: 'x'.repeat(22),
          receivedAtMs: random.int(1_000_000),
          expiresAtMs: random.int(1_000_000),
          flags: random.int(2),
          head: text,
          body: new Uint8Array(0),
        },
      },
      bufferCodec,
    );
    for (let left = random.int(4); left > 0; left -= 1)
      mail[random.int(mail.length)] = random.int(256);
    return random.chance(30) ? mail.slice(0, random.int(mail.length + 1)) : mail;
  },
  check(input) {
    decodeRecordHeader(input, hashOf(input) % (input.length + 1));
    const entry = decodeMail('sip:bob@example.com', input, bufferCodec);
    if (entry !== undefined) {
      const again = decodeMail('sip:bob@example.com', encodeMail(entry, bufferCodec), bufferCodec);
      must(again !== undefined, 'what was read can be written');
      mustEqual(again.record.head, entry.record.head, 'with the same head');
      mustEqual(again.record.deliveryId, entry.record.deliveryId, 'and delivery id');
      mustEqual(again.order, entry.order, 'and order');
    }
    const binding = decodeBinding(bufferCodec.decode(input, 0, input.length));
    if (binding !== undefined) encodeBinding(binding);
  },
};
