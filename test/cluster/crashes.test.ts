import { setTimeout as delay } from 'node:timers/promises';
import { SipPeer } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { LoadedCluster } from './loaded-cluster.ts';
import { report, type Traffic } from './traffic.ts';

const LOAD = { recipients: 50, ratePerSec: 400, slow: 4 };
const EDGES = ['edge-1', 'edge-2'];
/** Delivery from a dead router's partitions resumes within this time: its session is 6 s. */
const RESUME_MS = 8000;
/** Slow devices take their time. */
const ARRIVAL_MS = 30_000;

// A process that starts takes the others' processor, and admission control would refuse what is to be followed here.
const loaded = new LoadedCluster(LOAD, { HERMOD_CONGESTION: 'off' });

describe('members come and go under load (design §4 rules 1, 2, 7)', () => {
  test('kill -9 of a router: all that was answered 2xx MUST arrive once, and its partitions MUST resume within 8 s', async () => {
    const { cluster, load } = await begin();
    await delay(2000);
    const killedMs = performance.now();
    await cluster.kill('router-1');
    await load.untilResumed(killedMs, RESUME_MS + 1000);
    await delay(1000);
    await load.finish();
    const judgement = await load.judge(ARRIVAL_MS);
    const resumedMs = Math.max(...load.resumedAfterMs(killedMs));
    // What the dead router had sent and not committed, its successor sends again: the edges absorb it.
    const absorbed = await cluster.metricOf(EDGES, 'im_deliveries_total', 'repeated');
    report('kill -9 of a router', judgement, { resumedMs, absorbed });
    await cluster.startMembers(['router-1']);
    loaded.expectNothingLost(judgement);
    expect(judgement.duplicates).toBe(0);
    expect(judgement.byStatus[0] ?? 0).toBe(0);
    expect(resumedMs).toBeLessThanOrEqual(RESUME_MS);
  });

  test('kill -9 of an edge: all that was answered 2xx MUST arrive at the devices that came to the other edge', async () => {
    const { cluster, load } = await begin();
    await delay(2000);
    const unanswered = load.unanswered;
    const killedMs = performance.now();
    await cluster.kill('edge-1');
    await load.untilResumed(killedMs, 6000);
    await delay(3000);
    await load.finish();
    const judgement = await load.judge(ARRIVAL_MS);
    const resumedMs = Math.max(...load.resumedAfterMs(killedMs));
    report('kill -9 of an edge', judgement, { resumedMs, unanswered });
    await cluster.startMembers(['edge-1']);
    loaded.expectNothingLost(judgement);
    // The edge took with it what it knew: a device had shown a message, and nobody else heard of it. No more than were on their way,
    // and what was sent during the kill itself.
    expect(judgement.duplicates).toBeLessThanOrEqual(unanswered + LOAD.ratePerSec / 10);
  });

  test('a router that sleeps for longer than its session and wakes: MUST NOT lose, repeat or reorder anything', async () => {
    const { cluster, load } = await begin();
    await delay(1000);
    const stoppedMs = performance.now();
    cluster.signal('router-1', 'SIGSTOP');
    // Its partitions are another's then.
    await load.untilResumed(stoppedMs, RESUME_MS + 1000);
    cluster.signal('router-1', 'SIGCONT');
    await delay(3000);
    await load.finish();
    const judgement = await load.judge(ARRIVAL_MS);
    const resumedMs = Math.max(...load.resumedAfterMs(stoppedMs));
    const absorbed = await cluster.metricOf(EDGES, 'im_deliveries_total', 'repeated');
    report('SIGSTOP of a router', judgement, { resumedMs, absorbed });
    loaded.expectNothingLost(judgement);
    expect(judgement.duplicates).toBe(0);
    expect(resumedMs).toBeLessThanOrEqual(RESUME_MS);
  });

  test('an edge that sleeps and wakes: MUST NOT lose or reorder anything, nor show it twice', async () => {
    const { cluster, load } = await begin();
    await delay(1000);
    cluster.signal('edge-1', 'SIGSTOP');
    await delay(5000);
    cluster.signal('edge-1', 'SIGCONT');
    await delay(3000);
    await load.finish();
    const judgement = await load.judge(ARRIVAL_MS);
    const absorbed = await cluster.metricOf(EDGES, 'im_deliveries_total', 'repeated');
    report('SIGSTOP of an edge', judgement, { absorbed });
    loaded.expectNothingLost(judgement);
    expect(judgement.duplicates).toBe(0);
  });

  test('a third router that joins, and leaves with SIGTERM: MUST NOT lose, repeat or reorder anything', async () => {
    const { cluster, load } = await begin();
    await delay(1000);
    await cluster.addRouter('router-3');
    await delay(2000);
    const owned = await cluster.metric('router-3', 'im_router_partitions');
    const exit = await cluster.stop('router-3');
    await delay(2000);
    await load.finish();
    const judgement = await load.judge(ARRIVAL_MS);
    const absorbed = await cluster.metricOf(EDGES, 'im_deliveries_total', 'repeated');
    report('a third router joins and leaves', judgement, { owned, absorbed });
    expect(exit.code).toBe(0);
    expect(owned).toBeGreaterThan(0);
    loaded.expectNothingLost(judgement);
    expect(judgement.duplicates).toBe(0);
    expect(Object.keys(judgement.byStatus).filter((one) => !one.startsWith('2'))).toEqual([]);
  });
});

describe('forking over edges (design §3.6)', () => {
  test('three bindings of an AoR on two edges: all three MUST get the message, the sender one final response', async () => {
    const { cluster } = loaded;
    await cluster.allReady();
    const [port1, port2] = [cluster.sipPort('edge-1'), cluster.sipPort('edge-2')];
    const devices = await Promise.all([
      SipPeer.tcp(port1, { user: 'trio' }),
      SipPeer.tcp(port2, { user: 'trio' }),
      SipPeer.udp(port2, { user: 'trio' }),
    ]);
    const sender = await SipPeer.tcp(port1, { user: 'alice' });
    try {
      for (const device of devices) expect((await device.register()).status).toBe(200);
      for (let n = 1; n <= 20; n += 1) {
        expect((await sender.sendMessage('sip:trio@localhost', `${n}`)).status).toBe(200);
      }
      await Promise.all(devices.map((device) => device.waitForRequests(20)));
      await delay(500);
      const expected = Array.from({ length: 20 }, (_, index) => `${index + 1}`);
      for (const device of devices) expect(device.texts).toEqual(expected);
      expect(sender.strayResponses).toEqual([]);
    } finally {
      for (const peer of [...devices, sender]) await peer.close();
    }
  });
});

/** Load that runs, beside the cluster it runs on. */
async function begin(): Promise<{ readonly cluster: ClusterUnderTest; readonly load: Traffic }> {
  const load = await loaded.openTraffic();
  load.start();
  return { cluster: loaded.cluster, load };
}
