// Throws octets at everything that strangers reach, and says what does not stand: `npm run fuzz -- --seconds 60`.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Failure, FuzzRun, faultOf } from './fuzz.ts';
import { TARGETS } from './targets/index.ts';
import type { WorkerTask } from './worker.ts';

const HELP = `npm run fuzz -- [--seconds N | --inputs N] [--seed N] [--workers N] [--target NAME] [--replay FILE]
  --seconds  how long, default 60
  --inputs   how many instead
  --seed     of the inputs: the same seed, the same inputs; default: the time
  --workers  threads, default 2
  --target   one of ${TARGETS.map(({ name }) => name).join(', ')}; default all
  --replay   check the octets of one file, with --target; prints what is wrong
Ends with 1 when an input breaks something; prints it in hexadecimal, the seed and its number.`;

/** An input that has not ended by then does not end. */
const HANG_MS = 20_000;
/** A worker that needs more leaks. */
const HEAP_MB = 96;
/** What the process may grow by between its first tenth and its end. */
const MAX_GROWTH_MB = 128;
const POLL_MS = 250;
const REPORT_MS = 10_000;

class FuzzWorker {
  readonly #progress = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;
  readonly ended: Promise<Failure | Error | undefined>;
  readonly #task: WorkerTask;
  #seenAtMs = performance.now();
  #seen = -1n;

  constructor(task: Omit<WorkerTask, 'progress'>) {
    this.#task = { ...task, progress: this.#progress.buffer };
    this.#progress[0] = BigInt(task.first);
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.#task,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once('message', resolve);
      this.#worker.once('error', resolve);
      this.#worker.once('exit', () => resolve(undefined));
    });
  }

  /** Inputs checked so far. */
  get count(): number {
    const at = Number(this.#progress[0]);
    const { first, step, end } = this.#task;
    return Math.ceil(((at === -1 ? end : at) - first) / step);
  }

  /** The input that does not end; undefined while there is progress. */
  hangsAt(nowMs: number): number | undefined {
    const at = Atomics.load(this.#progress, 0);
    if (at !== this.#seen || at === -1n) {
      this.#seen = at;
      this.#seenAtMs = nowMs;
      return undefined;
    }
    return nowMs - this.#seenAtMs > HANG_MS ? Number(at) : undefined;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

function residentMb(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

function report(count: number, startedMs: number): void {
  const seconds = (performance.now() - startedMs) / 1000;
  console.info(
    `${count} inputs in ${seconds.toFixed(0)} s, ${Math.round(count / seconds)}/s, ${Math.round(residentMb())} MiB resident`,
  );
}

function reportFailure({ target, index, input, reason }: Failure, seed: number): void {
  const bytes = Buffer.from(input);
  console.error(`${target}: ${reason}`);
  console.error(`seed ${seed}, input ${index}, ${bytes.length} octets: ${bytes.toString('hex')}`);
  if (bytes.length < 1000) console.error(JSON.stringify(bytes.toString('latin1')));
}

async function replay(file: string, name: string | undefined): Promise<number> {
  const target = TARGETS.find((one) => one.name === name);
  if (target === undefined) throw new Error('--replay needs --target');
  const fault = await faultOf(target, new Uint8Array(readFileSync(file)));
  console.info(fault ?? 'nothing is wrong');
  return fault === undefined ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      inputs: { type: 'string' },
      seed: { type: 'string' },
      workers: { type: 'string', default: '2' },
      target: { type: 'string' },
      replay: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.info(HELP);
    return 0;
  }
  if (values.replay !== undefined) return replay(values.replay, values.target);
  const seed = Number(values.seed ?? Date.now() % 1_000_000_007);
  const end = Number(values.inputs ?? Number.MAX_SAFE_INTEGER);
  const limitMs =
    values.inputs === undefined ? Number(values.seconds ?? 60) * 1000 : Number.POSITIVE_INFINITY;
  const step = Number(values.workers);
  const targets = TARGETS.map(({ name }) => name).filter(
    (name) => values.target === undefined || name === values.target,
  );
  if (targets.length === 0 || Number.isNaN(seed + end + limitMs + step) || step < 1) {
    console.error(HELP);
    return 64;
  }
  console.info(`seed ${seed}, ${targets.join(' ')}`);
  const workers = Array.from(
    { length: step },
    (_, first) => new FuzzWorker({ seed, first, step, end, targets }),
  );
  return watch(workers, { seed, limitMs, targets });
}

/** Until the time is over, all is done, or something is wrong.  @returns the exit code */
async function watch(
  workers: readonly FuzzWorker[],
  run: { readonly seed: number; readonly limitMs: number; readonly targets: readonly string[] },
): Promise<number> {
  const startedMs = performance.now();
  const count = () => workers.reduce((sum, worker) => sum + worker.count, 0);
  let failure: Failure | Error | undefined;
  let running = workers.length;
  for (const worker of workers) {
    void worker.ended.then((result) => {
      failure ??= result;
      running -= 1;
    });
  }
  let reportedMs = startedMs;
  let settledMb: number | undefined;
  while (running > 0 && failure === undefined && performance.now() - startedMs < run.limitMs) {
    await delay(POLL_MS);
    const nowMs = performance.now();
    // The heaps have their size by then.
    if (settledMb === undefined && nowMs - startedMs > 30_000) settledMb = residentMb();
    if (nowMs - reportedMs > REPORT_MS) {
      report(count(), startedMs);
      reportedMs = nowMs;
    }
    for (const worker of workers) {
      const index = worker.hangsAt(nowMs);
      if (index === undefined) continue;
      const hung = new FuzzRun(
        run.seed,
        TARGETS.filter(({ name }) => run.targets.includes(name)),
      );
      failure = {
        target: hung.targetOf(index).name,
        index,
        input: hung.inputOf(index),
        reason: `did not end within ${HANG_MS} ms`,
      };
    }
  }
  const endedMb = residentMb();
  report(count(), startedMs);
  await Promise.all(workers.map((worker) => worker.stop()));
  if (failure instanceof Error) console.error(`a worker ended: ${failure.stack}, seed ${run.seed}`);
  else if (failure !== undefined) reportFailure(failure, run.seed);
  else if (settledMb !== undefined && endedMb > settledMb + MAX_GROWTH_MB) {
    console.error(
      `grew from ${Math.round(settledMb)} to ${Math.round(endedMb)} MiB, seed ${run.seed}`,
    );
  } else return 0;
  return 1;
}

process.exitCode = await main();
