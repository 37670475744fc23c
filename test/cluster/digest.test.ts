import { SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterUnderTest } from './cluster-under-test.ts';

const START_MS = 120_000;

describe('digest in a cluster (issue 4, point 4)', () => {
  let cluster: ClusterUnderTest;
  const peers: SipPeer[] = [];

  beforeAll(async () => {
    cluster = await ClusterUnderTest.start(['edge-1', 'edge-2', 'router-1', 'registrar-1'], {
      HERMOD_AUTH: 'digest',
      HERMOD_DOMAIN_MODE: 'closed',
    });
    await cluster.provision(['alice', 'bob']);
  }, START_MS);
  afterAll(async () => {
    for (const peer of peers) await peer.close();
    await cluster?.close();
  }, START_MS);

  async function peer(edge: string, user: string, password?: string): Promise<SipPeer> {
    const options = password === undefined ? { user } : { user, password };
    const one = await SipPeer.tcp(cluster.sipPort(edge), options);
    peers.push(one);
    return one;
  }

  test('users MUST prove themselves at any edge, be served across edges, and be told who does not exist', async () => {
    const bob = await peer('edge-1', 'bob', 'bob-s');
    expect((await bob.register()).status).toBe(200);
    const alice = await peer('edge-2', 'alice', 'alice-s');
    expect((await alice.sendMessage(bob.aor, 'across')).status).toBe(200);
    expect(bob.texts).toEqual(['across']);
    expect((await alice.sendMessage('sip:nobody@localhost', 'x')).status).toBe(404);
    expect((await alice.sendMessage(bob.aor, 'x', { from: bob.aor })).status).toBe(403);
    const stranger = await peer('edge-2', 'alice');
    expect((await stranger.sendMessage(bob.aor, 'x')).status).toBe(407);
    expect((await stranger.register(bob.aor)).status).toBe(401);
    expect(bob.texts).toEqual(['across']);
  });

  test('an edge MUST NOT answer for users while it cannot know them, and go on when it can', async () => {
    const carol = await peer('edge-1', 'carol', 'carol-s');
    cluster.redis.pause();
    try {
      expect((await carol.register()).status).toBe(503);
    } finally {
      cluster.redis.resume();
    }
    await expect.poll(async () => (await carol.register()).status, { timeout: 20_000 }).toBe(401);
  });
});
