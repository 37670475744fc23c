import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provisionStandalone } from '../system/provision.ts';
import { Scene } from '../system/scene.ts';
import type { StandaloneProcess } from '../system/standalone-process.ts';
import { Baresip } from './baresip.ts';
import { Kamailio } from './kamailio.ts';
import { requirePrograms, runProgram } from './program.ts';

const DOMAIN = 'example.com';

/** A standalone of `example.com` that everybody has to prove something to (passwords: `<user>-s`). */
async function startWithUsers(
  scene: Scene,
  users: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StandaloneProcess> {
  const directory = scene.directory();
  await provisionStandalone(directory, users, DOMAIN);
  return scene.start(directory, {
    HERMOD_DOMAINS: DOMAIN,
    HERMOD_DOMAIN_MODE: 'closed',
    HERMOD_AUTH: 'digest',
    ...env,
  });
}

describe.each(['udp', 'tcp'] as const)('baresip with a password, by %s', (transport) => {
  const scene = new Scene();
  let hermod: StandaloneProcess;

  beforeAll(async () => {
    await requirePrograms('baresip');
    // baresip 1.0 gives up at the first challenge whose algorithm it does not know, whatever stands beside it.
    const env = { HERMOD_AUTH_ALGORITHMS: 'MD5' };
    hermod = await startWithUsers(scene, ['alice', 'bob', 'carol', 'dave'], env);
  });
  afterAll(() => scene.close());

  async function start(user: string, peer: string): Promise<Baresip> {
    const phone = await Baresip.start({
      directory: scene.directory(),
      user,
      domain: DOMAIN,
      proxyPort: hermod.sipPort,
      transport,
      peer: `sip:${peer}@${DOMAIN}`,
      password: `${user}-s`,
    });
    scene.onClose(() => phone.stop());
    return phone;
  }

  test('MUST be registered by digest, and send MESSAGEs both ways (RFC 3261 §22, RFC 8760)', async () => {
    const alice = await start('alice', 'bob');
    expect(alice.output).toContain('SIP/2.0 401 Unauthorized');
    const bob = await start('bob', 'alice');
    expect(await alice.send('hello bob')).toBe(200);
    await bob.untilReceived('hello bob');
    expect(await bob.send('hello alice')).toBe(200);
    await alice.untilReceived('hello alice');
    expect(bob.output).not.toContain('P-Asserted-Identity');
  });

  test('MUST get what was stored for it (RFC 3428 §7)', async () => {
    const dave = await start('dave', 'carol');
    expect(await dave.send('are you there?')).toBe(202);
    const carol = await start('carol', 'dave');
    await carol.untilReceived('are you there\\?');
  });
});

describe('sipsak with a password', () => {
  const scene = new Scene();
  let hermod: StandaloneProcess;

  beforeAll(async () => {
    await requirePrograms('sipsak');
    // Debian's 0.9.8.1 knows MD5 alone, and gives up when the first challenge is for another.
    const env = { HERMOD_DOMAINS: `${DOMAIN},127.0.0.1`, HERMOD_AUTH_ALGORITHMS: 'MD5' };
    hermod = await startWithUsers(scene, ['frank'], env);
  });
  afterAll(() => scene.close());

  test.each(['frank-s', 'wrong'])(
    'MUST be registered with the right one alone: %s',
    async (password) => {
      const { output } = await runProgram('sipsak', [
        ...['-U', '-i', '-x', '60', '-a', password, '-u', 'frank', '-vvv'],
        ...['-s', `sip:frank@127.0.0.1:${hermod.sipPort}`],
      ]);
      expect(output).toContain('SIP/2.0 401 Unauthorized');
      if (password === 'wrong') expect(output).not.toContain('SIP/2.0 200 OK');
      else expect(output).toContain('SIP/2.0 200 OK');
    },
  );
});

describe('clients behind Kamailio', () => {
  const scene = new Scene();
  let proxy: Kamailio;

  beforeAll(async () => {
    await requirePrograms('kamailio');
    const hermod = await startWithUsers(scene, ['alice', 'bob', 'mallory']);
    proxy = await Kamailio.start(
      scene.directory(),
      `
        if ($rd != "${DOMAIN}") { loose_route(); t_relay(); exit; }
        if (is_method("REGISTER")) { add_path_received(); }
        $du = "sip:127.0.0.1:${hermod.sipPort};transport=tcp";
        t_relay();
      `,
    );
    scene.onClose(() => proxy.stop());
  });
  afterAll(() => scene.close());

  test.each(['udp', 'tcp'] as const)(
    'MUST prove each request, since its connection carries many, and be served, by %s (ADR 0012)',
    async (transport) => {
      const peer = (user: string) =>
        scene[transport](proxy.port, user, { domain: DOMAIN, password: `${user}-s` });
      const bob = await peer('bob');
      expect((await bob.register()).status).toBe(200);
      const alice = await peer('alice');
      expect((await alice.register()).status).toBe(200);
      const before = bob.texts.length;
      expect((await alice.sendMessage(bob.aor, 'one')).status).toBe(200);
      expect((await alice.sendMessage(bob.aor, 'two')).status).toBe(200);
      expect(bob.texts.slice(before)).toEqual(['one', 'two']);
      // On the very connection that alice has just used.
      const unproved = await scene[transport](proxy.port, 'alice', { domain: DOMAIN });
      expect((await unproved.sendMessage(bob.aor, 'not hers')).status).toBe(407);
      const mallory = await peer('mallory');
      const from = alice.aor;
      expect((await mallory.sendMessage(bob.aor, 'not hers', { from })).status).toBe(403);
      expect(bob.texts.slice(before)).toEqual(['one', 'two']);
    },
  );
});
