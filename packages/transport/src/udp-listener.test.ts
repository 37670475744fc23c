import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CleanUps, FlowRecorder, messageText, undo } from '../testdata/flow-recorder.ts';
import { MAX_DATAGRAM_BYTES } from './datagram-flow.ts';
import type { FlowLimits } from './flow.ts';
import { PeerBudget } from './peer-budget.ts';
import { UdpListener } from './udp-listener.ts';

const NO_BODY = new Uint8Array(0);

const message = (n: number): string => messageText('UDP', n);
const cleanups: CleanUps = [];
afterEach(() => undo(cleanups));

async function listen(
  limits: Partial<FlowLimits> = {},
  address?: string,
  budget?: PeerBudget,
): Promise<{ listener: UdpListener; seen: FlowRecorder }> {
  const seen = new FlowRecorder();
  const listener = await UdpListener.listen({
    port: 0,
    limits,
    ...(address === undefined ? undefined : { address }),
    ...(budget === undefined ? undefined : { budget }),
    handlers: seen,
  });
  cleanups.push(() => listener.close());
  return { listener, seen };
}

type Client = { socket: Socket; datagrams: string[]; from: number[]; port: number };

async function udpClient(address = '127.0.0.1'): Promise<Client> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const datagrams: string[] = [];
  const from: number[] = [];
  socket.on('message', (bytes, remote) => {
    datagrams.push(bytes.toString('latin1'));
    from.push(remote.port);
  });
  let open = true;
  socket.on('close', () => {
    open = false;
  });
  cleanups.push(() => {
    if (open) socket.close();
  });
  return { socket, datagrams, from, port: socket.address().port };
}

describe('UdpListener', () => {
  it('MUST answer from the address that was asked, to the address that asked (RFC 3581 §4)', async () => {
    const { listener, seen } = await listen();
    const client = await udpClient();
    client.socket.send(message(1), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(client.datagrams).toHaveLength(1));
    expect(client.datagrams[0]).toMatch(/^SIP\/2\.0 200 OK\r\n/);
    expect(client.from).toEqual([listener.address.port]);
    expect(seen.opened[0]?.remote).toEqual({ address: '127.0.0.1', port: client.port });
    expect(seen.opened[0]?.reliable).toBe(false);
  });

  it('MUST answer the STUN keepalives of a flow with its address, and nobody else’s (RFC 5626 §8)', async () => {
    const { listener, seen } = await listen();
    const { port } = listener.address;
    const ping = Buffer.from(`000100002112a442${'0b'.repeat(12)}`, 'hex');
    const [client, stranger] = [await udpClient(), await udpClient()];
    stranger.socket.send(ping, port, '127.0.0.1');
    client.socket.send(message(1), port, '127.0.0.1');
    client.socket.send(ping, port, '127.0.0.1');
    await vi.waitFor(() => expect(client.datagrams).toHaveLength(2));
    const pong = Buffer.from(client.datagrams[1] ?? '', 'latin1');
    expect(pong.subarray(0, 2).toString('hex')).toBe('0101');
    expect(pong.readUInt16BE(26) ^ 0x2112).toBe(client.port);
    expect(pong.readInt32BE(28) ^ 0x2112a442).toBe(0x7f000001);
    expect([stranger.datagrams, seen.opened.length, seen.errors]).toEqual([[], 1, []]);
    expect(listener.stats.pings).toBe(1);
  });

  it('MUST keep one flow per remote address and port', async () => {
    const { listener, seen } = await listen();
    const [a, b] = [await udpClient(), await udpClient()];
    for (let i = 0; i < 3; i++) a.socket.send(message(i), listener.address.port, '127.0.0.1');
    b.socket.send(message(9), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(seen.messages).toHaveLength(4));
    expect(seen.opened).toHaveLength(2);
    expect(listener.flowTo({ address: '127.0.0.1', port: a.port })).toBe(
      seen.opened.find((f) => f.remote.port === a.port),
    );
    expect(listener.stats.connections).toBe(2);
  });

  it('MUST serve both families on [::], and know an IPv4 address by its own form', async () => {
    const { listener, seen } = await listen({}, '[::]');
    const client = await udpClient();
    client.socket.send(message(1), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(client.datagrams).toHaveLength(1));
    expect(seen.opened[0]?.remote).toEqual({ address: '127.0.0.1', port: client.port });
    expect(listener.flowTo({ address: '127.0.0.1', port: client.port })).toBe(seen.opened[0]);
    const silent = await udpClient();
    const flow = listener.flowTo({ address: '127.0.0.1', port: silent.port });
    flow?.send({ head: 'OPTIONS', body: NO_BODY });
    await vi.waitFor(() => expect(silent.datagrams).toEqual(['OPTIONS']));
  });

  it('MUST listen at a name, and say when it does not resolve', async () => {
    const { listener } = await listen({}, 'localhost');
    expect(['127.0.0.1', '::1']).toContain(listener.address.address);
    await expect(listen({}, 'nowhere.invalid')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('MUST open a flow of its own to an address that has not spoken', async () => {
    const { listener } = await listen();
    const client = await udpClient();
    const flow = listener.flowTo({ address: '127.0.0.1', port: client.port });
    expect(flow?.send({ head: 'OPTIONS', body: NO_BODY })).toBe(true);
    await vi.waitFor(() => expect(client.datagrams).toEqual(['OPTIONS']));
    expect(client.from).toEqual([listener.address.port]);
  });

  it('MUST answer a datagram that it cannot frame and go on with the flow', async () => {
    const { listener, seen } = await listen();
    const client = await udpClient();
    const short = message(1).replace('Content-Length: 2', 'Content-Length: 200');
    client.socket.send(short, listener.address.port, '127.0.0.1');
    client.socket.send('garbage', listener.address.port, '127.0.0.1');
    client.socket.send(message(2), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(client.datagrams).toHaveLength(2));
    expect(client.datagrams[0]).toMatch(/^SIP\/2\.0 400 /);
    expect(seen.errors).toHaveLength(2);
    expect(seen.messages).toHaveLength(1);
    expect(listener.stats.framingErrors).toBe(2);
  });

  it('MUST NOT open a flow for a keepalive, nor answer it', async () => {
    const { listener, seen } = await listen();
    const client = await udpClient();
    for (const keepalive of ['\r\n\r\n', '\r\n', '\0', '']) {
      client.socket.send(keepalive, listener.address.port, '127.0.0.1');
    }
    await vi.waitFor(() => expect(listener.stats.pings).toBe(4));
    expect(seen.opened).toHaveLength(0);
    expect(client.datagrams).toHaveLength(0);
  });

  it('MUST NOT open a flow for what is no message: floods of it would push out those of devices', async () => {
    const { listener, seen } = await listen();
    const client = await udpClient();
    client.socket.send('garbage', listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(listener.stats.framingErrors).toBe(1));
    expect(seen.opened).toHaveLength(0);
    expect(seen.errors).toHaveLength(0);
  });

  it('MUST survive a datagram from port 0, which nobody can answer (RFC 768)', async () => {
    const on = vi.spyOn(Socket.prototype, 'on');
    const { seen } = await listen();
    const at = on.mock.calls.findIndex(([event]) => event === 'message');
    const socket = on.mock.contexts[at] as Socket;
    on.mockRestore();
    const from = { address: '127.0.0.1', port: 0, family: 'IPv4', size: 0 };
    expect(socket.emit('message', Buffer.from(message(1)), from)).toBe(true);
    expect(seen.messages).toHaveLength(0);
    expect(seen.opened).toHaveLength(0);
  });

  it('MUST refuse a message that no datagram can hold', async () => {
    const { listener } = await listen();
    const client = await udpClient();
    const flow = listener.flowTo({ address: '127.0.0.1', port: client.port });
    const fits = { head: 'x'.repeat(500), body: new Uint8Array(MAX_DATAGRAM_BYTES - 500) };
    const tooBig = { head: 'x'.repeat(501), body: fits.body };
    expect(flow?.send(tooBig)).toBe(false);
    expect(flow?.send(fits)).toBe(true);
    await vi.waitFor(() => expect(client.datagrams[0]?.length).toBe(MAX_DATAGRAM_BYTES));
  });

  it('MUST evict the least recently used flow when the table is full', async () => {
    const { listener, seen } = await listen({ maxFlows: 2 });
    const clients = [await udpClient(), await udpClient(), await udpClient()];
    for (const [i, client] of clients.entries()) {
      client.socket.send(message(i), listener.address.port, '127.0.0.1');
      await vi.waitFor(() => expect(client.datagrams).toHaveLength(1));
    }
    expect(seen.closed).toEqual([seen.opened[0]]);
    expect(seen.closed[0]?.closeReason).toBe('evicted');
    expect(listener.stats.connections).toBe(2);
    expect(seen.closed[0]?.send({ head: 'x', body: NO_BODY })).toBe(false);
  });

  it('MUST NOT evict a flow that a device has registered over, and refuse strangers where all are', async () => {
    const { listener, seen } = await listen({ maxFlows: 3 });
    const speak = async (n: number): Promise<Client> => {
      const client = await udpClient();
      client.socket.send(message(n), listener.address.port, '127.0.0.1');
      return client;
    };
    await speak(1);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    seen.opened[0]?.keepFor(60_000);
    for (let n = 2; n <= 10; n += 1) {
      await speak(n);
      await vi.waitFor(() => expect(seen.opened).toHaveLength(n));
    }
    await vi.waitFor(() => expect(seen.closed).toHaveLength(7));
    expect(seen.opened[0]?.isOpen).toBe(true);
    expect(listener.stats.evicted).toBe(7);
    for (const flow of seen.opened) if (flow.isOpen) flow.keepFor(60_000);
    await speak(11);
    await vi.waitFor(() => expect(listener.stats.refused).toBe(1));
    expect(listener.flowTo({ address: '127.0.0.1', port: 9 })).toBeUndefined();
    expect(seen.opened).toHaveLength(10);
  });

  it('MUST evict a flow whose registration is over', async () => {
    const { listener, seen } = await listen({ maxFlows: 1, datagramIdleMs: 1_000 });
    const [first, second] = [await udpClient(), await udpClient()];
    first.socket.send(message(1), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    seen.opened[0]?.keepFor(1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    second.socket.send(message(2), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(seen.closed).toEqual([seen.opened[0]]));
    expect(seen.closed[0]?.closeReason).toBe('evicted');
  });

  it('MUST evict of an address that has many before one of an address that has few', async () => {
    const { listener, seen } = await listen({ maxFlows: 4 });
    const few = await udpClient('127.0.0.2');
    few.socket.send(message(0), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    for (let n = 1; n <= 12; n += 1) {
      const client = await udpClient();
      client.socket.send(message(n), listener.address.port, '127.0.0.1');
      await vi.waitFor(() => expect(seen.opened).toHaveLength(n + 1));
    }
    await vi.waitFor(() => expect(seen.closed).toHaveLength(9));
    expect(seen.opened[0]?.isOpen).toBe(true);
  });

  it('MUST keep no more flows of an address than it may have connections', async () => {
    const caps = { maxConnectionsPerAddress: 1, maxBytes: 1_000_000, sparesLoopback: false };
    const { listener, seen } = await listen({ maxFlows: 2 }, undefined, new PeerBudget(caps));
    for (let n = 1; n <= 3; n += 1) {
      const client = await udpClient();
      client.socket.send(message(n), listener.address.port, '127.0.0.1');
      await vi.waitFor(() => expect(seen.opened).toHaveLength(n));
      seen.opened[n - 1]?.keepFor(60_000);
    }
    await vi.waitFor(() => expect(seen.closed).toEqual([seen.opened[1]]));
  });

  it('MUST forget a flow that is idle, and keep one that is not', async () => {
    const { listener, seen } = await listen({ datagramIdleMs: 120 });
    const [idle, busy] = [await udpClient(), await udpClient()];
    idle.socket.send(message(1), listener.address.port, '127.0.0.1');
    busy.socket.send(message(2), listener.address.port, '127.0.0.1');
    const keeping = setInterval(() => {
      busy.socket.send('\r\n\r\n', listener.address.port, '127.0.0.1');
    }, 20);
    await vi.waitFor(() => expect(seen.closed).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 150));
    clearInterval(keeping);
    expect(seen.closed.map((flow) => flow.remote.port)).toEqual([idle.port]);
    expect(seen.closed[0]?.closeReason).toBe('idle');
    expect(seen.opened.find((flow) => flow.remote.port === busy.port)?.isOpen).toBe(true);
  });

  it('MUST keep a flow for as long as a device has registered over it (RFC 5626 §5.3)', async () => {
    const { listener, seen } = await listen({ datagramIdleMs: 60 });
    const [{ port: keptPort }, { port: idlePort }] = [await udpClient(), await udpClient()];
    const kept = listener.flowTo({ address: '127.0.0.1', port: keptPort });
    kept?.keepFor(800);
    kept?.keepFor(1);
    const keptAtMs = performance.now();
    listener.flowTo({ address: '127.0.0.1', port: idlePort });
    await vi.waitFor(() => expect(seen.closed).toHaveLength(2), { timeout: 5_000 });
    expect(seen.closed.map((flow) => flow.remote.port)).toEqual([idlePort, keptPort]);
    expect(performance.now() - keptAtMs).toBeGreaterThanOrEqual(800);
    expect(seen.closed[1]?.closeReason).toBe('idle');
  });

  it('MUST NOT mind that nobody listens where it sends (ICMP)', async () => {
    const { listener, seen } = await listen();
    const gone = await udpClient();
    const flow = listener.flowTo({ address: '127.0.0.1', port: gone.port });
    gone.socket.close();
    for (let i = 0; i < 5; i++) {
      flow?.send({ head: 'OPTIONS', body: NO_BODY });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const client = await udpClient();
    client.socket.send(message(1), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
  });

  it('MUST accept no new flow once it was told so, and serve those there are', async () => {
    const { listener, seen } = await listen();
    const [old, late] = [await udpClient(), await udpClient()];
    old.socket.send(message(1), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    listener.stopAccepting();
    late.socket.send(message(2), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(listener.stats.refused).toBe(1));
    old.socket.send(message(3), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(seen.messages).toHaveLength(2));
  });

  it('MUST close every flow with itself', async () => {
    const { listener, seen } = await listen();
    const client = await udpClient();
    client.socket.send(message(1), listener.address.port, '127.0.0.1');
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    await listener.close();
    expect(seen.closed).toEqual(seen.opened);
    expect(seen.closed[0]?.closeReason).toBe('shutdown');
    expect(listener.flowTo({ address: '127.0.0.1', port: client.port })).toBeUndefined();
  });
});
