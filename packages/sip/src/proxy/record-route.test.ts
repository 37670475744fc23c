import { describe, expect, it } from 'vitest';
import { requestOf } from '../../testdata/fixtures.ts';
import { parseNameAddr } from '../name-addr.ts';
import { formatRecordRoute, formsDialog } from './record-route.ts';

describe('formatRecordRoute', () => {
  it('MUST be a SIP URI with lr (RFC 3261 §16.6 step 4)', () => {
    const value = formatRecordRoute({
      host: '[2001:db8::1]',
      port: 5070,
      user: 'e1.Zm9v',
      transport: 'TCP',
      params: ';rr',
    });
    expect(value).toBe('<sip:e1.Zm9v@[2001:db8::1]:5070;transport=tcp;lr;rr>');
    const parsed = parseNameAddr(value);
    expect(parsed.ok && parsed.value.uri.ok).toBe(true);
  });

  it('MUST name SCTP (RFC 4168 §4)', () => {
    const uri = { host: 'edge.example.com', port: 5060, user: 'e1.Zm9v', params: '' };
    const value = formatRecordRoute({ ...uri, transport: 'SCTP' });
    expect(value).toBe('<sip:e1.Zm9v@edge.example.com:5060;transport=sctp;lr>');
  });

  it('SHOULD NOT name a transport that nobody asked for (RFC 3261 §16.6 step 4)', () => {
    const value = formatRecordRoute({
      host: 'edge.example.com',
      port: 5060,
      user: 'e1.Zm9v',
      transport: 'UDP',
      params: '',
    });
    expect(value).toBe('<sip:e1.Zm9v@edge.example.com:5060;lr>');
  });

  it('MUST ask for TLS by sips, and MUST NOT by transport=tls (RFC 5630 §5.3)', () => {
    const uri = { host: 'edge.example.com', port: 5061, user: 'e1.Zm9v', params: '' };
    const value = formatRecordRoute({ ...uri, transport: 'TLS' });
    expect(value).toBe('<sips:e1.Zm9v@edge.example.com:5061;lr>');
  });

  it('MUST name a WebSocket by transport=ws, with sips when it is over TLS (RFC 7118 §5)', () => {
    const uri = { host: 'edge.example.com', port: 5066, user: 'e1.Zm9v', params: '' };
    expect(formatRecordRoute({ ...uri, transport: 'WS' })).toBe(
      '<sip:e1.Zm9v@edge.example.com:5066;transport=ws;lr>',
    );
    expect(formatRecordRoute({ ...uri, transport: 'WSS' })).toBe(
      '<sips:e1.Zm9v@edge.example.com:5066;transport=ws;lr>',
    );
  });
});

describe('formsDialog', () => {
  it.each([
    ['INVITE', '', true],
    ['SUBSCRIBE', '', true],
    ['REFER', '', true],
    ['NOTIFY', ';tag=1', true],
    ['INVITE', ';tag=1', false],
    ['SUBSCRIBE', ';tag=1', false],
    ['BYE', ';tag=1', false],
    ['OPTIONS', '', false],
  ])('%s with To tag "%s": %s (RFC 3261 §12.1, RFC 6665 §4.3)', (method, tag, expected) => {
    const request = requestOf(`${method} sip:b@e SIP/2.0\nTo: <sip:b@e>${tag}`);
    expect(formsDialog(request)).toBe(expected);
  });

  it('MUST NOT be recorded for a MESSAGE (RFC 3428 §6)', () => {
    expect(formsDialog(requestOf('MESSAGE sip:b@e SIP/2.0\nTo: <sip:b@e>'))).toBe(false);
  });
});
