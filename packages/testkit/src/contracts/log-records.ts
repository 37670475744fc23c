import type { LogRecord } from '@hermod/contracts';

/** A well-formed MESSAGE record for `aor`, distinguishable by `n`; its body holds every byte value.
 *  @param bytes size of head and body together, at least 400 */
export function messageRecord(aor: string, n: number, bytes = 700): LogRecord {
  const head =
    `MESSAGE ${aor} SIP/2.0\r\n` +
    `Via: SIP/2.0/TCP edge-a.example.com:5070;branch=z9hG4bK${n}x\r\n` +
    'Max-Forwards: 69\r\n' +
    `From: "J\u00fcrgen" <sip:bob@example.com>;tag=${n}\r\n` +
    `To: <${aor}>\r\n` +
    `Call-ID: ${n}@client.example.com\r\n` +
    `CSeq: ${n} MESSAGE\r\n` +
    'Content-Type: application/octet-stream\r\n' +
    '\r\n';
  const body = new Uint8Array(Math.max(0, bytes - head.length));
  for (let i = 0; i < body.length; i += 1) body[i] = (i + n) & 255;
  return {
    type: 'message',
    aor,
    deliveryId: String(n).padStart(22, 'd'),
    receivedAtMs: 1_700_000_000_000 + n,
    expiresAtMs: 0,
    flags: 1,
    head,
    body,
  };
}

/** The number given to {@link messageRecord}. */
export function recordNumber(record: LogRecord): number {
  return record.receivedAtMs - 1_700_000_000_000;
}
