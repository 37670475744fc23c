import { AddressRanges } from '@hermod/platform';
import { NameResolver } from '@hermod/transport';
import { describe, expect, test } from 'vitest';
import { OwnSockets } from './own-sockets.ts';
import { TransportConnector } from './transport-connector.ts';

/** A connector whose flows are only asked for: `<listener or tcp>> <address>:<port>`. */
function connectorOf(
  listeners: readonly string[],
  names = new NameResolver(),
  networks: readonly string[] = [],
) {
  const asked: string[] = [];
  const datagram = listeners.map((address, index) => ({
    address: { address, port: 5060 + index },
    flowTo: (remote: { readonly address: string; readonly port: number }) => {
      asked.push(`${address}> ${remote.address}:${remote.port}`);
      return undefined;
    },
  }));
  const pool = {
    flowTo: (address: string, port: number) => {
      asked.push(`tcp> ${address}:${port}`);
      return undefined;
    },
  };
  const own = new OwnSockets([{ host: '192.0.2.1', port: 8080 }]);
  const forbidden: string[] = [];
  const connector = new TransportConnector({
    pool,
    datagram,
    names,
    own,
    destinations: {
      ofDevices: new AddressRanges(networks),
      ofDomains: new AddressRanges(['203.0.113.0/24', '192.0.2.1']),
    },
    onForbidden: (domain, address) => forbidden.push(`${domain} ${address}`),
  });
  return { connector, asked, forbidden };
}

describe('a datagram', () => {
  test.each([
    [['127.0.0.1', '192.0.2.1'], '198.51.100.7', '192.0.2.1'],
    [['127.0.0.1', '192.0.2.1'], '127.0.0.1', '127.0.0.1'],
    [['192.0.2.1', '::1', '2001:db8::1'], '2001:db8::7', '2001:db8::1'],
    [['::'], '198.51.100.7', '::'],
    [['0.0.0.0'], '198.51.100.7', '0.0.0.0'],
  ])('MUST leave from a socket that reaches the address: of %j to %s from %s', (own, to, from) => {
    const { connector, asked } = connectorOf(own);
    connector.flowToAddress(to, 5062, 'UDP');
    expect(asked).toEqual([`${from}> ${to}:5062`]);
  });

  test('MUST NOT be sent where no socket reaches', () => {
    const { connector, asked } = connectorOf(['127.0.0.1']);
    expect(connector.flowToAddress('198.51.100.7', 5062, 'UDP')).toBeUndefined();
    expect(connector.flowToAddress('2001:db8::7', 5062, 'UDP')).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test('MUST leave from the socket that was asked for: an answer comes from where the request went (RFC 3581 §4)', async () => {
    const { connector, asked } = connectorOf(['192.0.2.1', '192.0.2.2']);
    await connector.flowTo('198.51.100.7', 5062, 'UDP', {
      local: { address: '192.0.2.2', port: 5061 },
    });
    expect(asked).toEqual(['192.0.2.2> 198.51.100.7:5062']);
  });
});

describe('whom others may make it connect to (ADR 0020)', () => {
  test('MUST NOT be a name that leads out of the contact networks, whenever it does', async () => {
    const addresses = ['10.0.0.5', '10.0.0.6', '127.0.0.1'];
    const names = new NameResolver(() => Promise.resolve(addresses.shift()));
    const { connector, asked } = connectorOf(['192.0.2.1'], names, ['10.0.0.5']);
    for (const name of ['a.example', 'b.example', 'c.example']) {
      await connector.flowTo(name, 6379, 'TCP');
      await connector.flowTo(name, 6379, 'UDP');
    }
    expect(asked).toEqual(['tcp> 10.0.0.5:6379', '192.0.2.1> 10.0.0.5:6379']);
  });

  test('MUST NOT be an address that no other domain may have, whatever it had before', async () => {
    const addresses = ['203.0.113.1', '10.0.0.6', '::ffff:7f00:1'];
    const names = new NameResolver(() => Promise.resolve(addresses.shift()));
    const { connector, asked, forbidden } = connectorOf(['192.0.2.1'], names, ['10.0.0.6']);
    const bounds = { domain: 'other.example', isElsewhere: true };
    for (const name of ['a.example', 'b.example', 'c.example', '203.0.113.2', '10.0.0.7']) {
      await connector.flowTo(name, 5060, 'TCP', bounds);
    }
    expect(asked).toEqual(['tcp> 203.0.113.1:5060', 'tcp> 203.0.113.2:5060']);
    expect(forbidden).toEqual(
      ['10.0.0.6', '127.0.0.1', '10.0.0.7'].map((address) => `other.example ${address}`),
    );
  });

  test('MUST NOT be a socket of our own', async () => {
    const names = new NameResolver(() => Promise.resolve('192.0.2.1'));
    const { connector, asked } = connectorOf(['192.0.2.1'], names, ['0.0.0.0/0']);
    expect(connector.flowToAddress('192.0.2.1', 8080, 'TCP')).toBeUndefined();
    await connector.flowTo('192.0.2.1', 8080, 'TCP');
    await connector.flowTo('192.0.2.1', 8080, 'UDP');
    await connector.flowTo('me.example', 8080, 'TCP');
    await connector.flowTo('192.0.2.1', 8080, 'TCP', { isElsewhere: true });
    // However it is spelled (RFC 4291 §2.5.5.2).
    await connector.flowTo('::ffff:192.0.2.1', 8080, 'TCP');
    expect(connector.flowToAddress('::ffff:c000:201', 8080, 'TCP')).toBeUndefined();
    expect(asked).toEqual([]);
    await connector.flowTo('me.example', 8081, 'TCP');
    expect(asked).toEqual(['tcp> 192.0.2.1:8081']);
  });
});

test('MUST look names up for both transports at most two at a time', async () => {
  let running = 0;
  let most = 0;
  const names = new NameResolver(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return '198.51.100.7';
  });
  const { connector, asked } = connectorOf(['192.0.2.1'], names, ['198.51.100.7']);
  expect(connector.flowToAddress('u0.example', 1, 'UDP')).toBeUndefined();
  await Promise.all(
    [0, 1, 2].flatMap((i) => [
      connector.flowTo(`u${i}.example`, 1, 'UDP'),
      connector.flowTo(`t${i}.example`, 2, 'TCP'),
    ]),
  );
  expect(most).toBe(2);
  expect(asked.toSorted()).toEqual([
    ...Array(3).fill('192.0.2.1> 198.51.100.7:1'),
    ...Array(3).fill('tcp> 198.51.100.7:2'),
  ]);
});
