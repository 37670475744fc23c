import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Member } from './topology.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** As tools/run.mjs runs a service. */
export const NODE_FLAGS = ['--conditions=source', '--no-parallel-scavenge'];
const POLL_MS = 100;
const READY_TIMEOUT_MS = 90_000;
const LAST_LINES = 15;

/** How a process ended. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** One running process of the cluster; its output goes to a file. */
export class MemberProcess {
  readonly member: Member;
  readonly logPath: string;
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #logStart: number;
  #exit: Exit | undefined;

  /** @param baseEnv what every process inherits; HERMOD_ variables come from the member alone */
  constructor(member: Member, baseEnv: NodeJS.ProcessEnv, logDir: string) {
    this.member = member;
    this.logPath = join(logDir, `${member.name}.log`);
    mkdirSync(logDir, { recursive: true });
    this.#logStart = statSync(this.logPath, { throwIfNoEntry: false })?.size ?? 0;
    const log = openSync(this.logPath, 'a');
    const main = join(ROOT, 'services', member.service, 'src', 'main.ts');
    this.#child = spawn(process.execPath, [...NODE_FLAGS, main], {
      stdio: ['ignore', log, log],
      env: { ...withoutHermod(baseEnv), ...member.env },
    });
    closeSync(log);
    const pid = this.#child.pid;
    if (pid === undefined) throw new Error(`${member.name} could not be started`);
    this.pid = pid;
    this.ended = once(this.#child, 'exit').then(([code, signal]) => {
      this.#exit = { code, signal };
      return this.#exit;
    });
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  /** Resolves when /readyz says so, or when the process has ended. Rejects after 90 s with what is failing. */
  async untilReady(): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    let last = 'no answer';
    while (this.isRunning && performance.now() < deadline) {
      const answer = await readReadiness(this.member.http);
      if (answer === 'ready') return;
      last = answer;
      await delay(POLL_MS);
    }
    if (this.isRunning) throw new Error(`${this.member.name} is not ready: ${last}`);
  }

  /** SIGTERM and wait. */
  async stop(): Promise<Exit> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }

  /** The end of what this run wrote. */
  lastLines(): string {
    const text = readFileSync(this.logPath).subarray(this.#logStart).toString();
    return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  }
}

/** @returns `ready`, or what is wrong */
async function readReadiness(http: string): Promise<string> {
  try {
    const response = await fetch(`${http}/readyz`, { signal: AbortSignal.timeout(1000) });
    const text = await response.text();
    return response.ok ? 'ready' : text.trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function withoutHermod(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('HERMOD_')) kept[name] = value;
  }
  return kept;
}
