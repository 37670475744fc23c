import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { systemClock } from '@hermod/platform';
import { type PrometheusServer, startPrometheus } from '@hermod/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { clusterQuery, readClusterLoad } from './cluster-query.ts';
import { PrometheusSignals } from './prometheus-signals.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
});

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

function signals(url: string): PrometheusSignals {
  const made = new PrometheusSignals({ url, match: '', scrapeSec: 1 }, systemClock, () => 0.5);
  made.start();
  cleanUps.push(() => made.stop());
  return made;
}

describe('what a real Prometheus says about a cluster', () => {
  const router = { lagSec: 0.25, inFlight: 300, isSilent: false };
  let target: string;
  let prometheus: PrometheusServer;

  beforeAll(async () => {
    const server = createServer((_request, response) => {
      // A process that is stopped takes connections and says nothing.
      if (router.isSilent) return;
      const n = Math.round(performance.now());
      response.end(
        [
          `im_routing_lag_seconds{service="router"} ${router.lagSec}`,
          `im_inflight{service="router"} ${router.inFlight}`,
          'im_inflight_limit{service="router"} 1000',
          `im_store_duration_seconds_sum{operation="read"} ${n * 0.02}`,
          `im_store_duration_seconds_count{operation="read"} ${n}`,
          `im_append_duration_seconds_sum ${n * 0.05}`,
          `im_append_duration_seconds_count ${n}`,
          `im_delivery_duration_seconds_bucket{outcome="delivered",le="0.1"} ${n}`,
          `im_delivery_duration_seconds_bucket{outcome="delivered",le="+Inf"} ${n}`,
          '',
        ].join('\n'),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    prometheus = await startPrometheus({ targets: [target] });
  }, 30_000);
  afterAll(async () => {
    await prometheus.stop();
  });

  test('MUST be heard: lag, delivery, store, log and how full the routers are', async () => {
    const heard = signals(prometheus.url);
    await vi.waitFor(
      () => {
        const { storeSec, logSec, deliveryP99Sec, ...rest } = heard.latest() ?? {};
        const { atMs, lagAtMs } = heard.latest() ?? { atMs: 0, lagAtMs: 0 };
        expect(rest).toMatchObject({ lagSec: 0.25, routerSaturation: 0.3 });
        // It is scraped once a second.
        expect(atMs - lagAtMs).toBeGreaterThan(0);
        expect(atMs - lagAtMs).toBeLessThan(1_200);
        expect(storeSec).toBeCloseTo(0.02, 3);
        expect(logSec).toBeCloseTo(0.05, 3);
        expect(deliveryP99Sec).toBeLessThanOrEqual(0.1);
      },
      { timeout: 15_000, interval: 200 },
    );
    expect(heard.failure).toBeUndefined();
    expect(heard.stats.answered).toBeGreaterThan(0);
  }, 20_000);

  test('a router that hangs MUST have the lag of its silence', async () => {
    router.isSilent = true;
    const heard = signals(prometheus.url);
    await vi.waitFor(() => expect(heard.latest()?.lagSec).toBeGreaterThan(3), {
      timeout: 15_000,
      interval: 200,
    });
    router.isSilent = false;
    await vi.waitFor(() => expect(heard.latest()?.lagSec).toBe(0.25), {
      timeout: 15_000,
      interval: 200,
    });
  }, 40_000);

  test('MUST be of the cluster that the matchers name', async () => {
    const text = async (match: string): Promise<string> => {
      const query = new URLSearchParams({ query: clusterQuery(match, 1) }).toString();
      return JSON.stringify({
        status: 'success',
        data: await prometheus.api(`query?${query}`),
      });
    };
    expect(readClusterLoad(await text(`instance="${target}"`), 0).lagSec).toBe(0.25);
    expect(readClusterLoad(await text('instance="elsewhere"'), 0).lagSec).toBeNaN();
  });

  test('that hangs MUST NOT be waited for: the last answer stays, and gets old', async () => {
    const heard = signals(prometheus.url);
    await vi.waitFor(() => expect(heard.latest()).toBeDefined(), 5_000);
    prometheus.pause();
    try {
      await vi.waitFor(() => expect(heard.failure).toMatch(/timeout/i), 5_000);
      expect(heard.latest()?.atMs).toBeLessThan(Date.now() - 900);
    } finally {
      prometheus.resume();
    }
    await vi.waitFor(() => expect(heard.failure).toBeUndefined(), 5_000);
  }, 20_000);
});

describe('an answer that is none', () => {
  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['a page', (response) => response.end('<html>'), /JSON/],
    ['an error', (response) => response.writeHead(500).end('{}'), /status 500/],
    ['an answer of somebody else', (response) => response.end('{"status":"ok"}'), /not an answer/],
    ['a redirect', (response) => response.writeHead(302, { location: '/' }).end(), /fetch failed/],
    ['too long', (response) => response.end('x'.repeat(1_000_000)), /too long/],
    ['cut off', (response) => response.writeHead(200, { 'content-length': '9' }).destroy(), /./],
  ])('MUST be ignored: %s', async (_what, answer, why) => {
    const at = await serve((_request, response) => answer(response));
    const heard = signals(`http://${at}/`);
    await vi.waitFor(() => expect(heard.stats.failed).toBeGreaterThan(0), 5_000);
    expect(heard.failure).toMatch(why);
    expect(heard.latest()).toBeUndefined();
  });

  test('MUST be ignored where nobody listens', async () => {
    const at = await serve(() => undefined);
    cleanUps.pop()?.();
    await expect(once(createConnection(Number(at.split(':')[1])), 'connect')).rejects.toThrow();
    const heard = signals(`http://${at}`);
    await vi.waitFor(() => expect(heard.failure).toBe('fetch failed'), 5_000);
  });

  test('MUST leave unknown what it does not say, and what is no number', () => {
    const of = (signal: string, value: unknown) => ({ metric: { signal }, value: [0, value] });
    const result = [of('lag', '1.5'), of('store', 'NaN'), of('log', 7), of('x', '1'), null, 'y'];
    const load = readClusterLoad(JSON.stringify({ status: 'success', data: { result } }), 42);
    expect(load).toEqual({
      atMs: 42,
      lagSec: 1.5,
      lagAtMs: 42,
      deliveryP99Sec: Number.NaN,
      storeSec: Number.NaN,
      logSec: Number.NaN,
      routerSaturation: Number.NaN,
    });
  });
});
