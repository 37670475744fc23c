import { describe, expect, test } from 'vitest';
import type { Flow } from './flow.ts';
import { PeerList } from './peer-listener.ts';

function from(address: string, transport: Flow['transport'] = 'TCP'): Flow {
  // Nothing else of a flow is looked at.
  return { transport, remote: { address, port: 40_000 } } as Flow;
}

describe('a list of peers', () => {
  test.each([
    ['10.0.0.5', '10.0.0.5'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['::FFFF:0a00:0005', '10.0.0.5'],
  ])('MUST know %s as %s', (listed, remote) => {
    expect(new PeerList([listed]).admits(from(remote))).toBe(true);
  });

  test('MUST admit this machine, whoever a certificate admits, and nobody else', () => {
    const peers = new PeerList(['2001:db8::1']);
    expect(peers.admits(from('127.0.0.1'))).toBe(true);
    expect(peers.admits(from('::1'))).toBe(true);
    expect(peers.admits(from('192.0.2.1', 'TLS'))).toBe(true);
    expect(peers.admits(from('192.0.2.1'))).toBe(false);
    expect(peers.admits(from('2001:db8::2'))).toBe(false);
  });
});
