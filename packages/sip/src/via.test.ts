import { describe, expect, it } from 'vitest';
import { formatVia } from '../testdata/fixtures.ts';
import { parseVia, type Via } from './via.ts';

function via(text: string): Via {
  const value = parseVia(text);
  if (!value.ok) throw new Error(`${text}: ${value.reason} at ${value.at}`);
  return value.value;
}

describe('parseVia', () => {
  it('MUST parse the fields (RFC 3261 §20.42)', () => {
    const value = via(
      'SIP/2.0/UDP Host.Example.com:5070;branch=z9hG4bK1;received=2001:db8::1;rport=1234;ttl=3',
    );
    expect(value).toMatchObject({
      protocol: 'SIP/2.0',
      transport: 'UDP',
      host: 'host.example.com',
      port: 5070,
      branch: 'z9hG4bK1',
      received: '2001:db8::1',
      rport: 1234,
      sentBy: 'host.example.com:5070',
    });
  });

  it('MUST take white space around "/", ":" , ";" and "=" (RFC 3261 §25.1)', () => {
    const value = via('sip / 2.0\t/ tcp   [::1]\t: 5060 ; branch = z9hG4bK2 ; rport');
    expect(formatVia(value)).toBe('SIP/2.0/TCP [::1]:5060;branch=z9hG4bK2;rport');
    expect(value.rport).toBe(true);
  });

  it('MUST take transports it does not know, and quoted parameters with commas (RFC 7339)', () => {
    const value = via('SIP/2.0/TLS-SCTP h;oc-algo="loss,A";oc');
    expect([value.transport, value.params.get('oc-algo'), value.params.get('oc')]).toEqual([
      'TLS-SCTP',
      'loss,A',
      true,
    ]);
  });

  it('MUST NOT take nonsense for a port in rport (RFC 3581 §4)', () => {
    expect(via('SIP/2.0/UDP h;rport=x').rport).toBe(undefined);
    expect(via('SIP/2.0/UDP h;rport=70000').rport).toBe(undefined);
  });

  it.each([
    '',
    'SIP',
    'SIP/2.0',
    'SIP/2.0/UDP',
    'SIP/2.0/UDPh',
    'SIP/2.0/UDP ',
    'SIP/2.0/UDP h:',
    'SIP/2.0/UDP h:0',
    'SIP/2.0/UDP h:99999',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP [::1',
    'SIP/2.0/UDP h x',
    'SIP/2.0/UDP h;',
    'SIP/2.0/UDP h;;branch=x',
    'SIP/2.0/UDP h;branch=',
    'SIP/2.0/UDP h;branch="x',
    'SIP/2.0/UDP h;branch=a;branch=b',
    'SIP//UDP h',
    '/2.0/UDP h',
    'SIP/2.0/UDP h, SIP/2.0/UDP i',
  ])('MUST refuse %j with 400', (text) => {
    expect(parseVia(text)).toMatchObject({ ok: false, code: 'SIP_BAD_VIA', status: 400 });
  });
});
