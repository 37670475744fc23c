import { H } from '@hermod/sip';
import { SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from '../system/scene.ts';
import type { StandaloneProcess } from '../system/standalone-process.ts';
import { Kamailio } from './kamailio.ts';
import { requirePrograms } from './program.ts';

/** A proxy at the edge of the network: clients speak to it, it adds itself to Path and passes everything on. */
const EDGE_PROXY = (hermodPort: number) => `
  if ($rd != "example.com") { loose_route(); t_relay(); exit; }
  if (is_method("REGISTER")) { add_path_received(); }
  $du = "sip:127.0.0.1:${hermodPort};transport=tcp";
  t_relay();
`;

/** A registrar and proxy of a domain of its own, kam.example. What is for example.com goes to Hermod. */
const OWN_DOMAIN = (hermodPort: number) => `
  if (is_method("REGISTER")) { save("location"); exit; }
  if ($rd == "example.com") { $du = "sip:127.0.0.1:${hermodPort};transport=tcp"; t_relay(); exit; }
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  t_relay();
`;

describe('Hermod behind Kamailio', () => {
  const scene = new Scene();
  let hermod: StandaloneProcess;
  let proxy: Kamailio;

  beforeAll(async () => {
    await requirePrograms('kamailio');
    hermod = await scene.start(scene.directory(), { HERMOD_DOMAINS: 'example.com' });
    proxy = await Kamailio.start(scene.directory(), EDGE_PROXY(hermod.sipPort));
    scene.onClose(() => proxy.stop());
  });
  afterAll(() => scene.close());

  test.each(['udp', 'tcp'] as const)(
    'a device by %s MUST be reached through the proxy that its Path names, and send through it (RFC 3327 §5)',
    async (transport) => {
      const bob = await scene[transport](proxy.port, `bob-${transport}`, { domain: 'example.com' });
      const registered = await bob.register();
      expect(registered.status).toBe(200);
      const path = registered.response.values(H.PATH);
      expect(path).toHaveLength(2);
      expect(path[1]).toContain(`127.0.0.1:${proxy.port}`);

      const alice = await scene.tcp(hermod.sipPort, `alice-${transport}`, {
        domain: 'example.com',
      });
      expect((await alice.register()).status).toBe(200);
      expect((await alice.sendMessage(bob.aor, 'to bob')).status).toBe(200);
      expect(bob.texts).toEqual(['to bob']);
      // Through the proxy it has one Via more than over a flow of our own.
      const vias = bob.received[0]?.request.values(H.VIA) ?? [];
      expect(vias[0]).toContain(`127.0.0.1:${proxy.port}`);

      expect((await bob.sendMessage(alice.aor, 'to alice')).status).toBe(200);
      expect(alice.texts).toEqual(['to alice']);
    },
  );

  test('what waits for a device MUST come through the proxy when it registers', async () => {
    const alice = await scene.tcp(hermod.sipPort, 'alice', { domain: 'example.com' });
    for (const text of ['one', 'two', 'three']) {
      expect((await alice.sendMessage('sip:late@example.com', text)).status).toBe(202);
    }
    const late = await scene.udp(proxy.port, 'late', { domain: 'example.com' });
    expect((await late.register()).status).toBe(200);
    await late.waitForRequests(3);
    expect(late.texts).toEqual(['one', 'two', 'three']);
  });

  test('the final response of a device MUST come back through both (RFC 3261 §16.7)', async () => {
    const bob = await scene.tcp(proxy.port, 'decliner', { domain: 'example.com' });
    bob.answer = () => 603;
    expect((await bob.register()).status).toBe(200);
    const alice = await scene.udp(hermod.sipPort, 'alice2', { domain: 'example.com' });
    expect((await alice.sendMessage(bob.aor, 'no')).status).toBe(603);
  });

  test('a device that is gone from the proxy MUST mean 202, and delivery when it is back', async () => {
    const bob = await scene.tcp(proxy.port, 'gone', { domain: 'example.com' });
    expect((await bob.register()).status).toBe(200);
    await bob.close();
    const alice = await scene.tcp(hermod.sipPort, 'alice3', { domain: 'example.com' });
    expect((await alice.sendMessage(bob.aor, 'later')).status).toBe(202);
    const back = await scene.tcp(proxy.port, 'gone', { domain: 'example.com' });
    expect((await back.register()).status).toBe(200);
    await back.waitForRequests(1);
    expect(back.texts).toEqual(['later']);
  });
});

describe('Kamailio behind Hermod', () => {
  const scene = new Scene();
  let hermod: StandaloneProcess;
  let kamailio: Kamailio;

  beforeAll(async () => {
    await requirePrograms('kamailio');
    hermod = await scene.start(scene.directory(), { HERMOD_DOMAINS: 'example.com' });
    kamailio = await Kamailio.start(scene.directory(), OWN_DOMAIN(hermod.sipPort));
    scene.onClose(() => kamailio.stop());
  });
  afterAll(() => scene.close());

  /** Somebody's AoR of ours, registered with a user of Kamailio as Contact. */
  async function registerAt(user: string, transport: 'udp' | 'tcp'): Promise<string> {
    // Over the connection of a registrant that is still there its requests would go (ADR 0011).
    const registrant = await SipPeer.tcp(hermod.sipPort, { user, domain: 'example.com' });
    const contact = `sip:${user}@127.0.0.1:${kamailio.port};transport=${transport}`;
    const { status } = await registrant.register(registrant.aor, { contact });
    await registrant.close();
    expect(status).toBe(200);
    return registrant.aor;
  }

  test.each(['udp', 'tcp'] as const)(
    'an AoR whose Contact is a user of Kamailio MUST be reached by %s, in order',
    async (transport) => {
      const user = `carol-${transport}`;
      const carol = await scene[transport](kamailio.port, user, { domain: 'kam.example' });
      expect((await carol.register()).status).toBe(200);
      const aor = await registerAt(user, transport);
      const alice = await scene.tcp(hermod.sipPort, 'alice', { domain: 'example.com' });
      for (let n = 1; n <= 20; n += 1) {
        expect((await alice.sendMessage(aor, `to carol ${n}`)).status).toBe(200);
      }
      expect(carol.texts).toEqual(Array.from({ length: 20 }, (_, i) => `to carol ${i + 1}`));
    },
  );

  test('a user of Kamailio MUST reach a user of ours, or our mailbox', async () => {
    const carol = await scene.udp(kamailio.port, 'carol', { domain: 'kam.example' });
    const alice = await scene.tcp(hermod.sipPort, 'alice4', { domain: 'example.com' });
    expect((await alice.register()).status).toBe(200);
    expect((await carol.sendMessage(alice.aor, 'hello')).status).toBe(200);
    expect(alice.texts).toEqual(['hello']);
    expect((await carol.sendMessage('sip:absent@example.com', 'hello')).status).toBe(202);
  });

  test('a refusal of Kamailio MUST be the answer (RFC 3261 §16.7)', async () => {
    const aor = await registerAt('nobody', 'tcp');
    const alice = await scene.tcp(hermod.sipPort, 'alice5', { domain: 'example.com' });
    expect((await alice.sendMessage(aor, 'x')).status).toBe(404);
  });
});

describe('Hermod and Kamailio as two domains', () => {
  const scene = new Scene();
  let hermod: StandaloneProcess;
  let kamailio: Kamailio;

  beforeAll(async () => {
    await requirePrograms('kamailio');
    hermod = await scene.start(scene.directory(), {
      HERMOD_DOMAINS: 'example.com',
      HERMOD_RELAY_FROM: '127.0.0.1',
    });
    kamailio = await Kamailio.start(scene.directory(), OWN_DOMAIN(hermod.sipPort));
    scene.onClose(() => kamailio.stop());
  });
  afterAll(() => scene.close());

  test.each(['udp', 'tcp'] as const)(
    'a MESSAGE for a user of Kamailio MUST be relayed by %s, and its answer come back (RFC 3263 §4)',
    async (transport) => {
      const carol = await scene[transport](kamailio.port, `carol-${transport}`, {
        domain: 'kam.example',
      });
      expect((await carol.register()).status).toBe(200);
      const alice = await scene.tcp(hermod.sipPort, 'alice', { domain: 'example.com' });
      const there = (user: string) =>
        `sip:${user}@127.0.0.1:${kamailio.port};transport=${transport}`;
      expect((await alice.sendMessage(there(carol.user), 'hello')).status).toBe(200);
      expect(carol.texts).toEqual(['hello']);
      expect((await alice.sendMessage(there('nobody'), 'hello')).status).toBe(404);
      // Over 1300 bytes it goes by a stream, whatever the Request-URI says (RFC 3261 §18.1.1).
      expect((await alice.sendMessage(there(carol.user), 'x'.repeat(3000))).status).toBe(200);
      expect(carol.texts[1]).toHaveLength(3000);
    },
  );

  test('a MESSAGE of a user of Kamailio MUST be stored for a user of ours who is away', async () => {
    const carol = await scene.tcp(kamailio.port, 'carol', { domain: 'kam.example' });
    expect((await carol.sendMessage('sip:dave@example.com', 'later')).status).toBe(202);
    const dave = await scene.tcp(hermod.sipPort, 'dave', { domain: 'example.com' });
    expect((await dave.register()).status).toBe(200);
    await dave.waitForRequests(1);
    expect(dave.texts).toEqual(['later']);
    expect(dave.received[0]?.request.from).toMatchObject({
      value: { uriText: 'sip:carol@kam.example' },
    });
  });
});
