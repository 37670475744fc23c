import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LoadedCluster } from './loaded-cluster.ts';
import { report, type Sent } from './traffic.ts';

const LOAD = { recipients: 50, ratePerSec: 300, slow: 4 };
const EDGES = ['edge-1', 'edge-2'];
const ROUTERS = ['router-1', 'router-2'];
/** From so long after an outage's begin nothing is appended any more. */
const CLOSED_AFTER_MS = 1000;
/** Longer than the routers' session of 6 s, and shorter. */
const LONG_MS = 8000;
const SHORT_MS = 4000;
/** Broker, group and drains; a consumer that kafkajs has left hanging is replaced after 18 s. */
const RECOVERY_MS = 40_000;
/** Lines that one process may log about one outage, its begin and end included. */
const MAX_LINES = 60;

const loaded = new LoadedCluster(LOAD);

describe('Kafka away under load (design §3.3)', () => {
  test('stopped and continued (SIGSTOP): 503 from 1 s on, recovery without a restart, nothing lost', () =>
    outage('Kafka SIGSTOP', /log/, {
      begin: () => loaded.cluster.kafka.pause(),
      end: () => loaded.cluster.kafka.resume(),
    }));

  test('stopped for less than the session of the routers: the same', () =>
    outage('Kafka SIGSTOP, short', /log/, {
      lastsMs: SHORT_MS,
      begin: () => loaded.cluster.kafka.pause(),
      end: () => loaded.cluster.kafka.resume(),
    }));

  test('killed and started again: 503 from 1 s on, recovery without a restart, nothing lost', () =>
    outage('Kafka kill -9', /log/, {
      begin: () => loaded.cluster.kafka.kill(),
      end: () => loaded.cluster.kafka.restart(),
    }));
});

describe('Redis away under load (design §3.3, §3.5)', () => {
  test('stopped and continued (SIGSTOP): 503 from 1 s on, what was appended waits, nothing lost', () =>
    outage('Redis SIGSTOP', /store/, {
      begin: async () => loaded.cluster.redis.pause(),
      end: async () => loaded.cluster.redis.resume(),
    }));

  test('killed and started again: 503 from 1 s on, what was appended waits, nothing lost', () =>
    outage('Redis kill -9', /store/, {
      begin: () => loaded.cluster.redis.kill(),
      end: () => loaded.cluster.redis.restart(),
    }));
});

type Outage = {
  readonly lastsMs?: number;
  begin(): Promise<void>;
  end(): Promise<void>;
};

async function outage(
  title: string,
  reason: RegExp,
  { lastsMs = LONG_MS, begin, end }: Outage,
): Promise<void> {
  const traffic = await loaded.openTraffic();
  const { cluster } = loaded;
  const lines = cluster.logSizes();
  const failedBefore = await cluster.metricOf(ROUTERS, 'im_dead_total');
  traffic.start();
  await delay(2000);

  const beganMs = performance.now();
  let endedMs = beganMs;
  let reasons: readonly string[] = [];
  await begin();
  try {
    reasons = await Promise.all(
      EDGES.map((edge) => cluster.untilReadiness(edge, (text) => text !== 'ready', 1500)),
    );
    await delay(lastsMs - (performance.now() - beganMs));
  } finally {
    endedMs = performance.now();
    await end();
  }
  await cluster.allReady(RECOVERY_MS);
  const recoveredMs = performance.now() - endedMs;
  await delay(3000);
  await traffic.finish();
  const judgement = await traffic.judge(RECOVERY_MS);

  const during = traffic.sent.filter(
    ({ sentAtMs }) => sentAtMs >= beganMs + CLOSED_AFTER_MS && sentAtMs < endedMs,
  );
  const before = traffic.sent.filter(({ sentAtMs }) => sentAtMs < beganMs - 500);
  const firstSecond = traffic.sent.filter(
    ({ sentAtMs }) => sentAtMs >= beganMs - 500 && sentAtMs < beganMs + CLOSED_AFTER_MS,
  );
  const logged = [...cluster.logSizes()].map(([name, size]) => size - (lines.get(name) ?? 0));
  const failed = (await cluster.metricOf(ROUTERS, 'im_dead_total')) - failedBefore;
  report(title, judgement, {
    recoveredMs,
    logged,
    failed,
    before: countByStatus(before),
    firstSecond: countByStatus(firstSecond),
    during: countByStatus(during),
    slowest503Ms: Math.max(...during.map((one) => one.answeredAtMs - one.sentAtMs)),
  });
  for (const text of reasons) expect(text).toMatch(reason);
  expect(during.length).toBeGreaterThan(LOAD.ratePerSec);
  expect(during.filter(isNotRefused)).toEqual([]);
  expect(before.filter(({ status }) => status !== 200 && status !== 202)).toEqual([]);
  loaded.expectNothingLost(judgement);
  expect(
    Object.keys(judgement.byStatus).filter((status) => !/^(200|202|503)$/.test(status)),
  ).toEqual([]);
  expect(judgement.duplicates).toBe(0);
  expect(failed).toBe(0);
  expect(Math.max(...logged)).toBeLessThanOrEqual(MAX_LINES);
}

/** RFC 3261 §21.5.4: 503 with the time after which to try again. */
function isNotRefused(one: Sent): boolean {
  return one.status !== 503 || !/^\d+$/.test(one.retryAfter ?? '');
}

function countByStatus(messages: readonly Sent[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of messages) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
