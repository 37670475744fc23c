import { type ConfigProblem, entriesOf } from './config.ts';
import type { ServiceConfig, ServiceName } from './config-services.ts';
import { SERVICES } from './config-services.ts';
import { type Entry, VARIABLES } from './config-variables.ts';

const MASK = '***';

/** The effective configuration as JSON, keyed by variable, secrets masked: the output of `--print-config`. */
export function formatConfig<N extends ServiceName>(service: N, config: ServiceConfig<N>): string {
  const values = new Map<string, unknown>(Object.entries(config));
  const shown: Record<string, unknown> = {};
  for (const [key, entry] of entriesOf(service)) {
    shown[entry.variable.name] = maskSecret(entry, values.get(key) ?? null);
  }
  return `${JSON.stringify(shown, undefined, 2)}\n`;
}

function maskSecret(entry: Entry<unknown>, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  switch (entry.variable.secrecy) {
    case 'none':
      return value;
    case 'mask':
      return MASK;
    case 'mask-password':
      // scheme://user:password@host, split where parseRedisUrl() does: at the first colon and the last @.
      return value.replace(/^([^:]*:\/\/[^:]*):.*@/, `$1:${MASK}@`);
  }
}

/** The text of `--help`. */
export function formatHelp(service: ServiceName): string {
  const lines = [
    `hermod ${service}`,
    '',
    'Options: --help, --print-config (the effective configuration as JSON, secrets masked).',
    'Configuration comes from environment variables; an empty value counts as unset:',
    '',
  ];
  for (const [, entry] of entriesOf(service)) {
    const state = entry.isRequired ? 'required' : `default: ${entry.defaultText ?? 'unset'}`;
    lines.push(`  ${entry.variable.name}  (${state})`);
    lines.push(`      ${entry.variable.meaning.replaceAll('`', '')}`);
    lines.push(`      Form: ${entry.variable.form}.`);
  }
  return `${lines.join('\n')}\n`;
}

/** One problem as one line. */
export function formatProblem(problem: ConfigProblem): string {
  return `${problem.variable}: ${problem.fault}; ${problem.remedy}`;
}

/** All variables as a Markdown table; the README's copy is kept equal to it by a test. */
export function formatConfigTable(): string {
  const services: readonly ServiceName[] = ['standalone', 'edge', 'router', 'registrar'];
  const lines = [
    '| variable | standalone | cluster | read by | meaning |',
    '|---|---|---|---|---|',
  ];
  for (const variable of Object.values(VARIABLES)) {
    const readers = services.flatMap((service) => {
      const entry = Object.values<Entry<unknown>>(SERVICES[service]).find(
        (candidate) => candidate.variable.name === variable.name,
      );
      return entry === undefined ? [] : [{ service, entry }];
    });
    const standalone = readers.find((reader) => reader.service === 'standalone');
    const clustered = readers.filter((reader) => reader.service !== 'standalone');
    const cells = [
      `\`${variable.name}\``,
      standalone === undefined ? '–' : describeDefault(standalone.entry),
      clustered[0] === undefined ? '–' : describeDefault(clustered[0].entry),
      readers.map((reader) => reader.service).join(', '),
      `${variable.meaning} Form: ${variable.form}.`,
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

function describeDefault(entry: Entry<unknown>): string {
  if (entry.isRequired) return 'required';
  return entry.defaultText === undefined ? 'unset' : `\`${entry.defaultText}\``;
}
