import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promtool } from '@hermod/testkit';
import { ROOT } from '../docs/pages.ts';

const RULES = join(ROOT, 'deploy/prometheus');
const BOTH = ['page', 'ticket'] as const;

/** An alert that a test makes fire on a running cluster, by which fault, and for whom. */
export type LiveAlert = {
  readonly alert: string;
  readonly fault: string;
  readonly severities: readonly ('page' | 'ticket')[];
};

const page = ['page'] as const;
const ticket = ['ticket'] as const;

/** Those of test/dashboards/live.test.ts. The others need hours, or thousands of users. */
export const FIRED_BY_FAULTS: readonly LiveAlert[] = [
  { alert: 'HermodNotScraped', fault: 'a Prometheus without targets', severities: page },
  { alert: 'HermodProcessDown', fault: 'an edge is killed', severities: page },
  { alert: 'HermodCertificateExpires', fault: 'a certificate for one day', severities: BOTH },
  { alert: 'HermodBudgetBurn', fault: 'Redis stopped for 8 s', severities: BOTH },
  { alert: 'HermodAppendFailures', fault: 'Kafka stopped for 3 s', severities: page },
  { alert: 'HermodUnavailable', fault: 'Kafka stopped for 3 s', severities: page },
  { alert: 'HermodLag', fault: 'Redis stopped for 8 s', severities: page },
  { alert: 'HermodStoreAway', fault: 'Redis stopped for 8 s', severities: page },
  { alert: 'HermodDeadLetters', fault: 'a record that is no record', severities: ticket },
  { alert: 'HermodRegistrationsFail', fault: 'the registrar is killed', severities: page },
  { alert: 'HermodTrunkDown', fault: 'a certificate that nobody signed', severities: page },
  { alert: 'HermodOuterLoopAlone', fault: 'Prometheus does not answer edges', severities: ticket },
];

/** Those of test/cluster/congestion.test.ts. */
export const FIRED_BY_SLOW_REDIS: readonly LiveAlert[] = [
  { alert: 'HermodStoreSlow', fault: 'Redis answers 0.5 s late', severities: ticket },
  { alert: 'HermodShedding', fault: 'Redis answers 0.5 s late', severities: ticket },
];

/** deploy/prometheus with alerts that fire as soon as their expression holds (`for: 0s`): windows, bounds and labels are as they are. */
export class PromptRules {
  readonly #directory: string;
  readonly files: readonly string[];

  /** @throws Error when promtool has something against them */
  static async write(): Promise<PromptRules> {
    const rules = new PromptRules();
    await promtool('check', 'rules', ...rules.files);
    return rules;
  }

  private constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), 'hermod-rules-'));
    const alerts = join(this.#directory, 'alerts.yml');
    const text = readFileSync(join(RULES, 'alerts.yml'), 'utf8');
    writeFileSync(alerts, text.replaceAll(/^( +for:) .*$/gm, '$1 0s'));
    this.files = [join(RULES, 'recording.yml'), alerts];
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

/** `HermodLag page`, for each that fires. */
export function namesOf(alerts: readonly LiveAlert[]): readonly string[] {
  return alerts.flatMap(({ alert, severities }) => severities.map((who) => `${alert} ${who}`));
}

/** What has fired within the last minutes, as {@link namesOf} has it: the answer to this query. */
export const HAS_FIRED = 'last_over_time(ALERTS{alertstate="firing"}[5m])';
