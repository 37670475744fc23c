/**
 * What the head of one MESSAGE costs: parse, push a Via, serialise into a reused Buffer.
 *
 *   node --conditions=source bench/sip-head.ts                 µs per operation, best and median of several rounds
 *   node --conditions=source bench/sip-head.ts --memory        10 million messages; RSS and heap over time
 *   node --conditions=source bench/sip-head.ts --memory --count 1000000
 */
import { parseArgs } from 'node:util';
import {
  buildResponse,
  DEFAULT_FRAMER_LIMITS,
  H,
  HeadEditor,
  type Latin1Codec,
  type ParseError,
  parseMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  StreamFramer,
  validateRequest,
} from '@hermod/sip';

const HEAD =
  'MESSAGE sip:bob@example.com SIP/2.0\r\n' +
  'Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bK776sgdkse1\r\n' +
  'Max-Forwards: 70\r\n' +
  'From: <sip:alice@example.com>;tag=49583\r\n' +
  'To: <sip:bob@example.com>\r\n' +
  'Call-ID: asd88asd77a@192.0.2.10\r\n' +
  'CSeq: 1 MESSAGE\r\n' +
  'Content-Type: text/plain\r\n' +
  'User-Agent: bench/1.00\r\n' +
  'Content-Length: 18\r\n\r\n';
const BODY = Buffer.from('Watson, come here.');
const VIA = 'Via: SIP/2.0/TCP edge-a.internal:5070;branch=z9hG4bK7Qm3x0vXb2Jq9A';
const OUT = Buffer.alloc(2048);

const codec: Latin1Codec = {
  decode: (bytes, start, end) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end),
  encode: (text) => Buffer.from(text, 'latin1'),
};
const headBytes = Buffer.from(HEAD, 'latin1');
const wire = Buffer.concat([headBytes, BODY]);

/** Everything that is written here keeps the optimiser from dropping the work. */
let sink = 0;

function requestOf(head: string): SipRequest {
  const message = parseMessage(head, BODY);
  if (!message.ok || message.value.kind !== 'request') throw new Error('bench head is wrong');
  return message.value;
}

function scan(): void {
  sink += requestOf(headBytes.toString('latin1')).rows.length;
}

function relay(): void {
  const request = requestOf(headBytes.toString('latin1'));
  const head = new HeadEditor(request).pushFirst(H.VIA, VIA).toHead();
  sink += OUT.write(head, 'latin1');
}

function relayValidated(): void {
  const request = requestOf(headBytes.toString('latin1'));
  if (validateRequest(request) !== undefined) throw new Error('bench head is not valid');
  const head = new HeadEditor(request).pushFirst(H.VIA, VIA).toHead();
  sink += OUT.write(head, 'latin1');
}

function reject(): void {
  const request = requestOf(headBytes.toString('latin1'));
  sink += OUT.write(buildResponse(request, 503, { toTag: 'x' }).head, 'latin1');
}

class CountingSink {
  onMessage(message: SipRequest | SipResponse): void {
    sink += message.body.length;
  }
  onPing(): void {}
  onError(error: ParseError, _partial: SipMessage | undefined): void {
    throw new Error(error.reason);
  }
}

const MESSAGES_PER_CHUNK = 100;
const chunk = Buffer.concat(Array.from({ length: MESSAGES_PER_CHUNK }, () => wire));
const framer = new StreamFramer(codec, DEFAULT_FRAMER_LIMITS);
const counting = new CountingSink();

function frame(): void {
  framer.push(chunk, counting);
}

/** Run `step` for about `ms` and give the µs of one. */
function time(step: () => void, ms: number): number {
  let count = 0;
  const startedAt = process.hrtime.bigint();
  const until = startedAt + BigInt(Math.round(ms * 1e6));
  let now = startedAt;
  while (now < until) {
    for (let i = 0; i < 1000; i += 1) step();
    count += 1000;
    now = process.hrtime.bigint();
  }
  return Number(now - startedAt) / 1000 / count;
}

function speed(): void {
  const benches: readonly (readonly [string, () => void, number])[] = [
    ['decode + parse (scan only)', scan, 1],
    ['decode + parse + push Via + serialise', relay, 1],
    ['the same with validateRequest', relayValidated, 1],
    ['decode + parse + 503 + serialise', reject, 1],
    ['stream framer, per message', frame, MESSAGES_PER_CHUNK],
  ];
  console.log(`head ${headBytes.length} bytes, node ${process.version}`);
  for (const [name, step, per] of benches) {
    time(step, 200);
    const rounds = Array.from({ length: 7 }, () => time(step, 150) / per).sort((a, b) => a - b);
    const best = rounds[0] ?? 0;
    const median = rounds[3] ?? 0;
    console.log(`${name.padEnd(40)} best ${best.toFixed(3)} µs  median ${median.toFixed(3)} µs`);
  }
}

function memory(count: number): void {
  const every = Math.max(1, Math.floor(count / 20));
  const startedAt = process.hrtime.bigint();
  console.log('  messages   RSS MB   heap MB  external MB   µs/message');
  for (let i = 1; i <= count; i += 1) {
    relayValidated();
    if (i % MESSAGES_PER_CHUNK === 0) frame();
    if (i % every === 0) {
      const use = process.memoryUsage();
      const columns = [use.rss, use.heapUsed, use.external].map((n) => (n / 1048576).toFixed(1));
      const us = Number(process.hrtime.bigint() - startedAt) / 1000 / i;
      console.log(
        `${String(i).padStart(10)} ${columns.map((c) => c.padStart(8)).join(' ')} ${us.toFixed(3).padStart(12)}`,
      );
    }
  }
}

const { values } = parseArgs({
  options: {
    memory: { type: 'boolean', default: false },
    count: { type: 'string', default: '10000000' },
  },
});
if (values.memory) memory(Number(values.count));
else speed();
if (sink === 0) throw new Error('nothing was done');
