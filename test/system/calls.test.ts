import { H, type SipMessage } from '@hermod/sip';
import { readMetric, type SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';

const routes = (message: SipMessage): string[] => message.values(H.RECORD_ROUTE);
const asRoute = (values: readonly string[]): string[] => values.map((value) => `Route: ${value}`);

describe('a call through the standalone', () => {
  const scene = new Scene();
  let port: number;
  let http: string;

  beforeAll(async () => {
    ({ sipPort: port, http } = await scene.start());
  });
  afterAll(() => scene.close());

  /** Takes calls: records and repeats what a dialog needs. */
  function takesCalls(peer: SipPeer): void {
    peer.answer = (request) => {
      if (request.method !== 'INVITE') return 200;
      const recorded = routes(request).map((value) => `Record-Route: ${value}`);
      return { status: 200, headers: [`Contact: <${peer.contact}>`, ...recorded] };
    };
  }

  const methods = (peer: SipPeer): string[] => peer.received.map(({ request }) => request.method);

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
