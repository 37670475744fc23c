import { H, type SipMessage } from '@hermod/sip';
import { readMetric, type SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provisionStandalone } from './provision.ts';
import { Scene } from './scene.ts';

const routes = (message: SipMessage): string[] => message.values(H.RECORD_ROUTE);
const asRoute = (values: readonly string[]): string[] => values.map((value) => `Route: ${value}`);

/** Takes calls: records and repeats what a dialog needs. */
function takesCalls(peer: SipPeer): void {
  peer.answer = (request) => {
    if (request.method !== 'INVITE') return 200;
    const recorded = routes(request).map((value) => `Record-Route: ${value}`);
    return { status: 200, headers: [`Contact: <${peer.contact}>`, ...recorded] };
  };
}

const methods = (peer: SipPeer): string[] => peer.received.map(({ request }) => request.method);

describe('a call through the standalone', () => {
  const scene = new Scene();
  let port: number;
  let http: string;

  beforeAll(async () => {
    ({ sipPort: port, http } = await scene.start());
  });
  afterAll(() => scene.close());

  test.each([
    ['udp', 'tcp'],
    ['tcp', 'udp'],
    ['udp', 'udp'],
  ] as const)(
    'from %s to %s MUST stand, and end from either side (RFC 3261 §16.12)',
    async (from, to) => {
      const alice = await scene.device(port, `alice-${from}-${to}`, from);
      const bob = await scene.device(port, `bob-${from}-${to}`, to);
      takesCalls(bob);
      const headers = [`Contact: <${alice.contact}>`];
      const call = await alice.request('INVITE', bob.aor, { headers, body: 'v=0' });
      expect(call.status).toBe(200);
      expect(call.provisionals.map(({ status }) => status)).toContain(100);
      const route = asRoute(routes(call.response).toReversed());
      alice.socket.write(alice.format('ACK', bob.contact, { cseq: call.cseq, headers: route }));
      await bob.waitForRequests(2);
      expect((await alice.request('INFO', bob.contact, { headers: route })).status).toBe(200);
      expect(methods(bob)).toEqual(['INVITE', 'ACK', 'INFO']);
      const back = asRoute(routes(call.response));
      expect((await bob.request('BYE', alice.contact, { headers: back })).status).toBe(200);
      expect(methods(alice)).toEqual(['BYE']);
    },
  );

  test('that is refused MUST be acknowledged to the device, and to nobody else', async () => {
    const alice = await scene.device(port, 'alice-busy');
    const bob = await scene.device(port, 'bob-busy');
    bob.answer = () => 486;
    const call = await alice.request('INVITE', bob.aor, {});
    expect(call.status).toBe(486);
    await bob.waitForRequests(2);
    expect(methods(bob)).toEqual(['INVITE', 'ACK']);
  });

  test('to nobody MUST end in 480, and what it cost MUST show (docs/operations.md)', async () => {
    const alice = await scene.device(port, 'alice-alone');
    expect((await alice.request('INVITE', 'sip:nobody@localhost', {})).status).toBe(480);
    expect(await readMetric(http, 'sip_pending_proxied')).toBe(0);
    expect(await readMetric(http, 'sip_proxied_total')).toBeGreaterThan(0);
  });
});

describe('a call where everybody has to prove who they are', () => {
  const scene = new Scene();
  const SHARE = 2_000;
  let port: number;
  let http: string;

  beforeAll(async () => {
    const directory = scene.directory();
    await provisionStandalone(directory, ['alice', 'bob', 'carol', 'mallory', 'accomplice']);
    ({ sipPort: port, http } = await scene.start(directory, {
      HERMOD_AUTH: 'digest',
      HERMOD_DOMAINS: 'localhost',
    }));
  });
  afterAll(() => scene.close());

  async function user(name: string, transport: 'tcp' | 'udp' = 'tcp'): Promise<SipPeer> {
    const peer = await scene[transport](port, name, { password: `${name}-s` });
    expect((await peer.register()).status).toBe(200);
    return peer;
  }

  test.each([
    ['a telephone number', 'tel:+15551234', 'tcp'],
    ['the address of the server', 'sip:bob@127.0.0.1', 'udp'],
    ['a GRUU', undefined, 'tcp'],
  ] as const)(
    'MUST be ended by who was called by %s (RFC 3261 §12.2.1.1)',
    async (_name, uri, transport) => {
      const alice = await user('alice', transport);
      const bob = await user('bob', transport);
      takesCalls(bob);
      const instance = 'urn:uuid:00000000-0000-1000-8000-aabbccddeeff';
      const registered = await bob.register(bob.aor, {
        instance,
        headers: ['Supported: gruu'],
      });
      const gruu = /temp-gruu="([^"]+)"/.exec(registered.response.head)?.[1];
      const to = uri ?? gruu ?? '';
      const headers = [`Contact: <${alice.contact}>`];
      const fromTag = 'caller';
      const call = await alice.request('INVITE', bob.aor, { headers, to, fromTag, body: 'v=0' });
      expect(call.status).toBe(200);
      const within = {
        from: to,
        to: alice.aor,
        toTag: fromTag,
        callId: call.callId,
        headers: asRoute(routes(bob.received.at(-1)?.request ?? call.response)),
      };
      const elsewhere = await bob.request('BYE', alice.contact, { ...within, callId: 'another' });
      expect([403, 407]).toContain(elsewhere.status);
      expect((await bob.request('BYE', alice.contact, within)).status).toBe(200);
      expect(methods(alice)).toEqual(['BYE']);
    },
  );

  test(`MUST NOT be kept from going through by two who let ${SHARE} ring`, async () => {
    const mallory = await user('mallory');
    const accomplice = await user('accomplice');
    accomplice.answer = () => 'silence';
    for (let i = 0; i < SHARE; i += 1) {
      mallory.socket.write(mallory.format('INVITE', accomplice.aor, { callId: `ring${i}` }));
    }
    await accomplice.waitForRequests(SHARE);
    expect(await readMetric(http, 'sip_pending_proxied')).toBe(SHARE);
    const again = await user('mallory');
    for (const peer of [mallory, again]) {
      const { status, response } = await peer.request('INVITE', accomplice.aor, {});
      expect([status, response.has(H.RETRY_AFTER)]).toEqual([503, true]);
    }
    const carol = await user('carol');
    const bob = await user('bob');
    takesCalls(bob);
    expect((await carol.request('INVITE', bob.aor, {})).status).toBe(200);
    // Nor is the accomplice who makes calls herself.
    expect((await accomplice.request('INVITE', bob.aor, {})).status).toBe(200);
  }, 30_000);
});
