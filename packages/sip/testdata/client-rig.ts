import type { SipResponse } from '../src/message.ts';
import type { OutgoingMessage } from '../src/response.ts';
import { TimerWheel } from '../src/timer-wheel.ts';
import type { NonInviteClientOptions } from '../src/transaction/non-invite-client-transaction.ts';
import { responseOf } from './fixtures.ts';

/** A client transaction on a virtual clock, with all that it sends and tells its user.
 *  @param make of its options the transaction, not yet started */
export function clientRig<T extends { transportError(): void }>(
  make: (options: NonInviteClientOptions) => T,
  message: OutgoingMessage,
  reliable: boolean,
) {
  const timers = new TimerWheel(0);
  const events: string[] = [];
  const sent: { readonly method: string; readonly atMs: number; readonly head: string }[] = [];
  let nowMs = 0;
  let failSend = false;
  const transaction = make({
    message,
    reliable,
    timers,
    send({ head }) {
      sent.push({ method: head.slice(0, head.indexOf(' ')), atMs: nowMs, head });
      if (failSend) transaction.transportError();
    },
    user: {
      onResponse: ({ status }) => void events.push(`response ${status}`),
      onTimeout: () => void events.push('timeout'),
      onTransportError: () => void events.push('transport error'),
      onTerminated: () => void events.push('terminated'),
    },
  });
  return {
    transaction,
    timers,
    events,
    sent,
    methods: () => sent.map(({ method }) => method),
    sentAt: () => sent.map(({ atMs }) => atMs),
    /** Every `send` from now on fails. */
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

/** A response to the request of a proxy, both Vias on it. */
export function responseTo(method: string, status: number): SipResponse {
  return responseOf(
    [
      `SIP/2.0 ${status} Reason`,
      'Via: SIP/2.0/UDP proxy;branch=z9hG4bKp',
      'Via: SIP/2.0/UDP client;branch=z9hG4bKc',
      'From: <sip:alice@example.com>;tag=1',
      'To: <sip:bob@example.com>;tag=2',
      'Call-ID: c1',
      `CSeq: 7 ${method}`,
    ].join('\n'),
  );
}
