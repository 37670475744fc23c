import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { OwnSockets } from './own-sockets.ts';

describe('own sockets', () => {
  test.each([
    ['127.0.0.1', 8080, true],
    ['127.0.0.1', 8081, false],
    ['127.0.0.2', 8080, false],
    ['2001:db8::1', 5070, true],
  ])('MUST know %s %i', (address, port, expected) => {
    const own = new OwnSockets([
      { host: '127.0.0.1', port: 8080 },
      { host: '2001:db8::1', port: 5070 },
    ]);
    expect(own.has(address, port)).toBe(expected);
  });

  test('MUST know a listener on every interface by each address of the machine', () => {
    const own = new OwnSockets([{ host: '0.0.0.0', port: 5060 }]);
    for (const of of Object.values(networkInterfaces())) {
      for (const { address } of of ?? []) expect(own.has(address, 5060)).toBe(true);
    }
    expect(own.has('127.8.8.8', 5060)).toBe(true);
    expect(own.has('127.0.0.1', 5061)).toBe(false);
    expect(own.has('192.0.2.1', 5060)).toBe(false);
  });
});
