import { RecordFlag } from '@hermod/contracts';
import { formatSipDate, H, parseError, salvageRequest } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  asRequest,
  deliveryOf,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
} from '../../test/edge-world.ts';

let world: EdgeWorld;
let flow: FakeFlow;

beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
  flow = new FakeFlow();
});

function send(parts: MessageParts = {}): void {
  world.receive(flow, messageText(parts));
}

function lastRecord() {
  const record = world.log.records.at(-1);
  if (record === undefined) throw new Error('nothing was appended');
  return record;
}

describe('the record', () => {
  test('MUST carry our Via above the client completed one (design §2, RFC 3581 §4)', () => {
    send();
    const vias = asRequest(lastRecord()).all(H.VIA);
    expect(vias[0]).toMatch(/^SIP\/2\.0\/TCP 192\.0\.2\.1:5070;branch=z9hG4bK[^;]+$/);
    expect(vias[1]).toBe(
      'SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc1;rport=40000;received=198.51.100.7',
    );
    expect(vias).toHaveLength(2);
  });

  test('MUST keep further Via values of the same row', () => {
    send({ via: 'SIP/2.0/TCP 198.51.100.7;branch=z9hG4bKa, SIP/2.0/UDP inner;branch=z9hG4bKb' });
    expect(asRequest(lastRecord()).values(H.VIA).slice(1)).toEqual([
      'SIP/2.0/TCP 198.51.100.7;branch=z9hG4bKa',
      'SIP/2.0/UDP inner;branch=z9hG4bKb',
    ]);
  });

  test('MUST replace a received that the client claims (RFC 3261 §18.2.1)', () => {
    send({ via: 'SIP/2.0/TCP c.example;received=203.0.113.66;branch=z9hG4bKa' });
    expect(asRequest(lastRecord()).values(H.VIA)[1]).toBe(
      'SIP/2.0/TCP c.example;branch=z9hG4bKa;received=198.51.100.7',
    );
  });

  test('MUST compare an IPv6 sent-by with the source without brackets (RFC 5118 §4.5)', () => {
    flow = new FakeFlow('TCP', '2001:db8::9', 5060);
    send({ via: 'SIP/2.0/TCP [2001:db8::9]:5060;branch=z9hG4bKa' });
    expect(asRequest(lastRecord()).values(H.VIA)[1]).toBe(
      'SIP/2.0/TCP [2001:db8::9]:5060;branch=z9hG4bKa',
    );
  });

  test('MUST leave head and body else as they came', () => {
    send({
      headers: ['X-Odd:   spaced , value', 'Date: Sun, 22 Nov 2026 12:00:00 GMT'],
      body: 'a\u0000\u00ffb',
    });
    const request = asRequest(lastRecord());
    expect(request.head).toContain('\r\nX-Odd:   spaced , value\r\n');
    expect([...lastRecord().body]).toEqual([97, 0, 255, 98]);
  });

  test('MUST have Max-Forwards one lower, or 70 (RFC 3261 §16.6 step 3)', () => {
    send({ maxForwards: '1' });
    expect(asRequest(lastRecord()).get(H.MAX_FORWARDS)).toBe('0');
    world.receive(
      flow,
      messageText({ via: 'SIP/2.0/TCP c;branch=z9hG4bK2' }).replace('Max-Forwards: 70\n', ''),
    );
    expect(asRequest(lastRecord()).get(H.MAX_FORWARDS)).toBe('70');
  });

  test('MUST be keyed by the canonical AoR (design §3, AoR)', () => {
    send({ uri: 'sip:B%6fb;x@ALIAS.example.com:5070;user=phone' });
    expect(lastRecord().aor).toBe('sip:Bob;x@example.com');
  });

  test('MUST have one delivery id for a repeat on another connection, another for a new CSeq', () => {
    send({ via: 'SIP/2.0/TCP c;branch=z9hG4bK1x' });
    send({ via: 'SIP/2.0/TCP d;branch=z9hG4bK2x' });
    send({ via: 'SIP/2.0/TCP d;branch=z9hG4bK3x', cseq: '2 MESSAGE' });
    const ids = world.log.records.map((record) => record.deliveryId);
    expect(ids[0]).toHaveLength(22);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  test('MUST lose our Route values (RFC 3261 §16.4)', () => {
    send({ headers: ['Route: <sip:192.0.2.1:5060;lr>', 'Route: <sip:example.com;lr>'] });
    expect(asRequest(lastRecord()).has(H.ROUTE)).toBe(false);
  });

  test('MUST get the last Route value as Request-URI when a strict router sent it (RFC 3261 §16.4)', () => {
    send({ uri: 'sip:192.0.2.1:5060;lr', headers: ['Route: <sip:bob@example.com>'] });
    expect(asRequest(lastRecord()).requestUri).toBe('sip:bob@example.com');
    expect(asRequest(lastRecord()).has(H.ROUTE)).toBe(false);
  });
});

describe('an address of ours', () => {
  test.each(['[2001:db8::1]:5066', '[2001:DB8:0:0::0:1]:5066', '192.0.2.1', '192.0.2.1:5070'])(
    'MUST be that of any listener or of the trunk: %s (RFC 3261 §16.4)',
    (address) => {
      send({ headers: [`Route: <sip:${address};lr>`] });
      expect(asRequest(lastRecord()).has(H.ROUTE)).toBe(false);
      send({ uri: `sip:carol@${address}`, via: 'SIP/2.0/TCP c.example;branch=z9hG4bK2' });
      expect(lastRecord().aor).toBe('sip:carol@example.com');
      send({ method: 'OPTIONS', uri: `sip:${address}`, body: '' });
      expect(flow.statuses).toEqual([200]);
    },
  );

  test('MAY stand in a maddr, which must not be anybody else’s (RFC 3261 §16.4, §16.5)', () => {
    send({ uri: 'sip:bob@example.com;maddr=192.0.2.1' });
    expect(asRequest(lastRecord()).requestUri).toBe('sip:bob@example.com');
    const via = 'SIP/2.0/TCP c.example;branch=z9hG4bKm';
    for (const method of ['MESSAGE', 'REGISTER', 'OPTIONS']) {
      const user = method === 'MESSAGE' ? 'bob@' : '';
      const uri = `sip:${user}example.com;maddr=203.0.113.9`;
      send({ method, uri, via, body: '' });
    }
    expect(flow.statuses).toEqual([403, 403, 403]);
    expect(world.log.records).toHaveLength(1);
  });

  test('MUST NOT be another port of it', () => {
    send({ uri: 'sip:bob@192.0.2.1:9' });
    expect(flow.statuses).toEqual([403]);
  });
});

describe('expiry (RFC 3428 §4, §7)', () => {
  const date = (offsetMs: number) => `Date: ${formatSipDate(world.now() + offsetMs)}`;

  test.each([
    ['no Expires', [], 0, 0],
    ['Expires alone: from receipt', ['Expires: 60'], 60_000, 0],
    ['nonsense: as if absent', ['Expires: soon'], 0, 0],
    ['too large: as if absent', ['Expires: 99999999999'], 0, 0],
    ['Expires: 0: one try, never stored', ['Expires: 0'], 32_000, RecordFlag.NO_STORE],
  ] as const)('MUST follow the rule for %s', (_name, headers, after, flags) => {
    send({ headers });
    expect(lastRecord().expiresAtMs).toBe(after === 0 ? 0 : world.now() + after);
    expect(lastRecord().flags).toBe(flags | RecordFlag.AUTHENTICATED);
  });

  test('MUST count from Date when it is within five minutes of receipt', () => {
    send({ headers: [date(-100_000), 'Expires: 160'] });
    expect(lastRecord().expiresAtMs).toBe(world.now() + 60_000);
    send({ headers: [date(-301_000), 'Expires: 160'], via: 'SIP/2.0/TCP c;branch=z9hG4bK2' });
    expect(lastRecord().expiresAtMs).toBe(world.now() + 160_000);
  });

  test('MUST answer 480 to what is over already (design §3.2)', () => {
    send({ headers: [date(-100_000), 'Expires: 99'] });
    expect(flow.statuses).toEqual([480]);
    expect(world.log.records).toHaveLength(0);
  });

  test('MUST NOT store "is typing" (RFC 3994)', () => {
    send({ headers: ['Content-Type: Application/im-iscomposing+XML;charset=utf-8', 'Expires: 9'] });
    expect(lastRecord().flags).toBe(RecordFlag.NO_STORE | RecordFlag.AUTHENTICATED);
    expect(lastRecord().expiresAtMs).toBe(world.now() + 9_000);
    send({
      headers: ['Content-Type: application/im-iscomposing+xmlish'],
      cseq: '2 MESSAGE',
      via: 'SIP/2.0/TCP c;branch=z9hG4bK2',
    });
    expect(lastRecord().flags).toBe(RecordFlag.AUTHENTICATED);
  });
});

describe('refusals', () => {
  test.each<[string, MessageParts, number]>([
    ['another domain (design §3 outcomes)', { uri: 'sip:bob@other.example' }, 403],
    ['a further Route', { headers: ['Route: <sip:192.0.2.1:5060;lr>, <sip:x.example;lr>'] }, 403],
    ['the domain itself', { uri: 'sip:example.com' }, 404],
    ['an unknown scheme (RFC 3261 §16.3 step 2)', { uri: 'soap.beep://x' }, 416],
    ['Max-Forwards 0 (RFC 3261 §16.3 step 3)', { maxForwards: '0' }, 483],
    ['an unknown Proxy-Require (RFC 3261 §16.3 step 5)', { headers: ['Proxy-Require: foo'] }, 420],
    ['a CSeq of another method (RFC 3261 §8.1.1.5)', { cseq: '1 INVITE' }, 400],
    ['a second Call-ID', { headers: ['Call-ID: again'] }, 400],
    ['a bad Request-URI', { uri: 'sip:bob@%65xample.com' }, 400],
  ])('MUST refuse %s', (_name, parts, status) => {
    send(parts);
    expect(flow.statuses).toEqual([status]);
    expect(world.log.records).toHaveLength(0);
    expect(world.edge.gauges.serverTransactions).toBe(0);
    expect(world.edge.stats.rejected).toBe(1);
  });

  test('MUST list unsupported tags in a 420 (RFC 3261 §16.3 step 5)', () => {
    send({ headers: ['Proxy-Require: foo, bar'] });
    expect(flow.responses[0]?.get(H.UNSUPPORTED)).toBe('foo, bar');
  });

  test('MUST refuse a body over the cap with 413, a message over it with 513', () => {
    world = new EdgeWorld(new VirtualClock(), { maxBodyBytes: 100, maxMessageBytes: 400 });
    send({ body: 'x'.repeat(101) });
    send({ headers: [`Subject: ${'y'.repeat(300)}`] });
    expect(flow.statuses).toEqual([413, 513]);
  });

  test('MUST refuse a head that would outgrow the framers on its way (513, 400)', () => {
    world = new EdgeWorld(new VirtualClock(), { maxHeadBytes: 400, maxHeaderRows: 12 });
    send({ headers: [`Subject: ${'y'.repeat(300)}`] });
    send({ headers: Array.from({ length: 12 }, () => 'X: y') });
    send();
    expect(flow.statuses).toEqual([513, 400]);
    expect(world.log.records).toHaveLength(1);
  });

  test('MUST answer 482 to its own request come back (RFC 5393 §4.2)', () => {
    send();
    const record = lastRecord();
    world.receive(flow, `${record.head.trim().replaceAll('\r\n', '\n')}|hello`);
    expect(flow.statuses).toEqual([482]);
  });

  test('MUST let a spiral pass: the same message with another Request-URI (RFC 5393 §4.2)', () => {
    send();
    const head = lastRecord().head.trim().replaceAll('\r\n', '\n');
    world.receive(flow, `${head.replace('sip:bob@example.com', 'sip:carol@example.com')}|hello`);
    expect(flow.statuses).toEqual([]);
    expect(world.log.records).toHaveLength(2);
  });

  test('MUST answer with the same To tag when it comes again (RFC 3261 §8.2.7)', () => {
    send({ maxForwards: '0' });
    send({ maxForwards: '0' });
    const tags = flow.responses.map((response) => (response.to.ok ? response.to.value.tag : ''));
    expect(tags[0]).toBeTruthy();
    expect(tags[1]).toBe(tags[0]);
  });
});

describe('other methods', () => {
  test.each(['INVITE', 'SUBSCRIBE', 'BYE', 'FROBNICATE'])(
    'MUST answer 405 with Allow to %s for the edge itself (RFC 3261 §8.2.1)',
    (method) => {
      send({ method, uri: 'sip:example.com' });
      expect(flow.statuses).toEqual([405]);
      expect(flow.responses[0]?.get(H.ALLOW)).toBe('MESSAGE, REGISTER, OPTIONS, CANCEL');
    },
  );

  test.each(['SIP/2.0/TCP c.example;branch=z9hG4bKa', 'SIP/2.0/TCP 192.0.2.15;;,;,,'])(
    'MUST never answer an ACK (RFC 3261 §17.1.1.3), whatever its Via: %s',
    (via) => {
      send({ method: 'ACK', via });
      expect(flow.sent).toEqual([]);
      expect(world.edge.stats.dropped).toBe(1);
    },
  );

  test.each([
    ['to the domain', { uri: 'sip:example.com' }, 200],
    ['to our address', { uri: 'sip:192.0.2.1:5060' }, 200],
    ['to a user of ours, who is not there', { uri: 'sip:bob@example.com' }, 480],
    ['with Max-Forwards 0', { uri: 'sip:x@other.example', maxForwards: '0' }, 200],
    ['to another domain', { uri: 'sip:x@other.example' }, 403],
  ] as const)('OPTIONS %s', async (_name, parts, status) => {
    send({ method: 'OPTIONS', ...parts });
    await world.settle();
    expect(flow.statuses).toEqual([status]);
    if (status !== 200) return;
    expect(flow.responses[0]?.has(H.ALLOW)).toBe(true);
    expect(flow.responses[0]?.has(H.ACCEPT)).toBe(true);
    expect(flow.responses[0]?.has(H.SUPPORTED)).toBe(true);
  });

  test('OPTIONS MUST be answered with all that this element takes (RFC 3261 §11.2)', () => {
    send({ method: 'OPTIONS', uri: 'sip:example.com', body: '' });
    const head = flow.sent[0]?.head ?? '';
    for (const line of ['Allow: MESSAGE, ', 'Accept: */*', 'Supported: '])
      expect(head).toContain(line);
    expect(head).toContain('\r\nAccept-Encoding: *\r\n');
    expect(head).toContain('\r\nAccept-Language: *\r\n');
  });

  test('MUST answer 200 to the CANCEL of a pending MESSAGE, without effect on it (RFC 3261 §9.2)', () => {
    send();
    send({ method: 'CANCEL', cseq: '1 CANCEL' });
    expect(flow.statuses).toEqual([200]);
    world.edge.reply(world.lastBranch, 200, undefined);
    expect(flow.responses.map((response) => response.cseq)).toMatchObject([
      { value: { method: 'CANCEL' } },
      { value: { method: 'MESSAGE' } },
    ]);
  });

  test('MUST answer 481 to a CANCEL that matches nothing (RFC 3261 §9.2)', () => {
    send({ method: 'CANCEL', cseq: '1 CANCEL' });
    expect(flow.statuses).toEqual([481]);
  });
});

describe('the way back', () => {
  test('MUST be the source address and the port of sent-by without rport (RFC 3261 §18.2.2)', async () => {
    const udp = new FakeFlow('UDP', '198.51.100.7', 40_000);
    const back = new FakeFlow('UDP', '198.51.100.7', 5066);
    world.connector.flows.set('UDP 198.51.100.7:5066', back);
    world.receive(udp, messageText({ via: 'SIP/2.0/UDP 10.1.1.1:5066;branch=z9hG4bKa' }));
    world.edge.reply(world.lastBranch, 200, undefined);
    await world.settle();
    expect(udp.sent).toEqual([]);
    expect(back.statuses).toEqual([200]);
  });

  test('MUST be the source address and port with rport (RFC 3581 §4)', () => {
    const udp = new FakeFlow('UDP', '198.51.100.7', 40_000);
    world.receive(udp, messageText({ via: 'SIP/2.0/UDP 10.1.1.1:5066;branch=z9hG4bKa;rport' }));
    world.edge.reply(world.lastBranch, 200, undefined);
    expect(udp.statuses).toEqual([200]);
  });

  test('SHOULD be the source where sent-by names our own socket', () => {
    const local = new FakeFlow('UDP', '127.0.0.1', 40_000);
    world.receive(local, messageText({ via: 'SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKa' }));
    world.edge.reply(world.lastBranch, 200, undefined);
    expect(local.statuses).toEqual([200]);
    expect(world.connector.asked).toEqual([]);
  });

  test('SHOULD be a new connection to sent-by when the stream has closed (RFC 3261 §18.2.2)', async () => {
    const again = new FakeFlow('TCP', '198.51.100.7', 5066);
    world.connector.flows.set('TCP 198.51.100.7:5066', again);
    send({ via: 'SIP/2.0/TCP 198.51.100.7:5066;branch=z9hG4bKa' });
    flow.isOpen = false;
    world.edge.onClosed(flow);
    world.edge.reply(world.lastBranch, 200, undefined);
    await world.settle();
    expect(again.statuses).toEqual([200]);
  });

  test('MUST NOT be anywhere when a WebSocket has closed: nobody can connect to a browser (RFC 7118 §5)', async () => {
    const browser = new FakeFlow('WS', '198.51.100.7', 5066);
    world.connector.flows.set('TCP 198.51.100.7:80', new FakeFlow());
    world.receive(browser, messageText({ via: 'SIP/2.0/WS a.invalid;branch=z9hG4bKa' }));
    browser.isOpen = false;
    world.edge.onClosed(browser);
    world.edge.reply(world.lastBranch, 200, undefined);
    await world.settle();
    expect(world.connector.asked).toEqual([]);
    expect(world.edge.stats.replyPathFailures).toBe(1);
  });

  test('MUST be the half of a stream that its sender has left open, and nothing else may use it', async () => {
    const token = world.tokens.tokenOf(flow) ?? '';
    send();
    const first = world.lastBranch;
    send({ via: 'SIP/2.0/TCP client.invalid:5060;branch=z9hG4bKc2;rport', callId: 'c2' });
    expect(world.edge.onPeerEnded(flow)).toBe(true);
    const finals: number[] = [];
    const delivery = deliveryOf({ flowToken: token, flowBound: true });
    world.edge.deliver(delivery, (status) => finals.push(status));
    expect(finals).toEqual([430]);
    world.edge.reply(first, 200, undefined);
    expect([flow.statuses, flow.isOpen]).toEqual([[200], true]);
    world.edge.reply(world.lastBranch, 404, undefined);
    expect([flow.statuses, flow.isOpen]).toEqual([[200, 404], false]);
    expect(world.edge.onPeerEnded(new FakeFlow())).toBe(false);
  });

  test('MUST NOT be a new connection when the queue of the stream is full', async () => {
    send();
    flow.isFull = true;
    world.edge.reply(world.lastBranch, 200, undefined);
    await world.settle();
    expect(world.connector.asked).toEqual([]);
    expect(world.edge.stats.replyPathFailures).toBe(1);
  });

  test('SHOULD count a response that cannot be sent', async () => {
    const udp = new FakeFlow('UDP');
    world.receive(udp, messageText({ via: 'SIP/2.0/UDP 10.1.1.1:5066;branch=z9hG4bKa' }));
    world.edge.reply(world.lastBranch, 200, undefined);
    await world.settle();
    expect(world.edge.stats.replyPathFailures).toBe(1);
  });
});

describe('what cannot be framed', () => {
  const error = parseError('SIP_BODY_TOO_LARGE', 0, 'Request Entity Too Large', 413);

  test('SHOULD be answered when the head can be read', () => {
    const partial = salvageRequest(
      `${messageText().split('|')[0]?.replaceAll('\n', '\r\n')}\r\n\r\n`,
    );
    world.edge.onFramingError(flow, error, partial);
    expect(flow.statuses).toEqual([413]);
  });

  test('MUST be dropped otherwise (RFC 3261 §18.3)', () => {
    world.edge.onFramingError(flow, error, undefined);
    expect(flow.sent).toEqual([]);
    expect(world.edge.stats.dropped).toBe(1);
  });

  test('MUST close a stream whose request has no Via to answer by', () => {
    const text = messageText().replace(/Via: .*\n/, '');
    world.receive(flow, text);
    expect(flow.sent).toEqual([]);
    expect(flow.isOpen).toBe(false);
  });

  test('SHOULD answer 400 to a Via that cannot be parsed (RFC 4475 §3.1.2.1)', () => {
    send({ via: 'SIP/2.0/TCP 192.0.2.15;;,;,,' });
    expect(flow.statuses).toEqual([400]);
  });
});

describe('draining (design §4 rule 10)', () => {
  test('MUST refuse new requests, and be done when nothing is in flight', async () => {
    send();
    let isDone: boolean | undefined;
    const drained = world.edge.drain(10_000).then((done) => {
      isDone = done;
    });
    send({ via: 'SIP/2.0/TCP c;branch=z9hG4bKnew' });
    expect(flow.statuses).toEqual([503]);
    await world.clock.advanceAsync(100);
    expect(isDone).toBeUndefined();
    world.edge.reply(world.lastBranch, 200, undefined);
    await world.clock.advanceAsync(50);
    await drained;
    expect(isDone).toBe(true);
    expect(flow.statuses).toEqual([503, 200]);
  });

  test('SHOULD NOT wait the whole grace for a silent device', async () => {
    world.edge.onOpen(flow);
    const flowToken = world.tokens.tokenOf(flow) ?? '';
    world.edge.deliver(deliveryOf({ flowToken }), () => undefined);
    const drained = world.edge.drain(10_000);
    await world.clock.advanceAsync(2_600);
    expect(await drained).toBe(true);
  });

  test('MUST answer 202 for what is durable when the grace is over', async () => {
    send();
    const drained = world.edge.drain(1_000);
    await world.clock.advanceAsync(1_100);
    expect(await drained).toBe(false);
    expect(flow.statuses).toEqual([202]);
  });

  test('MUST NOT answer 202 for what is not durable yet, also when the grace is over (design §4 rule 1)', async () => {
    world.log.mode = 'hold';
    send();
    const drained = world.edge.drain(1_000);
    await world.clock.advanceAsync(1_100);
    expect(await drained).toBe(false);
    expect(flow.statuses).toEqual([]);
    world.log.release();
    await world.clock.advanceAsync(10);
    expect(flow.statuses).toEqual([202]);
  });
});
