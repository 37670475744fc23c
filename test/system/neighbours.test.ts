import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { OC_OFFER } from '@hermod/congestion';
import { H, type SipRequest } from '@hermod/sip';
import { freePorts, readMetric, SipPeer, startDns, startPrometheus } from '@hermod/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MessageLoad } from './message-load.ts';
import { Scene } from './scene.ts';

/** Where servers of other domains are, and send from. */
const THERE = '127.0.0.9';
const ELSEWHERE = '127.0.0.10';
const DOMAIN = 'other.example';
/** Messages per second that a sender has for them. */
const PER_SEC = 100;

const scene = new Scene();
afterEach(() => scene.close());

/** A standalone that takes the addresses above and this machine for servers that it knows. */
async function start(env: Readonly<Record<string, string>>) {
  const [port = 0] = await freePorts(1);
  const standalone = await scene.start(undefined, {
    HERMOD_AUTH: 'open',
    HERMOD_CONGESTION: 'on',
    HERMOD_SIP_LISTEN: `tcp://0.0.0.0:${port}`,
    HERMOD_SIP_ADVERTISE: `tcp://127.0.0.1:${port}`,
    HERMOD_RELAY_FROM: `127.0.0.1,${THERE},${ELSEWHERE}`,
    ...env,
  });
  return { port, http: standalone.http };
}

/** Servers of `other.example`, in the order in which they are to be tried, and a sender that may reach them. */
async function relay(...hosts: readonly string[]) {
  const ports = await freePorts(hosts.length);
  const servers: SipPeer[] = [];
  const zone = [`${DOMAIN} NAPTR 1 1 s SIP+D2T _sip._tcp.${DOMAIN}`];
  for (const [i, host] of hosts.entries()) {
    const server = SipPeer.idle({ user: 'carol', domain: DOMAIN, host });
    scene.onClose(() => server.close());
    await server.listenTcp(ports[i]);
    servers.push(server);
    zone.push(
      `_sip._tcp.${DOMAIN} SRV ${i} 0 ${ports[i]} s${i}.${DOMAIN}`,
      `s${i}.${DOMAIN} A ${host}`,
    );
  }
  const dns = await startDns(zone);
  scene.onClose(() => dns.stop());
  const { port, http } = await start({ HERMOD_DNS_SERVERS: dns.address });
  const alice = await scene.tcp(port, 'alice');
  return { servers, alice, http };
}

/** A server that says something by `oc` in each of its answers. */
class Asking {
  readonly #peer: SipPeer;
  #seq = 0;
  /** Parameters of the Via, without oc-seq; '' for what a server says that does not know `oc`. */
  says = '';
  /** In the place of the next number. */
  seq: string | undefined;
  /** When it has answered so for the first time, by the clock of what it received. */
  saidAtMs = 0;

  constructor(peer: SipPeer) {
    this.#peer = peer;
    peer.answer = (request) => ({ status: 200, via: this.#viaOf(request) });
  }

  /** From its next answer on. */
  async say(says: string, seq?: string): Promise<void> {
    this.says = says;
    this.seq = seq;
    this.saidAtMs = 0;
    await vi.waitFor(() => expect(this.saidAtMs).toBeGreaterThan(0), { timeout: 5_000 });
  }

  /** Requests that came in a time. */
  countOf(fromMs: number, toMs: number): number {
    return this.#peer.received.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
  }

  /** The part of what the sender has that arrives within so many milliseconds from now. */
  async share(ms: number): Promise<number> {
    const fromMs = performance.now();
    await delay(ms);
    return this.countOf(fromMs, fromMs + ms) / ((PER_SEC * ms) / 1_000);
  }

  #viaOf(request: SipRequest): string {
    this.#seq += 1;
    this.saidAtMs ||= performance.now();
    const offered = request.get(H.VIA) ?? '';
    if (this.says === '') return offered;
    return offered.replace(OC_OFFER, `${this.says};oc-seq=${this.seq ?? `${this.#seq}.0`}`);
  }
}

describe('a server that asks Hermod for less (RFC 7339 §5)', () => {
  test('MUST get what it asks for within one validity period, by either algorithm, and everything when that ends', async () => {
    const { servers, alice, http } = await relay(THERE);
    const [carol] = servers;
    if (carol === undefined) throw new Error('no server');
    const server = new Asking(carol);
    const load = new MessageLoad([{ sender: alice, to: carol.aor }], PER_SEC);
    await carol.waitForRequests(1);
    expect(carol.received[0]?.request.get(H.VIA)).toContain(OC_OFFER);
    expect(await server.share(1_000)).toBeGreaterThan(0.9);

    await server.say(';oc=50;oc-algo="loss";oc-validity=500');
    await delay(500);
    const half = await server.share(3_000);
    expect(half).toBeGreaterThan(0.2);
    expect(half).toBeLessThan(0.6);
    expect(await readMetric(http, 'sip_oc_next_hops')).toBe(1);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => alice.sendMessage(carol.aor, 'x', { callId: `x${i}` })),
    );
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.response.has(H.RETRY_AFTER)).toBe(false);
    expect(answers.map(({ status }) => status)).toContain(200);

    await server.say(';oc=100;oc-algo="loss";oc-validity=1500');
    const { saidAtMs } = server;
    server.says = ';oc=0;oc-validity=0';
    await delay(saidAtMs + 2_500 - performance.now());
    // What was on its way when it said so.
    expect(server.countOf(saidAtMs + 100, saidAtMs + 1_450)).toBe(0);
    expect(server.countOf(saidAtMs + 1_500, saidAtMs + 2_500)).toBeGreaterThan(0.8 * PER_SEC);

    await server.say(';oc=10;oc-algo="rate";oc-validity=500');
    await delay(500);
    const few = (await server.share(4_000)) * PER_SEC;
    expect(few).toBeLessThan(13);
    expect(few).toBeGreaterThan(6);
    await server.say(';oc=0;oc-algo="rate";oc-validity=0');
    expect(await server.share(1_000)).toBeGreaterThan(0.9);
    expect(await readMetric(http, 'sip_oc_next_hops')).toBe(0);
    expect(await readMetric(http, 'sip_oc_limited_total')).toBeGreaterThan(PER_SEC);
    const { refused: refusals, unknown } = await load.finish();
    expect(new Set(refusals.values())).toEqual(new Set([503]));
    expect(unknown.size).toBe(0);
  }, 60_000);

  test('MUST get everything when it says what is old, or nothing that the grammar allows (§4, §5.4)', async () => {
    const { servers, alice } = await relay(THERE);
    const [carol] = servers;
    if (carol === undefined) throw new Error('no server');
    const server = new Asking(carol);
    server.says = ';oc=0;oc-algo="loss";oc-validity=1';
    const load = new MessageLoad([{ sender: alice, to: carol.aor }], PER_SEC);
    await carol.waitForRequests(3);
    for (const [says, seq] of [
      // Overtaken by those before it.
      [';oc=100;oc-algo="loss";oc-validity=2000', '0.5'],
      [';oc=101;oc-algo="loss"'],
      // Not offered.
      [';oc=100;oc-algo="window"'],
      // Without a dot.
      [';oc=100', '7'],
      [';oc=-1'],
    ] as const) {
      await server.say(says, seq);
      expect(await server.share(1_000), says).toBeGreaterThan(0.9);
    }
    const { refused } = await load.finish();
    expect(refused.size).toBe(0);
  }, 30_000);

  test('what it does not want MUST go to the next server of its domain, if there is one (§5.10, RFC 3263 §4.3)', async () => {
    const { servers, alice } = await relay(THERE, ELSEWHERE);
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error('no servers');
    const full = new Asking(first);
    full.says = ';oc=100;oc-algo="loss";oc-validity=60000';
    const statuses: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      statuses.push((await alice.sendMessage(first.aor, `${i}`)).status);
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(first.texts).toEqual(['0']);
    expect(second.texts).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
  }, 30_000);
});

/** A router elsewhere in the cluster, as Prometheus sees it. */
async function router(): Promise<{ readonly address: string; lagSec: number }> {
  const state = { address: '', lagSec: 0 };
  const server = createServer((_request, response) => {
    response.end(
      ['im_lag_seconds', 'im_routing_lag_seconds']
        .map((name) => `${name}{service="router"} ${state.lagSec}\n`)
        .join(''),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scene.onClose(() => {
    server.closeAllConnections();
    server.close();
  });
  state.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

/** A server that sends what its users write, as RFC 7339 §5 says, or as if there were no such thing. */
class Sending {
  readonly #peer: SipPeer;
  readonly #obeys: boolean;
  readonly #to: string;
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #had = 0;
  #loss = 0;
  #lossUntilMs = 0;
  #seq = 0;
  /** What it was asked for, in order. */
  readonly asked: { readonly atMs: number; readonly loss: number; readonly validityMs: number }[] =
    [];
  readonly sentAtMs: number[] = [];
  readonly finals: { readonly atMs: number; readonly status: number; readonly rests: boolean }[] =
    [];

  constructor(peer: SipPeer, to: string, perSec: number, obeys: boolean) {
    this.#peer = peer;
    this.#to = to;
    this.#obeys = obeys;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedMs) * perSec) / 1_000;
      while (this.#had < due) this.#next();
    }, 5);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Messages that were accepted since. */
  acceptedSince(fromMs: number): number {
    return this.finals.filter(({ atMs, status }) => atMs >= fromMs && status < 300).length;
  }

  #next(): void {
    this.#had += 1;
    const loss = performance.now() < this.#lossUntilMs ? this.#loss : 0;
    if (Math.random() * 100 < loss) return;
    const n = this.#had;
    const { local } = this.#peer.socket;
    const branch = `z9hG4bK${n}`;
    const oc = this.#obeys ? ';oc;oc-algo="loss"' : '';
    this.sentAtMs.push(performance.now());
    this.#peer
      .sendMessage(this.#to, `${n}`, {
        branch,
        via: `SIP/2.0/TCP ${local.address}:${local.port};branch=${branch}${oc}`,
        // Each message is of another user, so that nobody has a share.
        from: `sip:u${n}@${DOMAIN}`,
        callId: `${n}@${local.address}`,
        timeoutMs: 5_000,
      })
      .then(
        ({ status, response }) => {
          const rests = response.has(H.RETRY_AFTER);
          this.finals.push({ atMs: performance.now(), status, rests });
          this.#hear(response.get(H.VIA) ?? '');
        },
        // More than can be answered is not.
        () => undefined,
      );
  }

  #hear(via: string): void {
    const said = /;oc=(\d+);oc-algo="loss";oc-validity=(\d+);oc-seq=(\d+\.\d+)$/.exec(via);
    if (said === null) return;
    const [loss = 0, validityMs = 0, seq = 0] = said.slice(1).map(Number);
    if (seq <= this.#seq) return;
    const atMs = performance.now();
    this.#seq = seq;
    this.#loss = loss;
    this.#lossUntilMs = atMs + validityMs;
    this.asked.push({ atMs, loss, validityMs });
  }
}

describe('servers that send more than Hermod takes (RFC 7339 §5.5, §5.10.2)', () => {
  test('MUST be brought down to what they are asked for within one validity period, and those that do not obey be refused as much', async () => {
    const perSec = 200;
    const other = await router();
    const prometheus = await startPrometheus({ targets: [other.address] });
    scene.onClose(() => prometheus.stop());
    const { port, http } = await start({
      HERMOD_PROMETHEUS_URL: prometheus.url,
      HERMOD_PROMETHEUS_SCRAPE_SEC: '1',
    });
    const bob = await scene.device(port, 'bob');
    const peers = [
      await scene.tcp(port, 'there', { host: THERE }),
      await scene.tcp(port, 'elsewhere', { host: ELSEWHERE }),
    ] as const;
    const obedient = new Sending(peers[0], bob.aor, perSec, true);
    const deaf = new Sending(peers[1], bob.aor, perSec, false);
    scene.onClose(() => {
      obedient.stop();
      deaf.stop();
    });
    await delay(6_000);
    // A cluster that is 4 s behind is to have a twentieth of what came when that began.
    other.lagSec = 4;
    await vi.waitFor(() => expect(obedient.asked.some(({ loss }) => loss >= 70)).toBe(true), {
      timeout: 20_000,
      interval: 20,
    });
    const heardMs = performance.now();
    await delay(10_500);
    const fromMs = heardMs + 500;
    const endMs = fromMs + 10_000;
    const asked = obedient.asked.filter(({ atMs }) => atMs >= heardMs && atMs < endMs);
    let allowed = 0;
    for (const [n, { atMs, loss, validityMs }] of asked.entries()) {
      const untilMs = asked[n + 1]?.atMs ?? endMs;
      allowed += (perSec * (1 - loss / 100) * (untilMs - atMs)) / 1_000;
      expect(validityMs).toBe(loss === 0 ? 0 : 500);
    }
    const sent = obedient.sentAtMs.filter((atMs) => atMs >= fromMs && atMs < endMs).length;
    expect(sent).toBeLessThan(allowed * 1.2 + 20);
    expect(sent).toBeLessThan(perSec * 10 * 0.5);
    expect(await readMetric(http, 'sip_oc_loss_ratio')).toBeGreaterThan(0);

    // The other one has sent everything, and is not better off for it.
    const accepted = obedient.acceptedSince(fromMs);
    expect(accepted).toBeGreaterThan(20);
    expect(deaf.acceptedSince(fromMs)).toBeLessThan(accepted * 1.5);
    const refused = deaf.finals.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.some(({ rests }) => rests)).toBe(false);
    expect(deaf.asked).toEqual([]);
  }, 90_000);
});
