import { H } from '@hermod/sip';
import { freePorts, SipPeer, startDns } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provisionStandalone } from './provision.ts';
import { Scene } from './scene.ts';

/** Where other.example's server is, and sends from. */
const THERE = '127.0.0.9';
const BOB = 'sip:bob@localhost';

describe('two domains (issue 4, point 3)', () => {
  const scene = new Scene();
  let port: number;
  let carol: SipPeer;

  beforeAll(async () => {
    const directory = scene.directory();
    await provisionStandalone(directory, ['alice', 'bob']);
    const [carolPort = 0, ours = 0] = await freePorts(2);
    port = ours;
    carol = SipPeer.idle({ user: 'carol', domain: 'other.example', host: THERE });
    scene.onClose(() => carol.close());
    await carol.listenTcp(carolPort);
    const dns = await startDns([
      'other.example NAPTR 1 1 s SIP+D2T _sip._tcp.other.example',
      `_sip._tcp.other.example SRV 1 0 ${carolPort} sip.other.example`,
      `sip.other.example A ${THERE}`,
    ]);
    scene.onClose(() => dns.stop());
    await scene.start(directory, {
      HERMOD_SIP_LISTEN: `udp://0.0.0.0:${port},tcp://0.0.0.0:${port}`,
      HERMOD_SIP_ADVERTISE: `udp://127.0.0.1:${port},tcp://127.0.0.1:${port}`,
      HERMOD_AUTH: 'digest',
      HERMOD_DOMAIN_MODE: 'closed',
      HERMOD_DNS_SERVERS: dns.address,
      HERMOD_INBOUND_FROM: `${THERE}/32`,
      HERMOD_CONTACT_NETWORKS: THERE,
    });
  }, 120_000);
  afterAll(() => scene.close());

  test('a user of ours MUST reach the other domain with nothing of ours attached, once it has proved who it is', async () => {
    const alice = await scene.tcp(port, 'alice', { password: 'alice-s' });
    const body = 'héllo, {"x":1}\r\n';
    expect((await alice.sendMessage(carol.aor, body)).status).toBe(200);
    const request = carol.received[0]?.request;
    expect(request?.requestUri).toBe(carol.aor);
    expect(carol.texts).toEqual([body]);
    for (const header of [H.PROXY_AUTHORIZATION, H.P_ASSERTED_IDENTITY, H.RECORD_ROUTE]) {
      expect(request?.has(header)).toBe(false);
    }
    carol.answer = () => 404;
    expect((await alice.sendMessage(carol.aor, 'x')).status).toBe(404);
    // Nor is it a way into the operator's network (ADR 0020).
    expect((await alice.sendMessage(`sip:x@127.0.0.8:${port};transport=tcp`, 'x')).status).toBe(
      403,
    );
  });

  test('users of the other domain MUST reach users of ours, with and without a device, and never as one of ours', async () => {
    const there = await scene.tcp(port, 'carol', { domain: 'other.example', host: THERE });
    const bob = await scene.tcp(port, 'bob', { password: 'bob-s' });
    expect((await bob.register()).status).toBe(200);
    expect((await there.sendMessage(BOB, 'from elsewhere')).status).toBe(200);
    expect(bob.texts).toEqual(['from elsewhere']);
    expect((await there.sendMessage('sip:alice@localhost', 'later')).status).toBe(202);
    // The same answer for a user who does not exist.
    expect((await there.sendMessage('sip:nobody@localhost', 'later')).status).toBe(202);
    const from = 'sip:alice@localhost';
    expect((await there.sendMessage(BOB, 'in her name', { from })).status).toBe(407);
    expect((await there.register('sip:bob@localhost')).status).toBe(401);
    // Nor is it a way to third domains.
    expect((await there.sendMessage('sip:dave@third.example', 'x')).status).toBe(403);
    expect(bob.texts).toEqual(['from elsewhere']);
  });

  test('from anywhere else users of the other domain MUST prove who they are', async () => {
    const elsewhere = await scene.tcp(port, 'carol', { domain: 'other.example' });
    expect((await elsewhere.sendMessage(BOB, 'x')).status).toBe(407);
  });
});
