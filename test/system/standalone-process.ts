import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@hermod/testkit';
import NODE_FLAGS from '../../tools/node-flags.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = 'services/standalone/src/main.ts';
/** For a start on a busy machine, or on a kernel in user mode, which compiles for long. */
const READY_MS = 30_000;

/** What a process gets of the test's own environment. */
export const INHERITED = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};

/** How a run of the standalone ended. */
export type Ended = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs the standalone until it ends by itself. */
export async function runStandalone(
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<Ended> {
  const child = spawn(process.execPath, [...NODE_FLAGS, join(ROOT, MAIN), ...flags], {
    env: { ...INHERITED, ...env },
  });
  return collect(child);
}

/** A standalone as `npm start` runs it, on free ports and a data directory of the test's. */
export class StandaloneProcess {
  readonly sipPort: number;
  readonly http: string;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, sipPort: number, http: string) {
    this.#child = child;
    this.sipPort = sipPort;
    this.http = http;
    this.ended = collect(child);
  }

  /** Resolves when it is ready; rejects with its output when it ends before or takes more than {@link READY_MS}.
   *  @param env HERMOD_ variables; HERMOD_HTTP_LISTEN keeps the operator's port where it was
   *  @param launcher `direct`: signals and kill -9 go to the service itself; `npm`: through tools/run.mjs */
  static async start(
    dataDir: string,
    env: Readonly<Record<string, string>> = {},
    launcher: 'direct' | 'npm' = 'direct',
  ): Promise<StandaloneProcess> {
    const [sipPort = 0, httpPort = 0] = await freePorts(2);
    const http = env.HERMOD_HTTP_LISTEN ?? `127.0.0.1:${httpPort}`;
    const command =
      launcher === 'npm' ? [join(ROOT, 'tools/run.mjs'), MAIN] : [...NODE_FLAGS, join(ROOT, MAIN)];
    const child = spawn(process.execPath, command, {
      env: {
        ...INHERITED,
        HERMOD_DATA_DIR: dataDir,
        HERMOD_SIP_LISTEN: `udp://127.0.0.1:${sipPort},tcp://127.0.0.1:${sipPort}`,
        HERMOD_HTTP_LISTEN: http,
        ...env,
      },
    });
    const standalone = new StandaloneProcess(child, sipPort, `http://${http}`);
    await standalone.#untilReady();
    return standalone;
  }

  /** True until it has ended. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resident memory, MiB. */
  get residentMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** kill -9, unless it has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  async stop(): Promise<Ended> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const early = await Promise.race([this.ended, delay(50)]);
      if (early !== undefined) throw new Error(`ended with ${early.code}: ${output(early)}`);
      if (await isReady(this.http)) return;
      if (performance.now() > deadline) break;
    }
    await this.kill();
    throw new Error(`not ready within ${READY_MS} ms: ${output(await this.ended)}`);
  }
}

async function isReady(http: string): Promise<boolean> {
  try {
    return (await fetch(`${http}/readyz`)).ok;
  } catch {
    // Not listening yet.
    return false;
  }
}

async function collect(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

function output(ended: Ended): string {
  return `${ended.stderr}\n${ended.stdout}`;
}
