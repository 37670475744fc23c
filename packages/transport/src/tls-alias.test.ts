import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { SipRequest, SipResponse } from '@hermod/sip';
import { CertificateAuthority, freePorts } from '@hermod/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectionPool } from './connection-pool.ts';
import type { Flow, FlowHandlers } from './flow.ts';
import { TlsCredentials } from './tls-credentials.ts';
import { TlsListener } from './tls-listener.ts';

const HOST = 'proxy.example';
const authority = new CertificateAuthority();
const ca = authority.ca.cert;
const server = authority.issue({ altNames: ['URI:sip:example.com'] });
const proxy = authority.issue({ altNames: [`URI:sip:${HOST}`, 'URI:sip:b.example', 'IP:::1'] });
const attacker = authority.issue({ altNames: ['URI:sip:evil.example'] });
afterAll(() => authority.remove());

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let pool: ConnectionPool;
/** Flows on which requests came, in order. */
let heard: Flow[];
/** Where nobody listens: who is reached there was reached over a connection that stood. */
let port: number;

const handlers: FlowHandlers = {
  onMessage: (flow: Flow, _message: SipRequest | SipResponse) => void heard.push(flow),
  onFramingError: () => undefined,
  onClosed: () => undefined,
};

beforeEach(async () => {
  heard = [];
  [port = 0] = await freePorts(1);
  const limits = { lingerMs: 100 };
  pool = new ConnectionPool({ handlers, credentials: new TlsCredentials({ ca }), limits });
  cleanups.push(() => pool.close());
});

async function listen(requireClientCertificate = true): Promise<number> {
  const listener = await TlsListener.listen({
    port: 0,
    handlers,
    directory: pool,
    credentials: new TlsCredentials({ ...server, ca }),
    requireClientCertificate,
    limits: { lingerMs: 100 },
  });
  cleanups.push(() => listener.close());
  return listener.address.port;
}

type Client = {
  readonly socket: TLSSocket;
  /** Its connection at the listener. */
  readonly flow: Flow;
  readonly text: () => string;
  /** What the listener gave it to resume with. */
  readonly session: () => Buffer | undefined;
};

/** Connects, and sends a request with this Via behind the transport. */
async function client(
  listening: number,
  via: string,
  { cert, key } = proxy,
  session?: Buffer,
): Promise<Client> {
  const trust = { ca, servername: '', checkServerIdentity: () => undefined };
  const socket = connect({
    ...{ host: '127.0.0.1', port: listening, cert, key, ...trust },
    ...(session === undefined ? {} : { session }),
  });
  cleanups.push(() => {
    socket.destroy();
  });
  let given: Buffer | undefined;
  socket.on('session', (ticket: Buffer) => {
    given = ticket;
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const before = heard.length;
  socket.write(request(via));
  await vi.waitFor(() => expect(heard).toHaveLength(before + 1));
  const flow = heard.at(-1);
  if (flow === undefined) throw new Error('no request came');
  return { socket, flow, text: () => text, session: () => given };
}

function request(via: string): string {
  return (
    `OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/TLS ${via};branch=z9hG4bK1\r\n` +
    'From: <sip:a@b.example>;tag=1\r\nTo: <sip:example.com>\r\nCall-ID: c\r\n' +
    'CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n'
  );
}

function found(host = HOST, at = port, address = '127.0.0.1'): Flow | undefined {
  return pool.flowTo(address, at, 'TLS', host);
}

describe('a TLS connection whose client sends alias', () => {
  test('MUST be used for requests to the hosts of its certificate, at its address and the port of its sent-by (RFC 5923 §8.2)', async () => {
    const { flow, text } = await client(await listen(), `sip1.${HOST}:${port};alias`);
    for (const host of [HOST, 'b.example', '::1']) expect(found(host)).toBe(flow);
    found()?.send({ head: 'OPTIONS sip:proxy.example SIP/2.0\r\n\r\n', body: new Uint8Array(0) });
    await vi.waitFor(() => expect(text()).toMatch(/^OPTIONS /));
  });

  test('MUST mean port 5061 when its sent-by names none (RFC 5923 §8.2)', async () => {
    const { flow } = await client(await listen(), `${HOST};alias`);
    expect(found(HOST, 5061)).toBe(flow);
  });

  test('MUST be found so after a resumed handshake, too', async () => {
    const listening = await listen();
    const first = await client(listening, HOST);
    await vi.waitFor(() => expect(first.session()).toBeDefined());
    const again = await client(listening, `${HOST}:${port};alias`, proxy, first.session());
    expect(again.socket.isSessionReused()).toBe(true);
    expect(found()).toBe(again.flow);
  });

  test('MUST give way to a later one, and leave that in place when it closes', async () => {
    const listening = await listen();
    const first = await client(listening, `${HOST}:${port};alias`);
    const second = await client(listening, `${HOST}:${port};alias`);
    first.socket.destroy();
    await vi.waitFor(() => expect(first.flow.isOpen).toBe(false));
    expect(found()).toBe(second.flow);
  });

  test('MUST NOT be used when it is gone (RFC 5923 §8.2)', async () => {
    const { socket, flow } = await client(await listen(), `${HOST}:${port};alias`);
    expect(found()).toBe(flow);
    socket.end();
    await vi.waitFor(() => expect(flow.isOpen).toBe(false));
    expect(found()).not.toBe(flow);
    // Somebody new is connected to, and has to prove who it is.
    expect(found()?.local.port).toBe(0);
  });

  test.each([
    ['for another host, though its sent-by names that', 'victim.example', 0, '127.0.0.1'],
    ['for the address that it came from', '127.0.0.1', 0, '127.0.0.1'],
    ['for another port', 'evil.example', 1, '127.0.0.1'],
    ['for another address', 'evil.example', 0, '127.0.0.2'],
  ])('MUST NOT be used %s (RFC 5923 §9.2)', async (_how, host, offset, address) => {
    const via = `victim.example:${port};alias`;
    const { flow } = await client(await listen(), via, attacker);
    expect(found('evil.example')).toBe(flow);
    expect(found(host, port + offset, address)).not.toBe(flow);
  });

  test('MUST NOT be used where clients need no certificate, though it showed one (RFC 5923 §9.2)', async () => {
    const { flow } = await client(await listen(false), `${HOST}:${port};alias`);
    expect(found()).not.toBe(flow);
  });
});

test.each(['', ';alias=1', ';x-alias'])(
  'a TLS connection MUST NOT be used for requests to its client that did not ask for it: %j (RFC 5923 §8.2)',
  async (params) => {
    const { flow } = await client(await listen(), `${HOST}:${port}${params}`);
    expect(found()).not.toBe(flow);
  },
);
