import { globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promtool } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import { dashboardFiles } from '../../deploy/grafana/dashboards.ts';
import { ROOT } from '../docs/pages.ts';
import { FIRED_BY_FAULTS, FIRED_BY_SLOW_REDIS } from './live-alerts.ts';

const PROMETHEUS = join(ROOT, 'deploy/prometheus');
const read = (file: string): string => readFileSync(join(PROMETHEUS, file), 'utf8');
const TESTS = globSync('tests/*.yml', { cwd: PROMETHEUS });

/** Everything that a pattern's group finds, once each, in order of the alphabet. */
function found(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].toSorted();
}

const ALERTS = found(read('alerts.yml'), /- alert: (\w+)/g);

describe('deploy/prometheus', () => {
  test.each(['recording.yml', 'alerts.yml'])('%s MUST be rules', async (file) => {
    expect(await promtool('check', 'rules', join(PROMETHEUS, file))).toContain('SUCCESS');
  });

  test.each(['prometheus.yml', 'prometheus-kubernetes.yml'])(
    '%s MUST be a configuration',
    async (file) => {
      expect(await promtool('check', 'config', join(PROMETHEUS, file))).toContain('SUCCESS');
    },
  );

  test.concurrent.each(TESTS)('%s MUST be what the rules do', async (file) => {
    expect(await promtool('test', 'rules', join(PROMETHEUS, file))).toContain('SUCCESS');
  });

  test('every recorded series MUST be what an alert or a dashboard asks for', () => {
    const asked = [read('alerts.yml'), ...dashboardFiles().map(([, text]) => text)].join('\n');
    const recorded = found(read('recording.yml'), /record: ([\w:]+)/g);
    expect(recorded.filter((name) => !asked.includes(name))).toEqual([]);
  });

  test('every alert MUST have a scene in which it fires, and each of these one time at which nothing does', () => {
    const scenes = TESTS.flatMap((file) => read(file).split('\n  - name: ').slice(1));
    const firing = scenes.flatMap((scene) => found(scene, /alertname="(\w+)"/g));
    expect([...new Set(firing)].toSorted()).toEqual(ALERTS);
    for (const alert of ALERTS) {
      const its = scenes.filter((scene) => scene.includes(`alertname="${alert}"`));
      expect(
        its.some((scene) => scene.includes('exp_samples: []')),
        alert,
      ).toBe(true);
    }
  });

  test('README.md MUST say of every alert how it is shown to fire', () => {
    const live = new Map(
      [...FIRED_BY_FAULTS, ...FIRED_BY_SLOW_REDIS].map(({ alert, fault }) => [alert, fault]),
    );
    const rows = ALERTS.map((alert) => {
      const scenes = TESTS.filter((file) => read(file).includes(`alertname="${alert}"`)).toSorted();
      const links = scenes.map((file) => `[${basename(file)}](${file})`).join(', ');
      return `| ${alert} | ${live.get(alert) ?? '–'} | ${links} |`;
    });
    expect(found(read('README.md'), /^(\| Hermod.*\|)$/gm)).toEqual(rows.toSorted());
    for (const alert of live.keys()) expect(ALERTS).toContain(alert);
  });

  test('every alert MUST have a runbook that it points to, and every runbook an alert', () => {
    const runbooks = readdirSync(join(ROOT, 'docs/runbooks'));
    expect(runbooks.toSorted()).toEqual(ALERTS.map((alert) => `${alert}.md`));
    for (const [, alert, rest = ''] of read('alerts.yml').matchAll(
      /- alert: (\w+)([\s\S]*?)(?=- alert|$)/g,
    )) {
      const url = found(rest, /runbook_url: (\S+)/g)[0] ?? found(rest, /annotations: (\*\w+)/g)[0];
      expect(url).toMatch(/^\*/.test(url ?? '') ? /^\*\w+$/ : `docs/runbooks/${alert}.md`);
    }
    for (const runbook of runbooks) {
      const text = readFileSync(join(ROOT, 'docs/runbooks', runbook), 'utf8');
      expect(found(text, /^(#+ .+)$/gm)).toEqual(
        [
          `# ${basename(runbook, '.md')}`,
          '## What it means',
          '## What to check',
          '## What to do',
        ].toSorted(),
      );
    }
  });

  test('a runbook MUST name series that there are, and pages that there are', () => {
    const operations = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    for (const file of globSync('docs/runbooks/*.md', { cwd: ROOT })) {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const series = found(text, /\b((?:sip|im)_\w+)/g);
      expect(series.filter((name) => !operations.includes(`\`${name}\``))).toEqual([]);
      for (const link of found(text, /\]\(([^)#]+)/g)) {
        expect(globSync(join(ROOT, 'docs/runbooks', link)), `${file}: ${link}`).toHaveLength(1);
      }
    }
  });
});
