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

  test('each process MUST tell how long Redis and Kafka take, and the router what it has not read (docs/operations.md)', async () => {
    const bob = await peer('edge-1', 'bob', 'bob-s');
    await bob.register();
    const alice = await peer('edge-2', 'alice', 'alice-s');
    const of = (member: string, series: string, label = ''): Promise<number> =>
      cluster.metric(member, series, label);
    const STORE = 'im_store_duration_seconds';
    const KAFKA = 'im_kafka_request_duration_seconds';
    const before = await of('router-1', `${STORE}_count`, '"read"');
    for (let i = 0; i < 20; i += 1) {
      expect((await alice.sendMessage(bob.aor, `${i}`)).status).toBe(200);
    }
    expect((await of('router-1', `${STORE}_count`, '"read"')) - before).toBeGreaterThanOrEqual(20);
    // Between 10 µs and 0.1 s each.
    const meanSec =
      (await of('router-1', `${STORE}_sum`, '"read"')) /
      (await of('router-1', `${STORE}_count`, '"read"'));
    expect(meanSec).toBeGreaterThan(0.00001);
    expect(meanSec).toBeLessThan(0.1);
    expect(await of('router-1', 'im_lookup_duration_seconds_sum')).toBeGreaterThan(0);
    expect(await of('registrar-1', `${STORE}_count`, '"readBindings"')).toBeGreaterThan(0);
    expect(await of('registrar-1', 'sip_registration_duration_seconds_sum')).toBeGreaterThan(0);
    expect(await of('edge-2', 'sip_credential_load_duration_seconds_count')).toBeGreaterThan(0);
    for (const [member, api] of [
      ['edge-2', 'Produce'],
      ['router-1', 'Produce'],
      ['router-1', 'Fetch'],
      ['router-1', 'Heartbeat'],
      ['router-1', 'OffsetCommit'],
    ] as const) {
      expect(await of(member, `${KAFKA}_count`, `"${api}"`), `${member} ${api}`).toBeGreaterThan(0);
      expect(await of(member, `${KAFKA}_sum`, `"${api}"`), `${member} ${api}`).toBeLessThan(60);
    }
    expect(await of('edge-2', 'im_append_duration_seconds_count')).toBe(
      await of('edge-2', 'im_appended_total'),
    );
    expect(await of('edge-1', 'sip_device_duration_seconds_count', '"2xx"')).toBeGreaterThan(19);
    expect(await of('router-1', 'im_trunk_pending')).toBe(0);
    for (const gauge of ['im_lag_seconds', 'im_consumer_lag_records']) {
      await expect.poll(() => of('router-1', gauge), { timeout: 5_000 }).toBe(0);
    }
  });

  test('an edge MUST NOT answer for users while it cannot know them, and go on when it can', async () => {
    const carol = await peer('edge-1', 'carol', 'carol-s');
    const errors = (): Promise<number> => cluster.metric('edge-1', 'im_store_errors_total');
    const before = await errors();
    cluster.redis.pause();
    try {
      expect((await carol.register()).status).toBe(503);
      expect(await errors()).toBeGreaterThan(before);
    } finally {
      cluster.redis.resume();
    }
    await expect.poll(async () => (await carol.register()).status, { timeout: 20_000 }).toBe(401);
  });
});
