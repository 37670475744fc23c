import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';
import { requireProgram } from './require-program.ts';

const run = promisify(execFile);

/** How a Prometheus is started. */
export type StartPrometheusOptions = {
  /** `host:port` of the processes whose `/metrics` are scraped. */
  readonly targets: readonly string[];
  /** The label `job` of what comes from them. Default `hermod`. */
  readonly job?: string;
  /** Absolute paths, patterns allowed. */
  readonly ruleFiles?: readonly string[];
  /** Scrapes and evaluations of rules, seconds. Default 1. */
  readonly intervalSec?: number;
  /** Default a free one. */
  readonly port?: number;
};

/** One element of an instant vector. */
export type PrometheusSample = {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** A running Prometheus. */
export type PrometheusServer = {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly pid: number | undefined;
  /** The instant vector of an expression, now.  @throws Error that says what Prometheus has against it */
  query(expression: string): Promise<readonly PrometheusSample[]>;
  /** `data` of an answer of its API.  @param path behind `/api/v1/`  @throws Error as {@link query} */
  api(path: string): Promise<unknown>;
  /** Ends it and removes what it stored. Idempotent. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP: connections are accepted and nothing is answered. */
  pause(): void;
  resume(): void;
};

const START_TIMEOUT_MS = 20_000;
const START_ATTEMPTS = 5;

/** Starts a real Prometheus that scrapes (installs Debian's when it is missing and we are root). */
export async function startPrometheus(options: StartPrometheusOptions): Promise<PrometheusServer> {
  await requireProgram('prometheus', 'prometheus');
  for (let attempt = 1; ; attempt += 1) {
    const server = new PrometheusProcess(options, options.port ?? (await freePort()));
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Another process may have taken the free port in between.
      if (options.port !== undefined || attempt >= START_ATTEMPTS) throw error;
    }
  }
}

/** Runs promtool, which comes with Prometheus.  @returns what it said  @throws Error with what it said */
export async function promtool(...parameters: readonly string[]): Promise<string> {
  await requireProgram('promtool', 'prometheus');
  try {
    const { stdout, stderr } = await run('promtool', parameters);
    return stdout + stderr;
  } catch (cause) {
    throw new Error(`promtool ${parameters.join(' ')}: ${outputOf(cause)}`, { cause });
  }
}

class PrometheusProcess implements PrometheusServer {
  readonly url: string;
  readonly #options: StartPrometheusOptions;
  readonly #address: string;
  #directory: string | undefined;
  #child: ChildProcess | undefined;
  #output = '';
  readonly #onExit = (): void => {
    this.#child?.kill('SIGKILL');
  };

  constructor(options: StartPrometheusOptions, port: number) {
    this.#options = options;
    this.#address = `127.0.0.1:${port}`;
    this.url = `http://${this.#address}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'hermod-prometheus-'));
    this.#directory = directory;
    const configuration = join(directory, 'prometheus.yml');
    await writeFile(configuration, JSON.stringify(configurationOf(this.#options)));
    const child = spawn(
      'prometheus',
      [
        `--config.file=${configuration}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${this.#address}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child = child;
    const keep = (text: string): void => {
      this.#output = (this.#output + text).slice(-4000);
    };
    child.stderr.on('data', (bytes: Buffer) => keep(bytes.toString()));
    child.on('error', (error) => keep(String(error)));
    process.on('exit', this.#onExit);
    await this.#untilReady(child);
  }

  async query(expression: string): Promise<readonly PrometheusSample[]> {
    const path = `query?${new URLSearchParams({ query: expression }).toString()}`;
    // The API's own shape of an instant vector.
    const { result } = (await this.api(path)) as {
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly value: readonly [epochSec: number, value: string];
      }[];
    };
    return result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
  }

  async api(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    const answer = (await response.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: unknown;
    };
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${path}`);
    return answer.data;
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    const directory = this.#directory;
    this.#directory = undefined;
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    process.off('exit', this.#onExit);
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    // A stopped process handles SIGTERM only once it runs again.
    child.kill('SIGCONT');
    const lastResort = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(lastResort);
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      if (await this.#isReady()) return;
      if (performance.now() > deadline) break;
      await delay(50);
    }
    throw new Error(`prometheus at ${this.#address} did not start:\n${this.#output}`);
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/-/ready`)).ok;
    } catch {
      // Nobody listens yet.
      return false;
    }
  }
}

/** JSON is YAML. */
function configurationOf(options: StartPrometheusOptions): object {
  const interval = `${options.intervalSec ?? 1}s`;
  return {
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
    },
    rule_files: options.ruleFiles ?? [],
    scrape_configs: [
      { job_name: options.job ?? 'hermod', static_configs: [{ targets: options.targets }] },
    ],
  };
}

/** As Prometheus writes numbers: `+Inf` is what `Number` does not read. */
function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function outputOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
  return stdout + stderr === '' ? cause.message : stdout + stderr;
}
