import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { Ready, Received, SctpSocket, sctpFault } from '@hermod/sctp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CleanUps, FlowRecorder, messageText, undo } from '../testdata/flow-recorder.ts';
import type { FlowLimits } from './flow.ts';
import { SctpListener, type SctpListenOptions } from './sctp-listener.ts';

// The kernel's own SCTP, or none of this: `npm run test:sctp` runs it where there is one.
const fault = sctpFault();
const title = fault === undefined ? 'SctpListener' : `SctpListener (${fault.fault})`;

const message = (n: number, body?: string, more?: string): string =>
  messageText('SCTP', n, body, more);

const cleanups: CleanUps = [];
afterEach(() => undo(cleanups));

async function listen(
  limits: Partial<FlowLimits> = {},
  options: Partial<SctpListenOptions> = {},
): Promise<{ listener: SctpListener; seen: FlowRecorder }> {
  const seen = new FlowRecorder();
  const listener = await SctpListener.listen({
    port: 0,
    handlers: seen,
    limits: { lingerMs: 200, ...limits },
    ...options,
  });
  cleanups.push(() => listener.close());
  return { listener, seen };
}

/** The other end of an association: what came, message by message. */
class Peer {
  readonly texts: string[] = [];
  /** What the last read said; 0: a shutdown. */
  ended: number | undefined;
  readonly socket: SctpSocket;
  readonly #buffer = Buffer.alloc(65_536);
  #begun = '';

  private constructor(port: number, onEstablished: () => void) {
    this.socket = SctpSocket.connect({ remote: ['127.0.0.1'], port, local: [] });
    this.socket.onReady = () => {
      this.socket.onReady = () => this.#read();
      this.socket.poll(Ready.readable);
      onEstablished();
    };
    this.socket.poll(Ready.writable);
    cleanups.push(() => this.socket.close(true));
  }

  static connect(port: number): Promise<Peer> {
    return new Promise((resolve) => {
      const peer: Peer = new Peer(port, () => resolve(peer));
    });
  }

  send(text: string, isOrdered = true): void {
    const bytes = Buffer.from(text, 'latin1');
    expect(this.socket.send(bytes, bytes.length, isOrdered)).toBe(0);
  }

  #read(): void {
    for (;;) {
      const result = this.socket.receive(this.#buffer);
      if (result <= 0) {
        // -11: EAGAIN.
        if (result !== -11) {
          this.ended = result;
          this.socket.close(false);
        }
        return;
      }
      if ((result & 7) > Received.end) continue;
      this.#begun += this.#buffer.toString('latin1', 0, result >>> 3);
      if ((result & 7) === Received.part) continue;
      this.texts.push(this.#begun);
      this.#begun = '';
    }
  }
}

/** What this network has sent. */
function chunksOut(): { readonly ordered: number; readonly unordered: number } {
  const counters = readFileSync('/proc/net/sctp/snmp', 'latin1');
  const counterOf = (name: string): number => {
    return Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(counters)?.[1]);
  };
  return {
    ordered: counterOf('SctpOutOrderChunks'),
    unordered: counterOf('SctpOutUnorderChunks'),
  };
}

describe.skipIf(fault !== undefined)(title, () => {
  it('MUST take and give one SIP message in one SCTP message (RFC 4168 §5)', async () => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    for (let n = 1; n <= 50; n += 1) peer.send(message(n));
    await vi.waitFor(() => expect(peer.texts).toHaveLength(50));
    expect(seen.messages).toHaveLength(50);
    for (const text of peer.texts) {
      expect(text.startsWith('SIP/2.0 200 OK\r\n')).toBe(true);
      expect(text.indexOf('SIP/2.0 200', 1)).toBe(-1);
    }
    const [flow] = seen.opened;
    expect(flow).toMatchObject({ transport: 'SCTP', reliable: true, isOpen: true });
    expect(flow?.local).toEqual(listener.address);
    expect(flow?.remote).toEqual({ address: '127.0.0.1', port: peer.socket.local?.port });
    expect(listener.stats).toMatchObject({ accepted: 1, messagesIn: 50, messagesOut: 50 });
  });

  it('MUST send requests in order, and responses SHOULD NOT wait for one another (RFC 4168 §5.1, ADR 0027)', async () => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    const before = chunksOut();
    for (let n = 0; n < 20; n += 1) peer.send(message(n), false);
    await vi.waitFor(() => expect(peer.texts).toHaveLength(20));
    const answered = chunksOut();
    expect(answered.unordered - before.unordered).toBeGreaterThanOrEqual(40);
    for (let n = 0; n < 20; n += 1) {
      seen.opened[0]?.send({ head: `MESSAGE sip:${n}@h SIP/2.0\r\n\r\n`, body: Buffer.alloc(0) });
    }
    await vi.waitFor(() => expect(peer.texts).toHaveLength(40));
    expect(chunksOut().ordered - answered.ordered).toBeGreaterThanOrEqual(20);
  });

  it('MUST put a message together that comes in parts', async () => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    // More than one read takes.
    const body = 'x'.repeat(65_536);
    peer.send(message(1, body));
    peer.send(message(2));
    await vi.waitFor(() => expect(peer.texts).toHaveLength(2));
    expect(seen.messages.map(({ body: { length } }) => length)).toEqual([65_536, 2]);
    expect(Buffer.from(seen.messages[0]?.body ?? []).toString('latin1')).toBe(body);
  });

  it('MUST send a large message whole', async () => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const body = Buffer.alloc(100_000, 'y');
    expect(seen.opened[0]?.send({ head: 'MESSAGE sip:b@h SIP/2.0\r\n\r\n', body })).toBe(true);
    await vi.waitFor(() => expect(peer.texts).toHaveLength(1));
    expect(peer.texts[0]).toBe(`MESSAGE sip:b@h SIP/2.0\r\n\r\n${body}`);
  });

  it('MUST refuse what is beyond the caps before it has arrived, and close', async () => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    peer.send(message(1, 'x'.repeat(150_000)));
    await vi.waitFor(() => expect(peer.ended).toBe(0));
    expect(peer.texts[0]?.startsWith('SIP/2.0 413 ')).toBe(true);
    expect(seen.closed[0]?.closeReason).toBe('framing');
    expect(listener.stats.framingErrors).toBe(1);
  });

  it('MUST go on after a message that is not well-formed: the next one has its own bounds', async () => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    peer.send(message(1, 'short', 'Content-Length: 500\r\n'));
    peer.send('nonsense');
    peer.send(message(2));
    await vi.waitFor(() => expect(peer.texts).toHaveLength(2));
    expect(peer.texts[0]?.startsWith('SIP/2.0 400 ')).toBe(true);
    expect(peer.texts[1]?.startsWith('SIP/2.0 200 ')).toBe(true);
    expect(seen.errors).toHaveLength(2);
    expect(seen.closed).toEqual([]);
  });

  it('MUST answer a double CRLF with a single one (RFC 5626 §3.5.1)', async () => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    peer.send('\r\n\r\n');
    await vi.waitFor(() => expect(peer.texts).toEqual(['\r\n']));
    expect(seen.messages).toEqual([]);
    expect(listener.stats.pings).toBe(1);
  });

  it('MUST refuse more than the bounded queue for a peer that does not read, and deliver the rest in order', async () => {
    const { listener, seen } = await listen({ maxQueuedBytes: 200_000 });
    const peer = await Peer.connect(listener.address.port);
    peer.socket.poll(0);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const [flow] = seen.opened;
    const body = Buffer.alloc(10_000, 'z');
    let sent = 0;
    while (flow?.send({ head: `MESSAGE sip:${sent}@h SIP/2.0\r\n\r\n`, body }) === true) sent += 1;
    expect(sent).toBeGreaterThan(20);
    expect(flow?.queuedBytes).toBeGreaterThan(180_000);
    expect(flow?.queuedBytes).toBeLessThanOrEqual(200_000);
    expect(listener.stats.backpressureRefusals).toBe(1);
    peer.socket.poll(Ready.readable);
    await vi.waitFor(() => expect(peer.texts).toHaveLength(sent), 5_000);
    expect(peer.texts.map((text) => Number(/sip:(\d+)@/.exec(text)?.[1]))).toEqual(
      Array.from({ length: sent }, (_, n) => n),
    );
    expect(flow?.queuedBytes).toBe(0);
  });

  it('MUST NOT read while reading is paused', async () => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    peer.send(message(1));
    await vi.waitFor(() => expect(peer.texts).toHaveLength(1));
    seen.opened[0]?.pauseReading(true);
    peer.send(message(2));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(seen.messages).toHaveLength(1);
    seen.opened[0]?.pauseReading(false);
    await vi.waitFor(() => expect(peer.texts).toHaveLength(2));
  });

  it('MUST deliver what was sent before a close, and end the association in good order (RFC 9260 §9.2)', async () => {
    const { listener, seen } = await listen({ lingerMs: 60_000 });
    const peer = await Peer.connect(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const [flow] = seen.opened;
    for (let n = 0; n < 20; n += 1) {
      flow?.send({ head: `MESSAGE sip:${n}@h SIP/2.0\r\n\r\n`, body: Buffer.alloc(9_000) });
    }
    flow?.close();
    expect(flow).toMatchObject({ isOpen: false, closeReason: 'local' });
    expect(flow?.send({ head: 'MESSAGE sip:late@h SIP/2.0\r\n\r\n', body: Buffer.alloc(0) })).toBe(
      false,
    );
    await vi.waitFor(() => expect(peer.ended).toBe(0));
    expect(peer.texts).toHaveLength(20);
    expect(seen.closed).toEqual([flow]);
    await listener.close();
  });

  it.each([
    ['shuts it down', false, 'remote'],
    ['aborts it', true, 'error'],
  ] as const)('MUST end the flow of an association whose peer %s', async (_name, abort, reason) => {
    const { listener, seen } = await listen();
    const peer = await Peer.connect(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    peer.socket.close(abort);
    await vi.waitFor(() => expect(seen.closed).toHaveLength(1));
    expect(seen.closed[0]?.closeReason).toBe(reason);
    expect(listener.stats.connections).toBe(0);
  });

  it('MUST turn away associations beyond its cap', async () => {
    const { listener, seen } = await listen({ maxFlows: 1 });
    await Peer.connect(listener.address.port);
    const second = await Peer.connect(listener.address.port);
    await vi.waitFor(() => expect(second.ended).toBeLessThan(0));
    expect(seen.opened).toHaveLength(1);
    expect(listener.stats.refused).toBe(1);
  });

  it.each([
    ['nothing', (): string => '', { firstMessageMs: 80 }],
    ['nothing more', (): string => message(1), { idleMs: 80 }],
  ])('MUST close the flow of a peer that says %s', async (_name, text, limits) => {
    const { listener, seen } = await listen(limits);
    const peer = await Peer.connect(listener.address.port);
    if (text() !== '') peer.send(text());
    await vi.waitFor(() => expect(peer.ended).toBe(0));
    expect(seen.closed[0]?.closeReason).toBe('idle');
    expect(listener.stats.timeouts).toBe(1);
  });

  it('MUST tell peers all of its addresses (RFC 9260 §5.1.2)', async () => {
    const { listener } = await listen({}, { address: '127.0.0.1', alsoAt: ['127.0.0.2'] });
    const { port } = listener.address;
    expect(listener.alsoAt).toEqual([{ address: '127.0.0.2', port }]);
    const peer = await Peer.connect(port);
    expect(peer.socket.remote).toEqual({ addresses: ['127.0.0.1', '127.0.0.2'], port });
  });

  it('MUST accept nothing any more, and keep what it has, when it is told to', async () => {
    const { listener } = await listen();
    const peer = await Peer.connect(listener.address.port);
    peer.send(message(1));
    await vi.waitFor(() => expect(peer.texts).toHaveLength(1));
    listener.stopAccepting();
    const late = SctpSocket.connect({
      remote: ['127.0.0.1'],
      port: listener.address.port,
      local: [],
    });
    cleanups.push(() => late.close(true));
    const events: number[] = [];
    late.onReady = (event) => {
      events.push(event);
      late.poll(0);
    };
    late.poll(Ready.readable | Ready.writable);
    await vi.waitFor(() => expect(events).toHaveLength(1));
    expect((events[0] ?? 0) & Ready.writable).toBe(0);
    peer.send(message(2));
    await vi.waitFor(() => expect(peer.texts).toHaveLength(2));
  });

  it('MUST reject with the system’s error where its address is taken', async () => {
    const { listener } = await listen();
    await expect(listen({}, { port: listener.address.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
