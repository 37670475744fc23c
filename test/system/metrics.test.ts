import { setTimeout as delay } from 'node:timers/promises';
import { readMetric } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Scene } from './scene.ts';

const SLOW_MS = 300;

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

describe('/metrics of a standalone (docs/operations.md)', () => {
  test('MUST tell of each step of the route what came through it, and how long it took', async () => {
    const { sipPort, http } = await scene.start();
    const of = (series: string, label = ''): Promise<number> => readMetric(http, series, label);
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    const carol = 'sip:carol@localhost';
    for (let i = 0; i < 9; i += 1) await alice.sendMessage(bob.aor, `${i}`);
    bob.answer = () => ({ status: 200, delayMs: SLOW_MS });
    await alice.sendMessage(bob.aor, 'slow');
    bob.answer = () => 603;
    expect((await alice.sendMessage(bob.aor, 'declined')).status).toBe(603);
    for (let i = 0; i < 5; i += 1) await alice.sendMessage(carol, `${i}`);
    await alice.sendMessage(carol, 'too far', { maxForwards: 0 });

    expect(await of('sip_requests_total', '"MESSAGE"')).toBe(17);
    expect(await of('sip_requests_total', '"REGISTER"')).toBe(1);
    for (const [code, count] of [
      [200, 10],
      [202, 5],
      [483, 1],
      [603, 1],
    ] as const) {
      expect(await of('sip_responses_total', `method="MESSAGE",code="${code}"`)).toBe(count);
    }
    const answered = 'sip_transaction_duration_seconds';
    expect(await of(`${answered}_count`, 'method="MESSAGE",class="2xx"')).toBe(15);
    expect(await of(`${answered}_count`, 'method="MESSAGE",class="6xx"')).toBe(1);
    expect(await of(`${answered}_count`, 'method="REGISTER",class="2xx"')).toBe(1);
    expect(await of('im_append_duration_seconds_count')).toBe(16);
    expect(await of('im_append_duration_seconds_sum')).toBeGreaterThan(0.001);
    expect(await of('im_log_duration_seconds_count')).toBe(16);
    expect(await of('im_lookup_duration_seconds_count')).toBe(16);
    expect(await of('im_fork_duration_seconds_count', '"delivered"')).toBe(10);
    expect(await of('im_fork_duration_seconds_count', '"refused"')).toBe(1);
    expect(await of('sip_device_duration_seconds_count', '"2xx"')).toBe(10);
    expect(await of('sip_device_responses_total', '"603"')).toBe(1);
    expect(await of('im_delivery_duration_seconds_count', '"delivered"')).toBe(10);
    expect(await of('im_delivery_duration_seconds_count', '"refused"')).toBe(1);
    expect(await of('im_delivery_duration_seconds_count', '"stored"')).toBe(5);
    expect(await of('sip_registration_duration_seconds_count')).toBe(1);
    // One of them was slow, at each step that waits for the device.
    for (const [series, label] of [
      [answered, 'method="MESSAGE",class="2xx"'],
      ['sip_device_duration_seconds', 'class="2xx"'],
      ['im_fork_duration_seconds', 'verdict="delivered"'],
      ['im_delivery_duration_seconds', 'outcome="delivered"'],
    ] as const) {
      const all = await of(`${series}_count`, label);
      expect(await of(`${series}_bucket`, `${label},service="standalone",le="0.25"`)).toBe(all - 1);
      expect(await of(`${series}_bucket`, `${label},service="standalone",le="2"`)).toBe(all);
      expect(await of(`${series}_sum`, label)).toBeGreaterThanOrEqual(SLOW_MS / 1000);
    }
    const utilization = await of('nodejs_eventloop_utilization_ratio');
    expect(utilization).toBeGreaterThan(0);
    expect(utilization).toBeLessThanOrEqual(1);
  });

  test('MUST show what mailboxes hold, how old it is, and that they are emptied', async () => {
    const { sipPort, http } = await scene.start();
    const of = (series: string, label = ''): Promise<number> => readMetric(http, series, label);
    const alice = await scene.tcp(sipPort, 'alice');
    for (let i = 0; i < 7; i += 1) {
      await alice.sendMessage(`sip:${i < 5 ? 'carol' : 'dave'}@localhost`, `${i}`);
    }
    const storedMs = performance.now();
    await vi.waitFor(async () => expect(await of('im_mailbox_entries')).toBe(7), 5_000);
    expect(await of('im_mailboxes')).toBe(2);
    expect(await of('im_mailbox_overdue_seconds')).toBe(0);
    await delay(Math.max(0, 1_200 - (performance.now() - storedMs)));
    const ageSec = await of('im_mailbox_oldest_age_seconds');
    expect(ageSec).toBeGreaterThan(1);
    expect(ageSec).toBeLessThan(30);
    const carol = await scene.device(sipPort, 'carol');
    await carol.waitForRequests(5, 5_000);
    await vi.waitFor(async () => expect(await of('im_mailbox_entries')).toBe(2), 5_000);
    expect(await of('im_mailboxes')).toBe(1);
    expect(await of('im_mailbox_removed_total')).toBe(5);
    expect(await of('im_mailbox_duration_seconds_count', '"delivered"')).toBe(5);
    expect(await of('im_mailbox_duration_seconds_sum', '"delivered"')).toBeGreaterThan(5);
  });

  test('MUST show the age of the oldest message that is not finished, and nothing when all are', async () => {
    const { sipPort, http } = await scene.start();
    const of = (series: string): Promise<number> => readMetric(http, series);
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    expect(await of('im_lag_seconds')).toBe(0);
    bob.answer = () => ({ status: 200, delayMs: 1_500 });
    const sent = [alice.sendMessage(bob.aor, '1')];
    await delay(1_000);
    sent.push(alice.sendMessage(bob.aor, '2'));
    await bob.waitForRequests(2, 2_000);
    const lagSec = await of('im_lag_seconds');
    expect(lagSec).toBeGreaterThanOrEqual(1);
    expect(lagSec).toBeLessThan(2);
    expect(await of('im_inflight')).toBe(2);
    expect(await of('im_inflight')).toBeLessThan(await of('im_inflight_limit'));
    expect(await of('im_consumer_lag_records')).toBe(0);
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200]);
    await vi.waitFor(async () => expect(await of('im_lag_seconds')).toBe(0), 1_000);
  });

  test('MUST answer a scraper that takes OpenMetrics in OpenMetrics', async () => {
    const { http } = await scene.start();
    const headers = { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' };
    const response = await fetch(`${http}/metrics`, { headers });
    expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
    const text = await response.text();
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(text).toContain('# TYPE sip_requests counter\nsip_requests_total{method="MESSAGE"');
    expect(text).not.toMatch(/^# TYPE \w+_total counter$/m);
  });
});
