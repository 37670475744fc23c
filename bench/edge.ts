/**
 * What the whole edge work for one MESSAGE costs, without sockets: arrival and append, delivery to a device, the device's 200,
 * the router's reply to the sender.
 *
 *   node --conditions=source bench/edge.ts                µs per message, best and median of several rounds
 *   node --conditions=source bench/edge.ts --rounds 40
 */
import { parseArgs } from 'node:util';
import { type LogRecord, ServedDomains } from '@hermod/contracts';
import {
  DEFAULT_EDGE_LIMITS,
  Edge,
  type EdgeDelivery,
  type Flow,
  type FlowTokens,
} from '@hermod/edge';
import { monotonicMs, RandomIdSource, sha256Hash } from '@hermod/platform';
import {
  buildResponse,
  forwardRequest,
  type OutgoingMessage,
  parseMessage,
  type SipRequest,
  type SipResponse,
  TimerWheel,
} from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    count: { type: 'string', default: '10000' },
  },
});
const ROUNDS = Number(values.rounds);
const COUNT = Number(values.count);
const BODY = Buffer.from('Watson, come here.');

class BenchFlow implements Flow {
  readonly transport = 'TCP';
  readonly reliable = true;
  readonly local = { address: '192.0.2.1', port: 5060 };
  readonly remote: { address: string; port: number };
  readonly isOpen = true;
  context: unknown = undefined;
  last: OutgoingMessage = { head: '', body: BODY };
  sent = 0;

  constructor(address: string) {
    this.remote = { address, port: 40_000 };
  }

  send(message: OutgoingMessage): boolean {
    this.last = message;
    this.sent += 1;
    return true;
  }

  keepFor(): void {
    // Nothing is idle here.
  }

  pauseReading(): void {
    // Nothing is read.
  }

  close(): void {
    // Nothing to close.
  }
}

const alice = new BenchFlow('192.0.2.10');
const bob = new BenchFlow('192.0.2.20');
const tokens: FlowTokens = {
  tokenOf: (flow) => (flow === bob ? 'e1.Zm9vYmFyYmF6cXV4' : 'e1.YWxpY2VhbGljZWFs'),
  flowOf: (token) => (token === 'e1.Zm9vYmFyYmF6cXV4' ? bob : undefined),
  remove: () => undefined,
};

let record: LogRecord | undefined;
const done = Promise.resolve();
const wheel = new TimerWheel(monotonicMs());
const edge = new Edge(
  {
    domains: new ServedDomains(['example.com'], true),
    trunk: { transport: 'TCP', host: '192.0.2.1', port: 5070 },
    listeners: [
      {
        transport: 'TCP',
        bound: { host: '192.0.2.1', port: 5060 },
        told: { host: '192.0.2.1', port: 5060 },
      },
    ],
    offersAlias: false,
    openDomain: true,
    acceptAfterMs: 3000,
    limits: DEFAULT_EDGE_LIMITS,
  },
  {
    log: {
      append: (appended) => {
        record = appended;
        return done;
      },
      probe: () => done,
    },
    recipients: {
      read: () => Promise.reject(new Error('nobody is called here')),
      removeBinding: () => Promise.reject(new Error('nobody has registered here')),
    },
    registrar: { register: () => Promise.resolve(undefined) },
    gate: { open: true },
    tokens,
    connector: { flowTo: () => Promise.resolve(undefined), flowToAddress: () => undefined },
    clock: { nowMs: () => Date.now() },
    timers: wheel,
    ids: new RandomIdSource(),
    random: Math.random,
    hash: sha256Hash,
    codec: bufferCodec,
  },
);
edge.onOpen(bob);

function parsed(message: OutgoingMessage): SipRequest | SipResponse {
  const result = parseMessage(message.head, message.body);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function requestOf(message: OutgoingMessage): SipRequest {
  const result = parsed(message);
  if (result.kind !== 'request') throw new Error('not a request');
  return result;
}

type Step = { edgeMs: number };
const steps: Record<'arrival' | 'delivery' | 'answer' | 'reply', Step> = {
  arrival: { edgeMs: 0 },
  delivery: { edgeMs: 0 },
  answer: { edgeMs: 0 },
  reply: { edgeMs: 0 },
};

let serial = 0;

/** One batch through each stage in turn, so that a stage is timed without a clock call per message. */
function batch(count: number): number {
  const arrivals: SipRequest[] = [];
  for (let i = 0; i < count; i += 1) {
    serial += 1;
    arrivals.push(
      requestOf({
        head: `MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.10:5060;rport;branch=z9hG4bK776sg${serial}\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=49583\r\nTo: <sip:bob@example.com>\r\nCall-ID: asd88asd77a@192.0.2.10\r\nCSeq: ${serial} MESSAGE\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\n`,
        body: BODY,
      }),
    );
  }
  const records: LogRecord[] = [];
  let start = performance.now();
  for (const request of arrivals) {
    edge.onMessage(alice, request);
    if (record !== undefined) records.push(record);
  }
  steps.arrival.edgeMs = performance.now() - start;

  const deliveries: EdgeDelivery[] = [];
  const branches: string[] = [];
  for (const one of records) {
    const request = requestOf(one);
    const via = request.topVia;
    branches.push(via.ok ? (via.value.branch ?? '') : '');
    const branch = `z9hG4bK${one.deliveryId}.0`;
    const head = forwardRequest(request, {
      requestUri: 'sip:bob@192.0.2.20:40000;transport=tcp',
      via: `SIP/2.0/TCP router:5080;branch=${branch}`,
      routes: [],
      popRoutes: 0,
    });
    deliveries.push({
      branch,
      request: requestOf({ head, body: one.body }),
      targetUri: 'sip:bob@192.0.2.20:40000;transport=tcp',
      flowToken: 'e1.Zm9vYmFyYmF6cXV4',
      flowBound: true,
    });
  }
  const finals: SipResponse[] = [];
  const outgoing: OutgoingMessage[] = [];
  const onFinal = (_status: number, response: SipResponse | undefined): void => {
    if (response !== undefined) finals.push(response);
  };
  start = performance.now();
  for (const delivery of deliveries) {
    edge.deliver(delivery, onFinal);
    outgoing.push(bob.last);
  }
  steps.delivery.edgeMs = performance.now() - start;

  const answers = outgoing.map((message) =>
    parsed(buildResponse(requestOf(message), 200, { toTag: 'ua' })),
  );
  start = performance.now();
  for (const answer of answers) edge.onMessage(bob, answer);
  steps.answer.edgeMs = performance.now() - start;

  const replies = finals.map((final) =>
    parsed({ head: final.head.replace(/Via: [^\r]*\r\n/, ''), body: final.body }),
  );
  start = performance.now();
  for (let i = 0; i < replies.length; i += 1) {
    const reply = replies[i];
    if (reply?.kind === 'response') edge.reply(branches[i] ?? '', 200, reply);
  }
  steps.reply.edgeMs = performance.now() - start;
  return steps.arrival.edgeMs + steps.delivery.edgeMs + steps.answer.edgeMs + steps.reply.edgeMs;
}

const totals: number[] = [];
const best = { arrival: Infinity, delivery: Infinity, answer: Infinity, reply: Infinity };
for (let round = 0; round < ROUNDS; round += 1) {
  totals.push((batch(COUNT) * 1000) / COUNT);
  for (const name of ['arrival', 'delivery', 'answer', 'reply'] as const) {
    best[name] = Math.min(best[name], (steps[name].edgeMs * 1000) / COUNT);
  }
  // The appends' promises, and the wheel that Node would turn.
  await new Promise((resolve) => setImmediate(resolve));
  wheel.advance(monotonicMs());
}
if (alice.sent !== bob.sent || alice.sent !== serial) throw new Error('messages were lost');
totals.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    bench: 'edge: one MESSAGE in, delivered, answered',
    messages: serial,
    bestUs: round2(totals[0] ?? 0),
    medianUs: round2(totals[totals.length >> 1] ?? 0),
    bestByStepUs: {
      arrivalAndAppend: round2(best.arrival),
      delivery: round2(best.delivery),
      deviceAnswer: round2(best.answer),
      reply: round2(best.reply),
    },
  }),
);

function round2(us: number): number {
  return Math.round(us * 100) / 100;
}
