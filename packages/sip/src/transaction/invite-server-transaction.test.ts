import { describe, expect, it } from 'vitest';
import { requestOf } from '../../testdata/fixtures.ts';
import { buildResponse, type OutgoingMessage } from '../response.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { InviteServerTransaction } from './invite-server-transaction.ts';

function request(method = 'INVITE') {
  return requestOf(
    [
      `${method} sip:bob@example.com SIP/2.0`,
      'Via: SIP/2.0/UDP client;branch=z9hG4bKa;rport',
      'From: <sip:alice@example.com>;tag=1',
      'To: <sip:bob@example.com>',
      'Call-ID: c1',
      `CSeq: 1 ${method}`,
    ].join('\n'),
  );
}

function setUp(reliable: boolean) {
  const timers = new TimerWheel(0);
  const sent: OutgoingMessage[] = [];
  const events: string[] = [];
  const transaction = new InviteServerTransaction({
    request: request(),
    reliable,
    timers,
    via: 'SIP/2.0/UDP client;branch=z9hG4bKa;received=192.0.2.1;rport=5062',
    user: {
      onAck: () => void events.push('ack'),
      onTerminated: () => void events.push('terminated'),
    },
    send: (message) => void sent.push(message),
  });
  return {
    timers,
    sent,
    events,
    transaction,
    statuses: () => sent.map((message) => Number(message.head.slice(8, 11))),
  };
}

const answer = (status: number): OutgoingMessage =>
  buildResponse(request(), status, { toTag: 't' });

describe('InviteServerTransaction', () => {
  it('MUST repeat the last provisional response for a repeated INVITE (RFC 3261 §17.2.1)', () => {
    const t = setUp(false);
    t.transaction.receiveRetransmission();
    expect(t.statuses()).toEqual([]);
    t.transaction.trying();
    t.transaction.receiveRetransmission();
    t.transaction.provisional(answer(180));
    t.transaction.receiveRetransmission();
    expect(t.statuses()).toEqual([100, 100, 180, 180]);
    expect(t.sent[0]?.head).toContain(';received=192.0.2.1;rport=5062\r\n');
    expect(t.timers.size).toBe(0);
  });

  it('MUST repeat a refusal at T1 doubling to T2 until Timer H (RFC 3261 §17.2.1)', () => {
    const t = setUp(false);
    const sentAt: number[] = [];
    expect(t.transaction.refuse(answer(486))).toBe(true);
    for (let ms = 0; ms < 40_000; ms += 10) {
      const before = t.sent.length;
      t.timers.advance(ms);
      if (t.sent.length > before) sentAt.push(ms);
    }
    expect(sentAt).toEqual([
      500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(t.events).toEqual(['terminated']);
    expect(t.timers.size).toBe(0);
  });

  it('MUST NOT repeat a refusal over a reliable transport, and end by Timer H without an ACK (RFC 3261 §17.2.1)', () => {
    const t = setUp(true);
    t.transaction.refuse(answer(486));
    t.timers.advance(31_990);
    expect(t.statuses()).toEqual([486]);
    t.transaction.receiveRetransmission();
    expect(t.statuses()).toEqual([486, 486]);
    expect(t.events).toEqual([]);
    t.timers.advance(32_000);
    expect(t.events).toEqual(['terminated']);
  });

  it('MUST stop at the ACK and absorb its repeats until Timer I (RFC 3261 §17.2.1)', () => {
    const t = setUp(false);
    t.transaction.refuse(answer(486));
    t.timers.advance(100);
    t.transaction.receiveAck(request('ACK'));
    expect(t.transaction.state).toBe('confirmed');
    t.transaction.receiveAck(request('ACK'));
    t.transaction.receiveRetransmission();
    t.timers.advance(5_090);
    expect(t.statuses()).toEqual([486]);
    expect(t.events).toEqual([]);
    t.timers.advance(5_100);
    expect(t.events).toEqual(['terminated']);
    expect(t.timers.size).toBe(0);
  });

  it('MUST set Timer I to zero on a reliable transport (RFC 3261 §17.2.1)', () => {
    const t = setUp(true);
    t.transaction.refuse(answer(486));
    t.transaction.receiveAck(request('ACK'));
    expect(t.events).toEqual(['terminated']);
    expect(t.timers.size).toBe(0);
  });

  it.each([true, false])(
    'MUST send every 2xx for 64*T1, absorb the INVITE and hand ACKs up, reliable=%s (RFC 6026 §7.1)',
    (reliable) => {
      const t = setUp(reliable);
      t.transaction.trying();
      expect(t.transaction.accept(answer(200))).toBe(true);
      expect(t.transaction.state).toBe('accepted');
      t.transaction.receiveRetransmission();
      t.transaction.provisional(answer(180));
      expect(t.transaction.refuse(answer(486))).toBe(false);
      t.transaction.receiveAck(request('ACK'));
      expect(t.events).toEqual(['ack']);
      t.timers.advance(31_990);
      expect(t.transaction.accept(answer(200))).toBe(true);
      expect(t.statuses()).toEqual([100, 200, 200]);
      t.timers.advance(32_000);
      expect(t.events).toEqual(['ack', 'terminated']);
      expect(t.transaction.accept(answer(200))).toBe(false);
      expect(t.statuses()).toEqual([100, 200, 200]);
      expect(t.timers.size).toBe(0);
    },
  );

  it('MUST send one refusal only, and nothing after it (RFC 3261 §17.2.1)', () => {
    const t = setUp(true);
    t.transaction.refuse(answer(404));
    expect(t.transaction.refuse(answer(486))).toBe(false);
    expect(t.transaction.accept(answer(200))).toBe(false);
    t.transaction.provisional(answer(180));
    expect(t.statuses()).toEqual([404]);
  });

  it('MUST ignore an ACK while it has sent no final response', () => {
    const t = setUp(false);
    t.transaction.receiveAck(request('ACK'));
    expect(t.transaction.state).toBe('proceeding');
    expect(t.events).toEqual([]);
  });
});
