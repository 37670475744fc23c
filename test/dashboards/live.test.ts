import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CertificateAuthority,
  freePorts,
  type PrometheusServer,
  startPrometheus,
} from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dashboardFiles } from '../../deploy/grafana/dashboards.ts';
import { ClusterUnderTest } from '../cluster/cluster-under-test.ts';
import { ROOT } from '../docs/pages.ts';
import { EverydayLife } from './everyday-life.ts';

const START_MS = 120_000;
/** Within it everything that a graph needs has happened and was scraped. */
const DATA_MS = 45_000;
const ALERT_MS = 20_000;
const RULES = join(ROOT, 'deploy/prometheus');

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
  let life: EverydayLife;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const trunk = members.issue({ altNames: ['IP:127.0.0.1'], days: 365 });
    cluster = await ClusterUnderTest.start(undefined, {
      HERMOD_AUTH: 'digest',
      HERMOD_CONGESTION: 'on',
      HERMOD_DOMAIN_MODE: 'closed',
      HERMOD_TRUNK_TLS_CERT: trunk.certFile,
      HERMOD_TRUNK_TLS_KEY: trunk.keyFile,
      HERMOD_TRUNK_TLS_CA: members.ca.certFile,
      HERMOD_PROMETHEUS_URL: `http://127.0.0.1:${port}`,
      HERMOD_PROMETHEUS_SCRAPE_SEC: '1',
    });
    prometheus = await startPrometheus({
      port,
      targets: cluster.names.map((name) => new URL(cluster.http(name)).host),
      ruleFiles: [join(RULES, 'recording.yml'), join(RULES, 'alerts.yml')],
    });
    life = await EverydayLife.begin(cluster);
  }, START_MS);
  afterAll(async () => {
    await life?.end();
    await prometheus?.stop();
    await cluster?.close();
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

  async function rules(): Promise<readonly Rule[]> {
    const { groups } = (await prometheus.api('rules')) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    return groups.flatMap((group) => group.rules);
  }

  async function alertsUnderWay(): Promise<readonly string[]> {
    const active = await prometheus.query('ALERTS');
    return [...new Set(active.map(({ labels }) => labels.alertname ?? ''))];
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
    const all = await rules();
    expect(all.filter(({ health }) => health !== 'ok')).toEqual([]);
    const recorded = all.filter(({ type }) => type === 'recording').map(({ query }) => query);
    expect(await withoutData(recorded)).toEqual([]);
    const watched = all
      .filter(({ type }) => type === 'alerting')
      .flatMap(({ query }) => selectorsOf(query));
    expect(await withoutData([...new Set(watched)])).toEqual([]);
  });

  test('no alert of a fault MUST fire, or be on its way', async () => {
    expect((await alertsUnderWay()).filter((name) => !OF_SPEED.includes(name))).toEqual([]);
  });

  test('alerts MUST be on their way once Redis does not answer', async () => {
    cluster.redis.pause();
    try {
      await vi.waitFor(
        async () =>
          expect(await alertsUnderWay()).toEqual(
            expect.arrayContaining(['HermodStoreAway', 'HermodUnavailable']),
          ),
        { timeout: ALERT_MS, interval: 500 },
      );
    } finally {
      cluster.redis.resume();
    }
  });

  test('an alert MUST be on its way once a process is killed', async () => {
    await cluster.kill('edge-2');
    await vi.waitFor(async () => expect(await alertsUnderWay()).toContain('HermodProcessDown'), {
      timeout: ALERT_MS,
      interval: 500,
    });
  });
});

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
