import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { readMetric, startPrometheus } from '@hermod/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MessageLoad } from './message-load.ts';
import { Scene } from './scene.ts';

const scene = new Scene();
afterEach(() => scene.close());

/** A router elsewhere in the cluster, as Prometheus sees it. */
async function router(): Promise<{ address: string; lagSec: number }> {
  const state = { address: '', lagSec: 0 };
  const server = createServer((_request, response) => {
    response.end(`im_routing_lag_seconds{service="router"} ${state.lagSec}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scene.onClose(() => {
    server.closeAllConnections();
    server.close();
  });
  state.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

describe('a process that asks Prometheus (HERMOD_PROMETHEUS_URL)', () => {
  test('MUST take on less while a router elsewhere lags, lose nothing when Prometheus dies, and then go by what it sees itself', async () => {
    const other = await router();
    const prometheus = await startPrometheus({ targets: [other.address] });
    scene.onClose(() => prometheus.stop());
    const { sipPort, http } = await scene.start(undefined, {
      HERMOD_CONGESTION: 'on',
      HERMOD_PROMETHEUS_URL: prometheus.url,
      HERMOD_PROMETHEUS_SCRAPE_SEC: '1',
    });
    const of = (series: string, label = ''): Promise<number> => readMetric(http, series, label);
    const soon = { timeout: 20_000, interval: 200 };
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    const load = new MessageLoad([{ sender: alice, to: bob.aor }], 60);
    const live = () => of('im_congestion_outer_state', 'state="live"');
    await vi.waitFor(async () => expect(await live()).toBe(1), soon);
    expect(await of('sip_requests_rejected_total', '"congestion"')).toBe(0);

    other.lagSec = 4;
    const outer = 'loop="outer"';
    await vi.waitFor(
      async () => expect(await of('im_admission_rate_limit', outer)).toBeGreaterThan(0),
      soon,
    );
    await vi.waitFor(
      async () =>
        expect(await of('sip_requests_rejected_total', '"congestion"')).toBeGreaterThan(0),
      soon,
    );
    expect(await of('im_congestion_outer_worst', 'signal="lag"')).toBe(1);
    expect(await of('im_congestion_outer_pressure')).toBe(10);
    expect(await of('im_admission_rate_limit', outer)).toBeLessThan(60);

    await prometheus.kill();
    const alone = () => of('im_congestion_outer_state', 'state="alone"');
    await vi.waitFor(async () => expect(await alone()).toBe(1), { ...soon, timeout: 30_000 });
    expect(await of('im_prometheus_queries_total', '"failed"')).toBeGreaterThan(0);
    // The limit is lifted step by step, and nothing brings it back.
    const delivered = await of('im_outcomes_total', '"delivered"');
    let before = 0;
    await vi.waitFor(
      async () => {
        const now = await of('im_admission_rate_limit', '"all"');
        expect(now).toBeGreaterThanOrEqual(before * 0.99);
        before = now;
        expect(await of('im_admission_rate_limit', outer)).toBe(0);
      },
      { timeout: 60_000, interval: 1_000 },
    );
    const rejected = await of('sip_requests_rejected_total', '"congestion"');
    await delay(2_000);
    expect(await of('sip_requests_rejected_total', '"congestion"')).toBe(rejected);
    expect(await of('im_outcomes_total', '"delivered"')).toBeGreaterThan(delivered + 200);
    const { unknown } = await load.finish();
    expect(bob.texts.length).toBeGreaterThanOrEqual(load.sent - rejected - unknown.size);
  }, 120_000);
});
