// What the benches of digests and of access tokens have in common.
import type { Flow } from '@hermod/edge';
import { parseMessage, type SipRequest } from '@hermod/sip';

export const NO_BODY = new Uint8Array(0);

/** A flow that leads nowhere. */
export function newFlow(transport: Flow['transport'], host: string): Flow {
  const address = { address: host, port: 5060 };
  return {
    transport,
    reliable: transport !== 'UDP',
    local: address,
    remote: address,
    isOpen: true,
    send: () => true,
    close: () => undefined,
    keepFor: () => undefined,
    pauseReading: () => undefined,
    context: undefined,
  };
}

/** A MESSAGE of alice.  @param line with her credentials and its CRLF, or nothing */
export function requestWith(line: string): SipRequest {
  const head =
    'MESSAGE sip:bob@example.com SIP/2.0\r\n' +
    'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776sgdkse1\r\n' +
    'Max-Forwards: 70\r\n' +
    'From: <sip:alice@example.com>;tag=49583\r\n' +
    'To: <sip:bob@example.com>\r\n' +
    'Call-ID: asd88asd77a@192.0.2.10\r\n' +
    `CSeq: 1 MESSAGE\r\n${line}` +
    'Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n';
  const message = parseMessage(head, NO_BODY);
  if (!message.ok || message.value.kind !== 'request') throw new Error('bench head is wrong');
  return message.value;
}

/** @param us microseconds per request, a value for each round */
export function report(name: string, us: number[]): void {
  us.sort((a, b) => a - b);
  const [best = 0, median = 0] = [us[0], us[Math.floor(us.length / 2)]];
  console.log(`${name.padEnd(24)} best ${best.toFixed(2)} µs  median ${median.toFixed(2)} µs`);
}
