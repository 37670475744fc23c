import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { requireProgram } from '@hermod/testkit';

const run = promisify(execFile);

/** Debian's package of each program that these tests talk to. */
const PACKAGES = {
  baresip: 'baresip-core',
  chromium: 'chromium',
  insmod: 'kmod',
  ip: 'iproute2',
  kamailio: 'kamailio',
  'linux.uml': 'user-mode-linux',
  sipp: 'sip-tester',
  sipsak: 'sipsak',
} as const;

export type ProgramName = keyof typeof PACKAGES;

/** Makes sure that programs are there: installs Debian's when one is missing and we are root.
 *  @throws Error that names what is missing and how to get it */
export async function requirePrograms(...names: readonly ProgramName[]): Promise<void> {
  for (const name of names) await requireProgram(name, PACKAGES[name]);
}

/** A program that runs until it is stopped, with what it says. */
export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  #output = '';

  constructor(name: string, args: readonly string[], options: { readonly cwd?: string } = {}) {
    this.#name = name;
    this.#child = spawn(name, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        this.#output += bytes.toString('latin1');
      });
    }
  }

  /** Everything it said, without colours. */
  get output(): string {
    return this.#output.replaceAll(COLOUR, '');
  }

  /** Waits until it has said something.  @throws Error with its output when it does not, or ends */
  async untilSaid(pattern: RegExp, timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!pattern.test(this.output)) {
      const ended = this.#child.exitCode ?? this.#child.signalCode;
      if (ended !== null || performance.now() > deadline) {
        throw new Error(`${this.#name} did not say ${pattern} (${ended}):\n${this.output}`);
      }
      await delay(20);
    }
  }

  /** SIGTERM, and SIGKILL if that does not end it within 3 s. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const isLate = await Promise.race([ended.then(() => false), delay(3000, true)]);
    if (isLate) child.kill('SIGKILL');
    await ended;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what is looked for
const COLOUR = /\x1b\[[0-9;]*m/g;

/** A program that ends by itself.  @returns its exit code and what it said; 124 when it was cut off */
export async function runProgram(
  name: ProgramName,
  args: readonly string[],
  options: { readonly cwd?: string; readonly timeoutMs?: number } = {},
): Promise<{ readonly code: number; readonly output: string }> {
  try {
    const { stdout, stderr } = await run(name, [...args], {
      cwd: options.cwd,
      timeout: options.timeoutMs ?? 30_000,
      killSignal: 'SIGKILL',
    });
    return { code: 0, output: `${stdout}${stderr}` };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const {
      code,
      stdout = '',
      stderr = '',
    } = error as Error & { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : 124, output: `${stdout}${stderr}` };
  }
}
