import type { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type Socket, connect as tcpConnect } from 'node:net';
import {
  type ConnectionOptions,
  createServer,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls';
import type { OutgoingMessage } from '@hermod/sip';
import { CertificateAuthority } from '@hermod/testkit';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type CleanUps, FlowRecorder, messageOver, undo } from '../testdata/flow-recorder.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { Flow, FlowLimits } from './flow.ts';
import { DEFAULT_PEER_CAPS, PeerBudget } from './peer-budget.ts';
import { connectStream } from './stream-connect.ts';
import { TlsCredentials, type TlsPem } from './tls-credentials.ts';
import { TlsListener } from './tls-listener.ts';

const authority = new CertificateAuthority();
const stranger = new CertificateAuthority();
const ca = authority.ca.cert;
const DOMAIN = 'example.com';
const server = authority.issue({ altNames: [`URI:sip:${DOMAIN}`] });
const device = authority.issue({ altNames: ['URI:sip:device.example'] });
afterAll(() => {
  authority.remove();
  stranger.remove();
});

const cleanups: CleanUps = [];
afterEach(() => undo(cleanups));

type Started = {
  readonly listener: TlsListener;
  readonly seen: FlowRecorder;
  readonly credentials: TlsCredentials;
};

async function start(
  limits: Partial<FlowLimits> = {},
  isMutual = false,
  pem: TlsPem = { ...server, ca },
  budget = new PeerBudget(),
): Promise<Started> {
  const seen = new FlowRecorder();
  const credentials = new TlsCredentials(pem);
  const listener = await TlsListener.listen({
    port: 0,
    handlers: seen,
    credentials,
    requireClientCertificate: isMutual,
    limits: { lingerMs: 200, ...limits },
    budget,
  });
  cleanups.push(() => listener.close());
  return { listener, seen, credentials };
}

function open(
  port: number,
  pem: TlsPem = { ca },
  domain = DOMAIN,
): { flow: Flow; seen: FlowRecorder } {
  const seen = new FlowRecorder();
  const remote = { address: '127.0.0.1', port };
  const credentials = new TlsCredentials(pem);
  const flow = connectStream(
    { remote, handlers: seen, limits: { lingerMs: 100 } },
    { credentials, domain },
  );
  cleanups.push(() => flow.close());
  return { flow, seen };
}

function rawTcp(port: number): Socket {
  const socket = tcpConnect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  cleanups.push(() => {
    socket.destroy();
  });
  return socket;
}

async function rawTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  cleanups.push(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

const request = (n: number, body?: string): OutgoingMessage => messageOver('TLS', n, body);

describe('a TLS flow', () => {
  test('MUST carry messages both ways', async () => {
    const { listener, seen } = await start();
    const { flow, seen: answers } = open(listener.address.port);
    for (let i = 0; i < 50; i += 1) expect(flow.send(request(i, 'x'.repeat(1000)))).toBe(true);
    await vi.waitFor(() => expect(answers.messages).toHaveLength(50));
    expect(seen.messages).toHaveLength(50);
    expect([flow.transport, seen.opened[0]?.transport]).toEqual(['TLS', 'TLS']);
    expect(seen.opened[0]?.remote.port).toBe(flow.local.port);
    expect(listener.stats).toMatchObject({ accepted: 1, connections: 1, handshakeFailures: 0 });
  });

  test('MUST write what was queued before it closes, also when it closed while connecting', async () => {
    const { listener, seen } = await start();
    const { flow } = open(listener.address.port);
    flow.send(request(1));
    flow.close();
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
  });

  test('MUST answer what cannot be framed before it closes (RFC 3261 §18.3)', async () => {
    const { listener } = await start();
    const socket = await rawTls(listener.address.port);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write(request(1).head.replace('Content-Length: 2', 'Content-Length: x'));
    await once(socket, 'close');
    expect(text).toMatch(/^SIP\/2\.0 400 /);
  });

  test('MUST refuse to send when a slow reader has filled its queue', async () => {
    const { listener, seen } = await start({ maxQueuedBytes: 200_000 });
    const socket = await rawTls(listener.address.port);
    socket.pause();
    socket.write(`${request(1).head}hi`);
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    const [flow] = seen.opened;
    let sent = 0;
    while (sent < 10_000 && flow?.send(request(sent, 'x'.repeat(10_000))) === true) {
      sent += 1;
      if (sent % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(10_000);
    expect(flow?.queuedBytes).toBeLessThanOrEqual(200_000);
  });

  test('MUST NOT be found by the address it came from (RFC 5923 §5)', async () => {
    const { listener, seen } = await start();
    const pool = new ConnectionPool({ handlers: seen, credentials: new TlsCredentials({}) });
    cleanups.push(() => pool.close());
    await rawTls(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    const remote = seen.opened[0]?.remote ?? { address: '', port: 0 };
    expect(pool.flowTo(remote.address, remote.port, 'TLS', DOMAIN)).not.toBe(seen.opened[0]);
  });
});

describe('the other end of a TLS connection', () => {
  /** A server with any certificate that keeps what it is sent. */
  async function impostor(pem: TlsPem): Promise<{ port: number; octets: () => number }> {
    let octets = 0;
    const listening = createServer({ cert: pem.cert, key: pem.key }, (socket) => {
      socket.on('data', (chunk) => {
        octets += chunk.length;
      });
      socket.on('error', () => undefined);
    });
    listening.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    cleanups.push(() => {
      listening.close();
    });
    const address = listening.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    return { port: address.port, octets: () => octets };
  }

  test.each([
    ['of an unknown authority', stranger.issue({ altNames: [`URI:sip:${DOMAIN}`] })],
    ['of another domain', authority.issue({ altNames: ['URI:sip:example.org'] })],
    ['of a sub-domain', authority.issue({ altNames: [`DNS:sip.${DOMAIN}`] })],
    ['with a wildcard', authority.issue({ altNames: ['DNS:*.com'] })],
    ['that has expired', authority.issue({ altNames: [`URI:sip:${DOMAIN}`], days: -1 })],
    [
      'that only its common name fits',
      authority.issue({ altNames: ['IP:127.0.0.1'], commonName: DOMAIN }),
    ],
  ])('MUST NOT get a single octet with a certificate %s (RFC 5922 §7.3)', async (_name, pem) => {
    const { port, octets } = await impostor(pem);
    const { flow, seen } = open(port);
    flow.send(request(1));
    await vi.waitFor(() => expect(seen.closed).toEqual([flow]));
    expect(flow.closeReason).toBe('error');
    expect(seen.opened).toEqual([]);
    expect(octets()).toBe(0);
  });

  test('MUST be taken when its certificate names the domain or the address', async () => {
    const altNames = [`DNS:${DOMAIN}`, 'IP:127.0.0.1'];
    const { listener, seen } = await start({}, false, authority.issue({ altNames }));
    for (const domain of [DOMAIN, 'EXAMPLE.com', '127.0.0.1']) {
      open(listener.address.port, { ca }, domain).flow.send(request(1));
    }
    await vi.waitFor(() => expect(seen.messages).toHaveLength(3));
  });

  test('MUST be a connection of its own for each domain that is to be reached', async () => {
    const altNames = ['URI:sip:a.example', 'URI:sip:b.example'];
    const { listener, seen } = await start({}, false, authority.issue({ altNames }));
    const { port } = listener.address;
    const recorder = new FlowRecorder();
    const pool = new ConnectionPool({
      handlers: recorder,
      credentials: new TlsCredentials({ ca }),
      limits: { lingerMs: 100 },
    });
    cleanups.push(() => pool.close());
    const first = pool.flowTo('127.0.0.1', port, 'TLS', 'a.example');
    const second = pool.flowTo('127.0.0.1', port, 'TLS', 'b.example');
    const wrong = pool.flowTo('127.0.0.1', port, 'TLS', 'c.example');
    expect(second).not.toBe(first);
    expect(pool.flowTo('127.0.0.1', port, 'TLS', 'a.example')).toBe(first);
    for (const flow of [first, second, wrong]) flow?.send(request(1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(2));
    await vi.waitFor(() => expect(recorder.closed).toEqual([wrong]));
    // Who failed is remembered, and nobody else.
    expect(pool.flowTo('127.0.0.1', port, 'TLS', 'c.example')).toBeUndefined();
    expect(pool.flowTo('127.0.0.1', port, 'TLS', 'b.example')).toBe(second);
  });
});

describe('a client certificate', () => {
  test.each([
    ['none', { ca }],
    ['of an unknown authority', { ...stranger.issue({}), ca }],
    ['that has expired', { ...authority.issue({ days: -1 }), ca }],
  ])('MUST be asked for: %s is refused', async (_name, pem) => {
    const { listener, seen } = await start({}, true);
    const { flow, seen: refused } = open(listener.address.port, pem);
    flow.send(request(1));
    await vi.waitFor(() => expect(refused.closed).toEqual([flow]));
    await vi.waitFor(() => expect(listener.stats.handshakeFailures).toBe(1));
    expect([seen.opened, seen.messages]).toEqual([[], []]);
  });

  test('of the authority MUST be enough', async () => {
    const { listener, seen } = await start({}, true);
    open(listener.address.port, { ...device, ca }).flow.send(request(1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
  });
});

describe('other credentials', () => {
  test('MUST be shown to new connections, while those that stand go on', async () => {
    const { listener, seen, credentials } = await start();
    const { port } = listener.address;
    const before = open(port);
    before.flow.send(request(1));
    await vi.waitFor(() => expect(before.seen.messages).toHaveLength(1));
    credentials.replace({ ...authority.issue({ altNames: ['URI:sip:new.example'] }), ca });
    const after = open(port, { ca }, 'new.example');
    const stale = open(port);
    after.flow.send(request(2));
    before.flow.send(request(3));
    await vi.waitFor(() => expect(after.seen.messages).toHaveLength(1));
    await vi.waitFor(() => expect(before.seen.messages).toHaveLength(2));
    await vi.waitFor(() => expect(stale.seen.closed).toHaveLength(1));
    expect(seen.messages).toHaveLength(3);
  });

  test('MUST be kept when the new ones cannot be used', async () => {
    const { listener, credentials } = await start();
    const other = authority.issue({});
    expect(() => credentials.replace({ cert: server.cert, key: other.key, ca })).toThrow();
    expect(() => credentials.replace({ cert: 'x', key: 'y', ca })).toThrow();
    const { flow, seen } = open(listener.address.port);
    flow.send(request(1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
  });

  test('MUST take authorities away, too', async () => {
    const { listener, credentials } = await start({}, true);
    const before = open(listener.address.port, { ...device, ca });
    before.flow.send(request(1));
    await vi.waitFor(() => expect(before.seen.messages).toHaveLength(1));
    credentials.replace({ ...server, ca: stranger.ca.cert });
    const after = open(listener.address.port, { ...device, ca });
    await vi.waitFor(() => expect(after.seen.closed).toHaveLength(1));
    expect(before.flow.isOpen).toBe(true);
  });
});

describe('a handshake', () => {
  test('MUST come to its end in time', async () => {
    const { listener, seen } = await start({ handshakeMs: 100 });
    const socket = rawTcp(listener.address.port);
    await once(socket, 'close');
    await vi.waitFor(() => expect(listener.stats.handshakeFailures).toBe(1));
    expect(seen.opened).toEqual([]);
    expect(listener.stats).toMatchObject({ accepted: 0, connections: 0 });
  });

  test.each([
    ['five octets of garbage', 'abcde'],
    ['SIP in clear', request(1).head],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
  ])('of %s MUST end the connection, without an answer in clear', async (_name, text) => {
    const { listener, seen } = await start();
    const socket = rawTcp(listener.address.port);
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    socket.write(text, 'latin1');
    await once(socket, 'close');
    expect(answer).not.toContain('SIP/2.0');
    await vi.waitFor(() => expect(listener.stats.handshakeFailures).toBe(1));
    expect(seen.opened).toEqual([]);
  });

  test('below TLS 1.2 MUST be refused (RFC 9325 §3.1.1)', async () => {
    const { listener } = await start();
    const old = {
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as const;
    await expect(rawTls(listener.address.port, old)).rejects.toThrow(/version/);
    const oldest = { maxVersion: 'TLSv1.2' } as const;
    expect((await rawTls(listener.address.port, oldest)).getProtocol()).toBe('TLSv1.2');
  });

  test('MUST NOT be begun again on a connection (RFC 9325 §3.4)', async () => {
    const { listener } = await start();
    const socket = await rawTls(listener.address.port, { maxVersion: 'TLSv1.2' });
    socket.renegotiate({}, () => undefined);
    await once(socket, 'close');
    expect(listener.stats).toMatchObject({ socketErrors: 1, handshakeFailures: 0 });
  });

  test('of one address MUST NOT be many at a time', async () => {
    const { listener, seen } = await start({ maxHandshakesPerAddress: 2, handshakeMs: 500 });
    const sockets = [rawTcp(listener.address.port), rawTcp(listener.address.port)];
    for (const socket of sockets) await once(socket, 'connect');
    const third = rawTcp(listener.address.port);
    await once(third, 'close');
    expect(listener.stats.refused).toBe(1);
    sockets[0]?.resetAndDestroy();
    await vi.waitFor(() => expect(listener.stats.handshakeFailures).toBe(1));
    const { flow } = open(listener.address.port);
    flow.send(request(1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    // One that came to its end counts no more.
    await rawTls(listener.address.port);
  });

  test('that dawdles MUST make room for new ones', async () => {
    const { listener, seen } = await start({ maxHandshakes: 3 });
    const slow = Array.from({ length: 3 }, () => rawTcp(listener.address.port));
    for (const socket of slow) await once(socket, 'connect');
    const first = slow[0];
    if (first === undefined) throw new Error('no socket');
    const gone = once(first, 'close');
    open(listener.address.port).flow.send(request(1));
    await gone;
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    expect(listener.stats.handshakeFailures).toBe(1);
    expect(slow[2]?.destroyed).toBe(false);
  });

  test('MUST count against the cap on connections', async () => {
    const { listener } = await start({ maxFlows: 2 });
    await rawTls(listener.address.port);
    const slow = rawTcp(listener.address.port);
    await once(slow, 'connect');
    await once(rawTcp(listener.address.port), 'close');
    expect(listener.stats.refused).toBe(1);
  });

  test('MUST NOT be begun with an address that has its connections', async () => {
    const caps = { ...DEFAULT_PEER_CAPS, maxConnectionsPerAddress: 1, sparesLoopback: false };
    const { listener, seen } = await start({}, false, undefined, new PeerBudget(caps));
    open(listener.address.port);
    await vi.waitFor(() => expect(seen.opened).toHaveLength(1));
    await once(rawTcp(listener.address.port), 'close');
    expect(listener.stats).toMatchObject({ refused: 1, handshakeFailures: 0 });
  });

  test('under way MUST end with its listener', async () => {
    const { listener } = await start();
    const socket = rawTcp(listener.address.port);
    await once(socket, 'connect');
    const gone = once(socket, 'close');
    await listener.close();
    await gone;
  });
});
