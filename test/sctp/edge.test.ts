// SIPp at an edge, over the kernel's SCTP. `npm run test:sctp` runs this where the kernel has none.
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sctpFault } from '@hermod/sctp';
import {
  CertificateAuthority,
  DeliveryLedger,
  freePorts,
  readMetric,
  SipPeer,
} from '@hermod/testkit';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requirePrograms } from '../interop/program.ts';
import { messageClient, messageServer } from '../interop/sipp.ts';
import { Scene } from '../system/scene.ts';
import { type SippRun, sipp } from './sipp-over-sctp.ts';
import { TwoPaths } from './two-paths.ts';

const isLong = process.env.HERMOD_TEST_SCTP === 'long';
const MESSAGES = isLong ? 20_000 : 500;
const RATE = 400;
/** Messages of the sender under way: as many as a slow machine answers within the 3 s after which it would be 202. */
const AT_ONCE = 8;
const TIMEOUT_MS = isLong ? 330_000 : 120_000;
/** Under which a path is lost. */
const LOAD = isLong ? { calls: 6_000, rate: 100 } : { calls: 600, rate: 60 };
const AOR = 'sip:bob@localhost';
const REGISTER = fileURLToPath(new URL('../../docs/examples/register.xml', import.meta.url));
const fault = sctpFault();

/** Shown again at the end where this runs in a kernel of its own. */
function report(result: string): void {
  console.info(`result: ${result}`);
}

type Load = { readonly calls: number; readonly rate: number };

/** SIPp at both ends of an edge: a device that registers its own address, and a sender. */
class Ends {
  readonly #common: Pick<SippRun, 'directory' | 'from' | 'paths'>;
  readonly #edge: string;
  readonly #device: Promise<Awaited<ReturnType<typeof sipp>>>;
  readonly #load: Load;
  #port: number;

  /** @param port of the device; the next two are the others' */
  constructor(
    edge: string,
    load: Load,
    port: number,
    common: Pick<SippRun, 'directory' | 'from' | 'paths'>,
  ) {
    this.#edge = edge;
    this.#load = load;
    this.#port = port;
    this.#common = common;
    const scenario = messageServer(common.directory);
    this.#device = sipp({ ...common, ...load, scenario, port });
  }

  /** Registers the device, sends the load, and waits until the device has all of it.  @returns what was done, in words */
  async run(whileSending: () => Promise<void> = async () => undefined): Promise<string> {
    const { directory, from } = this.#common;
    const { calls } = this.#load;
    const contact = `${from[0]}:${this.#port};transport=sctp`;
    const to = { ...this.#common, to: this.#edge };
    const registered = await sipp({
      ...to,
      scenario: REGISTER,
      port: this.#port + 1,
      calls: 1,
      rate: 1,
      parameters: ['-s', 'bob', '-key', 'contact', contact],
    });
    expect(registered.code, registered.output).toBe(0);
    const scenario = messageClient(directory, AOR, 200);
    const startedMs = performance.now();
    const sending = sipp({ ...to, ...this.#load, atOnce: AT_ONCE, scenario, port: this.#port + 2 });
    await whileSending();
    for (const { code, output } of [await sending, await this.#device]) {
      expect(code, output).toBe(0);
    }
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    return `1 REGISTER, ${calls} MESSAGEs from SIPp, ${calls} of them delivered to SIPp, ${calls} answered 200, in ${seconds} s`;
  }
}

describe.skipIf(fault !== undefined)(
  `an edge with SCTP (${fault?.fault ?? 'of this kernel'})`,
  { timeout: TIMEOUT_MS },
  () => {
    const scene = new Scene();
    beforeAll(() => requirePrograms('sipp'));
    afterEach(() => scene.close());

    async function edge(host: string, env: Readonly<Record<string, string>> = {}) {
      const [port = 0, tcpPort = 0] = await freePorts(2);
      const { http } = await scene.start(scene.directory(), {
        HERMOD_SIP_LISTEN: `sctp://${host}:${port},tcp://127.0.0.1:${tcpPort}`,
        ...env,
      });
      return { http, port };
    }

    test(`a device MUST get ${MESSAGES} MESSAGEs of a sender, each once, and the sender every 200 (RFC 4168)`, async () => {
      const { http, port } = await edge('127.0.0.1');
      const load = { calls: MESSAGES, rate: RATE };
      const ends = new Ends(`127.0.0.1:${port}`, load, 6_100, {
        directory: scene.directory(),
        from: ['127.0.0.1'],
      });
      const done = await ends.run();
      expect(await readMetric(http, 'im_stored_total')).toBe(0);
      report(`SCTP to SCTP: ${done}, none stored`);
    });

    test('each device of a user MUST get every message of a sender on SCTP, whatever it speaks itself, once and in order', async () => {
      const [sctp = 0, tcp = 0, udp = 0, tls = 0, wss = 0] = await freePorts(5);
      const listeners = Object.entries({ sctp, tcp, udp, tls, wss });
      const authority = new CertificateAuthority();
      scene.onClose(() => authority.remove());
      const certificate = authority.issue({ altNames: ['URI:sip:localhost', 'IP:127.0.0.1'] });
      const { http } = await scene.start(scene.directory(), {
        HERMOD_SIP_LISTEN: listeners.map(([name, at]) => `${name}://127.0.0.1:${at}`).join(','),
        HERMOD_TLS_CERT: certificate.certFile,
        HERMOD_TLS_KEY: certificate.keyFile,
      });
      const { cert: ca } = authority.ca;
      const user = { user: 'bob' };
      const devices = [
        await SipPeer.tcp(tcp, user),
        await SipPeer.tls(tls, { ca }, user),
        await SipPeer.ws(wss, user, { wss: true, ca }),
        await SipPeer.udp(udp, user),
        await SipPeer.sctp(sctp, user),
      ] as const;
      const alice = await SipPeer.sctp(sctp, { user: 'alice' });
      for (const peer of [...devices, alice]) scene.onClose(() => peer.close());
      const ledgers = devices.map((device) => {
        const ledger = new DeliveryLedger();
        device.onRequest = (request) => ledger.record(request);
        return ledger;
      });
      for (const device of devices) expect((await device.register()).status).toBe(200);

      const texts = Array.from({ length: 50 }, (_, n) => `number ${n}`);
      const statuses: number[] = [];
      // Few at once: a device on UDP has one under way, and the sender a 200 only if a device answers within 3 s.
      for (let n = 0; n < texts.length; n += 5) {
        const some = texts.slice(n, n + 5).map((text) => alice.sendMessage(devices[0].aor, text));
        for (const { status } of await Promise.all(some)) statuses.push(status);
      }
      expect(statuses).toEqual(texts.map(() => 200));
      for (const device of devices) await device.waitForRequests(texts.length);
      expect(devices.map((device) => device.texts)).toEqual(devices.map(() => texts));
      for (const { distinct, duplicates, outOfOrder } of ledgers) {
        expect([distinct, duplicates, outOfOrder]).toEqual([texts.length, 0, 0]);
      }
      const vias = devices.map(({ received }) => received[0]?.request.topVia);
      expect(vias.map((via) => (via?.ok === true ? via.value.transport : undefined))).toEqual([
        'TCP',
        'TLS',
        'WSS',
        'UDP',
        'SCTP',
      ]);
      expect(await readMetric(http, 'im_stored_total')).toBe(0);
      report(
        `SCTP to TCP, TLS, WSS, UDP and SCTP: ${texts.length} MESSAGEs, each delivered once to each of 5 devices, in order, and answered 200`,
      );
    });

    test('the loss of a path under load MUST lose nothing that is answered 200 (RFC 9260 §6.4)', async () => {
      const paths = new TwoPaths(1);
      scene.onClose(() => paths.remove());
      const { http, port } = await edge(paths.here.join('+'), {
        HERMOD_AUTH: 'open',
        HERMOD_FLOW_RATE: '0',
        HERMOD_MAILBOX_MAX_PER_SENDER: '0',
      });
      const ends = new Ends(`${paths.here[0]}:${port}`, LOAD, 6_200, {
        directory: scene.directory(),
        from: paths.there,
        paths,
      });
      const lostAfterMs = (LOAD.calls / LOAD.rate / 3) * 1_000;
      const done = await ends.run(async () => {
        await delay(lostAfterMs);
        paths.lose(1);
      });
      const failures = await readMetric(http, 'sip_path_failures_total');
      expect(failures).toBeGreaterThan(0);
      report(
        `one of two paths lost after ${(lostAfterMs / 1_000).toFixed(1)} s: ${done}; ${failures} associations saw it`,
      );
    });
  },
);
