import { describe, expect, it } from 'vitest';
import { clientRig, responseTo } from '../../testdata/client-rig.ts';
import { requestOf } from '../../testdata/fixtures.ts';
import type { SipResponse } from '../message.ts';
import { InviteClientTransaction } from './invite-client-transaction.ts';

const INVITE = requestOf(
  [
    'INVITE sip:bob@192.0.2.4 SIP/2.0',
    'Via: SIP/2.0/UDP proxy;branch=z9hG4bKp',
    'Via: SIP/2.0/UDP client;branch=z9hG4bKc',
    'Max-Forwards: 69',
    'Route: <sip:a;lr>, <sip:b;lr>',
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    'Call-ID: c1',
    'CSeq: 7 INVITE',
  ].join('\n'),
);

const response = (status: number): SipResponse => responseTo('INVITE', status);

function setUp(reliable: boolean) {
  return clientRig((options) => new InviteClientTransaction(options), INVITE, reliable);
}

describe('InviteClientTransaction', () => {
  it('MUST retransmit at T1 doubling without a cap over an unreliable transport, and give up at 64*T1 (RFC 3261 §17.1.1.2)', () => {
    const t = setUp(false);
    t.transaction.start();
    t.runTo(40_000);
    expect(t.sentAt()).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(t.events).toEqual(['timeout', 'terminated']);
    expect(t.timers.size).toBe(0);
  });

  it('MUST NOT retransmit over a reliable transport (RFC 3261 §17.1.1.2)', () => {
    const t = setUp(true);
    t.transaction.start();
    t.runTo(31_990);
    expect(t.events).toEqual([]);
    t.runTo(32_000);
    expect(t.methods()).toEqual(['INVITE']);
    expect(t.events).toEqual(['timeout', 'terminated']);
  });

  it('MUST neither retransmit nor time out in Proceeding (RFC 3261 §17.1.1.2)', () => {
    const t = setUp(false);
    t.transaction.start();
    t.runTo(100);
    t.transaction.receiveResponse(response(100));
    t.transaction.receiveResponse(response(180));
    t.runTo(170_000);
    expect(t.methods()).toEqual(['INVITE']);
    expect(t.events).toEqual(['response 100', 'response 180']);
    expect(t.transaction.state).toBe('proceeding');
    expect(t.timers.size).toBe(0);
  });

  it.each([true, false])(
    'MUST pass every 2xx to its user for 64*T1, reliable=%s, and nothing else (RFC 6026 §7.2)',
    (reliable) => {
      const t = setUp(reliable);
      t.transaction.start();
      t.transaction.receiveResponse(response(180));
      t.transaction.receiveResponse(response(200));
      t.transaction.receiveResponse(response(200));
      t.transaction.receiveResponse(response(180));
      t.transaction.receiveResponse(response(486));
      expect(t.transaction.state).toBe('accepted');
      expect(t.events).toEqual(['response 180', 'response 200', 'response 200']);
      t.runTo(31_990);
      t.transaction.receiveResponse(response(202));
      expect(t.events.at(-1)).toBe('response 202');
      t.runTo(32_000);
      expect(t.events.at(-1)).toBe('terminated');
      t.transaction.receiveResponse(response(200));
      expect(t.events.at(-1)).toBe('terminated');
      // RFC 3261 §13.2.2.4: the ACK of a 2xx is the caller's.
      expect(t.methods()).toEqual(['INVITE']);
      expect(t.timers.size).toBe(0);
    },
  );

  it('MUST acknowledge a refusal itself, and again for each repeat until Timer D (RFC 3261 §17.1.1.2)', () => {
    const t = setUp(false);
    t.transaction.start();
    t.runTo(100);
    t.transaction.receiveResponse(response(486));
    t.transaction.receiveResponse(response(486));
    t.transaction.receiveResponse(response(200));
    t.transaction.receiveResponse(response(180));
    expect(t.events).toEqual(['response 486']);
    expect(t.methods()).toEqual(['INVITE', 'ACK', 'ACK']);
    t.runTo(32_090);
    expect(t.transaction.state).toBe('completed');
    t.runTo(32_100);
    expect(t.events).toEqual(['response 486', 'terminated']);
    expect(t.timers.size).toBe(0);
  });

  it('MUST set Timer D to zero on a reliable transport (RFC 3261 §17.1.1.2)', () => {
    const t = setUp(true);
    t.transaction.start();
    t.transaction.receiveResponse(response(603));
    expect(t.methods()).toEqual(['INVITE', 'ACK']);
    expect(t.events).toEqual(['response 603', 'terminated']);
    expect(t.timers.size).toBe(0);
  });

  it('MUST send the ACK that RFC 3261 §17.1.1.3 describes', () => {
    const t = setUp(true);
    t.transaction.start();
    t.transaction.receiveResponse(response(404));
    expect(t.sent[1]?.head).toBe(
      [
        'ACK sip:bob@192.0.2.4 SIP/2.0',
        'Via: SIP/2.0/UDP proxy;branch=z9hG4bKp',
        'Route: <sip:a;lr>, <sip:b;lr>',
        'Max-Forwards: 70',
        'From: <sip:alice@example.com>;tag=1',
        'To: <sip:bob@example.com>;tag=2',
        'Call-ID: c1',
        'CSeq: 7 ACK',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('MUST report a transport error once, also one reported from within send (RFC 3261 §17.1.4)', () => {
    const late = setUp(true);
    late.transaction.start();
    late.transaction.receiveResponse(response(180));
    late.transaction.transportError();
    late.transaction.transportError();
    expect(late.events).toEqual(['response 180', 'transport error', 'terminated']);
    const atOnce = setUp(false);
    atOnce.breakFlow();
    atOnce.transaction.start();
    expect(atOnce.events).toEqual(['transport error', 'terminated']);
    expect(atOnce.timers.size).toBe(0);
  });

  it('MUST tell its user the refusal though the ACK cannot be sent', () => {
    const t = setUp(true);
    t.transaction.start();
    t.breakFlow();
    t.transaction.receiveResponse(response(486));
    expect(t.events).toEqual(['response 486', 'terminated']);
  });

  it('MUST end silently when abandoned, and treat a second start as a bug', () => {
    const t = setUp(false);
    t.transaction.start();
    expect(() => t.transaction.start()).toThrow('illegal transition');
    t.transaction.abandon();
    t.transaction.abandon();
    t.runTo(40_000);
    expect(t.events).toEqual(['terminated']);
    expect(t.methods()).toEqual(['INVITE']);
  });
});
