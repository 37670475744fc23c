import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.ts';

const START_ATTEMPTS = 5;
const POLL_MS = 20;
/** How long a server may take to end when it is asked to. */
const END_TIMEOUT_MS = 5_000;
/** Of what it wrote last, for the error when it does not start. */
const KEPT_CHARACTERS = 4_000;

/** What {@link startOnFreePort} starts. */
type Startable = { start(): Promise<void>; stop(): Promise<void> };

/** Starts a server on the given port, or on a free one.  @param make the server for a port, not started */
export async function startOnFreePort<Server extends Startable>(
  make: (port: number) => Server,
  port?: number,
): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const server = make(port ?? (await freePort()));
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Another process may have taken the free port in between.
      if (port !== undefined || attempt >= START_ATTEMPTS) throw error;
    }
  }
}

/** A server of somebody else's as a process of ours: it ends with us, and what it wrote is there when it does not start. */
export class ServerProcess {
  readonly #name: string;
  #child: ChildProcess | undefined;
  #output = '';
  readonly #onExit = (): void => {
    this.#child?.kill('SIGKILL');
  };

  /** @param name as an error should call it */
  constructor(name: string) {
    this.#name = name;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves once `isReady` says so, which is asked again and again.
   *  @param onOutput what it writes  @throws Error with what it wrote last, when it ends or is not ready in time */
  async start(
    program: string,
    parameters: readonly string[],
    isReady: () => Promise<boolean>,
    timeoutMs: number,
    onOutput?: (text: string) => void,
  ): Promise<void> {
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#output = '';
    const keep = (text: string): void => {
      this.#output = (this.#output + text).slice(-KEPT_CHARACTERS);
      onOutput?.(text);
    };
    child.stdout.on('data', (bytes: Buffer) => keep(bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => keep(bytes.toString()));
    child.on('error', (error) => keep(`${String(error)}\n`));
    process.on('exit', this.#onExit);
    const deadline = performance.now() + timeoutMs;
    while (isAlive(child)) {
      if (await isReady()) return;
      if (performance.now() > deadline) break;
      await delay(POLL_MS);
    }
    throw new Error(`${this.#name} did not start:\n${this.#output}`);
  }

  /** Idempotent. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    process.off('exit', this.#onExit);
    if (child === undefined || !isAlive(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    // A stopped process handles SIGTERM only once it runs again.
    child.kill('SIGCONT');
    const lastResort = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
    await exited;
    clearTimeout(lastResort);
  }

  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
