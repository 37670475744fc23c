import { parseMessage } from '@hermod/sip';
import { describe, expect, it } from 'vitest';
import { clientSource } from './client-source.ts';

function source(...vias: string[]) {
  const head = [
    'REGISTER sip:example.com SIP/2.0',
    ...vias.map((via) => `Via: ${via}`),
    'CSeq: 1 REGISTER',
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return clientSource(message.value);
}

describe('clientSource', () => {
  it('MUST take received, rport and transport of the bottom-most Via (RFC 3581 §4)', () => {
    expect(
      source(
        'SIP/2.0/TCP edge:5070;branch=z9hG4bKe;rport=1;received=9.9.9.9',
        'SIP/2.0/UDP h, SIP/2.0/UDP client;branch=z9hG4bKc;rport=40123;received=192.0.2.7',
      ),
    ).toMatchObject({ host: '192.0.2.7', port: 40123, transport: 'UDP' });
  });

  it('MUST take for seen what the edge wrote into the Via below its own, whatever the client claims', () => {
    const edge = 'SIP/2.0/TCP edge:5070;branch=z9hG4bKe';
    const device = 'SIP/2.0/TCP h;received=192.0.2.7';
    expect(source(edge, device)?.seenFrom).toBe('192.0.2.7');
    const claim = 'SIP/2.0/TCP h;received=10.0.0.5;rport=6379';
    expect(source(edge, device, claim)?.seenFrom).toBe('192.0.2.7');
    expect(source(edge, device, device, claim)?.seenFrom).toBe('192.0.2.7');
    expect(source(edge, 'SIP/2.0/TCP 192.0.2.9:5060', claim)?.seenFrom).toBe('192.0.2.9');
  });

  it('MUST take sent-by where there is no received', () => {
    expect(source('SIP/2.0/TCP 192.0.2.7:5062;rport=5062')).toEqual({
      host: '192.0.2.7',
      port: 5062,
      transport: 'TCP',
      seenFrom: '192.0.2.7',
    });
  });

  it('MUST NOT guess a port that was not asked for', () => {
    expect(source('SIP/2.0/TCP 192.0.2.7:5062;received=192.0.2.8')).toMatchObject({
      host: '192.0.2.8',
      port: undefined,
    });
    expect(source('SIP/2.0/TCP 192.0.2.7:5062;rport')?.port).toBeUndefined();
    expect(source(';;;')).toBeUndefined();
    expect(source()).toBeUndefined();
  });
});
