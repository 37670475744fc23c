import { networkInterfaces } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { OwnSockets } from './own-sockets.ts';

describe('own sockets', () => {
  test.each([
    ['127.0.0.1', 8080, true],
    ['127.0.0.1', 8081, false],
    ['127.0.0.2', 8080, false],
    ['2001:db8::1', 5070, true],
    ['2001:db8::2', 5070, true],
    ['10.0.0.1', 5070, true],
  ])('MUST know %s %i', (address, port, expected) => {
    const own = new OwnSockets([
      { host: '127.0.0.1', port: 8080 },
      { host: '2001:db8::1', port: 5070 },
      // As they stand in a configuration, and in a URI.
      { host: '2001:DB8:0::2', port: 5070 },
      { host: '[::ffff:10.0.0.1]', port: 5070 },
    ]);
    expect(own.has(address, port)).toBe(expected);
  });

  test.each(['0.0.0.0', '::', '[::]'])(
    'MUST know a listener on %s by each address of the machine',
    (host) => {
      const own = new OwnSockets([{ host, port: 5060 }]);
      for (const of of Object.values(networkInterfaces())) {
        for (const { address } of of ?? []) expect(own.has(address, 5060)).toBe(true);
      }
      expect(own.has('127.8.8.8', 5060)).toBe(true);
      expect(own.has('127.0.0.1', 5061)).toBe(false);
      expect(own.has('192.0.2.1', 5060)).toBe(false);
    },
  );
});

describe('own sockets that are configured by name', () => {
  const NAMES = [
    { host: 'registrar.example', port: 5070 },
    { host: 'edge.example', port: 5071 },
  ];

  test('MUST be known by every address of the name, as it is now', async () => {
    const zone = new Map([['registrar.example', ['10.0.0.9', '::ffff:a00:a']]]);
    const own = new OwnSockets(NAMES, (host) => Promise.resolve(zone.get(host) ?? []));
    expect(own.has('10.0.0.9', 5070)).toBe(false);
    await own.refresh();
    expect(own.has('10.0.0.9', 5070)).toBe(true);
    expect(own.has('10.0.0.10', 5070)).toBe(true);
    expect(own.has('10.0.0.9', 5071)).toBe(false);
    zone.set('registrar.example', ['10.0.0.11']);
    await own.refresh();
    expect([own.has('10.0.0.9', 5070), own.has('10.0.0.11', 5070)]).toEqual([false, true]);
    // The DNS is away: it is where it was.
    zone.clear();
    await own.refresh();
    expect(own.has('10.0.0.11', 5070)).toBe(true);
  });

  test('MUST be looked up again as long as it runs, one at a time', async () => {
    vi.useFakeTimers();
    try {
      let running = 0;
      const asked: string[] = [];
      const own = new OwnSockets(NAMES, async (host) => {
        asked.push(host);
        running += 1;
        expect(running).toBe(1);
        await Promise.resolve();
        running -= 1;
        return [];
      });
      own.start();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(asked).toEqual([...NAMES, ...NAMES].map(({ host }) => host));
      own.stop();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(asked).toHaveLength(4);
    } finally {
      vi.useRealTimers();
    }
  });

  test('MUST be found by the resolver of the system', async () => {
    const own = new OwnSockets([{ host: 'localhost', port: 8080 }]);
    await own.refresh();
    expect(own.has('127.0.0.1', 8080)).toBe(true);
  });
});
