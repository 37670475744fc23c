import type { Health } from './health.ts';
import type { Logger } from './logger.ts';

/** Ends one part. @param graceMs what is left of the time for work in flight, 0 or more. */
export type StopStep = (graceMs: number) => Promise<void> | void;

/** How a process ends: the part of `process` that is used. */
export type ProcessPort = {
  on(event: 'SIGTERM' | 'SIGINT' | 'SIGHUP', listener: () => void): unknown;
  on(
    event: 'uncaughtException' | 'unhandledRejection',
    listener: (error: unknown) => void,
  ): unknown;
  exit(code: number): void;
};

/** Parameters of {@link Lifecycle}. */
export type LifecycleOptions = {
  readonly logger: Logger;
  readonly health: Health;
  readonly graceMs: number;
  readonly process: ProcessPort;
  /** Milliseconds on a monotonic clock. */
  readonly monotonicMs: () => number;
};

/** Commits and closing come after the grace period; beyond this, the process ends anyway. */
const CLOSING_MS = 5_000;

/** Starts and ends a process: not ready → stop accepting → finish in-flight work → commit → close (design §4 rule 10). */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #steps: { readonly name: string; readonly stop: StopStep }[] = [];
  readonly #reloads: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    options.health.addCheck('stopping', () =>
      this.#stopping === undefined ? undefined : 'the process is stopping',
    );
  }

  /** True from the first signal on. */
  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Adds a step. Steps run one after the other, the last added first: what was opened last uses what was opened before it. */
  onStop(name: string, stop: StopStep): void {
    this.#steps.push({ name, stop });
  }

  /** Adds what SIGHUP reads again. Without any, SIGHUP stops the process, as it does when a terminal goes away. */
  onReload(reload: () => void): void {
    this.#reloads.push(reload);
  }

  /** Takes over signals and stray errors. */
  install(): void {
    const { process } = this.#options;
    // A terminal's Ctrl-C reaches the process twice (through npm and directly): later signals change nothing.
    process.on('SIGTERM', () => this.#onSignal('SIGTERM'));
    process.on('SIGINT', () => this.#onSignal('SIGINT'));
    process.on('SIGHUP', () => this.#onHangup());
    process.on('uncaughtException', (error) => this.crash(error));
    process.on('unhandledRejection', (error) => this.crash(error));
  }

  /** A bug: the state of the process is unknown, so it ends at once, and what is in the log is done by a successor. */
  crash(error: unknown): void {
    this.#options.logger.fatal({ err: error }, 'unhandled error');
    this.#options.process.exit(1);
  }

  /** Runs the steps, once. Exits 0 when all are done, 1 when a step failed or would not end. */
  stop(reason: string): Promise<void> {
    // Begins in a later turn: the first step must already see `isStopping`.
    this.#stopping ??= Promise.resolve().then(() => this.#run(reason));
    return this.#stopping;
  }

  #onHangup(): void {
    if (this.#reloads.length === 0) this.#onSignal('SIGHUP');
    else for (const reload of this.#reloads) reload();
  }

  #onSignal(signal: string): void {
    // #run cannot reject; its end is the end of the process.
    void this.stop(signal);
  }

  async #run(reason: string): Promise<void> {
    const { logger, graceMs, monotonicMs, process } = this.#options;
    const startMs = monotonicMs();
    logger.info({ reason, graceMs }, 'stopping');
    let current = '';
    const limit = setTimeout(() => {
      logger.error({ step: current }, 'a step of the stop did not end in time');
      process.exit(1);
    }, graceMs + CLOSING_MS);
    let exitCode = 0;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      current = step.name;
      try {
        await step.stop(Math.max(0, graceMs - (monotonicMs() - startMs)));
      } catch (error) {
        exitCode = 1;
        logger.error({ err: error, step: current }, 'a step of the stop failed');
      }
    }
    clearTimeout(limit);
    logger.info({ tookMs: Math.round(monotonicMs() - startMs) }, 'stopped');
    process.exit(exitCode);
  }
}
