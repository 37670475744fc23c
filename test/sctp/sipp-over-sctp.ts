import { execFile } from 'node:child_process';
import type { TwoPaths } from './two-paths.ts';

/** One run of SIPp over SCTP, which ends by itself. */
export type SippRun = {
  /** Its file. */
  readonly scenario: string;
  /** A new directory for what it writes. */
  readonly directory: string;
  /** Addresses of its own, all of which its peers learn; IPv4. */
  readonly from: readonly string[];
  readonly port: number;
  /** `host:port`; undefined: it waits for others. */
  readonly to?: string | undefined;
  readonly calls: number;
  /** Calls a second, at most. */
  readonly rate: number;
  /** Calls under way at most; default no bound. */
  readonly atOnce?: number;
  /** Where it runs; undefined: here. */
  readonly paths?: TwoPaths | undefined;
  readonly parameters?: readonly string[];
};

/** Whatever else the machine does. */
const TIMEOUT_SEC = 300;

/** @returns its exit code, 0 when every call was as in the scenario, and what it said */
export function sipp(
  run: SippRun,
): Promise<{ readonly code: number | string; readonly output: string }> {
  const [address = '', ...others] = run.from;
  const parameters = [
    ...(run.to === undefined ? [] : [run.to]),
    ...['-sf', run.scenario, '-t', 's1', '-i', address, '-p', String(run.port)],
    ...others.flatMap((other) => ['-multihome', other]),
    ...['-m', String(run.calls), '-r', String(run.rate), '-l', String(run.atOnce ?? run.calls)],
    ...['-timeout', `${TIMEOUT_SEC}s`, '-timeout_error', '-nostdin', '-skip_rlimit'],
    ...(run.parameters ?? []),
  ];
  const [program = '', ...rest] = run.paths?.command('sipp', parameters) ?? ['sipp', ...parameters];
  return new Promise((resolve) => {
    execFile(
      program,
      rest,
      { cwd: run.directory, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        resolve({ code: error?.code ?? (error === null ? 0 : 'killed'), output: stdout + stderr });
      },
    );
  });
}
