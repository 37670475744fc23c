import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { buildResponse, H, type SipRequest } from '@hermod/sip';
import { type Flow, type FlowHandlers, TcpListener, UdpListener } from '@hermod/transport';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DeliveryLedger, messageIdentity } from './delivery-ledger.ts';
import { SipPeer } from './sip-peer.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function server(onRequest: (flow: Flow, request: SipRequest) => void): FlowHandlers {
  return {
    onMessage: (flow, incoming) => {
      if (incoming.kind === 'request') onRequest(flow, incoming);
    },
    onFramingError: () => undefined,
    onClosed: () => undefined,
  };
}

async function tcpServer(
  onRequest: (flow: Flow, request: SipRequest) => void,
): Promise<TcpListener> {
  const handlers = server(onRequest);
  const listener = await TcpListener.listen({ port: 0, handlers, limits: { lingerMs: 50 } });
  cleanups.push(() => listener.close());
  return listener;
}

async function udpServer(
  onRequest: (flow: Flow, request: SipRequest) => void,
): Promise<UdpListener> {
  const listener = await UdpListener.listen({ port: 0, handlers: server(onRequest) });
  cleanups.push(() => listener.close());
  return listener;
}

function keep(peer: SipPeer): SipPeer {
  cleanups.push(() => peer.close());
  return peer;
}

describe('SipPeer', () => {
  it('MUST resolve a MESSAGE with its final response and keep the provisional ones', async () => {
    const seen: SipRequest[] = [];
    const listener = await tcpServer((flow, request) => {
      seen.push(request);
      flow.send(buildResponse(request, 100));
      flow.send(buildResponse(request, 202));
    });
    const peer = keep(await SipPeer.tcp(listener.address.port, { user: 'alice' }));
    const sent = await peer.sendMessage('sip:bob@localhost', 'h\xe9llo', {
      headers: ['Subject: x'],
    });
    expect(sent.status).toBe(202);
    expect(sent.provisionals.map((response) => response.status)).toEqual([100]);
    expect(seen[0]?.requestUri).toBe('sip:bob@localhost');
    expect(seen[0]?.get(H.SUBJECT)).toBe('x');
    expect([...(seen[0]?.body ?? [])]).toEqual([0x68, 0xe9, 0x6c, 0x6c, 0x6f]);
    expect(seen[0]?.from.ok && seen[0].from.value.uriText).toBe('sip:alice@localhost');
  });

  it('MUST write what a REGISTER was asked to say', async () => {
    const seen: SipRequest[] = [];
    const listener = await tcpServer((flow, request) => {
      seen.push(request);
      flow.send(buildResponse(request, 200));
    });
    const peer = keep(await SipPeer.tcp(listener.address.port, { user: 'bob' }));
    const first = await peer.register('sip:bob@localhost', {
      expires: 600,
      instance: 'urn:uuid:00000000-0000-1000-8000-000A95A0E128',
      regId: 1,
    });
    const second = await peer.register();
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(seen[0]?.requestUri).toBe('sip:localhost');
    expect(seen[0]?.get(H.CONTACT)).toBe(
      `<${peer.contact}>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1`,
    );
    expect(seen[0]?.get(H.EXPIRES)).toBe('600');
    // RFC 3261 §10.2.4: one Call-ID and a rising CSeq for all registrations of a boot cycle.
    expect(second.callId).toBe(first.callId);
    expect(second.cseq).toBeGreaterThan(first.cseq);
  });

  it('MUST answer by its policy: a status, late, or not at all', async () => {
    const statuses: number[] = [];
    const flows: Flow[] = [];
    const listener = await TcpListener.listen({
      port: 0,
      limits: { lingerMs: 50 },
      handlers: {
        onOpen: (flow) => flows.push(flow),
        onMessage: (_flow, incoming) => {
          if (incoming.kind === 'response') statuses.push(incoming.status);
        },
        onFramingError: () => undefined,
        onClosed: () => undefined,
      },
    });
    cleanups.push(() => listener.close());
    const peer = keep(await SipPeer.tcp(listener.address.port));
    const from = keep(await SipPeer.tcp(listener.address.port));
    await vi.waitFor(() => expect(flows).toHaveLength(2));
    peer.answer = (_request, index) => {
      if (index === 0) return 486;
      if (index === 1) return { status: 200, delayMs: 30 };
      return 'silence';
    };
    for (let i = 0; i < 3; i++) {
      const head = from.format('MESSAGE', 'sip:x@localhost', { body: `m${i}` });
      flows[0]?.send({ head: head.toString('latin1'), body: new Uint8Array(0) });
    }
    await peer.waitForRequests(3);
    expect(peer.texts).toEqual(['m0', 'm1', 'm2']);
    await vi.waitFor(() => expect(statuses).toEqual([486, 200]));
  });

  it('MUST send again over UDP until it is answered (RFC 3261 §17.1.2.2)', async () => {
    let copies = 0;
    const listener = await udpServer((flow, request) => {
      copies++;
      if (copies === 2) flow.send(buildResponse(request, 200));
    });
    const peer = keep(await SipPeer.udp(listener.address.port));
    const sent = await peer.sendMessage('sip:bob@localhost', 'hi');
    expect(sent.status).toBe(200);
    expect(sent.elapsedMs).toBeGreaterThanOrEqual(490);
    expect(copies).toBe(2);
  });

  it('MUST answer a retransmission as before and count it apart', async () => {
    const peer = SipPeer.idle();
    cleanups.push(() => peer.close());
    const contact = await peer.listenUdp();
    peer.answer = () => 486;
    const socket = createSocket('udp4');
    cleanups.push(() => {
      socket.close();
    });
    const answers: string[] = [];
    socket.on('message', (bytes) => answers.push(bytes.toString('latin1')));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const request = SipPeer.idle().format('MESSAGE', 'sip:x@localhost', {
      body: 'once',
      via: `SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKsame`,
    });
    socket.send(request, contact.port, '127.0.0.1');
    socket.send(request, contact.port, '127.0.0.1');
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    expect(answers[0]).toMatch(/^SIP\/2\.0 486 /);
    expect(answers[1]).toBe(answers[0]);
    expect(peer.texts).toEqual(['once']);
    expect(peer.retransmissions).toBe(1);
  });

  it('MUST take requests on a Contact of its own by a new connection', async () => {
    const callee = keep(SipPeer.idle({ user: 'bob' }));
    const contact = await callee.listenTcp();
    const caller = keep(await SipPeer.tcp(contact.port));
    const sent = await caller.sendMessage('sip:bob@127.0.0.1', 'direct');
    expect(sent.status).toBe(200);
    expect(callee.texts).toEqual(['direct']);
  });

  it('MUST reject what was pending when its connection is reset', async () => {
    const closed: Flow[] = [];
    const listener = await TcpListener.listen({
      port: 0,
      handlers: {
        onMessage: () => undefined,
        onFramingError: () => undefined,
        onClosed: (flow) => closed.push(flow),
      },
    });
    cleanups.push(() => listener.close());
    const peer = await SipPeer.tcp(listener.address.port);
    const sent = peer.sendMessage('sip:bob@localhost', 'hi');
    await vi.waitFor(() => expect(listener.stats.messagesIn).toBe(1));
    await peer.destroy();
    await expect(sent).rejects.toThrow('closed');
    await vi.waitFor(() => expect(closed[0]?.closeReason).toBe('error'));
  });

  it('MUST time out what gets no final response', async () => {
    const listener = await tcpServer(() => undefined);
    const peer = keep(await SipPeer.tcp(listener.address.port));
    const sent = peer.sendMessage('sip:bob@localhost', 'hi', { timeoutMs: 50 });
    await expect(sent).rejects.toThrow('no final after 50 ms');
    await expect(peer.waitForRequests(1, 20)).rejects.toThrow('0 of 1');
  });
});

describe('DeliveryLedger', () => {
  it('MUST tell distinct messages, duplicates and inversions apart', async () => {
    const callee = keep(SipPeer.idle());
    const contact = await callee.listenTcp();
    const ledger = new DeliveryLedger();
    callee.onRequest = (request) => ledger.record(request);
    const a = keep(await SipPeer.tcp(contact.port));
    const b = keep(await SipPeer.tcp(contact.port));
    for (const cseq of [1, 2, 4, 3, 5, 4]) await a.sendMessage('sip:x@y', 'm', { cseq });
    for (const cseq of [1, 2]) await b.sendMessage('sip:x@y', 'm', { cseq });
    expect(ledger.distinct).toBe(7);
    expect(ledger.duplicates).toBe(1);
    expect(ledger.outOfOrder).toBe(1);
    const first = callee.received[0];
    if (first === undefined) throw new Error('nothing received');
    expect(ledger.has(messageIdentity(first.request))).toBe(true);
    expect(ledger.has('other')).toBe(false);
  });
});
