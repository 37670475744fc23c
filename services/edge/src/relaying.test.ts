import { setTimeout as delay } from 'node:timers/promises';
import { ServedDomains } from '@hermod/contracts';
import { RandomIdSource, sha256Hash } from '@hermod/platform';
import { TimerWheel } from '@hermod/sip';
import {
  CertificateAuthority,
  type DnsServer,
  freePorts,
  SipPeer,
  startDns,
} from '@hermod/testkit';
import { bufferCodec, DEFAULT_PEER_CAPS, TlsCredentials } from '@hermod/transport';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_EDGE_LIMITS } from './domain/settings.ts';
import { type OpenEdge, openEdge } from './open-edge.ts';
import { newLocator, newRelayRules, type RelayConfig } from './relaying.ts';

const CAROL = 'sip:carol@other.example';

const authority = new CertificateAuthority();

let dns: DnsServer;
let open: OpenEdge;
let alice: SipPeer;
let ticking: NodeJS.Timeout;
let peers: SipPeer[] = [];
/** Ports of the first, second and third server of other.example. */
let ports: number[] = [];
/** Time that has not really passed, ms. */
let aheadMs = 0;

async function server(port: number, transport: 'TCP' | 'UDP' = 'TCP'): Promise<SipPeer> {
  const peer = SipPeer.idle({ user: 'carol', domain: 'other.example' });
  peers.push(peer);
  await (transport === 'TCP' ? peer.listenTcp(port) : peer.listenUdp(port));
  return peer;
}

beforeEach(async () => {
  ports = await freePorts(3);
  aheadMs = 0;
  dns = await startDns([
    'other.example NAPTR 10 50 s SIP+D2T _sip._tcp.other.example',
    ...ports.map((port, i) => `_sip._tcp.other.example SRV ${i} 0 ${port} sip.other.example`),
    ...ports.map((port, i) => `_sip._udp.udp.example SRV ${i} 0 ${port} sip.other.example`),
    `_im._sip.inbox.example SRV 0 0 ${ports[0]} sip.other.example`,
    'sip.other.example A 127.0.0.1 60',
    'secure.example A 127.0.0.1 60',
  ]);
  const wheel = new TimerWheel(performance.now());
  ticking = setInterval(() => wheel.advance(performance.now()), 10);
  const config: RelayConfig = {
    relayFrom: { words: [], ranges: ['127.0.0.1'] },
    inboundFrom: { words: [], ranges: [] },
    dnsServers: [dns.address],
    sipListen: [{ transport: 'tcp' }, { transport: 'udp' }],
  };
  const domains = new ServedDomains(['localhost'], true);
  open = await openEdge({
    edgeId: 'e1',
    listen: config.sipListen.map(({ transport }) => ({ transport, host: '127.0.0.1', port: 0 })),
    advertise: undefined,
    tls: {
      listen: undefined,
      connect: new TlsCredentials({ ca: authority.ca.cert }),
      requireClientCertificate: false,
    },
    ownSockets: [],
    peerCaps: DEFAULT_PEER_CAPS,
    contactNetworks: { has: () => false },
    trunkOf: (first) => first,
    settings: { domains, openDomain: true, acceptAfterMs: 300, limits: DEFAULT_EDGE_LIMITS },
    ports: {
      // Nothing of this goes into the log.
      log: { append: () => Promise.reject(new Error('appended')), probe: () => Promise.resolve() },
      registrar: { register: () => Promise.resolve(undefined) },
      recipients: {
        read: () => Promise.resolve({ bindings: [], provisioned: false }),
        removeBinding: () => Promise.resolve(false),
      },
      gate: { open: true },
      clock: { nowMs: () => performance.now() + aheadMs },
      timers: wheel,
      ids: new RandomIdSource(),
      hash: sha256Hash,
      codec: bufferCodec,
      relay: newRelayRules(config, domains, false),
      locator: newLocator(config),
    },
  });
  const tcp = open.listeners.find(({ transport }) => transport === 'TCP');
  alice = await SipPeer.tcp(tcp?.address.port ?? 0, { user: 'alice' });
  peers.push(alice);
}, 120_000);

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  peers = [];
  await open.close();
  clearInterval(ticking);
  await dns.stop();
});

afterAll(() => authority.remove());

async function send(text: string, to = CAROL): Promise<number> {
  return (await alice.sendMessage(to, text)).status;
}

describe('another domain, over a real DNS and real sockets', () => {
  test('MUST be tried server by server: one is dead, one says 503, one takes it (RFC 3263 §4.3)', async () => {
    const [deadPort = 0, busyPort = 0, wellPort = 0] = ports;
    const busy = await server(busyPort);
    busy.answer = () => ({ status: 503, headers: ['Retry-After: 60'] });
    const well = await server(wellPort);
    expect(await send('one')).toBe(200);
    expect([busy.texts, well.texts]).toEqual([['one'], ['one']]);
    const branches = [busy, well].map((peer) => peer.received[0]?.request.topVia);
    expect(branches[0]).not.toEqual(branches[1]);

    // RFC 4321 §1.3: both are remembered; what comes up meanwhile is not asked.
    const dead = await server(deadPort);
    expect(await send('two')).toBe(200);
    expect([dead.texts, busy.texts, well.texts]).toEqual([[], ['one'], ['one', 'two']]);
    expect(open.edge.gauges.heldHops).toBe(2);

    // The pool, too, remembers for a second that nobody was there.
    await delay(1_100);
    aheadMs += 10_000;
    expect(await send('three')).toBe(200);
    expect(dead.texts).toEqual(['three']);
    expect(open.edge.gauges.heldHops).toBe(1);

    // Retry-After is the longer hold.
    await dead.close();
    peers = peers.filter((peer) => peer !== dead);
    aheadMs += 40_000;
    expect(await send('four')).toBe(200);
    expect(busy.texts).toEqual(['one']);
    busy.answer = () => 200;
    aheadMs += 10_000;
    expect(await send('five')).toBe(200);
    expect(busy.texts).toEqual(['one', 'five']);
  });

  test('a silent server of datagrams MUST be left after 4 s, and not be asked again at once (RFC 4321 §1.3)', async () => {
    const [silentPort = 0, wellPort = 0] = ports;
    const silent = await server(silentPort, 'UDP');
    silent.answer = () => 'silence';
    const well = await server(wellPort, 'UDP');
    const first = await alice.sendMessage('sip:carol@udp.example', 'one');
    expect(first.status).toBe(200);
    expect(first.elapsedMs).toBeGreaterThan(3_900);
    const second = await alice.sendMessage('sip:carol@udp.example', 'two');
    expect(second.elapsedMs).toBeLessThan(1_000);
    expect([silent.texts, well.texts]).toEqual([['one'], ['one', 'two']]);
  });

  test('an im: URI MUST become the SIP URI at the server of its SRV record (RFC 5509 §3)', async () => {
    const [port = 0] = ports;
    const inbox = await server(port, 'UDP');
    expect(await send('hello', 'im:carol@inbox.example')).toBe(200);
    expect(inbox.received[0]?.request.requestUri).toBe(`sip:carol@sip.other.example:${port}`);
  });

  test('a server of TLS MUST prove to be of the domain that was asked for, before it gets anything (RFC 5922 §7.3)', async () => {
    const reached: number[] = [];
    for (const name of ['DNS:secure.example', 'DNS:sip.other.example', 'IP:127.0.0.1']) {
      const { cert, key } = authority.issue({ altNames: [name] });
      const there = SipPeer.idle({ user: 'carol' });
      peers.push(there);
      const { port } = await there.listenTls({ cert, key });
      reached.push(await send('hello', `sip:carol@secure.example:${port};transport=tls`));
      reached.push(there.received.length);
    }
    expect(reached).toEqual([200, 1, 500, 0, 500, 0]);
  });

  test('a domain that does not exist, or offers nothing, MUST be refused in time', async () => {
    expect(await send('x', 'sip:carol@nowhere.example')).toBe(500);
    expect(await send('x', 'sip:carol@host.invalid')).toBe(500);
    expect(dns.queries.some((query) => query.includes('invalid'))).toBe(false);
  });
});
