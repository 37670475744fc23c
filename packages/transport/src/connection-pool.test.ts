import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectionPool, type ConnectionPoolOptions } from './connection-pool.ts';
import type { Flow, FlowHandlers } from './flow.ts';
import { TcpListener } from './tcp-listener.ts';
import { TlsCredentials } from './tls-credentials.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function recording(): { handlers: FlowHandlers; opened: Flow[]; closed: Flow[] } {
  const opened: Flow[] = [];
  const closed: Flow[] = [];
  const handlers: FlowHandlers = {
    onOpen: (flow) => opened.push(flow),
    onMessage: () => undefined,
    onFramingError: () => undefined,
    onClosed: (flow) => closed.push(flow),
  };
  return { handlers, opened, closed };
}

function makePool(options: Partial<ConnectionPoolOptions> = {}): {
  pool: ConnectionPool;
  opened: Flow[];
  closed: Flow[];
} {
  const { handlers, opened, closed } = recording();
  const pool = new ConnectionPool({
    handlers,
    credentials: new TlsCredentials({}),
    ...options,
    limits: { lingerMs: 100, ...options.limits },
  });
  cleanups.push(() => pool.close());
  return { pool, opened, closed };
}

async function target(
  host = '127.0.0.1',
): Promise<{ server: Server; port: number; text: () => string }> {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    cleanups.push(() => {
      socket.destroy();
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return { server, port: address.port, text: () => Buffer.concat(chunks).toString() };
}

async function deadPort(): Promise<number> {
  const { server, port } = await target();
  server.close();
  await once(server, 'close');
  return port;
}

const HELLO = { head: 'hello', body: Buffer.of() };

describe('ConnectionPool', () => {
  it('MUST send what was queued while it was connecting', async () => {
    const { pool, opened } = makePool();
    const { port, text } = await target();
    const flow = pool.flowTo('127.0.0.1', port, 'TCP', '');
    expect(flow?.isOpen).toBe(true);
    expect(flow?.send(HELLO)).toBe(true);
    await vi.waitFor(() => expect(text()).toBe('hello'));
    expect(opened).toEqual([flow]);
    expect(flow?.local.address).toBe('127.0.0.1');
  });

  it('MUST give the connection there is before a new one (RFC 3261 §18.1.1)', async () => {
    const { pool } = makePool();
    const { port } = await target();
    const flow = pool.flowTo('127.0.0.1', port, 'TCP', '');
    expect(pool.flowTo('127.0.0.1', port, 'TCP', '')).toBe(flow);
    expect(pool.flowTo('127.0.0.1', port, 'TCP', '')).toBe(flow);
    expect(pool.stats.opened).toBe(1);
    flow?.close();
    const next = pool.flowTo('127.0.0.1', port, 'TCP', '');
    expect(next).toBeDefined();
    expect(next).not.toBe(flow);
  });

  it('MUST give a connection that the other side opened from that address', async () => {
    const { pool } = makePool();
    const accepted = recording();
    const listener = await TcpListener.listen({
      port: 0,
      handlers: accepted.handlers,
      directory: pool,
      limits: { lingerMs: 100 },
    });
    cleanups.push(() => listener.close());
    const socket = connect({ port: listener.address.port, host: '127.0.0.1' });
    cleanups.push(() => {
      socket.destroy();
    });
    await once(socket, 'connect');
    await vi.waitFor(() => expect(accepted.opened).toHaveLength(1));
    const port = socket.localPort ?? 0;
    expect(pool.flowTo('127.0.0.1', port, 'TCP', '')).toBe(accepted.opened[0]);
    socket.destroy();
    await vi.waitFor(() => expect(accepted.closed).toHaveLength(1));
    expect(pool.size).toBe(0);
  });

  it('MUST report a connection that could not be made by onClosed, and fail that target fast for a second', async () => {
    const { pool, opened, closed } = makePool();
    const port = await deadPort();
    const flow = pool.flowTo('127.0.0.1', port, 'TCP', '');
    expect(flow?.send(HELLO)).toBe(true);
    await vi.waitFor(() => expect(closed).toEqual([flow]));
    expect(opened).toHaveLength(0);
    expect(flow?.send(HELLO)).toBe(false);
    expect(pool.flowTo('127.0.0.1', port, 'TCP', '')).toBeUndefined();
    expect(pool.stats.opened).toBe(1);
    const laterMs = performance.now() + 1_001;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => laterMs);
    expect(pool.flowTo('127.0.0.1', port, 'TCP', '')).toBeDefined();
    clock.mockRestore();
  });

  it('MUST give up a connect that gets no answer', async () => {
    const { pool, closed } = makePool({ limits: { connectMs: 80 } });
    // TEST-NET-1 (RFC 5737) is routed nowhere; an error at once is a failure all the same.
    const flow = pool.flowTo('192.0.2.1', 5060, 'TCP', '');
    await vi.waitFor(() => expect(closed).toEqual([flow]), 2_000);
    expect(pool.flowTo('192.0.2.1', 5060, 'TCP', '')).toBeUndefined();
  });

  it('MUST NOT open more connections than its cap', async () => {
    const { pool } = makePool({ limits: { maxFlows: 2 } });
    const targets = [await target(), await target(), await target()];
    const flows = targets.map(({ port }) => pool.flowTo('127.0.0.1', port, 'TCP', ''));
    expect(flows[0]).toBeDefined();
    expect(flows[1]).toBeDefined();
    expect(flows[2]).toBeUndefined();
    expect(pool.stats.refused).toBe(1);
  });

  it('MUST find and forget a connection however its address is spelled', async () => {
    const { pool, opened, closed } = makePool();
    const { port } = await target('::');
    for (const [asked, again] of [
      ['[0:0:0:0:0:0:0:1]', '0:0:0:0:0:0:0:1'],
      ['[::ffff:127.0.0.1]', '127.0.0.1'],
    ] as const) {
      const flow = pool.flowTo(asked, port, 'TCP', '');
      await vi.waitFor(() => expect(opened).toEqual([flow]));
      expect(pool.flowTo(again, port, 'TCP', '')).toBe(flow);
      flow?.close();
      await vi.waitFor(() => expect(closed).toEqual([flow]));
      expect(pool.size).toBe(0);
      opened.pop();
      closed.pop();
    }
  });

  it('MUST NOT connect to a name, nor to what is no port', () => {
    const { pool } = makePool();
    expect(pool.flowTo('localhost', 5060, 'TCP', '')).toBeUndefined();
    expect(pool.flowTo('127.0.0.1', 0, 'TCP', '')).toBeUndefined();
    expect(pool.flowTo('127.0.0.1', 65_536, 'TCP', '')).toBeUndefined();
    expect(pool.stats.opened).toBe(0);
  });
});
