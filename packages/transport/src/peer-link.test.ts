import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { buildResponse, type OutgoingMessage } from '@hermod/sip';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PeerLink, type PeerLinkOptions } from './peer-link.ts';
import { TcpListener } from './tcp-listener.ts';

const NO_BODY = new Uint8Array(0);
const PING_MS = 40;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function message(n: number): OutgoingMessage {
  const head =
    `MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK${n}\r\n` +
    `From: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c\r\n` +
    `CSeq: ${n} MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`;
  return { head, body: NO_BODY };
}

/** A peer that answers requests and, being a listener of ours, pings. */
async function answeringPeer(port = 0): Promise<TcpListener> {
  const listener = await TcpListener.listen({
    port,
    limits: { lingerMs: 50 },
    handlers: {
      onMessage: (flow, incoming) => {
        if (incoming.kind === 'request') flow.send(buildResponse(incoming, 200));
      },
      onFramingError: () => undefined,
      onClosed: () => undefined,
    },
  });
  cleanups.push(() => listener.close());
  return listener;
}

/** A peer whose process is stopped: the kernel accepts for it, nobody reads. */
async function stoppedPeer(): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return { port: address.port, sockets };
}

type Recorded = { link: PeerLink; events: string[]; statuses: number[] };

function makeLink(port: number, options: Partial<PeerLinkOptions> = {}): Recorded {
  const events: string[] = [];
  const statuses: number[] = [];
  const link = new PeerLink({
    remote: { address: '127.0.0.1', port },
    pingMs: PING_MS,
    random: () => 0,
    ...options,
    limits: { lingerMs: 50, ...options.limits },
    handlers: {
      onUp: () => events.push('up'),
      onMessage: (_link, incoming) => {
        if (incoming.kind === 'response') statuses.push(incoming.status);
      },
      onDown: () => events.push('down'),
    },
  });
  cleanups.push(() => link.close());
  return { link, events, statuses };
}

describe('PeerLink', () => {
  it('MUST deliver what was sent before the first connection was answered', async () => {
    const peer = await answeringPeer();
    const { link, events, statuses } = makeLink(peer.address.port);
    expect(link.send(message(0))).toBe(false);
    link.start();
    expect(link.state).toBe('early');
    expect(link.send(message(1))).toBe(true);
    expect(link.send(message(2))).toBe(true);
    await vi.waitFor(() => expect(statuses).toEqual([200, 200]));
    expect(events).toEqual(['up']);
    expect(link.isUp).toBe(true);
    // Not at once: a keepalive may be on its way.
    await vi.waitFor(() => expect(link.queuedBytes).toBe(0));
  });

  it('MUST stay up while the peer answers pings', async () => {
    const peer = await answeringPeer();
    const { link, events } = makeLink(peer.address.port);
    link.start();
    await vi.waitFor(() => expect(peer.stats.pings).toBeGreaterThan(5));
    expect(events).toEqual(['up']);
  });

  it('MUST NOT take an accepted connection for a peer that answers', async () => {
    const stopped = await stoppedPeer();
    const { link, events } = makeLink(stopped.port);
    link.start();
    await vi.waitFor(() => expect(stopped.sockets.length).toBeGreaterThan(1), 3_000);
    await vi.waitFor(() => expect(events).toEqual(['down']), 3_000);
    expect(link.send(message(1))).toBe(false);
  });

  it('MUST notice a peer that stops reading while it is up, and come back when it answers again', async () => {
    // A relay in front of the peer that can stop, as SIGSTOP stops a process: connections stay, nothing is read.
    const peer = await answeringPeer();
    let stopped = false;
    const sockets: Socket[] = [];
    const relay = createServer({ pauseOnConnect: true }, (socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      if (stopped) return;
      const upstream = connect(peer.address.port, '127.0.0.1');
      upstream.on('error', () => undefined);
      sockets.push(upstream);
      socket.pipe(upstream);
      upstream.pipe(socket);
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      relay.close();
    });
    const address = relay.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    const { link, events, statuses } = makeLink(address.port, {
      limits: { maxQueuedBytes: 50_000 },
    });
    link.start();
    await vi.waitFor(() => expect(link.isUp).toBe(true));
    stopped = true;
    for (const socket of sockets) {
      socket.unpipe();
      socket.pause();
    }
    const stoppedAtMs = performance.now();
    let refused = 0;
    const sending = setInterval(() => {
      for (let i = 0; i < 200; i++) if (!link.send(message(i))) refused++;
      expect(link.queuedBytes).toBeLessThanOrEqual(50_000);
    }, 2);
    await vi.waitFor(() => expect(events).toEqual(['up', 'down']), 2_000);
    clearInterval(sending);
    expect(performance.now() - stoppedAtMs).toBeLessThan(PING_MS * 3 + 200);
    expect(link.send(message(1))).toBe(false);
    expect(link.queuedBytes).toBe(0);
    expect(refused).toBeGreaterThan(0);
    stopped = false;
    const answeredBefore = statuses.length;
    await vi.waitFor(() => expect(events).toEqual(['up', 'down', 'up']), 5_000);
    expect(link.send(message(7))).toBe(true);
    await vi.waitFor(() => expect(statuses.length).toBe(answeredBefore + 1));
  }, 10_000);

  it('MUST be down at once when the peer resets, and reconnect to its successor', async () => {
    const peer = await answeringPeer();
    const { link, events, statuses } = makeLink(peer.address.port);
    link.start();
    await vi.waitFor(() => expect(link.isUp).toBe(true));
    await peer.close();
    await vi.waitFor(() => expect(events).toEqual(['up', 'down']));
    expect(link.send(message(1))).toBe(false);
    await answeringPeer(peer.address.port);
    await vi.waitFor(() => expect(events).toEqual(['up', 'down', 'up']), 5_000);
    expect(link.send(message(2))).toBe(true);
    await vi.waitFor(() => expect(statuses).toEqual([200]));
  }, 10_000);

  it('MUST bound what waits for a peer never reached, in octets and in time', async () => {
    const peer = await stoppedPeer();
    const { link, events } = makeLink(peer.port);
    link.start();
    const big = { head: 'x'.repeat(100_000), body: NO_BODY };
    let accepted = 0;
    while (link.send(big)) accepted++;
    expect(accepted).toBe(10);
    expect(link.queuedBytes).toBeLessThanOrEqual(1_048_576);
    const startedMs = performance.now();
    await vi.waitFor(() => expect(events).toEqual(['down']), 2_000);
    expect(performance.now() - startedMs).toBeLessThan(1_300);
    expect(link.queuedBytes).toBe(0);
  });

  it('MUST back off between reconnects', async () => {
    const peer = await answeringPeer();
    const port = peer.address.port;
    await peer.close();
    const { link } = makeLink(port, { random: () => 0.999 });
    link.start();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // 100, 200, 400, 800 ms: four attempts in the first second, give or take one.
    expect(link.stats.opened).toBeGreaterThanOrEqual(3);
    expect(link.stats.opened).toBeLessThanOrEqual(5);
  });

  it('MUST neither reconnect nor report once it was closed', async () => {
    const peer = await answeringPeer();
    const { link, events } = makeLink(peer.address.port);
    link.start();
    await vi.waitFor(() => expect(link.isUp).toBe(true));
    await link.close();
    await peer.close();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(events).toEqual(['up']);
    expect(link.stats.opened).toBe(1);
    expect(link.send(message(1))).toBe(false);
  });
});
