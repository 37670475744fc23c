/**
 * Every micro-bench with short settings, one after the other, and a table of what they say:
 *
 *   npm run bench                     all that need no other server, about 100 s
 *   npm run bench -- edge log         only those
 *   npm run bench -- --all            Kafka and Redis too (see packages/testkit for what that starts)
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

type Row = { readonly what: string; readonly figure: string };

type Bench = {
  readonly name: string;
  readonly args: readonly string[];
  /** Needs a server of its own: only with --all. */
  readonly isHeavy?: boolean;
  rows(output: string): Row[];
};

/** One row for each match; the first group says what, the others are the figure. */
function matches(output: string, pattern: RegExp, figure: (groups: string[]) => string): Row[] {
  return [...output.matchAll(pattern)].map(([, what = '', ...groups]) => ({
    what: what.trim(),
    figure: figure(groups),
  }));
}

function logRows(output: string): Row[] {
  return matches(
    output,
    /"log":"(\w+)","ratePerSec":(\d+).*?"appendP50Ms":([\d.]+),"appendP99Ms":([\d.]+).*?"cpuMicrosPerRecord":([\d.]+)/g,
    ([rate, p50, p99, cpu]) =>
      `${cpu} µs CPU per record at ${rate}/s, append p50 ${p50}, p99 ${p99} ms`,
  );
}

function storeRows(output: string): Row[] {
  return matches(output, /^(.+): (\d+)\/s, p50 .*?, ([\d.]+) µs CPU per call$/gm, ([rate, cpu]) => {
    return `${cpu} µs CPU per call, ${rate}/s`;
  });
}

const BENCHES: readonly Bench[] = [
  {
    name: 'sip-head',
    args: [],
    rows: (output) =>
      matches(output, /^(.+?) +best ([\d.]+) µs +median ([\d.]+) µs$/gm, ([best, median]) => {
        return `${best} µs (median ${median})`;
      }),
  },
  {
    name: 'digest',
    args: ['--rounds', '10'],
    rows: (output) =>
      matches(output, /^(.+?) +best ([\d.]+) µs +median ([\d.]+) µs$/gm, ([best, median]) => {
        return `${best} µs (median ${median})`;
      }),
  },
  {
    name: 'edge',
    args: ['--rounds', '8'],
    rows: (output) =>
      matches(
        output,
        /"bench":"([^"]+)".*?"bestUs":([\d.]+),"medianUs":([\d.]+)/g,
        ([best, median]) => {
          return `${best} µs (median ${median})`;
        },
      ),
  },
  {
    name: 'transport',
    args: ['--count', '60000'],
    rows: (output) =>
      matches(
        output,
        /^(relay[^,]+).*\n +([\d.]+) µs CPU per MESSAGE.*, (\d+) messages\/s/gm,
        ([cpu, rate]) => {
          return `${cpu} µs CPU per message, ${rate}/s`;
        },
      ),
  },
  {
    name: 'load',
    args: ['--rates', '5000', '--seconds', '4'],
    rows: (output) =>
      matches(
        output,
        /^offered (\d+\/s).*?, ([\d.]+) µs CPU per message \((\d+)\/s per core\)/gm,
        ([cpu, perCore]) => `${cpu} µs CPU per message of the generator, ${perCore}/s per core`,
      ),
  },
  { name: 'log', args: ['segment', '5000', '5'], rows: logRows },
  { name: 'log', args: ['kafka', '5000', '10'], isHeavy: true, rows: logRows },
  { name: 'stores', args: ['lmdb', '--count', '5000'], rows: storeRows },
  { name: 'stores', args: ['redis', '--count', '5000'], isHeavy: true, rows: storeRows },
  {
    name: 'standalone-cpu',
    args: ['--rates', '1000,5000', '--seconds', '5', '--warm-up', '6'],
    rows: (output) =>
      matches(
        output,
        /^ +(\d+) +\d+ +(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +[\d.]+ +(\d+) /gm,
        ([lost, p50, p99, cpu, bytes]) =>
          `${cpu} µs CPU per message, ${bytes} B allocated, p50 ${p50}, p99 ${p99} ms, ${lost} lost`,
      ).map(({ what, figure }) => ({ what: `${what}/s, end to end`, figure })),
  },
];

function run({ name, args }: Bench): Promise<string> {
  return new Promise((resolve, reject) => {
    const file = join(import.meta.dirname, `${name}.ts`);
    const child = spawn(process.execPath, ['--conditions=source', file, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`bench/${name}.ts ${args.join(' ')} ended with ${code}:\n${output}`));
    });
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false } },
});
console.log(`${'bench'.padEnd(15)} ${'what'.padEnd(42)} figure`);
for (const bench of BENCHES) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue;
  if (bench.isHeavy === true && !values.all) continue;
  const rows = bench.rows(await run(bench));
  if (rows.length === 0) throw new Error(`bench/${bench.name}.ts said nothing that could be read`);
  for (const { what, figure } of rows) {
    console.log(`${bench.name.padEnd(15)} ${what.padEnd(42)} ${figure}`);
  }
}
