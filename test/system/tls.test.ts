import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { H } from '@hermod/sip';
import {
  CertificateAuthority,
  freePorts,
  type IssuedCertificate,
  SipPeer,
  type SipPeerOptions,
  startDns,
} from '@hermod/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';
import { runStandalone, type StandaloneProcess } from './standalone-process.ts';

const authority = new CertificateAuthority();
const stranger = new CertificateAuthority();
const ca = authority.ca.cert;
const altNames = ['URI:sip:localhost', 'IP:127.0.0.1'];
const first = authority.issue({ altNames });
const second = authority.issue({ altNames });
afterAll(() => {
  authority.remove();
  stranger.remove();
});

let scene: Scene;
let port: number;
let tcpPort: number;
let directory: string;

beforeEach(async () => {
  scene = new Scene();
  [port = 0, tcpPort = 0] = await freePorts(2);
  directory = mkdtempSync(join(tmpdir(), 'hermod-tls-'));
  scene.onClose(() => rmSync(directory, { recursive: true, force: true }));
  use(first);
});
afterEach(() => scene.close());

function use({ certFile, keyFile }: IssuedCertificate): void {
  copyFileSync(certFile, join(directory, 'cert'));
  copyFileSync(keyFile, join(directory, 'key'));
}

function environment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    HERMOD_SIP_LISTEN: `tls://127.0.0.1:${port},tcp://127.0.0.1:${tcpPort}`,
    HERMOD_TLS_CERT: join(directory, 'cert'),
    HERMOD_TLS_KEY: join(directory, 'key'),
    HERMOD_TLS_CA: authority.ca.certFile,
    ...env,
  };
}

function start(env?: Readonly<Record<string, string>>): Promise<StandaloneProcess> {
  return scene.start(scene.directory(), environment(env));
}

async function peer(user: string, options: SipPeerOptions = {}): Promise<SipPeer> {
  const made = await SipPeer.tls(port, { ca }, { ...options, user });
  scene.onClose(() => made.close());
  return made;
}

async function device(user: string, options: SipPeerOptions = {}): Promise<SipPeer> {
  const made = await peer(user, options);
  expect((await made.register()).status).toBe(200);
  return made;
}

describe('messages over TLS', () => {
  test('MUST be delivered directly, and from the mailbox', async () => {
    await start();
    const alice = await peer('alice');
    expect((await alice.sendMessage('sip:bob@localhost', 'before')).status).toBe(202);
    const bob = await device('bob');
    await bob.waitForRequests(1);
    expect((await alice.sendMessage('sip:bob@localhost', 'after')).status).toBe(200);
    expect(bob.texts).toEqual(['before', 'after']);
    const vias = bob.received[1]?.request.all(H.VIA) ?? [];
    expect(vias[0]).toContain(`SIP/2.0/TLS 127.0.0.1:${port};`);
    await bob.close();
    expect((await alice.sendMessage('sip:bob@localhost', 'away')).status).toBe(202);
    const again = await device('bob');
    await again.waitForRequests(1);
    expect(again.texts).toEqual(['away']);
  });

  test('MUST pass between TLS and TCP for a sip URI', async () => {
    await start();
    const bob = await device('bob');
    const alice = await scene.device(tcpPort, 'alice');
    expect((await alice.sendMessage(bob.aor, 'to tls')).status).toBe(200);
    expect((await bob.sendMessage(alice.aor, 'to tcp')).status).toBe(200);
    expect([bob.texts, alice.texts]).toEqual([['to tls'], ['to tcp']]);
  });
});

describe('sips', () => {
  test('MUST reach sips contacts, and no others (RFC 5630 §5.3)', async () => {
    await start();
    const alice = await peer('alice', { scheme: 'sips' });
    const bob = await device('bob', { scheme: 'sips' });
    expect((await alice.sendMessage('sips:bob@localhost', 'secret')).status).toBe(200);
    expect(bob.received[0]?.request.requestUri).toBe(bob.contact);

    await device('carol');
    const refused = await alice.sendMessage('sips:carol@localhost', 'secret');
    expect(refused.status).toBe(480);
    expect(refused.response.get(H.WARNING)).toBe('380 hermod "SIPS Not Allowed"');
  });

  test('MUST NOT be what a sip request becomes on its way to a sips contact (RFC 5630 §5.3)', async () => {
    await start();
    const bob = await device('bob', { scheme: 'sips' });
    const alice = await scene.tcp(tcpPort, 'alice');
    expect((await alice.sendMessage('sip:bob@localhost', 'hi')).status).toBe(200);
    expect(bob.received[0]?.request.requestUri).toBe(bob.contact.replace('sips:', 'sip:'));
    expect(bob.received[0]?.socket.transport).toBe('TLS');
  });

  test('MUST wait in the mailbox for a sips contact (RFC 5630 §5.3)', async () => {
    await start();
    const alice = await peer('alice', { scheme: 'sips' });
    expect((await alice.sendMessage('sips:bob@localhost', 'secret')).status).toBe(202);
    const bob = await device('bob', { scheme: 'sips' });
    await bob.waitForRequests(1);
    expect(bob.texts).toEqual(['secret']);
  });

  test('MUST NOT be taken in clear (RFC 5630 §3.1)', async () => {
    await start();
    const alice = await scene.tcp(tcpPort, 'alice');
    expect((await alice.sendMessage('sips:bob@localhost', 'secret')).status).toBe(416);
    const contact = 'sips:alice@127.0.0.1:5061';
    expect((await alice.register('sips:alice@localhost', { contact })).status).toBe(416);
  });
});

describe('a device that listens for TLS at its Contact', () => {
  async function deviceAtContact(certificate: IssuedCertificate): Promise<SipPeer> {
    const listening = SipPeer.idle({ user: 'bob', scheme: 'sips' });
    scene.onClose(() => listening.close());
    const at = await listening.listenTls({ cert: certificate.cert, key: certificate.key });
    const registrant = await peer('bob', { scheme: 'sips' });
    const contact = `sips:bob@${at.address}:${at.port}`;
    expect((await registrant.register(listening.aor, { contact })).status).toBe(200);
    await registrant.close();
    return listening;
  }

  test('MUST be connected to when its certificate names that address, for sip and sips', async () => {
    await start();
    const bob = await deviceAtContact(authority.issue({ altNames: ['IP:127.0.0.1'] }));
    const alice = await peer('alice', { scheme: 'sips' });
    expect((await alice.sendMessage('sips:bob@localhost', 'one')).status).toBe(200);
    expect((await alice.sendMessage('sip:bob@localhost', 'two')).status).toBe(200);
    expect(bob.texts).toEqual(['one', 'two']);
    const schemes = bob.received.map(({ request }) => request.requestUri.split(':')[0]);
    expect(schemes).toEqual(['sips', 'sip']);
  });

  test.each([
    ['names somebody else', authority.issue({ altNames: ['IP:127.0.0.2'] })],
    ['comes from nobody we trust', stranger.issue({ altNames: ['IP:127.0.0.1'] })],
  ])('MUST get nothing when its certificate %s (RFC 5922 §7.3)', async (_how, certificate) => {
    await start();
    const bob = await deviceAtContact(certificate);
    const alice = await peer('alice');
    expect((await alice.sendMessage('sip:bob@localhost', 'secret')).status).toBe(202);
    expect(bob.texts).toEqual([]);
  });
});

describe('another domain that shows a certificate, as we do', () => {
  const HOST = '127.0.0.9';
  const DOMAIN = 'other.example';
  /** Where its server says that it is. */
  let there: number;

  beforeEach(async () => {
    [there = 0] = await freePorts(1);
    const dns = await startDns([
      `${DOMAIN} NAPTR 1 1 s SIPS+D2T _sips._tcp.${DOMAIN}`,
      `_sips._tcp.${DOMAIN} SRV 1 0 ${there} sip.${DOMAIN}`,
      `sip.${DOMAIN} A ${HOST}`,
    ]);
    scene.onClose(() => dns.stop());
    await start({
      HERMOD_SIP_LISTEN: `tls://0.0.0.0:${port},tcp://127.0.0.1:${tcpPort}`,
      HERMOD_SIP_ADVERTISE: `tls://127.0.0.1:${port}`,
      HERMOD_TLS_CLIENT_CA: authority.ca.certFile,
      HERMOD_AUTH: 'open',
      HERMOD_RELAY_FROM: '127.0.0.1',
      HERMOD_DNS_SERVERS: dns.address,
      HERMOD_CONTACT_NETWORKS: `${HOST}/32`,
    });
  });

  /** A server that has sent a request with `alias` over a connection of its own. */
  async function connected(domain: string): Promise<SipPeer> {
    const { cert, key } = authority.issue({ altNames: [`URI:sip:${domain}`] });
    const tls = { ca, cert, key, checkServerIdentity: () => undefined };
    const made = await SipPeer.tls(port, tls, { user: 'carol', domain, host: HOST });
    scene.onClose(() => made.close());
    const via = `SIP/2.0/TLS sip.${DOMAIN}:${there};branch=z9hG4bKconnected;alias`;
    const branch = 'z9hG4bKconnected';
    expect((await made.request('OPTIONS', 'sip:localhost', { via, branch })).status).toBe(200);
    return made;
  }

  async function send(): Promise<number> {
    const alice = await scene.tcp(tcpPort, 'alice');
    return (await alice.sendMessage(`sip:carol@${DOMAIN}`, 'hi')).status;
  }

  test('MUST be reached over the connection that it offers by alias (RFC 5923 §8.2)', async () => {
    const carol = await connected(DOMAIN);
    expect(await send()).toBe(200);
    expect(carol.texts).toEqual(['hi']);
  });

  test('MUST NOT be taken for whoever else offers his connection in its name (RFC 5923 §9.2)', async () => {
    const mallory = await connected('evil.example');
    expect(await send()).toBe(500);
    expect(mallory.texts).toEqual([]);
  });

  test('MUST be asked by alias to use our connection, too (RFC 5923 §8.1)', async () => {
    const carol = SipPeer.idle({ user: 'carol', domain: DOMAIN, host: HOST });
    scene.onClose(() => carol.close());
    const { cert, key } = authority.issue({ altNames: [`URI:sip:${DOMAIN}`] });
    await carol.listenTls({ cert, key, ca, requestCert: true, rejectUnauthorized: true }, there);
    expect(await send()).toBe(200);
    const [via = ''] = carol.received[0]?.request.all(H.VIA) ?? [];
    expect(via).toMatch(new RegExp(`^SIP/2\\.0/TLS 127\\.0\\.0\\.1:${port};.*;alias$`));
  });
});

describe('certificates', () => {
  /** Serial number of what is shown to a new connection. */
  function serial(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca }, () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
        socket.destroy();
      });
      socket.on('error', reject);
    });
  }

  test('MUST be replaced on SIGHUP, without disturbing a connection', async () => {
    const standalone = await start();
    const bob = await device('bob');
    const before = await serial();
    use(second);
    standalone.signal('SIGHUP');
    await expect.poll(serial, { timeout: 5_000 }).not.toBe(before);
    const alice = await peer('alice');
    expect((await alice.sendMessage(bob.aor, 'hi')).status).toBe(200);
    expect(bob.texts).toEqual(['hi']);
  });

  test('MUST stay when the new ones cannot be used, with an error in the log', async () => {
    const standalone = await start();
    const before = await serial();
    writeFileSync(join(directory, 'key'), second.key);
    standalone.signal('SIGHUP');
    const metrics = await (await fetch(`${standalone.http}/metrics`)).text();
    expect(metrics).toMatch(/sip_tls_certificate_expiry_timestamp_seconds\{[^}]*\} 1?\d{9}/);
    await expect.poll(serial, { timeout: 5_000 }).toBe(before);
    const { code, stdout } = await standalone.stop();
    expect(code).toBe(0);
    expect(stdout).toContain('the old ones stay');
  });

  test('of clients MUST be asked for where HERMOD_TLS_CLIENT_CA is set', async () => {
    await start({ HERMOD_TLS_CLIENT_CA: authority.ca.certFile });
    const anonymous = await peer('mallory').catch(() => undefined);
    const sent = await anonymous?.sendMessage('sip:bob@localhost', 'x').catch(() => undefined);
    expect(sent).toBeUndefined();
    const { cert, key } = authority.issue({});
    const alice = await SipPeer.tls(port, { ca, cert, key }, { user: 'alice' });
    scene.onClose(() => alice.close());
    expect((await alice.sendMessage('sip:bob@localhost', 'hi')).status).toBe(202);
  });

  test.each([
    ['HERMOD_TLS_CERT', 'missing', 'is not there'],
    ['HERMOD_TLS_KEY', second.keyFile, 'is not the key of'],
    ['HERMOD_TLS_CA', first.keyFile, 'no certificate'],
  ])('that cannot be used MUST end the start with exit 78: %s', async (name, path, fault) => {
    const dataDir = { HERMOD_DATA_DIR: scene.directory(), HERMOD_HTTP_LISTEN: '127.0.0.1:0' };
    const ended = await runStandalone({ ...environment({ [name]: path }), ...dataDir });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain(`${name}: `);
    expect(ended.stderr).toContain(fault);
    expect(ended.stderr).toContain('mend the file');
  });
});
