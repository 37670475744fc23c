// What a client of TLS sees of two standalones that are configured alike.
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { CertificateAuthority, freePorts } from '@hermod/testkit';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { Scene } from './scene.ts';
import { runStandalone, type StandaloneProcess } from './standalone-process.ts';

const authority = new CertificateAuthority();
const [one, other] = ['one.example', 'other.example'].map((domain) =>
  authority.issue({ altNames: [`URI:sip:${domain}`, `DNS:${domain}`] }),
) as [ReturnType<typeof authority.issue>, ReturnType<typeof authority.issue>];
afterAll(() => authority.remove());

let scene: Scene;
let directory: string;
const file = (name: string): string => join(directory, name);

beforeEach(() => {
  scene = new Scene();
  directory = mkdtempSync(join(tmpdir(), 'hermod-tls-'));
  scene.onClose(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(file('tickets'), Buffer.alloc(48, 7));
  copyFileSync(authority.ocspResponse(one), file('one.ocsp'));
  copyFileSync(authority.ocspResponse(other), file('other.ocsp'));
});
afterEach(() => scene.close());

function environment(port: number): Record<string, string> {
  return {
    HERMOD_DOMAINS: 'one.example,other.example',
    HERMOD_SIP_LISTEN: `tls://127.0.0.1:${port}`,
    HERMOD_TLS_CERT: `${one.certFile},${other.certFile}`,
    HERMOD_TLS_KEY: `${one.keyFile},${other.keyFile}`,
    HERMOD_TLS_OCSP: `${file('other.ocsp')},${file('one.ocsp')}`,
    HERMOD_TLS_TICKET_KEYS: file('tickets'),
  };
}

async function start(): Promise<{ readonly port: number; readonly process: StandaloneProcess }> {
  const [port = 0] = await freePorts(1);
  return { port, process: await scene.start(scene.directory(), environment(port)) };
}

type Seen = {
  readonly serial: string | undefined;
  readonly isReused: boolean;
  /** Stapled. */
  readonly ocsp: Buffer | undefined;
  /** A ticket for the next time; undefined: it was used. */
  readonly session: Buffer | undefined;
};

function visit(port: number, options: ConnectionOptions): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, ca: authority.ca.cert, requestOCSP: true, ...options };
    const socket = connect({ ...to, ALPNProtocols: ['sip/2'] });
    let ocsp: Buffer | undefined;
    socket.on('OCSPResponse', (response: Buffer | null) => {
      // None: a session that is resumed brings its certificate along.
      ocsp = response ?? undefined;
    });
    const done = (session?: Buffer): void => {
      const serial = socket.getPeerX509Certificate()?.serialNumber;
      resolve({ serial, isReused: socket.isSessionReused(), ocsp, session });
      socket.destroy();
    };
    socket.once('session', done);
    socket.once('secureConnect', () => {
      if (socket.isSessionReused()) done();
    });
    socket.on('error', reject);
  });
}

test('a client MUST get its domain, what the authority says, and its session back at another one', async () => {
  const [here, there] = [await start(), await start()];
  for (const [servername, { cert }] of [
    ['one.example', one],
    ['other.example', other],
  ] as const) {
    const first = await visit(here.port, { servername });
    const { serialNumber } = new X509Certificate(cert);
    expect(first).toMatchObject({ serial: serialNumber, isReused: false });
    expect(first.ocsp?.toString('hex')).toContain(serialNumber.toLowerCase());
    const { session } = first;
    expect((await visit(there.port, { servername, session })).isReused).toBe(true);
  }
});

test('other ticket keys MUST be in use on SIGHUP', async () => {
  const { port, process } = await start();
  const servername = 'one.example';
  const { session } = await visit(port, { servername });
  const isReused = async () => (await visit(port, { servername, session })).isReused;
  expect(await isReused()).toBe(true);
  writeFileSync(file('tickets'), Buffer.alloc(48, 8));
  process.signal('SIGHUP');
  await expect.poll(isReused, { timeout: 5_000 }).toBe(false);
  const metrics = await (await fetch(`${process.http}/metrics`)).text();
  expect(metrics).toMatch(/sip_tls_ocsp_expiry_timestamp_seconds\{[^}]*\} 1?\d{9}/);
});

test.each([
  ['HERMOD_TLS_KEY', () => one.keyFile, 'names 1 files'],
  [
    'HERMOD_TLS_OCSP',
    () => authority.ocspResponse(authority.issue({})),
    'is not in HERMOD_TLS_CERT',
  ],
  ['HERMOD_TLS_TICKET_KEYS', () => one.keyFile, 'octets, and has to hold 48'],
] as const)(
  'what cannot be used MUST end the start with exit 78: %s',
  async (name, path, fault) => {
    const dataDir = { HERMOD_DATA_DIR: scene.directory(), HERMOD_HTTP_LISTEN: '127.0.0.1:0' };
    const ended = await runStandalone({ ...environment(0), ...dataDir, [name]: path() });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain(`${name}: `);
    expect(ended.stderr).toContain(fault);
  },
);
