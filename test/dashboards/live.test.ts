import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CertificateAuthority,
  freePorts,
  type IssuedCertificate,
  type PrometheusServer,
  SipPeer,
  startPrometheus,
  TcpFaultProxy,
} from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dashboardFiles } from '../../deploy/grafana/dashboards.ts';
import { ClusterUnderTest } from '../cluster/cluster-under-test.ts';
import { KafkaRecords } from '../cluster/kafka-records.ts';
import { EverydayLife } from './everyday-life.ts';
import { FIRED_BY_FAULTS, HAS_FIRED, namesOf, PromptRules } from './live-alerts.ts';

const START_MS = 120_000;
/** Within it everything that a graph needs has happened and was scraped. */
const DATA_MS = 45_000;
/** Nothing is heard of Prometheus for 15 s before an edge says so. */
const ALERT_MS = 40_000;
/** More than one REGISTER in twenty, of all within five minutes, is one of these. */
const REGISTER_EVERY_MS = 100;
const KAFKA_AWAY_MS = 3_000;
/** What waits for it is 5 s old then, and was scraped. */
const REDIS_AWAY_MS = 8_000;

/** Queries that find nothing while all is well, by what they contain, and why. Their series are there all the same. */
const EMPTY_WHEN_WELL: Readonly<Record<string, string>> = {
  'im_admission_rate_limit{job="hermod"}) < Inf': 'no limit is in force',
  'im_admission_share{job="hermod"} < Inf': 'no source is limited',
};

/** Alerts that say whether the machine of the test is fast enough. */
const OF_SPEED = [
  'HermodBudgetBurn',
  'HermodLogSlow',
  'HermodProcessBusy',
  'HermodShedding',
  'HermodStoreSlow',
];

type Rule = {
  readonly type: 'recording' | 'alerting';
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly state?: string;
};

describe('dashboards and rules on a cluster that works (issue 5, point 4)', () => {
  const members = new CertificateAuthority();
  let cluster: ClusterUnderTest;
  let prometheus: PrometheusServer;
  /** What edges ask; the test asks Prometheus itself. */
  let monitor: TcpFaultProxy;
  let rules: PromptRules;
  let trunk: IssuedCertificate;
  let life: EverydayLife;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    monitor = await TcpFaultProxy.start(() => ({ host: '127.0.0.1', port }));
    rules = await PromptRules.write();
    trunk = members.issue({ altNames: ['IP:127.0.0.1'], days: 365 });
    cluster = await ClusterUnderTest.start(undefined, {
      HERMOD_AUTH: 'digest',
      HERMOD_CONGESTION: 'on',
      HERMOD_DOMAIN_MODE: 'closed',
      HERMOD_TRUNK_TLS_CERT: trunk.certFile,
      HERMOD_TRUNK_TLS_KEY: trunk.keyFile,
      HERMOD_TRUNK_TLS_CA: members.ca.certFile,
      HERMOD_PROMETHEUS_URL: `http://127.0.0.1:${monitor.port}`,
      HERMOD_PROMETHEUS_SCRAPE_SEC: '1',
    });
    prometheus = await startPrometheus({
      port,
      targets: cluster.names.map((name) => new URL(cluster.http(name)).host),
      ruleFiles: rules.files,
    });
    life = await EverydayLife.begin(cluster);
  }, START_MS);
  afterAll(async () => {
    await life?.end();
    await prometheus?.stop();
    await cluster?.close();
    await monitor?.close();
    rules?.remove();
    members.remove();
  }, START_MS);

  /** Those expressions that are refused, or find no number within {@link DATA_MS}. */
  async function withoutData(expressions: readonly string[]): Promise<readonly string[]> {
    const deadline = performance.now() + DATA_MS;
    let pending = expressions;
    while (pending.length > 0 && performance.now() < deadline) {
      const left: string[] = [];
      for (const expression of pending) {
        const samples = await prometheus.query(expression);
        if (!samples.some(({ value }) => !Number.isNaN(value))) left.push(expression);
      }
      pending = left;
      if (pending.length > 0) await delay(500);
    }
    return pending;
  }

  async function loadedRules(): Promise<readonly Rule[]> {
    const { groups } = (await prometheus.api('rules')) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    return groups.flatMap((group) => group.rules);
  }

  /** `HermodLag page`, for each alert that is, or was lately, as the query says. */
  async function alerts(query: string, of = prometheus): Promise<readonly string[]> {
    const found = await of.query(query);
    return [...new Set(found.map(({ labels }) => `${labels.alertname} ${labels.severity}`))];
  }

  test('every query of every dashboard MUST find data', async () => {
    const queries = dashboardFiles().flatMap(([, text]) => queriesOf(text));
    const [empty, full] = partition(queries, (query) =>
      Object.keys(EMPTY_WHEN_WELL).some((part) => query.includes(part)),
    );
    expect(full.length).toBeGreaterThan(150);
    expect(await withoutData(full)).toEqual([]);
    for (const part of Object.keys(EMPTY_WHEN_WELL)) {
      expect(
        empty.some((query) => query.includes(part)),
        part,
      ).toBe(true);
    }
    expect(await withoutData(empty.flatMap(selectorsOf))).toEqual([]);
  });

  test('every recording rule MUST find data, and every alert the series that it watches', async () => {
    const all = await loadedRules();
    expect(all.filter(({ health }) => health !== 'ok')).toEqual([]);
    const recorded = all.filter(({ type }) => type === 'recording').map(({ query }) => query);
    expect(await withoutData(recorded)).toEqual([]);
    const watched = all
      .filter(({ type }) => type === 'alerting')
      .flatMap(({ query }) => selectorsOf(query));
    expect(await withoutData([...new Set(watched)])).toEqual([]);
  });

  test('no alert of a fault MUST fire, or be on its way', async () => {
    const active = await alerts('ALERTS');
    expect(active.filter((name) => !OF_SPEED.includes(name.split(' ')[0] ?? ''))).toEqual([]);
  });

  test('every alert whose fault can be made within a minute MUST fire', async () => {
    const idle = await startPrometheus({ targets: [], ruleFiles: rules.files });
    const dave = await SipPeer.tcp(cluster.sipPort('edge-1'), { user: 'dave', password: 'dave-s' });
    let registering: NodeJS.Timeout | undefined;
    try {
      await stopForAWhile(cluster.kafka, KAFKA_AWAY_MS);
      await cluster.allReady();
      const records = new KafkaRecords(cluster.kafka.brokers);
      await records.produce('im.inbox', 0, [{ key: null, value: 'no record' }]);
      await stopForAWhile(cluster.redis, REDIS_AWAY_MS);
      await cluster.allReady();
      monitor.stall();
      await cluster.kill('registrar-1');
      registering = setInterval(() => {
        dave.register().catch(() => {});
      }, REGISTER_EVERY_MS);
      await cluster.kill('edge-2');
      distrust();
      await cluster.kill('router-2');
      await cluster.startMembers(['router-2'], false);
      await vi.waitFor(
        async () => {
          const fired = [...(await alerts(HAS_FIRED)), ...(await alerts(HAS_FIRED, idle))];
          expect(fired).toEqual(expect.arrayContaining([...namesOf(FIRED_BY_FAULTS)]));
        },
        { timeout: ALERT_MS, interval: 500 },
      );
    } finally {
      clearInterval(registering);
      await dave.close();
      await idle.stop();
    }
  });

  /** The members' certificate is soon to expire, and of an authority that none of them trusts. */
  function distrust(): void {
    const others = new CertificateAuthority();
    const stranger = others.issue({ altNames: ['IP:127.0.0.1'], days: 1 });
    others.remove();
    writeFileSync(trunk.certFile, stranger.cert);
    writeFileSync(trunk.keyFile, stranger.key);
    for (const name of ['edge-1', 'router-1']) cluster.signal(name, 'SIGHUP');
  }
});

async function stopForAWhile(
  server: { pause(): unknown; resume(): unknown },
  forMs: number,
): Promise<void> {
  await server.pause();
  try {
    await delay(forMs);
  } finally {
    await server.resume();
  }
}

/** What Grafana would ask, for a scrape per second. */
function queriesOf(dashboard: string): readonly string[] {
  const { panels, templating } = JSON.parse(dashboard) as {
    readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
    readonly templating: {
      readonly list: readonly { readonly query?: string | { readonly query: string } }[];
    };
  };
  expect(JSON.stringify(templating)).toContain('label_values(up{job=~');
  return panels
    .flatMap(({ targets = [] }) => targets)
    .map(({ expr }) => expr.replaceAll('$job', 'hermod').replaceAll('$__rate_interval', '10s'));
}

/** Each instant selector of an expression. */
function selectorsOf(expression: string): readonly string[] {
  return (
    expression.match(/\b(?:up|(?:sip|im|nodejs|process)_\w+|\w+:\w+:\w+)\b(?:\{[^}]*\})?/g) ?? []
  );
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
