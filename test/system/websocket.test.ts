// SIP over WebSocket (RFC 7118), as browsers speak it, through a real standalone.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { H, type SipMessage } from '@hermod/sip';
import {
  CertificateAuthority,
  freePorts,
  readMetric,
  SipPeer,
  type SipPeerOptions,
  type WebSocketPeerOptions,
} from '@hermod/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { provisionStandalone } from './provision.ts';
import { Scene } from './scene.ts';
import type { StandaloneProcess } from './standalone-process.ts';

const INSTANCE = 'urn:uuid:00000000-0000-1000-8000-00d0a0c9e7b5';
const authority = new CertificateAuthority();
const certificate = authority.issue({ altNames: ['URI:sip:localhost', 'IP:127.0.0.1'] });
afterAll(() => authority.remove());

let scene: Scene;
let directory: string;
let tcpPort: number;
let wsPort: number;
let wssPort: number;
let environment: Record<string, string>;

beforeEach(async () => {
  scene = new Scene();
  directory = scene.directory();
  [tcpPort = 0, wsPort = 0, wssPort = 0] = await freePorts(3);
  environment = { HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${tcpPort},ws://127.0.0.1:${wsPort}` };
});
afterEach(() => scene.close());

function start(env: Readonly<Record<string, string>> = {}): Promise<StandaloneProcess> {
  return scene.start(directory, { ...environment, ...env });
}

/** The same with TLS. */
function startSecured(): Promise<StandaloneProcess> {
  const files = scene.directory();
  copyFileSync(certificate.certFile, join(files, 'cert'));
  copyFileSync(certificate.keyFile, join(files, 'key'));
  return start({
    HERMOD_SIP_LISTEN: `${environment.HERMOD_SIP_LISTEN},wss://127.0.0.1:${wssPort}`,
    HERMOD_TLS_CERT: join(files, 'cert'),
    HERMOD_TLS_KEY: join(files, 'key'),
  });
}

async function browser(
  user: string,
  options: SipPeerOptions = {},
  ws: WebSocketPeerOptions = {},
): Promise<SipPeer> {
  const secured = ws.wss === true ? { ca: authority.ca.cert, ...ws } : ws;
  const port = ws.wss === true ? wssPort : wsPort;
  const peer = await SipPeer.ws(port, { ...options, user }, secured);
  scene.onClose(() => peer.close());
  return peer;
}

/** A browser that is registered, as JsSIP and SIP.js do it. */
async function device(...given: Parameters<typeof browser>): Promise<SipPeer> {
  const peer = await browser(...given);
  const { status } = await peer.register(undefined, { instance: INSTANCE, regId: 1 });
  expect(status).toBe(200);
  return peer;
}

describe('messages over WebSocket', () => {
  test('MUST pass between a browser and TCP, both ways, over the flow that the browser opened (RFC 7118 §5)', async () => {
    const { http } = await start();
    const alice = await device('alice');
    const bob = await scene.device(tcpPort, 'bob');
    expect((await alice.sendMessage(bob.aor, 'to tcp')).status).toBe(200);
    expect((await bob.sendMessage(alice.aor, Buffer.from('zurück über ws: ü'))).status).toBe(200);
    expect(bob.texts).toEqual(['to tcp']);
    expect(Buffer.from(alice.texts[0] ?? '', 'latin1').toString()).toBe('zurück über ws: ü');
    const [received] = alice.received;
    expect(received?.request.requestUri).toBe(alice.contact);
    expect(received?.request.all(H.VIA)[0]).toContain(`SIP/2.0/WS 127.0.0.1:${wsPort};`);
    expect(await readMetric(http, 'sip_flows', 'transport="ws"')).toBe(1);
  });

  test('MUST reach every device of a user, whatever each of them speaks', async () => {
    const [udpPort = 0, tlsPort = 0] = await freePorts(2);
    environment.HERMOD_SIP_LISTEN += `,udp://127.0.0.1:${udpPort},tls://127.0.0.1:${tlsPort}`;
    await startSecured();
    const bob = { user: 'bob' };
    const devices = [
      await SipPeer.tcp(tcpPort, bob),
      await SipPeer.udp(udpPort, bob),
      await SipPeer.tls(tlsPort, { ca: authority.ca.cert }, bob),
      await browser('bob'),
      await browser('bob', {}, { wss: true }),
    ];
    for (const one of devices) {
      scene.onClose(() => one.close());
      expect((await one.register()).status).toBe(200);
    }
    const alice = await browser('alice');
    expect((await alice.sendMessage('sip:bob@localhost', 'to all')).status).toBe(200);
    await Promise.all(devices.map((one) => one.waitForRequests(1)));
    expect(devices.map((one) => one.texts)).toEqual(devices.map(() => ['to all']));
    expect(devices.map((one) => one.socket.transport)).toEqual(['TCP', 'UDP', 'TLS', 'WS', 'WSS']);
  });

  test('MUST be kept for a browser that is gone, and come when it is back, each once and in order', async () => {
    await start();
    const alice = await device('alice');
    const bob = await scene.tcp(tcpPort, 'bob');
    await alice.close();
    for (const text of ['one', 'two', 'three']) {
      await expect.poll(async () => (await bob.sendMessage(alice.aor, text)).status).toBe(202);
    }
    const again = await device('alice');
    await again.waitForRequests(3);
    expect(again.texts).toEqual(['one', 'two', 'three']);
    expect((await bob.sendMessage(alice.aor, 'four')).status).toBe(200);
  });

  test('MUST survive a restart: the browser comes back, and so does what was stored', async () => {
    const first = await start();
    const alice = await device('alice');
    const bob = await scene.tcp(tcpPort, 'bob');
    expect((await bob.sendMessage(alice.aor, 'before')).status).toBe(200);
    await first.stop();
    await start();
    const sender = await scene.tcp(tcpPort, 'bob');
    expect((await sender.sendMessage(alice.aor, 'meanwhile')).status).toBe(202);
    const again = await device('alice');
    await again.waitForRequests(1);
    expect(again.texts).toEqual(['meanwhile']);
  });

  test('MUST NOT be tried at the address in a Contact that is a WebSocket (RFC 7118 §5)', async () => {
    await start();
    const alice = await browser('alice');
    const elsewhere = SipPeer.idle({ user: 'alice' });
    scene.onClose(() => elsewhere.close());
    const { address, port } = await elsewhere.listenTcp();
    const contact = `sip:alice@${address}:${port};transport=ws`;
    expect((await alice.register(undefined, { contact })).status).toBe(200);
    const bob = await scene.tcp(tcpPort, 'bob');
    expect((await bob.sendMessage(alice.aor, 'over its flow')).status).toBe(200);
    await alice.close();
    await expect
      .poll(async () => (await bob.sendMessage(alice.aor, 'and nowhere else')).status)
      .toBe(202);
    const again = await device('alice');
    await again.waitForRequests(1);
    expect(again.texts.at(-1)).toBe('and nowhere else');
    expect(elsewhere.received).toEqual([]);
  });

  test('MUST be sent over a WebSocket by the route that its REGISTER is told (RFC 3608 §6.3, RFC 7118 §5)', async () => {
    await start();
    const alice = await browser('alice');
    const { response } = await alice.register();
    expect(response.get(H.SERVICE_ROUTE)).toBe(`<sip:127.0.0.1:${wsPort};transport=ws;lr>`);
  });

  test('MUST come from who has proved it, where that is asked for', async () => {
    await provisionStandalone(directory, ['alice', 'bob']);
    await start({ HERMOD_AUTH: 'digest', HERMOD_DOMAINS: 'localhost' });
    const stranger = await browser('alice');
    expect((await stranger.register()).status).toBe(401);
    const alice = await device('alice', { password: 'alice-s' });
    const bob = await device('bob', { password: 'bob-s' });
    expect((await alice.sendMessage(bob.aor, 'it is me')).status).toBe(200);
    expect(bob.texts).toEqual(['it is me']);
  });

  test('MUST be told that the server goes away, after what it had to say (RFC 6455 §7.4.1)', async () => {
    const standalone = await start();
    const watching = new WebSocket(`ws://127.0.0.1:${wsPort}`, 'sip');
    const closedWith = new Promise<number>((resolve) => {
      watching.addEventListener('close', ({ code }) => resolve(code));
    });
    const alice = await browser('alice');
    const bob = await scene.device(tcpPort, 'bob');
    bob.answer = () => ({ status: 200, delayMs: 300 });
    const waiting = alice.sendMessage(bob.aor, 'the last word');
    await bob.waitForRequests(1);
    expect((await standalone.stop()).code).toBe(0);
    expect((await waiting).status).toBeLessThan(300);
    expect(await closedWith).toBe(1001);
    await expect.poll(() => alice.socket.isOpen).toBe(false);
  });
});

describe('pages', () => {
  const origin = (name: string): WebSocketPeerOptions => ({ headers: { origin: name } });

  test('of other hosts MUST NOT connect unless they are listed (RFC 6455 §10.2)', async () => {
    await start();
    await browser('alice', {}, origin('http://127.0.0.1:8080'));
    await browser('alice', {}, origin('http://localhost:1'));
    for (const other of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
      await expect(browser('alice', {}, origin(other))).rejects.toThrow('403');
    }
  });

  test('MUST be those that are listed, when some are', async () => {
    await start({ HERMOD_WS_ORIGINS: 'https://chat.example.com' });
    await browser('alice', {}, origin('https://chat.example.com'));
    await expect(browser('alice', {}, origin('http://127.0.0.1:8080'))).rejects.toThrow('403');
  });
});

describe('sips over WebSocket', () => {
  test('MUST be carried by WSS and not by WS (RFC 5630 §3.1, RFC 7118 §5)', async () => {
    await startSecured();
    const alice = await browser('alice', { scheme: 'sips' }, { wss: true });
    const bob = await device('bob', { scheme: 'sips' }, { wss: true });
    expect((await alice.sendMessage('sips:bob@localhost', 'secret')).status).toBe(200);
    expect(bob.texts).toEqual(['secret']);
    expect(bob.received[0]?.request.all(H.VIA)[0]).toContain(`SIP/2.0/WSS 127.0.0.1:${wssPort};`);
    const clear = await browser('carol');
    expect((await clear.sendMessage('sips:bob@localhost', 'in clear')).status).toBe(416);
    await device('carol');
    expect((await alice.sendMessage('sips:carol@localhost', 'secret')).status).toBe(480);
  });

  test('a sip URI MUST do over WSS as well', async () => {
    await startSecured();
    const alice = await device('alice', {}, { wss: true });
    const bob = await device('bob');
    expect((await bob.sendMessage(alice.aor, 'from ws')).status).toBe(200);
    expect((await alice.sendMessage(bob.aor, 'from wss')).status).toBe(200);
    expect([alice.texts, bob.texts]).toEqual([['from ws'], ['from wss']]);
  });
});

describe('a call from a browser', () => {
  const routes = (message: SipMessage): string[] => message.values(H.RECORD_ROUTE);
  const asRoute = (values: readonly string[]): string[] => values.map((value) => `Route: ${value}`);

  test('MUST stand, and end from either side, over the flow that the browser opened (RFC 3261 §16.12, RFC 7118 §5)', async () => {
    await start();
    const alice = await device('alice');
    const bob = await scene.device(tcpPort, 'bob');
    bob.answer = (request) => {
      if (request.method !== 'INVITE') return 200;
      const recorded = routes(request).map((value) => `Record-Route: ${value}`);
      return { status: 200, headers: [`Contact: <${bob.contact}>`, ...recorded] };
    };
    const headers = [`Contact: <${alice.contact}>`];
    const call = await alice.request('INVITE', bob.aor, { headers, body: 'v=0' });
    expect(call.status).toBe(200);
    expect(routes(call.response).at(-1)).toContain(`@127.0.0.1:${wsPort};transport=ws;lr`);
    const route = asRoute(routes(call.response).toReversed());
    alice.socket.write(alice.format('ACK', bob.contact, { cseq: call.cseq, headers: route }));
    expect((await alice.request('INFO', bob.contact, { headers: route })).status).toBe(200);
    const back = asRoute(routes(call.response));
    expect((await bob.request('BYE', alice.contact, { headers: back })).status).toBe(200);
    expect(alice.received.map(({ request }) => request.method)).toEqual(['BYE']);
  });
});
