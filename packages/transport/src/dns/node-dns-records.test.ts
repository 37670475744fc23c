import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parseUri, type SipUri } from '@hermod/sip';
import { type DnsServer, startDns } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DnsLocator } from './dns-locator.ts';
import { NodeDnsRecords } from './node-dns-records.ts';

const ZONE = [
  'example.com NAPTR 10 50 s SIP+D2T _sip._tcp.example.com',
  'example.com NAPTR 20 50 s SIP+D2U _sip._udp.example.com',
  '_sip._tcp.example.com SRV 10 0 5062 a.example.com',
  '_sip._tcp.example.com SRV 20 0 5064 alias.example.com',
  'a.example.com A 192.0.2.1 60',
  'b.example.com A 192.0.2.2 60',
  'b.example.com AAAA 2001:db8::2 60',
  'alias.example.com CNAME b.example.com',
  'short.example.com A 192.0.2.3 1',
  '_sip._tcp.none.example.com SRV 0 0 0 .',
  'none.example.com A 192.0.2.4',
];

function uriOf(text: string): SipUri {
  const parsed = parseUri(text);
  if (!parsed.ok || parsed.value.kind !== 'sip') throw new Error(text);
  return parsed.value;
}

describe('NodeDnsRecords, against a real DNS server', () => {
  let server: DnsServer;
  beforeAll(async () => {
    server = await startDns(ZONE);
  }, 120_000);
  afterAll(() => server.stop());

  const recordsOf = (): NodeDnsRecords => new NodeDnsRecords({ servers: [server.address] });

  it('MUST find NAPTR, SRV, CNAME, A and AAAA of a domain (RFC 3263 §4)', async () => {
    const records = recordsOf();
    const locator = new DnsLocator({ records, transports: ['TCP', 'UDP'], random: () => 0 });
    const found = await locator.locate(uriOf('sip:bob@example.com'));
    expect(found).toEqual([
      { address: '192.0.2.1', port: 5062, transport: 'TCP', domain: 'example.com' },
      { address: '192.0.2.2', port: 5064, transport: 'TCP', domain: 'example.com' },
      { address: '2001:db8::2', port: 5064, transport: 'TCP', domain: 'example.com' },
    ]);
  });

  it('MUST take a target "." for a service that is not offered (RFC 2782)', async () => {
    const locator = new DnsLocator({
      records: recordsOf(),
      transports: ['TCP', 'UDP'],
      random: () => 0,
    });
    expect(await locator.locate(uriOf('sip:none.example.com;transport=tcp'))).toEqual([]);
    expect(await locator.locate(uriOf('sip:none.example.com;transport=udp'))).toEqual([
      { address: '192.0.2.4', port: 5060, transport: 'UDP', domain: 'none.example.com' },
    ]);
  });

  it('MUST tell a name without records from a name without an answer', async () => {
    const records = recordsOf();
    expect(await records.srv('_sip._udp.nowhere.example.com')).toEqual([]);
    expect(await records.naptr('a.example.com')).toEqual([]);
    expect(await records.addresses('nowhere.example.com')).toEqual([]);
    expect(await records.addresses('not..a..name')).toEqual([]);
    expect(records.size).toBe(4);
  });

  it('MUST ask one query per name at a time, and again when the TTL of an address is over', async () => {
    const records = recordsOf();
    const asked = (): number =>
      server.queries.filter((query) => query === 'A short.example.com').length;
    await Promise.all([
      records.addresses('short.example.com'),
      records.addresses('short.example.com'),
    ]);
    await records.addresses('short.example.com');
    expect(asked()).toBe(1);
    await expect
      .poll(
        async () => {
          await records.addresses('short.example.com');
          return asked();
        },
        { timeout: 5_000 },
      )
      .toBe(2);
  });

  it('MUST give up on servers that do not answer, however many there are', async () => {
    const silent = [1, 2, 3].map(() => createSocket('udp4').bind(0, '127.0.0.1'));
    await Promise.all(silent.map((socket) => once(socket, 'listening')));
    const servers = silent.map((socket) => `127.0.0.1:${socket.address().port}`);
    const records = new NodeDnsRecords({ servers });
    const startMs = performance.now();
    expect(await records.srv('_sip._udp.example.com')).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(5_000);
    for (const socket of silent) socket.close();
  }, 15_000);
});
