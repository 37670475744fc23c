import { describe, expect, test } from 'vitest';
import type { Flow } from '../ports.ts';
import { edgeListeners } from './listener-addresses.ts';
import { SentBys } from './sent-by.ts';

const BOUND = [
  { transport: 'UDP', host: '127.0.0.1', port: 5060 },
  { transport: 'UDP', host: '[::1]', port: 5060 },
  { transport: 'UDP', host: '[::1]', port: 5070 },
  { transport: 'UDP', host: '127.0.0.1', port: 5070 },
  { transport: 'TCP', host: '127.0.0.1', port: 5060 },
  { transport: 'TCP', host: '127.0.0.2', port: 5060 },
  { transport: 'TCP', host: '[::]', port: 5080 },
] as const;

function flowOf(
  transport: Flow['transport'],
  address: string,
  port: number,
  remote = address,
): Pick<Flow, 'transport' | 'local' | 'remote'> {
  return { transport, local: { address, port }, remote: { address: remote, port: 4 } };
}

describe('the Via sent-by of a delivery', () => {
  test.each([
    ['UDP', '127.0.0.1', 5060, '127.0.0.1:5060'],
    ['UDP', '::1', 5060, '[::1]:5060'],
    ['UDP', '::1', 5070, '[::1]:5070'],
    ['UDP', '127.0.0.1', 5070, '127.0.0.1:5070'],
    ['TCP', '127.0.0.2', 5060, '127.0.0.2:5060'],
    // Accepted at a wildcard.
    ['TCP', '2001:db8::7', 5080, '[::]:5080'],
    // Opened by us, from any port.
    ['TCP', '127.0.0.2', 40_000, '127.0.0.1:5060'],
    ['TCP', '::1', 40_000, '[::]:5080'],
  ] as const)(
    'MUST be that of the listener of its flow: %s %s %i',
    (transport, address, port, expected) => {
      const sentBys = new SentBys(edgeListeners(BOUND, []));
      expect(sentBys.of(flowOf(transport, address, port) as Flow)).toBe(expected);
    },
  );

  test('MUST fit the other end while a connect is under way', () => {
    const sentBys = new SentBys(edgeListeners(BOUND, []));
    expect(sentBys.of(flowOf('TCP', '', 0, '::1') as Flow)).toBe('[::]:5080');
    expect(sentBys.of(flowOf('TCP', '', 0, '127.0.0.9') as Flow)).toBe('127.0.0.1:5060');
  });

  test('MUST be an address that exists where there is no listener of the transport', () => {
    const sentBys = new SentBys(edgeListeners(BOUND.slice(0, 2), []));
    expect(sentBys.of(flowOf('TCP', '', 0, '::1') as Flow)).toBe('[::1]:5060');
  });
});

describe('the address that others are told', () => {
  test('MUST be of the listener’s transport and family, or a name', () => {
    const advertise = [
      { transport: 'udp', host: '192.0.2.1', port: 5060 },
      { transport: 'udp', host: '192.0.2.1', port: 5070 },
      { transport: 'udp', host: '2001:db8::1', port: 5070 },
      { transport: 'tcp', host: 'sip.example.com', port: 5061 },
    ];
    const told = edgeListeners(BOUND, advertise).map(
      ({ told: { host, port } }) => `${host}:${port}`,
    );
    expect(told).toEqual([
      '192.0.2.1:5060',
      '[2001:db8::1]:5070',
      '[2001:db8::1]:5070',
      '192.0.2.1:5070',
      'sip.example.com:5061',
      'sip.example.com:5061',
      'sip.example.com:5061',
    ]);
  });
});
