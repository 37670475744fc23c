import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpFaultProxy } from './tcp-fault-proxy.ts';

let echo: Server;
let proxy: TcpFaultProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  proxy = await TcpFaultProxy.start(() => ({ host: '127.0.0.1', port }));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  echo.close();
});

function socketTo(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  clients.push(socket);
  return socket;
}

async function client(): Promise<Socket> {
  const socket = socketTo(proxy.port);
  await once(socket, 'connect');
  return socket;
}

/** `once` would reject with the reset itself. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

describe('TcpFaultProxy', () => {
  it('MUST pass bytes both ways, later by the delay', async () => {
    const socket = await client();
    proxy.setDelayMs(40);
    const startedMs = performance.now();
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(78);
  });

  it('MUST keep the order of bytes when the delay becomes shorter', async () => {
    const socket = await client();
    let got = '';
    socket.on('data', (chunk) => (got += String(chunk)));
    for (const [text, delayMs] of [
      ['a', 80],
      ['b', 20],
      ['c', 0],
    ] as const) {
      proxy.setDelayMs(delayMs);
      socket.write(text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await expect.poll(() => got).toHaveLength(3);
    expect(got).toBe('abc');
  });

  it('MUST hold everything back in a stall, and lose none of it', async () => {
    const socket = await client();
    proxy.stall();
    const late = await client();
    let got = '';
    for (const each of [socket, late]) each.on('data', (chunk) => (got += String(chunk)));
    socket.write('a');
    late.write('b');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(got).toBe('');
    proxy.heal();
    await expect.poll(() => [...got].sort().join('')).toBe('ab');
  });

  it('MUST reset connections at a cut and refuse new ones until healed', async () => {
    const socket = await client();
    socket.write('x');
    await once(socket, 'data');
    proxy.refuse();
    await closed(socket);
    // It may be reset before it has seen that it was connected.
    await closed(socketTo(proxy.port));
    proxy.heal();
    const again = await client();
    again.write('y');
    expect(String((await once(again, 'data'))[0])).toBe('y');
  });
});
