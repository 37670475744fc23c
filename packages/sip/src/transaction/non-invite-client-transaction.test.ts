import { describe, expect, it } from 'vitest';
import { parseMessage, type SipResponse } from '../message.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { NonInviteClientTransaction } from './non-invite-client-transaction.ts';

function response(status: number): SipResponse {
  const head = [
    `SIP/2.0 ${status} Reason`,
    'Via: SIP/2.0/UDP proxy;branch=z9hG4bKp',
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>;tag=2',
    'Call-ID: c1',
    'CSeq: 1 MESSAGE',
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'response') throw new Error('test response is broken');
  return message.value;
}

function setUp(reliable: boolean) {
  const timers = new TimerWheel(0);
  const events: string[] = [];
  const sentAt: number[] = [];
  let nowMs = 0;
  let failSend = false;
  const transaction = new NonInviteClientTransaction({
    message: { head: 'MESSAGE …', body: new Uint8Array(0) },
    reliable,
    timers,
    send() {
      sentAt.push(nowMs);
      if (failSend) transaction.transportError();
    },
    user: {
      onResponse: (r) => void events.push(`response ${r.status}`),
      onTimeout: () => void events.push('timeout'),
      onTransportError: () => void events.push('transport error'),
      onTerminated: () => void events.push('terminated'),
    },
  });
  return {
    transaction,
    timers,
    events,
    sentAt,
    breakFlow: () => {
      failSend = true;
    },
    runTo(untilMs: number) {
      while (nowMs < untilMs) {
        nowMs += 10;
        timers.advance(nowMs);
      }
    },
  };
}

describe('NonInviteClientTransaction', () => {
  it('MUST retransmit at T1 doubling to T2 and give up at 64*T1 over an unreliable transport (RFC 3261 §17.1.2.2)', () => {
    const t = setUp(false);
    t.transaction.start();
    t.runTo(40_000);
    expect(t.sentAt).toEqual([
      0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(t.events).toEqual(['timeout', 'terminated']);
    expect(t.transaction.state).toBe('terminated');
    expect(t.timers.size).toBe(0);
  });

  it('MUST NOT retransmit over a reliable transport, but time out at 64*T1 (RFC 3261 §17.1.2.2)', () => {
    const t = setUp(true);
    t.transaction.start();
    t.runTo(31_990);
    expect(t.events).toEqual([]);
    t.runTo(32_000);
    expect(t.sentAt).toEqual([0]);
    expect(t.events).toEqual(['timeout', 'terminated']);
  });

  it('MUST retransmit every T2 in Proceeding, with Timer F running on (RFC 3261 §17.1.2.2)', () => {
    const t = setUp(false);
    t.transaction.start();
    t.runTo(600);
    t.transaction.receiveResponse(response(100));
    expect(t.transaction.state).toBe('proceeding');
    t.runTo(40_000);
    expect(t.sentAt.slice(0, 5)).toEqual([0, 500, 1_500, 5_500, 9_500]);
    expect(t.events).toEqual(['response 100', 'timeout', 'terminated']);
  });

  it('MUST pass one final response up and absorb the rest for T4 over an unreliable transport (RFC 3261 §17.1.2.2)', () => {
    const t = setUp(false);
    t.transaction.start();
    t.runTo(100);
    t.transaction.receiveResponse(response(200));
    t.transaction.receiveResponse(response(200));
    t.transaction.receiveResponse(response(100));
    t.transaction.receiveResponse(response(500));
    expect(t.events).toEqual(['response 200']);
    expect(t.transaction.state).toBe('completed');
    t.runTo(5_090);
    expect(t.events).toEqual(['response 200']);
    t.runTo(5_100);
    expect(t.events).toEqual(['response 200', 'terminated']);
    expect(t.sentAt).toEqual([0]);
    expect(t.timers.size).toBe(0);
  });

  it('MUST set Timer K to zero on a reliable transport (RFC 3261 §17.1.2.2)', () => {
    const t = setUp(true);
    t.transaction.start();
    t.transaction.receiveResponse(response(404));
    expect(t.events).toEqual(['response 404', 'terminated']);
    t.transaction.receiveResponse(response(200));
    expect(t.events).toHaveLength(2);
    expect(t.timers.size).toBe(0);
  });

  it('MUST report a transport error once, also one reported from within send (RFC 3261 §17.1.4)', () => {
    const late = setUp(true);
    late.transaction.start();
    late.transaction.transportError();
    late.transaction.transportError();
    expect(late.events).toEqual(['transport error', 'terminated']);
    const atOnce = setUp(false);
    atOnce.breakFlow();
    atOnce.transaction.start();
    expect(atOnce.events).toEqual(['transport error', 'terminated']);
    expect(atOnce.timers.size).toBe(0);
    atOnce.runTo(40_000);
    expect(atOnce.sentAt).toEqual([0]);
  });

  it('MUST NOT report a transport error after the final response', () => {
    const t = setUp(false);
    t.transaction.start();
    t.transaction.receiveResponse(response(200));
    t.transaction.transportError();
    expect(t.events).toEqual(['response 200', 'terminated']);
  });

  it('MUST end silently when abandoned', () => {
    const t = setUp(false);
    t.transaction.start();
    t.transaction.abandon();
    t.transaction.abandon();
    t.runTo(40_000);
    expect(t.events).toEqual(['terminated']);
    expect(t.sentAt).toEqual([0]);
  });

  it('MUST treat a second start as a bug', () => {
    const t = setUp(true);
    t.transaction.start();
    expect(() => t.transaction.start()).toThrow('illegal transition');
  });
});
