import { setTimeout as delay } from 'node:timers/promises';
import { ServedDomains } from '@hermod/contracts';
import { TimerWheel } from '@hermod/sip';
import {
  CertificateAuthority,
  type DnsServer,
  freePorts,
  SipPeer,
  startDns,
} from '@hermod/testkit';
import { TlsCredentials } from '@hermod/transport';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { edgeOptions } from '../test/edge-options.ts';
import { type OpenEdge, openEdge } from './open-edge.ts';
import { newDestinations, newLocator, newRelayRules, type RelayConfig } from './relaying.ts';

const CAROL = 'sip:carol@other.example';

const authority = new CertificateAuthority();

let dns: DnsServer;
let open: OpenEdge;
let alice: SipPeer;
let ticking: NodeJS.Timeout;
let peers: SipPeer[] = [];
/** Ports of the first, second and third server of other.example. */
let ports: number[] = [];
/** What was logged, as it was given to the logger. */
let warnings: unknown[] = [];
/** Time that has not really passed, ms. */
let aheadMs = 0;

/** An address of this machine that no peer has and nobody lists: what stands for the operator's network. */
const INSIDE = '127.0.0.2';
/** Another one, which is listed. */
const LISTED = '127.0.0.3';

async function server(
  port: number,
  transport: 'TCP' | 'UDP' = 'TCP',
  host = '127.0.0.1',
): Promise<SipPeer> {
  const peer = SipPeer.idle({ user: 'carol', domain: 'other.example', host });
  peers.push(peer);
  await (transport === 'TCP' ? peer.listenTcp(port) : peer.listenUdp(port));
  return peer;
}

beforeEach(async () => {
  ports = await freePorts(3);
  aheadMs = 0;
  warnings = [];
  dns = await startDns([
    'other.example NAPTR 10 50 s SIP+D2T _sip._tcp.other.example',
    ...ports.map((port, i) => `_sip._tcp.other.example SRV ${i} 0 ${port} sip.other.example`),
    ...ports.map((port, i) => `_sip._udp.udp.example SRV ${i} 0 ${port} sip.other.example`),
    `_im._sip.inbox.example SRV 0 0 ${ports[0]} sip.other.example`,
    'sip.other.example A 127.0.0.1 60',
    'secure.example A 127.0.0.1 60',
    `inside.example A ${INSIDE} 60`,
    'mapped.example AAAA ::ffff:127.0.0.2 60',
    `listed.example A ${LISTED} 60`,
    `_sip._tcp.mixed.example SRV 0 0 ${ports[0]} inside.example`,
    `_sip._tcp.mixed.example SRV 1 0 ${ports[1]} sip.other.example`,
  ]);
  const wheel = new TimerWheel(performance.now());
  ticking = setInterval(() => wheel.advance(performance.now()), 10);
  const config: RelayConfig = {
    relayFrom: { words: [], ranges: ['127.0.0.1'] },
    contactNetworks: { words: [], ranges: [LISTED] },
    inboundFrom: { words: [], ranges: [] },
    dnsServers: [dns.address],
    sipListen: [{ transport: 'tcp' }, { transport: 'udp' }],
  };
  const domains = new ServedDomains(['localhost'], true);
  open = await openEdge(
    edgeOptions({
      tls: {
        listen: undefined,
        connect: new TlsCredentials({ ca: authority.ca.cert }),
        requireClientCertificate: false,
      },
      destinations: newDestinations(config),
      logger: { info: () => undefined, warn: (fields) => warnings.push(fields) },
      settings: { domains },
      ports: {
        clock: { nowMs: () => performance.now() + aheadMs },
        timers: wheel,
        relay: newRelayRules(config, domains, false),
        locator: newLocator(config),
      },
    }),
  );
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

describe('whom a relay connects to for other domains (ADR 0020)', () => {
  test('MUST NOT be an address of its own network that a request names: 403, and nobody hears of it', async () => {
    const [port = 0] = ports;
    const inside = await Promise.all([server(port, 'TCP', INSIDE), server(port, 'UDP', INSIDE)]);
    const statuses: number[] = [];
    for (const there of [
      `sip:carol@${INSIDE}:${port};transport=tcp`,
      `sip:carol@${INSIDE}:${port}`,
      `sip:carol@[::ffff:7f00:2]:${port};transport=tcp`,
      `sip:carol@other.example:${port};maddr=${INSIDE}`,
      'sip:carol@169.254.169.254:80;transport=tcp',
      'sip:carol@[fd00::1]',
      `im:carol@${INSIDE}`,
    ]) {
      statuses.push(await send('x', there));
    }
    const { status } = await alice.sendMessage(CAROL, 'x', {
      headers: [`Route: <sip:${INSIDE}:${port};transport=tcp;lr>`],
    });
    expect([...statuses, status]).toEqual(Array(8).fill(403));
    expect(inside.flatMap(({ texts }) => texts)).toEqual([]);
    expect([dns.queries, warnings]).toEqual([[], []]);
  });

  test('MUST NOT be one that a name turns out to have: as if nobody were there, and it is logged once', async () => {
    const [port = 0, otherPort = 0] = ports;
    const inside = await Promise.all([server(port, 'TCP', INSIDE), server(port, 'UDP', INSIDE)]);
    expect(await send('one', `sip:carol@inside.example:${port};transport=tcp`)).toBe(500);
    expect(await send('two', `sip:carol@inside.example:${port};transport=udp`)).toBe(500);
    expect(await send('three', `sip:carol@mapped.example:${port};transport=tcp`)).toBe(500);
    expect(warnings).toEqual([{ domain: 'inside.example', address: INSIDE, suppressed: 0 }]);
    // The next one of the domain is tried, as after any other failure (RFC 3263 §4.3).
    const other = await server(otherPort);
    expect(await send('four', 'sip:carol@mixed.example')).toBe(200);
    expect(other.texts).toEqual(['four']);
    expect(inside.flatMap(({ texts }) => texts)).toEqual([]);
  });

  test('MAY be one that the operator lists, or that of a server that may relay', async () => {
    const [port = 0, otherPort = 0] = ports;
    const listed = await server(port, 'TCP', LISTED);
    const peer = await server(otherPort);
    expect(await send('one', `sip:carol@${LISTED}:${port};transport=tcp`)).toBe(200);
    expect(await send('two', `sip:carol@listed.example:${port};transport=tcp`)).toBe(200);
    expect(await send('three', `sip:carol@127.0.0.1:${otherPort};transport=tcp`)).toBe(200);
    expect([listed.texts, peer.texts]).toEqual([['one', 'two'], ['three']]);
    expect(warnings).toEqual([]);
  });
});
