import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { IntervalRecord } from './core/interval.ts';
import { type LedgerCounts, noCounts } from './core/ledger.ts';
import { type Second, Timeline } from './core/timeline.ts';
import type { LoadOptions } from './options.ts';
import { type Command, isReport, type Report } from './protocol.ts';
import type { BrokenMessage } from './traffic.ts';

/** Between the command to start and the start: every process has heard of it by then. */
const HEAD_START_MS = 300;

/** The run cannot be made. */
export class RunError extends Error {}

/** Everything that a run has shown. */
export type RunResult = {
  readonly run: string;
  /** Milliseconds since 1970, begin of what is measured. */
  readonly startedMs: number;
  readonly joinedSec: number;
  readonly timeline: Timeline;
  readonly counts: LedgerCounts;
  readonly broken: readonly BrokenMessage[];
  readonly causes: Readonly<Record<string, number>>;
  readonly wasStopped: boolean;
};

/** What a run tells while it goes on. */
export interface RunWatcher {
  onPhase(phase: string): void;
  /** One of them has told about a second. */
  onRecord?(record: IntervalRecord): void;
  /** All processes have told about a second. */
  onSecond(second: Second): void;
}

/** Runs the generator processes through a run, and adds up what they tell. */
export class Conductor {
  readonly #options: LoadOptions;
  readonly #watcher: RunWatcher;
  readonly #workers: ChildProcess[] = [];
  readonly #reports: Report[][] = [];
  readonly #run = randomBytes(4).toString('hex');
  readonly #timeline: Timeline;
  #wake: () => void = () => undefined;
  #failure: RunError | undefined;
  #wasStopped = false;

  constructor(options: LoadOptions, watcher: RunWatcher) {
    this.#options = options;
    this.#watcher = watcher;
    this.#timeline = new Timeline(options.workers);
  }

  /** @throws RunError when it cannot be made */
  async run(): Promise<RunResult> {
    try {
      return await this.#phases();
    } finally {
      for (const worker of this.#workers) worker.kill('SIGKILL');
    }
  }

  /** Sends no more; the run ends in order. */
  stop(): void {
    this.#wasStopped = true;
    this.#tellAll({ kind: 'stop' });
  }

  async #phases(): Promise<RunResult> {
    const options = this.#options;
    const beginMs = performance.now();
    this.#watcher.onPhase('registering');
    for (let worker = 0; worker < options.workers; worker += 1) this.#start(worker);
    for (const { record } of await this.#all('joined')) this.#timeline.addOutside(record);
    const joinedSec = (performance.now() - beginMs) / 1000;
    const startedMs =
      performance.timeOrigin + performance.now() + HEAD_START_MS + options.warmUpSec * 1000;
    this.#watcher.onPhase('running');
    this.#tellAll({ kind: 'start', startMs: startedMs });
    // A stop that came before the start.
    if (this.#wasStopped) this.stop();
    await this.#all('settled');
    if (options.collect) {
      this.#watcher.onPhase('fetching');
      this.#tellAll({ kind: 'fetch' });
      await this.#all('fetched');
    }
    this.#watcher.onPhase('counting');
    this.#tellAll({ kind: 'count' });
    const counts = noCounts();
    const broken: BrokenMessage[] = [];
    const causes: Record<string, number> = {};
    for (const counted of await this.#all('counted')) {
      for (const name of Object.keys(counts) as (keyof LedgerCounts)[]) {
        counts[name] += counted.counts[name];
      }
      broken.push(...counted.broken);
      this.#timeline.addOutside(counted.rest);
      for (const [cause, count] of Object.entries(counted.causes)) {
        causes[cause] = (causes[cause] ?? 0) + count;
      }
    }
    this.#timeline.finish();
    return {
      ...{ run: this.#run, startedMs, joinedSec, counts, broken, causes },
      timeline: this.#timeline,
      wasStopped: this.#wasStopped,
    };
  }

  #start(index: number): void {
    const reports: Report[] = [];
    const worker = fork(join(import.meta.dirname, 'worker.ts'), {
      execArgv: ['--conditions=source', '--no-parallel-scavenge'],
    });
    worker.on('message', (report) => {
      if (!isReport(report)) return;
      if (report.kind === 'failed') this.#fail(report.cause);
      else if (report.kind === 'interval') this.#onInterval(report);
      else reports.push(report);
      this.#wake();
    });
    worker.on('exit', (code, signal) =>
      this.#fail(`a generator process ended (${code ?? signal})`),
    );
    worker.on('error', (error) => this.#fail(`a generator process: ${error.message}`));
    this.#workers.push(worker);
    this.#reports.push(reports);
    const command: Command = {
      kind: 'join',
      options: this.#options,
      run: this.#run,
      worker: index,
    };
    worker.send(command);
  }

  #onInterval({ record }: Extract<Report, { kind: 'interval' }>): void {
    this.#watcher.onRecord?.(record);
    const second = this.#timeline.add(record);
    if (second !== undefined) this.#watcher.onSecond(second);
  }

  #tellAll(command: Command): void {
    for (const worker of this.#workers) if (worker.connected) worker.send(command);
  }

  #fail(cause: string): void {
    this.#failure ??= new RunError(cause);
    this.#wake();
  }

  /** Waits until every process has told this. */
  async #all<K extends Report['kind']>(kind: K): Promise<Extract<Report, { kind: K }>[]> {
    const isOfKind = (report: Report): report is Extract<Report, { kind: K }> =>
      report.kind === kind;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const found = this.#reports.flatMap((reports) => reports.find(isOfKind) ?? []);
      if (found.length === this.#workers.length) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
