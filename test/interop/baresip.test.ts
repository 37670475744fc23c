import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from '../system/scene.ts';
import { Baresip } from './baresip.ts';
import { requirePrograms } from './program.ts';

describe.each(['udp', 'tcp'] as const)('baresip by %s', (transport) => {
  const scene = new Scene();
  let port: number;

  beforeAll(async () => {
    await requirePrograms('baresip');
    port = (await scene.start(scene.directory(), { HERMOD_DOMAINS: 'example.com' })).sipPort;
  });
  afterAll(() => scene.close());

  async function start(user: string, peer: string): Promise<Baresip> {
    const phone = await Baresip.start({
      directory: scene.directory(),
      user,
      domain: 'example.com',
      proxyPort: port,
      transport,
      peer: `sip:${peer}@example.com`,
    });
    scene.onClose(() => phone.stop());
    return phone;
  }

  test('MUST be registered, and send MESSAGEs both ways (RFC 3428 §10)', async () => {
    const alice = await start('alice', 'bob');
    const bob = await start('bob', 'alice');
    expect(await alice.send('hello bob')).toBe(200);
    await bob.untilReceived('hello bob');
    expect(await bob.send('hello alice')).toBe(200);
    await alice.untilReceived('hello alice');
  });

  test('MUST be told 202 for a peer that is away, who MUST get it when it registers (RFC 3428 §7)', async () => {
    const dave = await start('dave', 'carol');
    expect(await dave.send('are you there?')).toBe(202);
    const carol = await start('carol', 'dave');
    await carol.untilReceived('are you there\\?');
  });
});
