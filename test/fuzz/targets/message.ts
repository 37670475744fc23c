import {
  buildResponse,
  checkRequest,
  DEFAULT_FRAMER_LIMITS,
  forwardRequest,
  forwardResponse,
  frameDatagram,
  H,
  HeadEditor,
  loopHash,
  parseMessage,
  preprocessRoute,
  type SipMessage,
  SipRequest,
  SipResponse,
  StreamFramer,
  serverTransactionKey,
  validateRequest,
} from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts';
import { request, response } from '../grammar.ts';
import { mutate } from '../mutate.ts';
import { hashOf, Random } from '../random.ts';
import { SEEDS } from '../seeds.ts';

/** One message as text: made by the grammar or taken from the seeds, as it is or mutated. */
export function messageText(random: Random): string {
  const text = random.chance(75)
    ? random.chance(80)
      ? request(random)
      : response(random)
    : random.pick(SEEDS);
  return random.chance(55) ? mutate(random, text, SEEDS) : text;
}

/** Reads everything that is parsed on first use. */
function readAll(message: SipMessage): void {
  message.from.ok && message.from.value.uri.ok;
  message.to.ok && message.to.value.uri.ok;
  message.cseq.ok && message.topVia.ok;
  message.values(H.CONTACT);
  message.byName('x-unknown');
}

const MAX_ROWS = DEFAULT_FRAMER_LIMITS.maxHeaderRows - 20;

/** What is sent must be SIP, whatever it answers. */
function checkResponse(to: SipRequest, status: number): void {
  // An answer has rows of its own beside the Vias: then the cap is for whoever reads it.
  if (to.headerRows > MAX_ROWS) return;
  const answer = buildResponse(to, status, { toTag: 'x', via: 'SIP/2.0/UDP a;received=192.0.2.1' });
  const parsed = parseMessage(answer.head, answer.body);
  must(parsed.ok && parsed.value.kind === 'response', 'an answer is a response');
  mustEqual(parsed.value.status, status, 'with its status');
  mustEqual(
    parsed.value.all(H.VIA).length,
    to.all(H.VIA).length,
    'and every Via row (RFC 3261 §8.2.6.2)',
  );
  mustEqual(parsed.value.get(H.CALL_ID), to.get(H.CALL_ID), 'and the Call-ID');
  mustEqual(parsed.value.get(H.CSEQ), to.get(H.CSEQ), 'and the CSeq');
}

function checkEdits(message: SipRequest | SipResponse): void {
  if (message.headerRows > MAX_ROWS) return;
  const head = new HeadEditor(message).toHead();
  const again = parseMessage(head, message.body);
  must(again.ok && again.value.kind === message.kind, 'an unedited head stays a message');
  mustEqual(new HeadEditor(again.value).toHead(), head, 'and does not change any more');
  for (const id of [H.VIA, H.ROUTE, H.CONTACT]) {
    mustEqual(again.value.values(id).join('\n'), message.values(id).join('\n'), 'lists are kept');
  }
  const editor = new HeadEditor(message)
    .popFirstValue(H.VIA)
    .popFirstValue(H.VIA)
    .replace(H.MAX_FORWARDS, 'Max-Forwards: 1')
    .removeAll(H.ROUTE)
    .append('X: y');
  if (!(message instanceof SipRequest)) return;
  editor.pushFirst(H.VIA, 'Via: SIP/2.0/TCP me');
  const derived = editor.toRequest();
  const scanned = parseMessage(derived.head, derived.body);
  must(scanned.ok, 'an edited head is a message');
  const { rows } = scanned.value;
  const isSame = rows.length === derived.rows.length && rows.every((n, i) => n === derived.rows[i]);
  must(isSame, 'its rows stand where a scan finds them');
  const vias = ['SIP/2.0/TCP me', ...message.values(H.VIA).slice(2)];
  mustEqual(scanned.value.values(H.VIA).join('\n'), vias.join('\n'), 'pushed on top, popped two');
  mustEqual(scanned.value.all(H.MAX_FORWARDS).join(), '1', 'replaced');
  must(!scanned.value.has(H.ROUTE), 'removed');
}

const CHECKS = {
  supportedExtensions: new Set<string>(),
  schemes: new Set(['sip', 'sips']),
} as const;

function isOurs(host: string, port: number | undefined): boolean {
  return host === '192.0.2.1' && (port === undefined || port === 5060);
}

/** RFC 3261 §16.3 to §16.6 on one request. */
function checkProxy(message: SipRequest): void {
  if (message.headerRows > MAX_ROWS) return;
  const hash = loopHash(message);
  const loop = { hash, isOurSentBy: (sentBy: string) => sentBy === '192.0.2.1' };
  const rejected = checkRequest(message, { ...CHECKS, loop });
  if (rejected !== undefined) {
    must(rejected.status >= 400 && rejected.status < 600, 'a refusal is 4xx or 5xx');
    return;
  }
  serverTransactionKey(message);
  const route = preprocessRoute(message, isOurs);
  if (!route.ok) return;
  const forwarded = forwardRequest(message, {
    requestUri: route.requestUri,
    via: 'SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bKme',
    routes: ['<sip:next;lr>'],
    popRoutes: route.popRoutes,
    dropLastRoute: route.dropLastRoute,
    contentLength: true,
  });
  const next = parseMessage(forwarded, message.body);
  must(next.ok && next.value.kind === 'request', 'what is forwarded is a request');
  must(validateRequest(next.value) === undefined, 'and a valid one, since it was one before');
  mustEqual(next.value.method, message.method, 'of the same method');
  mustEqual(next.value.callId, message.callId, 'and the same Call-ID');
  mustEqual(next.value.values(H.VIA).length, message.values(H.VIA).length + 1, 'with one Via more');
  const received = message.get(H.MAX_FORWARDS);
  mustEqual(
    Number(next.value.get(H.MAX_FORWARDS)),
    received === undefined ? 70 : Number(received) - 1,
    'and one hop less',
  );
}

/** One datagram: framed, judged, answered, edited, forwarded. */
export const datagramTarget: FuzzTarget = {
  name: 'datagram',
  weight: 5,
  make: (random) => Buffer.from(messageText(random), 'latin1'),
  check(input) {
    const framed = frameDatagram(input, bufferCodec, DEFAULT_FRAMER_LIMITS);
    if ('ping' in framed) return;
    if (!framed.ok) {
      const { partial, status } = framed;
      must(status === 0 || partial instanceof SipRequest, 'only a request is answered');
      if (partial instanceof SipRequest) checkResponse(partial, 400);
      return;
    }
    const message = framed.value;
    readAll(message);
    checkEdits(message);
    if (message instanceof SipResponse) {
      const head = forwardResponse(message, 1);
      const popped = parseMessage(head, message.body);
      must(popped.ok && popped.value.kind === 'response', 'a response without our Via is one');
      mustEqual(
        popped.value.values(H.VIA).length,
        Math.max(0, message.values(H.VIA).length - 1),
        'with one Via less',
      );
      return;
    }
    checkResponse(message, validateRequest(message)?.status ?? 200);
    checkProxy(message);
    checkStream(input, message);
  },
};

// A datagram that begins with its start line and has a Content-Length is the same message on a stream.
function checkStream(input: Uint8Array, message: SipRequest): void {
  if (!message.has(H.CONTENT_LENGTH) || input[0] !== message.head.charCodeAt(0)) return;
  const events: string[] = [];
  const end = message.head.length + message.body.length;
  new StreamFramer(bufferCodec, DEFAULT_FRAMER_LIMITS).push(
    input.subarray(0, end),
    eventsSink(events),
  );
  mustEqual(events.join(), eventOf(message), 'a stream gives the message of the datagram');
}

function eventOf(message: SipMessage): string {
  return `message ${message.head}${bufferCodec.decode(message.body, 0, message.body.length)}`;
}

function eventsSink(events: string[]) {
  return {
    onMessage: (message: SipRequest | SipResponse) => events.push(eventOf(message)),
    onPing: () => events.push('ping'),
    onPong: () => events.push('pong'),
    onError: (error: { code: string; status: number }, partial: SipMessage | undefined) =>
      events.push(`error ${error.code} ${error.status} ${partial?.head ?? ''}`),
  };
}

const SMALL = { maxHeadBytes: 600, maxBodyBytes: 40, maxHeaderRows: 12 };

/** A stream of messages, keepalives and junk: the same events however it is cut, and never more held than the caps. */
export const streamTarget: FuzzTarget = {
  name: 'stream',
  weight: 3,
  make(random) {
    let text = '';
    for (let left = 1 + random.int(4); left > 0; left -= 1) {
      text += random.chance(25)
        ? random.pick(['\r\n', '\r\n\r\n', '\r\n\r\n\r\n\r\n'])
        : messageText(random);
    }
    return Buffer.from(text, 'latin1');
  },
  check(input) {
    const random = new Random(hashOf(input));
    const limits = random.chance(60) ? DEFAULT_FRAMER_LIMITS : SMALL;
    const role = random.chance(70) ? 'accepted' : 'connected';
    const whole: string[] = [];
    new StreamFramer(bufferCodec, limits, role).push(input, eventsSink(whole));
    const cut: string[] = [];
    const framer = new StreamFramer(bufferCodec, limits, role);
    const sink = eventsSink(cut);
    const largest = input.length > 5000 ? 2000 : random.chance(30) ? 1 : 60;
    for (let at = 0; at < input.length; ) {
      const next = at + 1 + random.int(largest);
      framer.push(input.slice(at, next), sink);
      must(
        framer.heldBytes <= Math.max(limits.maxHeadBytes, limits.maxBodyBytes),
        'no more is held than the caps',
      );
      at = next;
    }
    mustEqual(cut.join('\n'), whole.join('\n'), 'a stream means the same however it is cut');
  },
};
