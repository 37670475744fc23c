import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { OutgoingMessage, SipRequest, SipResponse } from '@hermod/sip';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConnectionPool } from './connection-pool.ts';
import type { Flow, FlowLimits } from './flow.ts';
import { PeerBudget, type PeerCaps } from './peer-budget.ts';
import { TcpListener } from './tcp-listener.ts';
import { TlsCredentials } from './tls-credentials.ts';

const KIB = 1024;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function budgetOf(caps: Partial<PeerCaps>): PeerBudget {
  return new PeerBudget({
    maxConnectionsPerAddress: 100,
    maxBytes: 64 * 1024 * KIB,
    sparesLoopback: false,
    ...caps,
  });
}

class Recorder {
  readonly opened: Flow[] = [];
  readonly closed: Flow[] = [];
  messages = 0;

  onOpen(flow: Flow): void {
    this.opened.push(flow);
  }

  onMessage(_flow: Flow, _message: SipRequest | SipResponse): void {
    this.messages += 1;
  }

  onFramingError(): void {
    // Not looked at here.
  }

  onClosed(flow: Flow): void {
    this.closed.push(flow);
  }
}

async function listen(
  budget: PeerBudget,
  limits: Partial<FlowLimits> = {},
): Promise<{ listener: TcpListener; seen: Recorder }> {
  const seen = new Recorder();
  const listener = await TcpListener.listen({ port: 0, handlers: seen, budget, limits });
  cleanups.push(() => listener.close());
  return { listener, seen };
}

/** @param from the loopback address to connect from */
async function client(port: number, from = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
  socket.on('error', () => undefined);
  cleanups.push(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

function message(bodyBytes: number): string {
  return (
    'MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\r\n' +
    'From: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c\r\n' +
    `CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: ${bodyBytes}\r\n\r\n`
  );
}

const LARGE: OutgoingMessage = { head: 'x', body: new Uint8Array(64 * KIB) };

describe('connections of one address', () => {
  test('MUST be turned away at the cap, and only they', async () => {
    const { listener, seen } = await listen(budgetOf({ maxConnectionsPerAddress: 2 }));
    const { port } = listener.address;
    await client(port);
    await client(port);
    const refused = await client(port);
    await once(refused, 'close');
    expect(listener.stats.refused).toBe(1);
    await client(port, '127.0.0.2');
    await vi.waitFor(() => expect(seen.opened).toHaveLength(3));
  });

  test('MUST be taken again when one has closed', async () => {
    const budget = budgetOf({ maxConnectionsPerAddress: 1 });
    const { listener, seen } = await listen(budget);
    const first = await client(listener.address.port);
    first.destroy();
    await vi.waitFor(() => expect(budget.addresses).toBe(0));
    await client(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(2));
    expect(listener.stats.refused).toBe(0);
  });

  test('MUST count over all listeners and what we opened ourselves', async () => {
    const budget = budgetOf({ maxConnectionsPerAddress: 1 });
    const { listener } = await listen(budget);
    const elsewhere = await listen(budgetOf({}));
    const pool = new ConnectionPool({
      handlers: new Recorder(),
      credentials: new TlsCredentials({}),
      budget,
    });
    cleanups.push(() => pool.close());
    const { port } = elsewhere.listener.address;
    expect(pool.flowTo('127.0.0.1', port, 'TCP', '')).toBeDefined();
    expect(pool.flowTo('127.0.0.1', port + 1, 'TCP', '')).toBeUndefined();
    expect(pool.stats.refused).toBe(1);
    await once(await client(listener.address.port), 'close');
    expect(listener.stats.refused).toBe(1);
  });

  test('MUST NOT be capped on loopback unless that was asked for', async () => {
    const { listener, seen } = await listen(
      budgetOf({ maxConnectionsPerAddress: 1, sparesLoopback: true }),
    );
    await client(listener.address.port);
    await client(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(2));
  });
});

describe('what waits in memory', () => {
  test('MUST be bounded for all flows of an address that does not read, and still flow to others', async () => {
    // One address may hold a sixteenth: 256 KiB.
    const budget = budgetOf({ maxBytes: 4 * 1024 * KIB });
    const { listener, seen } = await listen(budget);
    const greedy = await Promise.all(
      Array.from({ length: 8 }, () => client(listener.address.port)),
    );
    for (const socket of greedy) socket.pause();
    const reader = await client(listener.address.port, '127.0.0.2');
    await vi.waitFor(() => expect(seen.opened).toHaveLength(9));
    const [other] = seen.opened.filter((flow) => flow.remote.address === '127.0.0.2');
    let most = 0;
    for (let round = 0; round < 40; round += 1) {
      for (const flow of seen.opened) if (flow !== other) while (flow.send(LARGE));
      most = Math.max(most, budget.bytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(most).toBeGreaterThan(192 * KIB);
    expect(most).toBeLessThanOrEqual(256 * KIB);
    expect(listener.stats.backpressureRefusals).toBeGreaterThan(0);
    expect(other?.send({ head: 'for the other', body: new Uint8Array(0) })).toBe(true);
    expect(String(await once(reader, 'data'))).toBe('for the other');
  });

  test('MUST reach who holds little when others hold all there is', async () => {
    const budget = budgetOf({ maxBytes: 64 * KIB, sparesLoopback: true });
    const { listener, seen } = await listen(budget);
    await client(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const share = budget.shareOf('192.0.2.1');
    share.enter(true);
    share.change(64 * KIB);
    expect(seen.opened[0]?.send({ head: 'x'.repeat(10 * KIB), body: new Uint8Array(0) })).toBe(
      true,
    );
    expect(seen.opened[0]?.send({ head: 'x'.repeat(10 * KIB), body: new Uint8Array(0) })).toBe(
      false,
    );
    share.change(-64 * KIB);
    share.leave(true);
  });

  test('MUST be bounded for messages that are never completed: the flow that goes beyond closes', async () => {
    // A sixteenth is 128 KiB: two bodies of 60 KiB fit, a third does not.
    const budget = budgetOf({ maxBytes: 2 * 1024 * KIB });
    const { listener, seen } = await listen(budget);
    for (let i = 0; i < 3; i += 1) {
      const socket = await client(listener.address.port);
      socket.write(message(64 * KIB) + 'x'.repeat(60 * KIB));
    }
    await vi.waitFor(() => expect(seen.closed).toHaveLength(1));
    expect(seen.closed[0]?.closeReason).toBe('evicted');
    expect(listener.stats.evicted).toBe(1);
    expect(budget.bytes).toBeGreaterThan(100 * KIB);
    expect(budget.bytes).toBeLessThanOrEqual(128 * KIB);
  });

  test('MUST be given back in full, however the flow ends', async () => {
    const budget = budgetOf({ maxBytes: 64 * 1024 * KIB });
    const { listener, seen } = await listen(budget, { lingerMs: 50 });
    const half = await client(listener.address.port);
    half.write(message(60_000) + 'x'.repeat(50_000));
    const silent = await client(listener.address.port);
    silent.pause();
    await vi.waitFor(() => expect(budget.bytes).toBeGreaterThan(40_000));
    await vi.waitFor(() => expect(seen.opened).toHaveLength(2));
    const queued = seen.opened.find((flow) => flow.remote.port === silent.localPort);
    for (let i = 0; i < 12; i += 1) queued?.send(LARGE);
    half.destroy();
    queued?.close();
    await vi.waitFor(() => expect(budget.addresses).toBe(0));
    expect(budget.bytes).toBe(0);
  });

  test('MUST be forgotten once the kernel has taken it', async () => {
    const budget = budgetOf({});
    const { listener, seen } = await listen(budget, { messageMs: 100 });
    const slow = await client(listener.address.port);
    slow.pause();
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const [flow] = seen.opened;
    // More than the kernel takes at once, on any machine.
    for (let i = 0; i < 200; i += 1) {
      flow?.send(LARGE);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(budget.bytes).toBeGreaterThan(64 * KIB);
    slow.resume();
    await vi.waitFor(() => expect(flow?.queuedBytes).toBe(0));
    await vi.waitFor(() => expect(budget.bytes).toBe(0));
  });
});

describe('a turn of the loop', () => {
  test('MUST read no more of a flow than three buffers, so that the others are read in between', async () => {
    const { listener, seen } = await listen(budgetOf({}));
    const flood = await client(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const [flow] = seen.opened;
    flow?.pauseReading(true);
    const one = `${message(100)}${'x'.repeat(100)}`;
    const perBuffer = Math.ceil((64 * KIB) / one.length);
    flood.write(one.repeat(40_000));
    // Until the kernel's buffers are full.
    await new Promise((resolve) => setTimeout(resolve, 200));
    let most = 0;
    let before = 0;
    let turns = 0;
    flow?.pauseReading(false);
    while (seen.messages < 40_000 && turns < 50_000) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, seen.messages - before);
      before = seen.messages;
      turns += 1;
    }
    expect(seen.messages).toBe(40_000);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3 * perBuffer + 3);
  });
});
