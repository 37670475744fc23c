import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireProgram } from './require-program.ts';
import { ServerProcess, startOnFreePort } from './server-process.ts';

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

/** Starts a real Prometheus that scrapes (installs Debian's when it is missing and we are root). */
export async function startPrometheus(options: StartPrometheusOptions): Promise<PrometheusServer> {
  await requireProgram('prometheus', 'prometheus');
  return startOnFreePort((port) => new PrometheusProcess(options, port), options.port);
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
  readonly #process: ServerProcess;
  #directory: string | undefined;

  constructor(options: StartPrometheusOptions, port: number) {
    this.#options = options;
    this.#address = `127.0.0.1:${port}`;
    this.url = `http://${this.#address}`;
    this.#process = new ServerProcess(`prometheus at ${this.#address}`);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  async start(): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'hermod-prometheus-'));
    this.#directory = directory;
    const configuration = join(directory, 'prometheus.yml');
    await writeFile(configuration, JSON.stringify(configurationOf(this.#options)));
    await this.#process.start(
      'prometheus',
      [
        `--config.file=${configuration}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${this.#address}`,
        '--log.level=warn',
      ],
      () => this.#isReady(),
      START_TIMEOUT_MS,
    );
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
    await this.#process.end('SIGTERM');
    const directory = this.#directory;
    this.#directory = undefined;
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }

  kill(): Promise<void> {
    return this.#process.end('SIGKILL');
  }

  pause(): void {
    this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
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
