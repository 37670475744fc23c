import { describe, expect, it } from 'vitest';
import { parseMessage, type SipRequest } from '../message.ts';
import { buildResponse, type OutgoingMessage } from '../response.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { NonInviteServerTransaction } from './non-invite-server-transaction.ts';

const HEAD = [
  'MESSAGE sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP client;branch=z9hG4bKa;rport',
  'From: <sip:alice@example.com>;tag=1',
  'To: <sip:bob@example.com>',
  'Call-ID: c1',
  'CSeq: 1 MESSAGE',
  'Timestamp: 54',
  '',
  '',
].join('\r\n');

function request(): SipRequest {
  const message = parseMessage(HEAD, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

function setUp(reliable: boolean, via?: string) {
  const timers = new TimerWheel(0);
  const sent: OutgoingMessage[] = [];
  let terminated = 0;
  let failSend = false;
  const transaction = new NonInviteServerTransaction({
    request: request(),
    reliable,
    timers,
    user: { onTerminated: () => void terminated++ },
    ...(via === undefined ? {} : { via }),
    send(message) {
      sent.push(message);
      if (failSend) transaction.transportError();
    },
  });
  return {
    timers,
    sent,
    transaction,
    breakFlow: () => {
      failSend = true;
    },
    statuses: () => sent.map((message) => Number(message.head.slice(8, 11))),
    terminated: () => terminated,
  };
}

const answer = (status: number): OutgoingMessage =>
  buildResponse(request(), status, { toTag: 't' });

describe('NonInviteServerTransaction', () => {
  it('MUST drop retransmissions in Trying (RFC 3261 §17.2.2)', () => {
    const t = setUp(false);
    t.transaction.receiveRetransmission();
    expect(t.sent).toHaveLength(0);
    expect(t.transaction.state).toBe('trying');
  });

  it.each([true, false])(
    'MUST send 100 at 3.5 s if nothing else was sent, reliable=%s (RFC 4320 §4.1)',
    (reliable) => {
      const t = setUp(reliable);
      t.timers.advance(3_499);
      expect(t.statuses()).toEqual([]);
      t.timers.advance(3_500);
      expect(t.statuses()).toEqual([100]);
      expect(t.sent[0]?.head).toContain('\r\nTo: <sip:bob@example.com>\r\n');
      expect(t.sent[0]?.head).toContain('\r\nTimestamp: 54\r\n');
      expect(t.transaction.state).toBe('proceeding');
      t.transaction.receiveRetransmission();
      expect(t.statuses()).toEqual([100, 100]);
    },
  );

  it('MUST put the corrected Via into its own 100 (RFC 3581 §4)', () => {
    const t = setUp(false, 'SIP/2.0/UDP client;branch=z9hG4bKa;received=192.0.2.1;rport=5062');
    t.timers.advance(3_500);
    expect(t.sent[0]?.head).toContain(
      'Via: SIP/2.0/UDP client;branch=z9hG4bKa;received=192.0.2.1;rport=5062\r\n',
    );
  });

  it('MUST NOT send 100 after a final response (RFC 4320 §4.1)', () => {
    const t = setUp(false);
    expect(t.transaction.respond(answer(200))).toBe(true);
    t.timers.advance(10_000);
    expect(t.statuses()).toEqual([200]);
  });

  it('MUST repeat the final response and discard later ones in Completed, until Timer J (RFC 3261 §17.2.2)', () => {
    const t = setUp(false);
    t.transaction.respond(answer(200));
    expect(t.transaction.state).toBe('completed');
    t.timers.advance(31_990);
    t.transaction.receiveRetransmission();
    expect(t.transaction.respond(answer(500))).toBe(false);
    expect(t.statuses()).toEqual([200, 200]);
    expect(t.terminated()).toBe(0);
    t.timers.advance(32_000);
    expect(t.transaction.state).toBe('terminated');
    expect(t.terminated()).toBe(1);
    t.transaction.receiveRetransmission();
    expect(t.statuses()).toEqual([200, 200]);
    expect(t.timers.size).toBe(0);
  });

  it('MUST set Timer J to zero on a reliable transport (RFC 3261 §17.2.2)', () => {
    const t = setUp(true);
    expect(t.transaction.respond(answer(202))).toBe(true);
    expect(t.transaction.state).toBe('terminated');
    expect(t.terminated()).toBe(1);
    expect(t.timers.size).toBe(0);
    expect(t.transaction.respond(answer(200))).toBe(false);
  });

  it.each([true, false])(
    'MUST NOT send 408, and MUST NOT send a final response after 64*T1, reliable=%s (RFC 4320 §4.2)',
    (reliable) => {
      const t = setUp(reliable);
      t.timers.advance(31_999);
      expect(t.terminated()).toBe(0);
      t.timers.advance(32_000);
      expect(t.statuses()).toEqual([100]);
      expect(t.transaction.state).toBe('terminated');
      expect(t.terminated()).toBe(1);
      expect(t.transaction.respond(answer(200))).toBe(false);
      expect(t.statuses()).toEqual([100]);
    },
  );

  it('MUST end once when the flow is gone (RFC 3261 §17.2.4)', () => {
    const t = setUp(false);
    t.transaction.transportError();
    t.transaction.transportError();
    expect(t.terminated()).toBe(1);
    expect(t.timers.size).toBe(0);
    expect(t.transaction.respond(answer(200))).toBe(false);
  });

  it.each([true, false])(
    'MUST end once when sending the final response fails at once, reliable=%s',
    (reliable) => {
      const t = setUp(reliable);
      t.breakFlow();
      t.transaction.respond(answer(200));
      expect(t.transaction.state).toBe('terminated');
      expect(t.terminated()).toBe(1);
      expect(t.timers.size).toBe(0);
    },
  );
});
