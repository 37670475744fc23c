/**
 * What metrics cost: with and without them, in turns, so that a machine that is shared slows both.
 *
 *   node --conditions=source bench/metrics.ts [--pairs 6] [--rate 3000]
 *
 * The edge by itself (bench/edge.ts) and the whole standalone as a process (bench/standalone-cpu.ts), best of all turns; what is called
 * for one message, by itself, with its readings of the clock; and one scrape.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DurationHistogram, DurationsBy } from '@hermod/contracts';
import { Metrics } from '@hermod/platform';
import { AnswerStats, classOf, MethodCounts } from '../services/edge/src/domain/answer-stats.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '6' },
    rate: { type: 'string', default: '3000' },
  },
});
const PAIRS = Number(values.pairs);
const WITHOUT = `--import=${join(import.meta.dirname, 'load', 'without-metrics.ts')}`;

/** Runs a bench of this directory. @returns what it wrote */
function run(
  name: string,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const file = join(import.meta.dirname, `${name}.ts`);
    const child = spawn(process.execPath, ['--conditions=source', ...flags, file, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('exit', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`bench/${name}.ts ended with ${code}: ${output}`));
    });
  });
}

async function edgeUs(flags: readonly string[]): Promise<number> {
  // Short rounds: the best of many has been interrupted by nobody.
  const output = await run('edge', ['--count', '500', '--rounds', '200'], flags);
  return figure(/"bestUs":([\d.]+)/.exec(output));
}

async function standaloneUs(flags: readonly string[]): Promise<number> {
  const args = ['--rates', values.rate, '--seconds', '5', '--warm-up', '4'];
  const output = await run('standalone-cpu', [...args, `--node-flags=${flags.join(' ')}`]);
  // Columns: rate, sent, lost, p50, p99, CPU µs.
  return figure(/^ +\d+ +\d+ +\d+ +[\d.]+ +[\d.]+ +([\d.]+) /m.exec(output));
}

function figure(found: RegExpExecArray | null): number {
  if (found === null) throw new Error('the bench said nothing that could be read');
  return Number(found[1]);
}

async function compare(what: string, cpuUs: (flags: readonly string[]) => Promise<number>) {
  const withThem: number[] = [];
  const without: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    // Whoever comes second in one pair comes first in the next.
    for (const isWith of pair % 2 === 0 ? [true, false] : [false, true]) {
      if (isWith) withThem.push(await cpuUs([]));
      else without.push(await cpuUs([WITHOUT]));
    }
  }
  const [most, least] = [Math.min(...withThem), Math.min(...without)];
  const share = ((most / least - 1) * 100).toFixed(1);
  console.log(`${what}: ${most} µs per message with, ${least} without: ${share} %`);
}

/** All that one message to a device makes metrics do, in one process. */
function oneMessage(): void {
  const requests = new MethodCounts();
  const answers = new AnswerStats();
  const plain = [1, 2, 3].map(() => new DurationHistogram());
  const byWord = [1, 2, 3].map(() => new DurationsBy<string>('2xx'));
  const nowMs = (): number => Date.now();
  const call = (status: number): void => {
    requests.count('MESSAGE');
    const arrivedAtMs = nowMs();
    // Appended, its turn, looked up; then edge to device, fork, outcome.
    for (const histogram of plain) histogram.observe(nowMs() - arrivedAtMs);
    for (const histograms of byWord) histograms.of('2xx').observe(nowMs() - arrivedAtMs + 4);
    const { codes, durations } = answers.of('MESSAGE');
    codes.count(status);
    durations.of(classOf(status)).observe(nowMs() - arrivedAtMs + 7);
  };
  const COUNT = 5_000;
  let bestNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 1_000; round += 1) {
    const startMs = performance.now();
    for (let i = 0; i < COUNT; i += 1) call(200);
    bestNs = Math.min(bestNs, ((performance.now() - startMs) * 1e6) / COUNT);
  }
  console.log(
    `the calls of one message, 7 histograms and 8 readings of the clock: ${bestNs.toFixed(0)} ns`,
  );
}

async function scrape(): Promise<void> {
  const metrics = new Metrics('bench');
  metrics.collectProcess();
  for (let i = 0; i < 100; i += 1) {
    const series = { name: `series_${i}_total`, help: 'One.', kind: 'counter' } as const;
    metrics.collect(series, ['method'], (emit) => emit(i, { method: 'MESSAGE' }));
  }
  for (let i = 0; i < 12; i += 1) {
    const durations = new DurationsBy<string>('2xx');
    for (const word of ['4xx', '5xx']) durations.of(word).observe(i);
    metrics.collectDurations({ name: `histogram_${i}`, help: 'One.' }, ['class'], (emit) => {
      for (const [word, histogram] of durations.entries()) emit(histogram, { class: word });
    });
  }
  let bestMs = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let i = 0; i < 200; i += 1) {
    const startMs = performance.now();
    bytes = (await metrics.text()).length;
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  console.log(
    `one scrape of 100 counters and 36 histograms, ${bytes} bytes: ${bestMs.toFixed(2)} ms`,
  );
}

oneMessage();
await scrape();
await compare('edge', edgeUs);
await compare(`standalone at ${values.rate}/s`, standaloneUs);
