import { setTimeout as delay } from 'node:timers/promises';
import { freePorts, type PrometheusServer, startPrometheus } from '@hermod/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFailed, test, vi } from 'vitest';
import { FIRED_BY_SLOW_REDIS, HAS_FIRED, namesOf, PromptRules } from '../dashboards/live-alerts.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';
import { report, type Sent, Traffic, type TrafficOptions } from './traffic.ts';

const MEMBERS = ['edge-1', 'edge-2', 'router-1', 'registrar-1'];
const EDGES = ['edge-1', 'edge-2'];
const START_MS = 120_000;
const WARM_UP_MS = 5_000;
const LOAD: TrafficOptions = { recipients: 30, ratePerSec: 200, senders: 8, giveUpMs: 4_000 };
/** What a slow part gets through, per second. */
const SLOW_PER_SEC = LOAD.ratePerSec * 0.4;
/** Of commands on their way to Redis, and of replies on their way back. A recipient's messages look for their devices one after the other, and
 *  each waits for the commands that were on their way when it came (ioredis: one pipeline at a time). */
const REDIS_DELAY_MS = (LOAD.recipients / SLOW_PER_SEC / 4) * 1_000;
const WELL_MS = 3_000;
const SLOW_MS = 10_000;
const LIMITS = 'sum(im_admission_rate_limit{loop="outer"})';
/** In seconds: the bound of issue 5, on what waits in the log and on what is put into mailboxes instead. */
const MAX_BEHIND_SEC = 5;
/** Of what a slow part gets through, so much is given to it at any time. */
const LEAST_USE = 0.25;
/** Limits begin within so many seconds: lag, scrape, question, and the long mean of what is admitted. */
const REACTION_SEC = 5;

describe('a slow part of the cluster, with a real Prometheus (issue 5)', () => {
  let cluster: ClusterUnderTest;
  let prometheus: PrometheusServer;
  let rules: PromptRules;
  let traffic: Traffic | undefined;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const env = {
      HERMOD_CONGESTION: 'on',
      HERMOD_PROMETHEUS_URL: `http://127.0.0.1:${port}`,
      HERMOD_PROMETHEUS_SCRAPE_SEC: '1',
    };
    cluster = await ClusterUnderTest.start(MEMBERS, env, true);
    const targets = MEMBERS.map((name) => new URL(cluster.http(name)).host);
    rules = await PromptRules.write();
    prometheus = await startPrometheus({ port, targets, ruleFiles: rules.files });
    // Cold processes are slow.
    await begin(LOAD);
    await delay(WARM_UP_MS);
    await traffic?.finish();
    await traffic?.close();
  }, START_MS);
  afterEach(async () => {
    await traffic?.close();
    traffic = undefined;
  });
  afterAll(async () => {
    await prometheus?.stop();
    await cluster?.close();
    rules?.remove();
  });

  async function begin(load: TrafficOptions): Promise<Traffic> {
    traffic = await Traffic.open(cluster, load);
    traffic.start();
    return traffic;
  }

  /** The highest value of an expression within the last seconds, as Prometheus has it; 0: it had none. */
  async function highest(expression: string, seconds: number): Promise<number> {
    const [sample] = await prometheus.query(
      `max(max_over_time((${expression})[${Math.ceil(seconds)}s:1s]))`,
    );
    return sample?.value ?? 0;
  }

  /** Values of an expression, one per second. */
  async function history(expression: string, seconds: number): Promise<readonly number[]> {
    const endSec = Date.now() / 1_000;
    const query = new URLSearchParams({
      query: expression,
      ...{ start: String(endSec - seconds), end: String(endSec), step: '1' },
    });
    const { result } = (await prometheus.api(`query_range?${query.toString()}`)) as {
      readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[];
    };
    return (result[0]?.values ?? []).map(([, value]) => round(Number(value)));
  }

  /** What Prometheus has seen within the last seconds. */
  async function figures(seconds: number): Promise<Record<string, readonly number[]>> {
    return {
      lagSec: await history('max(im_lag_seconds)', seconds),
      routingLagSec: await history('max(im_routing_lag_seconds)', seconds),
      outerLimit: await history(LIMITS, seconds),
      pressure: await history('max(im_congestion_outer_pressure)', seconds),
      admitted: await history('sum(rate(im_admitted_total{class="message"}[2s]))', seconds),
      delivered: await history('sum(rate(im_outcomes_total{outcome="delivered"}[2s]))', seconds),
      storeSec: await history(
        'sum(rate(im_store_duration_seconds_sum[4s])) / sum(rate(im_store_duration_seconds_count[4s]))',
        seconds,
      ),
      stored: await history('sum(im_stored_total)', seconds),
    };
  }

  /** Nobody has been refused for two seconds. */
  async function untilNoneRefused(timeoutMs: number): Promise<void> {
    let counts: readonly number[] = [];
    await vi.waitFor(
      async () => {
        counts = [...counts.slice(-2), await rejected()];
        expect(counts).toHaveLength(3);
        expect(counts[0]).toBe(counts[2]);
      },
      { timeout: timeoutMs, interval: 1_000 },
    );
  }

  function rejected(): Promise<number> {
    return cluster.metricOf(EDGES, 'sip_requests_rejected_total', '"congestion"');
  }

  async function expectNothingLost(load: Traffic, title: string, more: object): Promise<void> {
    await load.finish();
    const judgement = await load.judge(20_000);
    report(title, judgement, { ...more });
    expect(judgement.lost).toEqual([]);
    expect(judgement.wrongAnswers).toEqual([]);
    expect(judgement.outOfOrder).toBe(0);
    expect(judgement.duplicates).toBe(0);
    expect(cluster.allAlive).toBe(true);
  }

  test('a device that is slow to answer MUST NOT be taken for a slow router', async () => {
    const load = await begin({ recipients: 40, ratePerSec: 100, slow: 1 });
    await vi.waitFor(
      async () => {
        const [lag] = await prometheus.query('min(min_over_time(im_lag_seconds[4s]))');
        expect(lag?.value).toBeGreaterThan(0.5);
        expect(await highest(`count(${LIMITS})`, 4)).toBe(0);
      },
      { timeout: 20_000, interval: 500 },
    );
    await load.finish();
  });

  test('MUST throttle by what Prometheus says before a router that does 40 % of its work is 5 s behind, and let go when it is well', async () => {
    const load = await begin(LOAD);
    await delay(WELL_MS);
    const stored = await cluster.metric('router-1', 'im_stored_total');
    const beganMs = performance.now();
    const quota = cluster.limitWork('router-1', SLOW_PER_SEC, () => load.shown);
    try {
      await delay(SLOW_MS);
    } finally {
      quota.end();
    }
    const endedMs = performance.now();
    await untilNoneRefused(30_000);
    const wellMs = performance.now() - endedMs;
    const seconds = (performance.now() - beganMs) / 1_000;
    const seen = await figures(seconds);
    const shown = { wellMs, accepted: acceptedPerSec(load.sent, beganMs, endedMs), ...seen };
    onTestFailed(() => console.error(cluster.troubles()));
    await expectNothingLost(load, 'slow router', shown);
    expect(await highest('im_congestion_outer_worst{signal="lag"}', seconds + 10)).toBe(1);
    await expectThrottled(shown, seconds, stored);
  });

  test('MUST throttle by what Prometheus says while Redis is slow, go on without a break when Prometheus is killed meanwhile, and let go when Redis is well', async () => {
    const load = await begin(LOAD);
    await delay(WELL_MS);
    const stored = await cluster.metric('router-1', 'im_stored_total');
    const beganMs = performance.now();
    cluster.redisProxy.setDelayMs(REDIS_DELAY_MS);
    await delay(SLOW_MS);
    const seconds = SLOW_MS / 1_000;
    const seen = await figures(seconds);
    const stateOf = (state: string) =>
      cluster.metricOf(EDGES, 'im_congestion_outer_state', `state="${state}"`);
    const worstIs = (signal: string) =>
      cluster.metricOf(EDGES, 'im_congestion_outer_worst', `signal="${signal}"`);
    expect((await worstIs('store')) + (await worstIs('lag'))).toBe(EDGES.length);
    expect(await stateOf('live')).toBe(EDGES.length);
    await expectThrottled(seen, seconds, stored);
    const fired = await prometheus.query(HAS_FIRED);
    expect(fired.map(({ labels }) => `${labels.alertname} ${labels.severity}`)).toEqual(
      expect.arrayContaining([...namesOf(FIRED_BY_SLOW_REDIS)]),
    );
    const killedMs = performance.now();
    await prometheus.kill();
    await vi.waitFor(async () => expect(await stateOf('alone')).toBe(EDGES.length), {
      timeout: 20_000,
      interval: 250,
    });
    const aloneMs = performance.now();
    await delay(2_000);
    cluster.redisProxy.setDelayMs(0);
    const endedMs = performance.now();
    await untilNoneRefused(40_000);
    const accepted = acceptedPerSec(load.sent, beganMs, endedMs);
    const alone = acceptedPerSec(load.sent, killedMs, aloneMs);
    const shown = { aloneMs: aloneMs - killedMs, accepted, alone, ...seen };
    onTestFailed(() => console.error(cluster.troubles()));
    await expectNothingLost(load, 'slow Redis, Prometheus killed', shown);
    for (const perSec of alone) expect(perSec).toBeGreaterThan(SLOW_PER_SEC * LEAST_USE);
    expect(unrest(alone)).toBeLessThan(0.25);
  });

  /** The bounds of issue 5. */
  async function expectThrottled(
    shown: Record<string, unknown>,
    seconds: number,
    storedBefore: number,
  ): Promise<void> {
    const text = JSON.stringify(shown);
    expect(await highest('im_lag_seconds', seconds), text).toBeLessThan(MAX_BEHIND_SEC);
    const stored = (await cluster.metric('router-1', 'im_stored_total')) - storedBefore;
    expect(stored, text).toBeLessThan(MAX_BEHIND_SEC * LOAD.ratePerSec);
    const { outerLimit, delivered } = shown as Record<'outerLimit' | 'delivered', number[]>;
    expect(outerLimit.length, text).toBeGreaterThan(seconds / 4);
    expect(Math.min(...outerLimit), text).toBeLessThan(LOAD.ratePerSec);
    expect(mean(delivered.slice(REACTION_SEC)), text).toBeGreaterThan(SLOW_PER_SEC * LEAST_USE);
  }
});

/** Messages answered 2xx, by the second in which they were sent; whole seconds alone. */
function acceptedPerSec(sent: readonly Sent[], fromMs: number, untilMs: number): readonly number[] {
  const counts = Array.from({ length: Math.floor((untilMs - fromMs) / 1_000) }, () => 0);
  for (const { status, sentAtMs } of sent) {
    const second = Math.floor((sentAtMs - fromMs) / 1_000);
    const count = counts[second];
    if (count !== undefined && status >= 200 && status < 300) counts[second] = count + 1;
  }
  return counts;
}

/** Mean step from one value to the next, of their mean. */
function unrest(values: readonly number[]): number {
  const steps = values.slice(1).map((value, i) => Math.abs(value - (values[i] ?? 0)));
  return mean(steps) / mean(values);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
