import { describe, expect, it } from 'vitest';
import { clientRig, responseTo } from '../../testdata/client-rig.ts';
import type { SipResponse } from '../message.ts';
import { NonInviteClientTransaction } from './non-invite-client-transaction.ts';

const MESSAGE = { head: 'MESSAGE …', body: new Uint8Array(0) };

const response = (status: number): SipResponse => responseTo('MESSAGE', status);

function setUp(reliable: boolean) {
  return clientRig((options) => new NonInviteClientTransaction(options), MESSAGE, reliable);
}

describe('NonInviteClientTransaction', () => {
  it('MUST retransmit at T1 doubling to T2 and give up at 64*T1 over an unreliable transport (RFC 3261 §17.1.2.2)', () => {
    const t = setUp(false);
    t.transaction.start();
    t.runTo(40_000);
    expect(t.sentAt()).toEqual([
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
    expect(t.sentAt()).toEqual([0]);
    expect(t.events).toEqual(['timeout', 'terminated']);
  });

  it('MUST retransmit every T2 in Proceeding, with Timer F running on (RFC 3261 §17.1.2.2)', () => {
    const t = setUp(false);
    t.transaction.start();
    t.runTo(600);
    t.transaction.receiveResponse(response(100));
    expect(t.transaction.state).toBe('proceeding');
    t.runTo(40_000);
    expect(t.sentAt().slice(0, 5)).toEqual([0, 500, 1_500, 5_500, 9_500]);
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
    expect(t.sentAt()).toEqual([0]);
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
    expect(atOnce.sentAt()).toEqual([0]);
  });

  it('MUST NOT report a transport error after the final response', () => {
    const t = setUp(false);
    t.transaction.start();
    t.transaction.receiveResponse(response(200));
    t.transaction.transportError();
    expect(t.events).toEqual(['response 200', 'terminated']);
  });

  it('MUST treat a second start as a bug', () => {
    const t = setUp(true);
    t.transaction.start();
    expect(() => t.transaction.start()).toThrow('illegal transition');
  });
});
