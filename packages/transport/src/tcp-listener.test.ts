import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buildResponse, type SipRequest, type SipResponse } from '@hermod/sip';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CleanUps, FlowRecorder, messageText, undo } from '../testdata/flow-recorder.ts';
import { DEFAULT_FLOW_LIMITS, type Flow, type FlowLimits } from './flow.ts';
import { TcpListener } from './tcp-listener.ts';

const message = (n: number, body?: string): string => messageText('TCP', n, body);
const cleanups: CleanUps = [];
afterEach(() => undo(cleanups));

async function listen(
  limits: Partial<FlowLimits> = {},
  seen = new FlowRecorder(),
): Promise<{ listener: TcpListener; seen: FlowRecorder }> {
  const listener = await TcpListener.listen({
    port: 0,
    handlers: seen,
    limits: { lingerMs: 200, ...limits },
  });
  cleanups.push(() => listener.close());
  return { listener, seen };
}

/** A raw client that gathers what it reads. */
async function rawClient(port: number): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  cleanups.push(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return { socket, text: () => Buffer.concat(chunks).toString('latin1') };
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe('TcpListener', () => {
  it('MUST frame a message however it is chunked (RFC 3261 §18.3)', async () => {
    const { listener, seen } = await listen();
    const { socket, text } = await rawClient(listener.address.port);
    const bytes = message(1, 'body') + message(2);
    for (const octet of bytes.match(/[\s\S]{1,7}/g) ?? []) {
      socket.write(octet, 'latin1');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(occurrences(text(), 'SIP/2.0 200 OK')).toBe(2));
    expect(seen.bodies).toEqual(['body', 'hi']);
    expect(listener.stats.bytesIn).toBe(bytes.length);
    expect(listener.stats.messagesIn).toBe(2);
    expect(listener.stats.messagesOut).toBe(2);
  });

  it('MUST carry every octet of a head and a body unchanged', async () => {
    const echoing = Object.assign(new FlowRecorder(), {
      onMessage: (flow: Flow, incoming: SipRequest | SipResponse) => {
        echoing.messages.push(incoming);
        flow.send(incoming);
      },
    });
    const { listener } = await listen({}, echoing);
    const { socket, text } = await rawClient(listener.address.port);
    const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    const head = message(1, all).replace('Max-Forwards', 'Subject: \x80\x9f\xff\r\nMax-Forwards');
    socket.write(head, 'latin1');
    await vi.waitFor(() => expect(text()).toBe(head));
    expect(echoing.messages[0]?.head).toContain('\x80\x9f\xff');
  });

  it('MUST carry 10,000 pipelined messages through one connection in order', async () => {
    const { listener, seen } = await listen({ maxQueuedBytes: 16 * 1024 * 1024 });
    const { socket, text } = await rawClient(listener.address.port);
    const count = 10_000;
    let bytes = '';
    for (let i = 1; i <= count; i++) bytes += message(i);
    socket.write(bytes, 'latin1');
    await vi.waitFor(() => expect(occurrences(text(), 'SIP/2.0 200 OK')).toBe(count), 8_000);
    const order = seen.cseqs;
    expect(order).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    const answers = [...text().matchAll(/CSeq: (\d+) /g)].map((match) => Number(match[1]));
    expect(answers).toEqual(order);
  }, 10_000);

  it('MUST write what is sent in one turn of the loop in one write', async () => {
    const { listener, seen } = await listen();
    const { socket } = await rawClient(listener.address.port);
    let reads = 0;
    socket.on('data', () => {
      reads++;
    });
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    for (let i = 0; i < 50; i++) seen.opened[0]?.send({ head: 'x'.repeat(100), body: Buffer.of() });
    expect(listener.stats.bytesOut).toBe(0);
    await vi.waitFor(() => expect(socket.bytesRead).toBe(5_000));
    expect(reads).toBe(1);
  });

  it('MUST answer a CRLFCRLF keepalive by CRLF at once (RFC 5626 §5.4)', async () => {
    const { listener, seen } = await listen();
    const { socket, text } = await rawClient(listener.address.port);
    socket.write('\r\n\r\n');
    await vi.waitFor(() => expect(text()).toBe('\r\n'));
    expect(seen.messages).toHaveLength(0);
    expect(listener.stats.pings).toBe(1);
  });

  it('MUST refuse to queue beyond the cap while the peer does not read, and go on when it does', async () => {
    const maxQueuedBytes = 100_000;
    const { listener, seen } = await listen({ maxQueuedBytes });
    const { socket } = await rawClient(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    socket.pause();
    const flow = seen.opened[0];
    if (flow === undefined) throw new Error('no flow');
    const big = { head: 'y'.repeat(1_000), body: Buffer.of() };
    let accepted = 0;
    let refusedRounds = 0;
    for (let round = 0; round < 3_000 && refusedRounds < 20; round++) {
      let refused = false;
      for (let i = 0; i < 50; i++) {
        if (flow.send(big)) accepted++;
        else refused = true;
      }
      expect(flow.queuedBytes).toBeLessThanOrEqual(maxQueuedBytes);
      if (refused) refusedRounds++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refusedRounds).toBe(20);
    expect(listener.stats.backpressureRefusals).toBeGreaterThan(0);
    expect(flow.isOpen).toBe(true);
    socket.resume();
    await vi.waitFor(() => expect(socket.bytesRead).toBe(accepted * 1_000), 5_000);
    expect(flow.send(big)).toBe(true);
  }, 15_000);

  it('MUST let the owner answer before it closes an unframable stream (RFC 3261 §18.3)', async () => {
    const { listener, seen } = await listen();
    const { socket, text } = await rawClient(listener.address.port);
    const ended = once(socket, 'end');
    // Octets behind the fault stay unread: a reset must not overtake the answer.
    socket.write(message(1).replace('Content-Length: 2', 'Content-Length: -1') + message(2));
    await ended;
    expect(text()).toMatch(/^SIP\/2\.0 400 /);
    expect(occurrences(text(), 'SIP/2.0')).toBe(2);
    expect(seen.errors[0]?.code).toBe('SIP_BAD_CONTENT_LENGTH');
    expect(seen.messages).toHaveLength(0);
    await vi.waitFor(() => expect(seen.closed).toHaveLength(1));
    expect(seen.closed[0]?.closeReason).toBe('framing');
    expect(listener.stats.framingErrors).toBe(1);
  });

  it('MUST deliver nothing more of a read in which the owner closed', async () => {
    const seen = Object.assign(new FlowRecorder(), {
      onMessage: (flow: Flow, incoming: SipRequest | SipResponse) => {
        seen.messages.push(incoming);
        flow.close();
      },
    });
    const { listener } = await listen({}, seen);
    const { socket } = await rawClient(listener.address.port);
    const ended = once(socket, 'end');
    socket.write(message(1) + message(2) + message(3));
    await ended;
    expect(seen.messages).toHaveLength(1);
    expect(listener.stats.connections).toBe(0);
  });

  it('MUST flush what was queued before it closes, and call onClosed once and not from within close', async () => {
    const { listener, seen } = await listen();
    const { socket, text } = await rawClient(listener.address.port);
    const ended = once(socket, 'end');
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const flow = seen.opened[0];
    flow?.send({ head: 'last words', body: Buffer.of() });
    flow?.close();
    expect(flow?.isOpen).toBe(false);
    expect(seen.closed).toHaveLength(0);
    expect(flow?.send({ head: 'too late', body: Buffer.of() })).toBe(false);
    flow?.close();
    await ended;
    expect(text()).toBe('last words');
    await vi.waitFor(() => expect(seen.closed).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen.closed).toHaveLength(1);
  });

  it('MUST close a connection that completes no message in time', async () => {
    const { listener, seen } = await listen({ firstMessageMs: 80 });
    const { socket } = await rawClient(listener.address.port);
    const ended = once(socket, 'end');
    const pinging = setInterval(() => socket.write('\r\n\r\n'), 20);
    await ended;
    clearInterval(pinging);
    await vi.waitFor(() => expect(seen.closed[0]?.closeReason).toBe('idle'));
    expect(listener.stats.timeouts).toBe(1);
  });

  it('MUST close a connection whose message drips in too slowly, however busy it keeps', async () => {
    const { listener, seen } = await listen({ firstMessageMs: 10_000, messageMs: 100 });
    const { socket } = await rawClient(listener.address.port);
    socket.write(message(1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    const closed = once(socket, 'close');
    const slow = message(2);
    let at = 0;
    const dripping = setInterval(() => socket.write(slow.slice(at, ++at)), 10);
    await closed;
    clearInterval(dripping);
    await vi.waitFor(() => expect(seen.closed[0]?.closeReason).toBe('slow-message'));
    expect(seen.messages).toHaveLength(1);
  });

  it('MUST close a connection that has completed a message and is idle, and none that shows life or is kept (RFC 5626 §4.4.1)', async () => {
    const { listener, seen } = await listen({ idleMs: 400 });
    const [idle, pinging, kept] = [
      await rawClient(listener.address.port),
      await rawClient(listener.address.port),
      await rawClient(listener.address.port),
    ];
    for (const { socket } of [idle, pinging, kept]) socket.write(message(1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(3));
    const [, , keptFlow] = seen.opened;
    keptFlow?.keepFor(1_200);
    keptFlow?.keepFor(1);
    const life = setInterval(() => pinging.socket.write('\r\n\r\n'), 40);
    cleanups.push(() => clearInterval(life));
    const keptAtMs = performance.now();
    await once(idle.socket, 'close');
    expect(seen.closed.map((flow) => [flow === seen.opened[0], flow.closeReason])).toEqual([
      [true, 'idle'],
    ]);
    await once(kept.socket, 'close');
    expect(performance.now() - keptAtMs).toBeGreaterThanOrEqual(1_150);
    expect(keptFlow?.closeReason).toBe('idle');
    expect(seen.opened[1]?.isOpen).toBe(true);
    expect(listener.stats.timeouts).toBe(2);
  });

  it('MUST NOT close an idle connection that has completed a message sooner than a device has to show life', async () => {
    expect(DEFAULT_FLOW_LIMITS.idleMs).toBeGreaterThanOrEqual(2 * 120_000);
    const { listener, seen } = await listen({ firstMessageMs: 40, messageMs: 40 });
    const { socket } = await rawClient(listener.address.port);
    socket.write(message(1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(seen.closed).toHaveLength(0);
    expect(listener.stats.connections).toBe(1);
  });

  it('MUST accept and close at once beyond the cap on connections, and accept again below it', async () => {
    const { listener, seen } = await listen({ maxFlows: 2 });
    const first = await rawClient(listener.address.port);
    await rawClient(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(2));
    const third = await rawClient(listener.address.port);
    await once(third.socket, 'close');
    expect(listener.stats.refused).toBe(1);
    first.socket.destroy();
    await vi.waitFor(() => expect(seen.closed).toHaveLength(1));
    const fourth = await rawClient(listener.address.port);
    fourth.socket.write(message(4));
    await vi.waitFor(() => expect(fourth.text()).toContain('SIP/2.0 200 OK'));
  });

  it('MUST keep its half for answers to a peer that has ended its own, until the owner closes', async () => {
    const ended: Flow[] = [];
    const seen = Object.assign(new FlowRecorder(), {
      onMessage: (_flow: Flow, incoming: SipRequest | SipResponse) => seen.messages.push(incoming),
      onPeerEnded: (flow: Flow) => ended.push(flow) > 0,
    });
    const { listener } = await listen({}, seen);
    const { socket, text } = await rawClient(listener.address.port);
    const hasEnded = once(socket, 'end');
    socket.end(message(1));
    await vi.waitFor(() => expect(ended).toHaveLength(1));
    const [flow] = ended;
    const [request] = seen.messages;
    if (flow === undefined || request?.kind !== 'request') throw new Error('nothing came');
    expect(flow.isOpen).toBe(false);
    expect(flow.closeReason).toBeUndefined();
    expect(flow.send(buildResponse(request, 202))).toBe(true);
    await vi.waitFor(() => expect(text()).toContain('SIP/2.0 202'));
    expect(seen.closed).toEqual([]);
    flow.close();
    await hasEnded;
    await vi.waitFor(() => expect(seen.closed).toEqual([flow]));
  });

  it('MUST NOT keep its half for longer than halfClosedMs', async () => {
    const seen = Object.assign(new FlowRecorder(), { onPeerEnded: () => true });
    const { listener } = await listen({ halfClosedMs: 150 }, seen);
    const { socket } = await rawClient(listener.address.port);
    const startMs = performance.now();
    socket.end();
    await once(socket, 'end');
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(140);
    await vi.waitFor(() => expect(seen.closed[0]?.closeReason).toBe('remote'));
  });

  it('MUST get its answers to a peer that has half-closed behind its request', async () => {
    const { listener, seen } = await listen();
    const { socket, text } = await rawClient(listener.address.port);
    const closed = once(socket, 'close');
    socket.end(message(1) + message(2));
    await closed;
    expect(occurrences(text(), 'SIP/2.0 200 OK')).toBe(2);
    await vi.waitFor(() => expect(seen.closed[0]?.closeReason).toBe('remote'));
  });

  it('MUST read nothing while it is paused, and not blame the peer for that time', async () => {
    const { listener, seen } = await listen({ messageMs: 80 });
    const { socket } = await rawClient(listener.address.port);
    const [begin, rest] = [message(1).slice(0, 50), message(1).slice(50)];
    socket.write(begin);
    await vi.waitFor(() => expect(listener.stats.bytesIn).toBe(50));
    seen.opened[0]?.pauseReading(true);
    socket.write(rest);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(seen.messages).toHaveLength(0);
    expect(seen.closed).toHaveLength(0);
    seen.opened[0]?.pauseReading(false);
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
  });

  it('MUST hand over the newest two of the MESSAGEs that gathered in a pause, when asked, and count the others', async () => {
    const passed: number[] = [];
    const seen = Object.assign(new FlowRecorder(), {
      onPassedOver: (_flow: Flow, count: number) => passed.push(count),
    });
    const { listener } = await listen({}, seen);
    const { socket } = await rawClient(listener.address.port);
    socket.write(message(1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    const [flow] = seen.opened;
    flow?.pauseReading(true, 2);
    const texts = Array.from({ length: 400 }, (_, i) => message(1_000 + i));
    const register = message(2_000).replaceAll('MESSAGE', 'REGISTER');
    const gathered = [...texts.slice(0, 200), register, ...texts.slice(200)].join('');
    await new Promise((resolve) => socket.write(gathered, resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.messages).toHaveLength(1);
    flow?.pauseReading(false);
    await vi.waitFor(() => expect(listener.stats.messagesIn).toBe(402));
    expect(seen.cseqs.slice(1)).toEqual([2_000, 1_398, 1_399]);
    expect(passed.reduce((sum, count) => sum + count, 0)).toBe(398);
    // From then on nothing is passed over.
    socket.write(texts.join(''));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(404));
  });

  it('MUST pass over the MESSAGEs of a read from the one on for which its owner says so, and ask again with the next read', async () => {
    const passed: number[] = [];
    let asked = 0;
    const seen = Object.assign(new FlowRecorder(), {
      passesOver: () => {
        asked += 1;
        return seen.messages.length >= 2 && asked < 5;
      },
      onPassedOver: (_flow: Flow, count: number) => passed.push(count),
    });
    const { listener } = await listen({}, seen);
    const { socket } = await rawClient(listener.address.port);
    socket.write([1, 2, 3, 4, 5].map((n) => message(n)).join(''));
    await vi.waitFor(() => expect(passed).toEqual([3]));
    expect(asked).toBe(3);
    socket.write(message(6));
    await vi.waitFor(() => expect(passed).toEqual([3, 1]));
    socket.write(message(7));
    await vi.waitFor(() => expect(seen.cseqs).toEqual([1, 2, 7]));
    expect(listener.stats.messagesIn).toBe(7);
  });

  it('MUST bound the pongs that a flood of pings leaves behind', async () => {
    const maxQueuedBytes = 4_096;
    const { listener, seen } = await listen({ maxQueuedBytes });
    const { socket } = await rawClient(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    socket.pause();
    socket.write('\r\n\r\n'.repeat(200_000));
    await vi.waitFor(() => expect(listener.stats.pings).toBe(200_000), 5_000);
    expect(seen.opened[0]?.queuedBytes).toBeLessThanOrEqual(maxQueuedBytes);
    expect(listener.stats.backpressureRefusals).toBeGreaterThan(0);
  });

  it('MUST survive a reset in the middle of its writes', async () => {
    const { listener, seen } = await listen();
    const { socket } = await rawClient(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const flow = seen.opened[0];
    if (flow === undefined) throw new Error('no flow');
    const sending = setInterval(() => {
      for (let i = 0; i < 20; i++) flow.send({ head: 'z'.repeat(2_000), body: Buffer.of() });
    }, 1);
    await vi.waitFor(() => expect(listener.stats.bytesOut).toBeGreaterThan(50_000));
    socket.resetAndDestroy();
    await vi.waitFor(() => expect(seen.closed).toEqual([flow]));
    clearInterval(sending);
    expect(flow.closeReason).toBe('error');
    expect(flow.send({ head: 'x', body: Buffer.of() })).toBe(false);
    expect(flow.queuedBytes).toBe(0);
    expect(listener.stats.connections).toBe(0);
  });

  it('MUST cut off, on close, a peer that neither reads nor closes', async () => {
    const { listener, seen } = await listen({ lingerMs: 100 });
    const { socket } = await rawClient(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    socket.pause();
    for (let i = 0; i < 500; i++) {
      seen.opened[0]?.send({ head: 'q'.repeat(20_000), body: Buffer.of() });
      await new Promise((resolve) => setImmediate(resolve));
    }
    const startedMs = performance.now();
    await listener.close();
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(seen.closed[0]?.closeReason).toBe('shutdown');
  });

  it('MUST refuse a taken port with the error of the system', async () => {
    const { listener } = await listen();
    await expect(
      TcpListener.listen({ port: listener.address.port, handlers: new FlowRecorder() }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
