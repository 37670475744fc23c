// npm run load -- [options]: see --help, and docs/load.md.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Conductor, RunError } from './conductor.ts';
import { awayUsersOf } from './core/plan.ts';
import { aorOf, formatHelp, parseCommandLine, readOptions, UsageError } from './options.ts';
import { formatPage } from './report/page.ts';
import { formatSecond } from './report/progress.ts';
import { summarise } from './report/summary.ts';
import { formatSummary } from './report/text.ts';

const EXIT = { OK: 0, BROKEN: 1, NO_RUN: 2, USAGE: 78 } as const;
/** The terminal and npm may both pass a Ctrl-C on. */
const SAME_SIGNAL_MS = 1000;
/** Files of a process that are no connections. */
const OTHER_FILES = 64;

async function main(args: readonly string[]): Promise<number> {
  const raw = parseCommandLine(args);
  if (raw.help === true) {
    process.stdout.write(formatHelp());
    return EXIT.OK;
  }
  const options = readOptions(
    raw,
    (path) => readFileSync(path, 'utf8'),
    openFileLimit() - OTHER_FILES,
  );
  if (raw['print-users'] === true) {
    const total = options.users + awayUsersOf(options) + (options.abuse > 0 ? 1 : 0);
    let lines = '';
    for (let user = 0; user < total; user += 1) {
      lines += `${aorOf(options, user).slice('sip:'.length)},${options.password ?? ''}\n`;
    }
    process.stdout.write(lines);
    return EXIT.OK;
  }
  const conductor = new Conductor(options, {
    onPhase: (phase) => process.stderr.write(`hermod-load: ${phase}\n`),
    onSecond: (second) => {
      if (options.progress) process.stderr.write(`${formatSecond(second)}\n`);
    },
  });
  let stoppedMs = Number.NEGATIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (stoppedMs === Number.NEGATIVE_INFINITY) {
        stoppedMs = nowMs;
        process.stderr.write('hermod-load: stopping in order; once more to end at once\n');
        conductor.stop();
      } else if (nowMs - stoppedMs > SAME_SIGNAL_MS) {
        process.exit(EXIT.NO_RUN);
      }
    });
  }
  const result = await conductor.run();
  const command = ['npm run load --', ...withoutSecrets(args)].join(' ');
  const summary = summarise(result, options, command);
  process.stdout.write(`${formatSummary(summary)}\n`);
  if (options.report !== undefined) {
    const path = options.report.replace('TIME', summary.startedAt.replaceAll(/[:.]/g, '-'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.json`, `${JSON.stringify(summary)}\n`);
    writeFileSync(`${path}.html`, formatPage(summary));
    process.stdout.write(`report: ${path}.html, ${path}.json\n`);
  }
  return summary.verdict.holds ? EXIT.OK : EXIT.BROKEN;
}

/** Soft limit of open files of processes that this one starts. */
function openFileLimit(): number {
  return Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) || Infinity;
}

function withoutSecrets(args: readonly string[]): string[] {
  return args.map((arg, i) => {
    if (args[i - 1] === '--password') return '…';
    return arg.startsWith('--password=') ? '--password=…' : arg;
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(
      `hermod-load: ${error.message}\nnpm run load -- --help lists the options\n`,
    );
    process.exitCode = EXIT.USAGE;
  } else if (error instanceof RunError) {
    process.stderr.write(`hermod-load: ${error.message}\n`);
    process.exitCode = EXIT.NO_RUN;
  } else {
    throw error;
  }
}
