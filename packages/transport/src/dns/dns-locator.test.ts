import { parseUri, type SipUri } from '@hermod/sip';
import { describe, expect, it } from 'vitest';
import type { TransportName } from '../flow.ts';
import { DnsLocator } from './dns-locator.ts';
import type { DnsRecords, NaptrRecord, SrvRecord } from './dns-records.ts';

/** Records in the words of a zone file, as the test kit's DNS server takes them, too. `FAILS` as type: no answer. */
class TableRecords implements DnsRecords {
  readonly asked: string[] = [];
  readonly #lines: readonly (readonly string[])[];

  constructor(zone: readonly string[]) {
    this.#lines = zone.map((line) => line.split(' '));
  }

  async naptr(name: string): Promise<readonly NaptrRecord[] | undefined> {
    return this.#find('NAPTR', name)?.map(
      ([order, preference, flags = '', service = '', replacement = '']) => {
        return {
          order: Number(order),
          preference: Number(preference),
          flags,
          service,
          replacement,
        };
      },
    );
  }

  async srv(name: string): Promise<readonly SrvRecord[] | undefined> {
    return this.#find('SRV', name)?.map(([priority, weight, port, target = '']) => {
      return {
        priority: Number(priority),
        weight: Number(weight),
        port: Number(port),
        name: target,
      };
    });
  }

  async addresses(name: string): Promise<readonly string[] | undefined> {
    return this.#find('A', name)?.map(([address = '']) => address);
  }

  #find(type: string, name: string): readonly (readonly string[])[] | undefined {
    this.asked.push(`${type} ${name}`);
    if (this.#lines.some((line) => line[0] === name && line[1] === `${type}-FAILS`)) {
      return undefined;
    }
    return this.#lines
      .filter((line) => line[0] === name && line[1] === type)
      .map((line) => line.slice(2));
  }
}

function uriOf(text: string): SipUri {
  const parsed = parseUri(text);
  if (!parsed.ok || parsed.value.kind !== 'sip') throw new Error(text);
  return parsed.value;
}

function locatorOf(
  zone: readonly string[],
  transports: readonly TransportName[] = ['TCP', 'UDP', 'TLS'],
) {
  const records = new TableRecords(zone);
  const locator = new DnsLocator({ records, transports, random: () => 0 });
  const locate = async (text: string) => {
    const found = await locator.locate(uriOf(text));
    return found.map(({ address, port, transport }) => `${transport} ${address} ${port}`);
  };
  return { locator, records, locate };
}

const HOST = 'example.com A 192.0.2.9';
const A = 'a.example.com A 192.0.2.1';
const B = 'b.example.com A 192.0.2.2';
const NAPTR_ALL = [
  'example.com NAPTR 30 50 s SIP+D2U _sip._udp.example.com',
  'example.com NAPTR 10 50 s SIPS+D2T _sips._tcp.example.com',
  'example.com NAPTR 20 50 s SIP+D2T _sip._tcp.example.com',
];
const SRV_ALL = [
  '_sip._udp.example.com SRV 1 0 5060 a.example.com',
  '_sip._tcp.example.com SRV 1 0 5062 a.example.com',
  '_sips._tcp.example.com SRV 1 0 5063 a.example.com',
];

type Row = readonly [what: string, uri: string, zone: readonly string[], found: readonly string[]];

const ROWS: readonly Row[] = [
  // RFC 3263 §4.1, §4.2: what needs no service look-up.
  ['a numeric host: UDP', 'sip:192.0.2.7', [], ['UDP 192.0.2.7 5060']],
  ['a numeric host with a port', 'sip:192.0.2.7:5070', [], ['UDP 192.0.2.7 5070']],
  ['a numeric sips host: TLS', 'sips:[2001:DB8::7]', [], ['TLS 2001:db8::7 5061']],
  ['a numeric host with a transport', 'sip:192.0.2.7;transport=tcp', [], ['TCP 192.0.2.7 5060']],
  [
    'the maddr instead of the host',
    'sip:example.com;maddr=192.0.2.8',
    [HOST],
    ['UDP 192.0.2.8 5060'],
  ],
  [
    'a port: no SRV, be it the default one',
    'sip:example.com:5060',
    [HOST, A, ...NAPTR_ALL, ...SRV_ALL],
    ['UDP 192.0.2.9 5060'],
  ],
  ['a sips port: TLS', 'sips:example.com:5070', [HOST], ['TLS 192.0.2.9 5070']],
  // §4.1: a transport that is given.
  [
    'a transport: SRV of it alone',
    'sip:example.com;transport=tcp',
    [HOST, A, ...NAPTR_ALL, ...SRV_ALL],
    ['TCP 192.0.2.1 5062'],
  ],
  [
    'a transport without SRV: the host at its default port',
    'sip:example.com;transport=TCP',
    [HOST],
    ['TCP 192.0.2.9 5060'],
  ],
  ['sips over TCP: TLS', 'sips:example.com;transport=tcp', [A, ...SRV_ALL], ['TLS 192.0.2.1 5063']],
  ['sips over UDP: nothing', 'sips:example.com;transport=udp', [HOST, A, ...SRV_ALL], []],
  ['an unknown transport: nothing', 'sip:example.com;transport=sctp', [HOST, A, ...SRV_ALL], []],
  // §4.1: NAPTR.
  [
    'NAPTR: the lowest order that is usable',
    'sip:example.com',
    [A, ...NAPTR_ALL, ...SRV_ALL],
    ['TLS 192.0.2.1 5063'],
  ],
  [
    'NAPTR: preference within one order, and the other as the next try',
    'sip:example.com',
    [
      A,
      ...SRV_ALL,
      'example.com NAPTR 10 90 s SIP+D2T _sip._tcp.example.com',
      'example.com NAPTR 10 20 S sip+d2u _sip._udp.example.com',
    ],
    ['UDP 192.0.2.1 5060', 'TCP 192.0.2.1 5062'],
  ],
  [
    'NAPTR: what is no SIP service, or is not had here, is passed over',
    'sip:example.com',
    [
      A,
      ...SRV_ALL,
      'example.com NAPTR 1 1 u E2U+sip x.example.com',
      'example.com NAPTR 2 1 s SIP+D2S _sip._sctp.example.com',
      'example.com NAPTR 2 2 a SIP+D2U _sip._udp.example.com',
      'example.com NAPTR 3 1 s SIP+D2T _sip._tcp.example.com',
    ],
    ['TCP 192.0.2.1 5062'],
  ],
  [
    'NAPTR of another domain',
    'sip:example.com',
    [
      A,
      'example.com NAPTR 1 1 s SIP+D2T _sip._tcp.hosting.example.net',
      '_sip._tcp.hosting.example.net SRV 1 0 5070 a.example.com',
    ],
    ['TCP 192.0.2.1 5070'],
  ],
  [
    'NAPTR without the SRV it names: the host, by the transport it names',
    'sip:example.com',
    [HOST, 'example.com NAPTR 1 1 s SIP+D2T _sip._tcp.example.com'],
    ['TCP 192.0.2.9 5060'],
  ],
  [
    'NAPTR for sips: TLS alone, however little it is preferred',
    'sips:example.com',
    [
      A,
      ...SRV_ALL,
      'example.com NAPTR 1 1 s SIP+D2T _sip._tcp.example.com',
      'example.com NAPTR 9 9 s SIPS+D2T _sips._tcp.example.com',
    ],
    ['TLS 192.0.2.1 5063'],
  ],
  [
    'NAPTR without TLS for sips: nothing, never in clear',
    'sips:example.com',
    [HOST, A, ...SRV_ALL, 'example.com NAPTR 1 1 s SIP+D2T _sip._tcp.example.com'],
    [],
  ],
  // §4.1: no NAPTR.
  [
    'no NAPTR: SRV of each transport, ours preferred first, never TLS',
    'sip:example.com',
    [A, ...SRV_ALL],
    ['TCP 192.0.2.1 5062', 'UDP 192.0.2.1 5060'],
  ],
  ['no NAPTR, sips: _sips._tcp', 'sips:example.com', [A, ...SRV_ALL], ['TLS 192.0.2.1 5063']],
  ['no SRV: the host over UDP', 'sip:example.com', [HOST], ['UDP 192.0.2.9 5060']],
  ['no SRV, sips: the host over TLS', 'sips:example.com', [HOST], ['TLS 192.0.2.9 5061']],
  ['nothing at all', 'sip:example.com', [], []],
  // §4.2, RFC 2782: order of the servers.
  [
    'SRV: by priority, and every address of each',
    'sip:example.com;transport=udp',
    [
      A,
      B,
      'b.example.com A 2001:db8::2',
      '_sip._udp.example.com SRV 20 0 5060 a.example.com',
      '_sip._udp.example.com SRV 10 0 5070 b.example.com',
    ],
    ['UDP 192.0.2.2 5070', 'UDP 2001:db8::2 5070', 'UDP 192.0.2.1 5060'],
  ],
  [
    'SRV target ".": not offered, and no other way round',
    'sip:example.com;transport=tcp',
    [HOST, '_sip._tcp.example.com SRV 0 0 0 .'],
    [],
  ],
  [
    'SRV target "." of one transport: the other',
    'sip:example.com',
    [
      HOST,
      A,
      '_sip._tcp.example.com SRV 0 0 0 .',
      '_sip._udp.example.com SRV 1 0 5060 a.example.com',
    ],
    ['UDP 192.0.2.1 5060'],
  ],
  [
    'SRV target without an address: the next',
    'sip:example.com;transport=udp',
    [
      B,
      '_sip._udp.example.com SRV 1 0 1 gone.example.com',
      '_sip._udp.example.com SRV 2 0 2 b.example.com',
    ],
    ['UDP 192.0.2.2 2'],
  ],
  // The DNS does not answer: nothing may be concluded from that.
  ['no answer to NAPTR', 'sip:example.com', [HOST, A, ...SRV_ALL, 'example.com NAPTR-FAILS'], []],
  [
    'no answer to SRV: not the host instead',
    'sip:example.com;transport=udp',
    [HOST, '_sip._udp.example.com SRV-FAILS'],
    [],
  ],
  [
    'no answer for one server: the next',
    'sip:example.com;transport=udp',
    [
      B,
      'a.example.com A-FAILS',
      '_sip._udp.example.com SRV 1 0 5060 a.example.com',
      '_sip._udp.example.com SRV 2 0 5060 b.example.com',
    ],
    ['UDP 192.0.2.2 5060'],
  ],
];

describe('DnsLocator.locate (RFC 3263 §4)', () => {
  it.each(ROWS)('%s: %s', async (_what, uri, zone, found) => {
    expect(await locatorOf(zone).locate(uri)).toEqual(found);
  });

  it('MUST NOT ask for names under .invalid (RFC 7118 §5)', async () => {
    const { locate, records } = locatorOf([]);
    expect(await locate('sip:df7jal23ls0d.invalid')).toEqual([]);
    expect(await locate('sip:example.com;maddr=x.invalid;transport=tcp')).toEqual([]);
    expect(records.asked).toEqual([]);
  });

  it('MUST NOT ask for services of a numeric host, or one with a port (RFC 3263 §4.2)', async () => {
    const { locate, records } = locatorOf([HOST]);
    await locate('sip:192.0.2.1');
    await locate('sip:example.com:5060');
    expect(records.asked).toEqual(['A example.com']);
  });

  it('MUST use only transports that this element has (RFC 3263 §4.1)', async () => {
    const zone = [HOST, A, ...NAPTR_ALL, ...SRV_ALL];
    expect(await locatorOf(zone, ['TCP', 'UDP']).locate('sip:example.com')).toEqual([
      'TCP 192.0.2.1 5062',
    ]);
    expect(await locatorOf(zone, ['TCP']).locate('sips:example.com')).toEqual([]);
    expect(await locatorOf([HOST], ['TCP']).locate('sip:example.com')).toEqual([
      'TCP 192.0.2.9 5060',
    ]);
  });

  it('MUST find servers on SCTP where this element has it (RFC 4168 §6)', async () => {
    const zone = [
      HOST,
      A,
      ...SRV_ALL,
      '_sip._sctp.example.com SRV 1 0 5064 a.example.com',
      'example.com NAPTR 9 1 s SIPS+D2S _sips._sctp.example.com',
      'example.com NAPTR 10 1 s SIP+D2S _sip._sctp.example.com',
      'example.com NAPTR 10 2 s SIP+D2T _sip._tcp.example.com',
    ];
    const { locate } = locatorOf(zone, ['TCP', 'SCTP', 'UDP', 'TLS']);
    expect(await locate('sip:example.com')).toEqual(['SCTP 192.0.2.1 5064', 'TCP 192.0.2.1 5062']);
    expect(await locate('sip:example.com;transport=sctp')).toEqual(['SCTP 192.0.2.1 5064']);
    expect(await locate('sip:192.0.2.7;transport=sctp')).toEqual(['SCTP 192.0.2.7 5060']);
    // That would be TLS over SCTP.
    expect(await locate('sips:example.com;transport=sctp')).toEqual([]);
    expect(await locate('sips:example.com')).toEqual([]);
  });

  it('MUST have the certificate name the host of the URI, not that of the SRV record (RFC 5922 §7.3)', async () => {
    const { locator } = locatorOf([A, ...SRV_ALL]);
    const [found] = await locator.locate(uriOf('sips:example.com'));
    expect(found?.domain).toBe('example.com');
  });

  it('MUST NOT follow a zone without end', async () => {
    const zone = Array.from({ length: 100 }, (_, i) => [
      `_sip._udp.example.com SRV 1 0 5060 h${i}.example.com`,
      `h${i}.example.com A 192.0.2.${i}`,
      `h${i}.example.com A 198.51.100.${i}`,
    ]).flat();
    const { locate, records } = locatorOf(zone);
    expect(await locate('sip:example.com;transport=udp')).toHaveLength(8);
    expect(records.asked.filter((asked) => asked.startsWith('A '))).toHaveLength(8);
  });
});

describe('DnsLocator.locateIm (RFC 3861, RFC 5509)', () => {
  it('MUST name the servers of _im._sip, in their order (RFC 5509 §3)', async () => {
    const { locator } = locatorOf([
      '_im._sip.example.com SRV 20 0 5070 B.example.com',
      '_im._sip.example.com SRV 10 0 5060 simple.example.com',
    ]);
    expect(await locator.locateIm('example.com')).toEqual([
      { host: 'simple.example.com', port: undefined },
      { host: 'b.example.com', port: 5070 },
    ]);
  });

  it('MUST NOT follow a zone without end', async () => {
    const { locator } = locatorOf(
      Array.from({ length: 100 }, (_, i) => `_im._sip.example.com SRV 1 0 5060 h${i}.example.com`),
    );
    expect(await locator.locateIm('example.com')).toHaveLength(8);
  });

  it('MUST take the domain itself where there is no SRV record (RFC 3861 §4)', async () => {
    const itself = [{ host: 'example.com', port: undefined }];
    expect(await locatorOf([]).locator.locateIm('example.com')).toEqual(itself);
  });

  it('MUST NOT use the domain itself when it offers no instant messages by SIP, or that is not known', async () => {
    const refused = ['_im._sip.example.com SRV 0 0 0 .', HOST];
    expect(await locatorOf(refused).locator.locateIm('example.com')).toEqual([]);
    const silent = ['_im._sip.example.com SRV-FAILS', HOST];
    expect(await locatorOf(silent).locator.locateIm('example.com')).toEqual([]);
  });
});
