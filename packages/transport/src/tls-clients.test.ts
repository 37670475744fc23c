// Many clients of one or several TLS listeners, node:tls and openssl's own.
import type { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ConnectionOptions,
  createServer,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls';
import { Worker } from 'node:worker_threads';
import { CertificateAuthority } from '@hermod/testkit';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type CleanUps, FlowRecorder, messageOver, undo } from '../testdata/flow-recorder.ts';
import type { FlowLimits, Listener } from './flow.ts';
import { connectStream } from './stream-connect.ts';
import { type OcspStaple, TlsCredentials, type TlsPem } from './tls-credentials.ts';
import { TlsListener } from './tls-listener.ts';
import { WssListener } from './ws-listener.ts';

const authority = new CertificateAuthority();
const stranger = new CertificateAuthority();
const ca = authority.ca.cert;
const main = authority.issue({ altNames: ['URI:sip:main.example', 'DNS:main.example'] });
const second = authority.issue({ altNames: ['URI:sip:second.example', 'DNS:*.second.example'] });
const third = authority.issue({ altNames: ['DNS:third.example'] });
const others = [second, third];
const directory = mkdtempSync(join(tmpdir(), 'hermod-tls-'));
afterAll(() => {
  authority.remove();
  stranger.remove();
  rmSync(directory, { recursive: true });
});

const cleanups: CleanUps = [];
afterEach(() => undo(cleanups));

type Start = {
  readonly pem?: TlsPem;
  readonly credentials?: TlsCredentials;
  readonly isMutual?: boolean;
  readonly limits?: Partial<FlowLimits>;
};

async function start(options: Start = {}): Promise<Listener & { readonly seen: FlowRecorder }> {
  const { pem = { ...main, ca }, isMutual = false, limits = {} } = options;
  const seen = new FlowRecorder();
  const listener = await TlsListener.listen({
    port: 0,
    handlers: seen,
    credentials: options.credentials ?? new TlsCredentials(pem),
    requireClientCertificate: isMutual,
    limits: { lingerMs: 100, ...limits },
  });
  cleanups.push(() => listener.close());
  return Object.assign(listener, { seen });
}

async function startWss(credentials: TlsCredentials): Promise<WssListener> {
  const handlers = new FlowRecorder();
  const listener = await WssListener.listen({
    port: 0,
    handlers,
    credentials,
    mayOpen: () => true,
  });
  cleanups.push(() => listener.close());
  return listener;
}

/** Done with its handshake.  @returns `session`: the last ticket that came */
async function connect(
  { address: { port } }: Listener,
  options: ConnectionOptions = {},
): Promise<{ socket: TLSSocket; session: () => Promise<Buffer> }> {
  const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let last: Buffer | undefined;
  socket.on('session', (ticket) => {
    last = ticket;
  });
  cleanups.push(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  const session = async () => {
    await vi.waitFor(() => expect(last).toBeDefined());
    return last ?? socket.getSession() ?? expect.unreachable();
  };
  return { socket, session };
}

/** However it ends. */
function closed(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

/** `openssl s_client`, until `isDone`.  @returns what it prints */
async function opensslClient(
  { address: { port } }: Listener,
  args: readonly string[],
  isDone: (output: string) => boolean,
): Promise<string> {
  const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args]);
  let output = '';
  const keep = (text: string): void => {
    output += text;
  };
  client.stdout.setEncoding('latin1').on('data', keep);
  client.stderr.setEncoding('latin1').on('data', keep);
  const timer = setInterval(() => {
    if (isDone(output)) client.stdin.end('Q\n');
  }, 20);
  client.stdin.on('error', () => undefined);
  await once(client, 'close');
  clearInterval(timer);
  return output;
}

const commonNameOf = (socket: TLSSocket): string | undefined =>
  [main, ...others].find(({ cert }) =>
    cert.includes(socket.getPeerCertificate().raw.toString('base64').slice(0, 40)),
  )?.certFile;

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s', (version) => {
  const versions = { minVersion: version, maxVersion: version };

  test('MUST be resumed (RFC 8446 §2.2, RFC 5077)', async () => {
    const listener = await start();
    const first = await connect(listener, versions);
    expect(first.socket.isSessionReused()).toBe(false);
    const session = await first.session();
    first.socket.destroy();
    const again = await connect(listener, { ...versions, session });
    expect(again.socket.isSessionReused()).toBe(true);
    expect(again.socket.getProtocol()).toBe(version);
    await vi.waitFor(() => expect(listener.stats.accepted).toBe(2));
  });

  test('MUST be resumed at another edge that has the same ticket keys, and only there', async () => {
    const ticketKeys = randomBytes(48);
    const here = await start({ pem: { ...main, ca, ticketKeys } });
    const there = await start({ pem: { ...main, ca, ticketKeys } });
    const elsewhere = await start({ pem: { ...main, ca, ticketKeys: randomBytes(48) } });
    const session = await (await connect(here, versions)).session();
    const at = async (listener: Listener): Promise<boolean> => {
      return (await connect(listener, { ...versions, session })).socket.isSessionReused();
    };
    expect([await at(there), await at(elsewhere)]).toEqual([true, false]);
  });

  test('MUST be resumed with the certificate of the domain that was asked for', async () => {
    const listener = await start({ pem: { ...main, ca, others } });
    const asked = { ...versions, servername: 'second.example' };
    const session = await (await connect(listener, asked)).session();
    const again = await connect(listener, { ...asked, session });
    expect(again.socket.isSessionReused()).toBe(true);
    // RFC 6066 §3: not for another name.
    const other = await connect(listener, { ...versions, servername: 'third.example', session });
    expect(other.socket.isSessionReused()).toBe(false);
    expect(commonNameOf(other.socket)).toBe(third.certFile);
  });

  test('MUST outlive a certificate, and not its ticket keys', async () => {
    const credentials = new TlsCredentials({ ...main, ca });
    const listener = await start({ credentials });
    const session = await (await connect(listener, versions)).session();
    credentials.replace({ ...third, ca });
    const resumed = await connect(listener, { ...versions, session });
    expect(resumed.socket.isSessionReused()).toBe(true);
    credentials.renewTicketKeys(performance.now() + 604_000_000);
    expect((await connect(listener, { ...versions, session })).socket.isSessionReused()).toBe(true);
    // RFC 9325 §3.4: keys MUST be changed regularly.
    credentials.renewTicketKeys(performance.now() + 605_000_000);
    expect((await connect(listener, { ...versions, session })).socket.isSessionReused()).toBe(
      false,
    );
    credentials.replace({ ...main, ca, ticketKeys: randomBytes(48) });
    const later = await (await connect(listener, versions)).session();
    credentials.replace({ ...main, ca, ticketKeys: randomBytes(48) });
    const last = await connect(listener, { ...versions, session: later });
    expect(last.socket.isSessionReused()).toBe(false);
  });

  test('MUST NOT outlive the authority of its client', async () => {
    const credentials = new TlsCredentials({ ...main, ca, ticketKeys: randomBytes(48) });
    const listener = await start({ credentials, isMutual: true });
    const device = { ...versions, ...authority.issue({}) };
    const session = await (await connect(listener, device)).session();
    const again = await connect(listener, { ...device, session });
    expect(again.socket.isSessionReused()).toBe(true);
    await vi.waitFor(() => expect(listener.seen.opened).toHaveLength(2));
    credentials.replace({ ...credentials.pem, ca: stranger.ca.cert });
    const late = await connect(listener, { ...device, session }).catch(() => undefined);
    if (late !== undefined) await closed(late.socket);
    await vi.waitFor(() => expect(listener.stats.handshakeFailures).toBe(1));
    expect(listener.seen.opened).toHaveLength(2);
  });

  test('of a listener that asks for no certificate MUST NOT open one that does', async () => {
    const credentials = new TlsCredentials({ ...main, ca, ticketKeys: randomBytes(48) });
    const open = await start({ credentials });
    const guarded = await start({ credentials, isMutual: true });
    const session = await (await connect(open, versions)).session();
    const opened = await connect(guarded, { ...versions, session }).catch(() => undefined);
    // With TLS 1.3 the client is done before the server has refused it.
    if (opened !== undefined) await closed(opened.socket);
    await vi.waitFor(() => expect(guarded.stats.handshakeFailures).toBe(1));
    expect(guarded.seen.opened).toEqual([]);
  });

  test('MUST be resumed by openssl, too', async () => {
    const ticketKeys = randomBytes(48);
    const [here, there] = [
      await start({ pem: { ...main, ca, ticketKeys } }),
      await start({ pem: { ...main, ca, ticketKeys } }),
    ];
    const file = join(directory, `session-${version}`);
    const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
    const isKept = () => existsSync(file) && readFileSync(file).length > 0;
    expect(await opensslClient(here, [flag, '-sess_out', file], isKept)).toMatch(/\nNew, /);
    const again = await opensslClient(there, [flag, '-sess_in', file], (output) =>
      /\n(Reused|New), /.test(output),
    );
    expect(again).toMatch(/\nReused, /);
  });
});

describe('a client that says what it will speak (RFC 7301)', () => {
  test.each([
    [['sip/2'], 'sip/2'],
    [['sip'], 'sip'],
    [['h2', 'sip', 'sip/2'], 'sip/2'],
    [[], false],
  ])('%j MUST be told %j', async (ALPNProtocols, chosen) => {
    const listener = await start();
    const { socket } = await connect(listener, ALPNProtocols.length > 0 ? { ALPNProtocols } : {});
    expect(socket.alpnProtocol).toBe(chosen);
  });

  test('MUST be refused with no_application_protocol when it is no SIP (RFC 7301 §3.2)', async () => {
    const listener = await start();
    const refused = connect(listener, { ALPNProtocols: ['h2', 'http/1.1'] });
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    });
    await vi.waitFor(() => expect(listener.stats.handshakeFailures).toBe(1));
  });

  test('as browsers do MUST be served by wss://, and SIP refused there', async () => {
    const listener = await startWss(new TlsCredentials({ ...main, ca }));
    const { socket } = await connect(listener, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
    await expect(connect(listener, { ALPNProtocols: ['sip/2'] })).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    });
  });

  test('MUST be told so by openssl', async () => {
    const listener = await start();
    const isDone = (output: string) => /ALPN protocol: |No ALPN/.test(output);
    const output = await opensslClient(listener, ['-alpn', 'h2,sip/2'], isDone);
    expect(output).toContain('ALPN protocol: sip/2');
    expect(await opensslClient(listener, ['-alpn', 'h2'], () => false)).toContain(
      'no application protocol',
    );
  });

  test('is what we are ourselves', async () => {
    const spoken: unknown[] = [];
    const server = createServer({ ...main, ALPNProtocols: ['sip/2'] }, (socket) => {
      spoken.push(socket.alpnProtocol);
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const remote = { address: '127.0.0.1', port };
    const tls = { credentials: new TlsCredentials({ ca }), domain: 'main.example' };
    const flow = connectStream({ remote, handlers: new FlowRecorder() }, tls);
    cleanups.push(() => flow.close());
    await vi.waitFor(() => expect(spoken).toEqual(['sip/2']));
  });
});

describe('a client that names a domain (RFC 6066 §3)', () => {
  test.each([
    ['main.example', main],
    ['second.example', second],
    ['SECOND.example', second],
    ['sip.second.example', second],
    ['third.example', third],
    ['sip.third.example', main],
    ['unknown.example', main],
    [undefined, main],
  ])(
    '%s MUST be shown the certificate that names it, or the first',
    async (servername, { certFile }) => {
      const listener = await start({ pem: { ...main, ca, others } });
      const { socket } = await connect(listener, servername === undefined ? {} : { servername });
      expect(commonNameOf(socket)).toBe(certFile);
    },
  );

  test('MUST be shown another one as soon as that is there', async () => {
    const credentials = new TlsCredentials({ ...main, ca, others: [second] });
    const listener = await start({ credentials });
    const asked = { servername: 'third.example' };
    expect(commonNameOf((await connect(listener, asked)).socket)).toBe(main.certFile);
    credentials.replace({ ...main, ca, others });
    expect(commonNameOf((await connect(listener, asked)).socket)).toBe(third.certFile);
    const unfit = [{ cert: second.cert, key: third.key }];
    expect(() => credentials.replace({ ...main, ca, others: unfit })).toThrow();
    expect(commonNameOf((await connect(listener, asked)).socket)).toBe(third.certFile);
  });

  test('MUST show a certificate of the authorities itself, whichever domain it names', async () => {
    const listener = await start({ pem: { ...main, ca, others }, isMutual: true });
    const asked = { servername: 'second.example' };
    await connect(listener, { ...asked, ...authority.issue({}) });
    await vi.waitFor(() => expect(listener.seen.opened).toHaveLength(1));
    const stranger = await connect(listener, asked).catch(() => undefined);
    if (stranger !== undefined) await closed(stranger.socket);
    expect(listener.seen.opened).toHaveLength(1);
  });
});

describe('a client that asks what the authority says (RFC 6066 §8)', () => {
  const staple = (of: typeof main, untilMs = Date.now() + 60_000): OcspStaple => {
    return { response: readFileSync(authority.ocspResponse(of)), untilMs };
  };
  const isDone = (output: string) => /\n(New|Reused), /.test(output);
  const asking = ['-status', '-CAfile', authority.ca.certFile];

  test('MUST be told of the certificate that it is shown', async () => {
    const pem = { ...main, ca, ocsp: staple(main), others: [{ ...second, ocsp: staple(second) }] };
    const listener = await start({ pem });
    for (const [name, { cert }] of [
      ['main.example', main],
      ['second.example', second],
    ] as const) {
      const output = await opensslClient(listener, [...asking, '-servername', name], isDone);
      expect(output).toContain('OCSP Response Status: successful');
      expect(output).toContain('Cert Status: good');
      const { serialNumber } = new X509Certificate(cert);
      expect(output).toContain(`Serial Number: ${serialNumber}`);
    }
  });

  test('MUST be told nothing where nothing is known, or what was known is out of date', async () => {
    const late = { ...main, ca, ocsp: staple(main, Date.now() - 1), others: [third] };
    const listener = await start({ pem: late });
    for (const name of ['main.example', 'third.example']) {
      const output = await opensslClient(listener, [...asking, '-servername', name], isDone);
      expect(output).toContain('OCSP response: no response sent');
    }
  });

  test('MUST be told what is new', async () => {
    const credentials = new TlsCredentials({ ...main, ca });
    const listener = await start({ credentials });
    credentials.replace({ ...main, ca, ocsp: staple(main) });
    expect(await opensslClient(listener, asking, isDone)).toContain('Cert Status: good');
  });
});

describe('clients that come all at once', () => {
  const CLIENTS = 200;

  test('SHOULD NOT keep a flow that stands from its turn', async () => {
    // With an RSA key nearly all the work is the server's.
    const slow = authority.issue({ altNames: ['URI:sip:main.example'], rsaBits: 3_072 });
    const listener = await start({
      pem: { ...slow, ca },
      limits: { maxHandshakes: 1_024, maxHandshakesPerAddress: 1_024, handshakeMs: 30_000 },
    });
    const seen = new FlowRecorder();
    const remote = { address: '127.0.0.1', port: listener.address.port };
    const tls = { credentials: new TlsCredentials({ ca }), domain: 'main.example' };
    const flow = connectStream({ remote, handlers: seen }, tls);
    cleanups.push(() => flow.close());
    flow.send(messageOver('TLS', 1));
    await vi.waitFor(() => expect(seen.messages).toHaveLength(1));
    const counts = new Int32Array(new SharedArrayBuffer(8));
    const { port } = remote;
    const workerData = { port, count: CLIENTS, counts };
    const storm = new Worker(join(import.meta.dirname, '../testdata/tls-storm.ts'), { workerData });
    cleanups.push(async () => {
      await storm.terminate();
    });
    // Not once does this loop run before all have sent the begin of their handshakes: the kernel takes their connections.
    for (let at = 0; at < CLIENTS; at = Atomics.load(counts, 0)) Atomics.wait(counts, 0, at, 1_000);
    Atomics.wait(counts, 1, 0, 300);
    const startMs = performance.now();
    let [lastMs, longestMs, answers] = [startMs, 0, 1];
    while (Atomics.load(counts, 1) < CLIENTS) {
      flow.send(messageOver('TLS', answers + 1));
      answers += 1;
      while (seen.messages.length < answers) await delay(0);
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }
    const tookMs = performance.now() - startMs;
    // Would a turn of the loop accept all that there are, the flow would wait for nearly all of them.
    expect(longestMs).toBeLessThan(tookMs / 4);
    await vi.waitFor(() => expect(listener.seen.opened).toHaveLength(CLIENTS + 1));
    expect(listener.stats).toMatchObject({ refused: 0, handshakeFailures: 0 });
  }, 60_000);

  test('MUST NOT be counted any more when they have made room for others', async () => {
    const listener = await start({ limits: { maxHandshakes: 1, maxHandshakesPerAddress: 2 } });
    for (let i = 0; i < 4; i += 1) {
      const silent = tcpConnect({ host: '127.0.0.1', port: listener.address.port });
      silent.on('error', () => undefined);
      cleanups.push(() => void silent.destroy());
      await once(silent, 'connect');
      await vi.waitFor(() => expect(listener.stats.handshakeFailures).toBe(i));
    }
    await connect(listener);
    expect(listener.stats.refused).toBe(0);
  });
});
