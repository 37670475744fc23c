import { TimerWheel } from '@hermod/sip';
import { type Environment, loadConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { formatConfig, formatHelp, formatProblem } from './config-help.ts';
import type { ServiceConfig, ServiceName } from './config-services.ts';
import { formatHostPort } from './config-value.ts';
import { Health } from './health.ts';
import { OperationServer } from './http-server.ts';
import { Lifecycle, type ProcessPort } from './lifecycle.ts';
import { createLogger, type Logger, TerminalLines } from './logger.ts';
import { Metrics } from './metrics.ts';
import { driveTimers, monotonicMs, TICK_MS } from './node-runtime.ts';

/** sysexits.h EX_CONFIG. */
const EXIT_CONFIG = 78;
const EXIT_USAGE = 64;

type TextOutput = { write(text: string): unknown; readonly isTTY?: boolean };

/** The part of `process` that a service's start needs. */
export type ServiceProcess = ProcessPort & {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
};

/** What a service starts with. */
export type ServiceContext<N extends ServiceName> = {
  readonly config: ServiceConfig<N>;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Driven from now until everything else has stopped. */
  readonly timers: TimerWheel;
  /** Where the operator's port listens. */
  readonly http: OperationServer;
};

/** Everything around a service: `--help`, `--print-config`, the configuration (exit 78 when it is wrong), the logger, signals, and
 *  the operator's port, which answers (not ready) while `start` still waits for Kafka or Redis. The whole of a `main.ts` is
 *  `await runService('edge', process, async ({ config, lifecycle }) => { … })`.
 *  @param start opens the service and registers its parts with `lifecycle.onStop`; ready when it has resolved and no check fails.
 *  If it rejects, the process logs why and exits 1; with a {@link ConfigError} it exits 78. */
export async function runService<N extends ServiceName>(
  service: N,
  process: ServiceProcess,
  start: (context: ServiceContext<N>) => Promise<void>,
): Promise<void> {
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => flag !== '--help' && flag !== '--print-config');
  if (unknown !== undefined) {
    process.stderr.write(`hermod ${service}: unknown option ${unknown}; see --help\n`);
    process.exit(EXIT_USAGE);
    return;
  }
  if (flags.includes('--help')) {
    process.stdout.write(formatHelp(service));
    process.exit(0);
    return;
  }
  const loaded = loadConfig(service, process.env);
  if (!loaded.ok) {
    for (const problem of loaded.problems) {
      process.stderr.write(`hermod ${service}: ${formatProblem(problem)}\n`);
    }
    process.exit(EXIT_CONFIG);
    return;
  }
  if (flags.includes('--print-config')) {
    process.stdout.write(formatConfig(service, loaded.config));
    process.exit(0);
    return;
  }
  await startService(service, process, loaded.config, start);
}

async function startService<N extends ServiceName>(
  service: N,
  process: ServiceProcess,
  config: ServiceConfig<N>,
  start: (context: ServiceContext<N>) => Promise<void>,
): Promise<void> {
  const terminal = process.stdout.isTTY ? new TerminalLines(process.stdout) : undefined;
  const logger = createLogger(config.logLevel, { service }, terminal);
  const health = new Health();
  const graceMs = config.shutdownGraceMs;
  const lifecycle = new Lifecycle({ logger, health, graceMs, process, monotonicMs });
  lifecycle.install();
  health.addCheck('start', () => 'the process is starting');
  const metrics = new Metrics(service);
  metrics.collectProcess();
  const timers = new TimerWheel(monotonicMs(), TICK_MS, { nowMs: monotonicMs });
  lifecycle.onStop('timers', driveTimers(timers));
  try {
    const http = await OperationServer.listen(config.httpListen, { service, health, metrics });
    // Closed last: an orchestrator sees "not ready", not a refused connection, while work in flight ends.
    lifecycle.onStop('http', () => http.close());
    logger.info({ http: `http://${formatHostPort(http.address)}` }, 'operator port open');
    await start({ config, logger, lifecycle, health, metrics, timers, http });
  } catch (error) {
    // A signal during the start closes what the start is waiting for: that is a stop, not a failure.
    if (lifecycle.isStopping) return;
    if (error instanceof ConfigError) {
      process.stderr.write(`hermod ${service}: ${formatProblem(error.problem)}\n`);
      process.exit(EXIT_CONFIG);
      return;
    }
    logger.fatal({ err: error }, error instanceof Error ? error.message : 'cannot start');
    process.exit(1);
    return;
  }
  health.removeCheck('start');
}
