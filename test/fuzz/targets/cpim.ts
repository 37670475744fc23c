import {
  escapeCpim,
  formatNotification,
  parseCpim,
  parseDispositionRequest,
  unescapeCpim,
} from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import { odd, sipUri, token } from '../grammar.ts';
import { mutate } from '../mutate.ts';
import type { Random } from '../random.ts';

const EXAMPLE = [
  'From: MR SANDERS <im:piglet@100akerwood.com>',
  'To: "Depressed Donkey" <im:eeyore@100akerwood.com>',
  'DateTime: 2000-12-13T13:40:00-08:00',
  'Subject: the weather will be fine today',
  "Subject:;lang=fr beau temps prevu pour aujourd'hui",
  'NS: MyFeatures <mid:MessageFeatures@id.foo.com>',
  'Require: MyFeatures.VitalMessageOption',
  'MyFeatures.VitalMessageOption: Confirmation-requested',
  '',
  'Content-type: text/xml; charset=utf-8',
  'Content-ID: <1234567890@foo.com>',
  '',
  '<body>x</body>',
].join('\r\n');

const NAMES = [
  'From',
  'To',
  'cc',
  'DateTime',
  'Subject',
  'NS',
  'Require',
  'imdn.Message-ID',
  'imdn.Disposition-Notification',
  'imdn.IMDN-Record-Route',
  'imdn.Original-To',
  'from',
  'X.Y',
];
const VALUES = [
  '<sip:alice@example.com>',
  '"A \\" b" <im:a@b>',
  'positive-delivery, negative-delivery',
  'processing;x=y',
  '2026-11-22T12:00:00Z',
  'imdn <urn:ietf:params:imdn>',
  '<urn:ietf:params:imdn>',
  '\\u00e9\\ud83d\\ude00',
  '\\',
  ';lang=fr x',
];

function cpimText(random: Random): string {
  if (random.chance(20)) return EXAMPLE;
  const lines: string[] = [
    'From: <sip:alice@example.com>',
    'To: <sip:bob@example.com>',
    'NS: imdn <urn:ietf:params:imdn>',
    'DateTime: 2026-11-22T12:00:00Z',
    `imdn.Message-ID: ${token(random)}`,
  ];
  for (let left = random.int(6); left > 0; left -= 1) {
    const value = random.chance(60)
      ? random.pick(VALUES)
      : random.chance(50)
        ? `<${sipUri(random)}>`
        : token(random);
    lines.splice(
      random.int(lines.length + 1),
      random.int(2),
      `${random.pick(NAMES)}:${random.chance(10) ? ';lang=en' : ''} ${odd(random, value)}`,
    );
  }
  const type = random.pick([
    'text/plain',
    'message/imdn+xml',
    'text/plain;charset=utf-8',
    'multipart/signed',
  ]);
  return `${lines.join('\r\n')}\r\n\r\nContent-Type: ${type}\r\n${random.chance(20) ? ' folded\r\n' : ''}\r\n${odd(random, 'hello', 20)}`;
}

/** RFC 3862 and RFC 5438: a message/cpim body, what it asks to be told, and the notification it is told by. */
export const cpimTarget: FuzzTarget = {
  name: 'cpim',
  weight: 2,
  make(random) {
    const text = cpimText(random);
    return Buffer.from(random.chance(50) ? mutate(random, text, [EXAMPLE]) : text, 'latin1');
  },
  check(input) {
    const text = bufferCodec.decode(input, 0, input.length);
    mustEqual(unescapeCpim(escapeCpim(text)), text, 'an escape undoes itself');
    const parsed = parseCpim(input, bufferCodec);
    if (!parsed.ok) return;
    const cpim = parsed.value;
    must(cpim.mime('content-type') !== undefined, 'content has a type (RFC 3862 §2.1)');
    mustEqual(
      bufferCodec.decode(cpim.content, 0, cpim.content.length),
      text.slice(text.length - cpim.content.length),
      'content is the end of the body, untouched',
    );
    const request = parseDispositionRequest(cpim);
    if (request === undefined) return;
    for (const disposition of ['stored', 'failed'] as const) {
      const answer = formatNotification(request, disposition, {
        from: 'sip:store@example.com',
        messageId: 'own-id',
        nowMs: 1_795_348_800_000,
      });
      const back = parseCpim(bufferCodec.encode(answer), bufferCodec);
      must(back.ok, 'a notification is message/cpim');
      must(
        parseDispositionRequest(back.value) === undefined,
        'never an IMDN for an IMDN (RFC 5438 §6.1)',
      );
      mustEqual(back.value.get('To'), request.from, 'a notification goes to the sender');
      const document = bufferCodec.decode(back.value.content, 0, back.value.content.length);
      mustEqual(
        document.match(/<imdn[ >]/g)?.length,
        1,
        'one imdn element, whatever the message says',
      );
      mustEqual(document.match(/<status>/g)?.length, 1, 'one status');
    }
  },
};
