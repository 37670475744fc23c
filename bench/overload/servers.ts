import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '@hermod/testkit';
import NODE_FLAGS from '../../tools/node-flags.json' with { type: 'json' };
import type { CpuGroup } from './cpu-group.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** What the server says, in its directory. */
const LOG = 'log.txt';
const START_MS = 20_000;
const STOP_MS = 10_000;

/** Who is measured. */
export type Contender = {
  readonly name: string;
  readonly version: string;
  /** Starts it in the group, with an empty data directory. */
  start(group: CpuGroup, isControlled: boolean): Promise<Server>;
};

/** A server on loopback TCP, in a process of its own. */
export class Server {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.#child = child;
    this.#directory = directory;
  }

  /** @param argumentsIn what to start, given its directory and two free ports  @returns once it accepts connections */
  static async start(
    group: CpuGroup,
    program: string,
    argumentsIn: (directory: string, port: number, httpPort: number) => readonly string[],
    env: (directory: string, port: number, httpPort: number) => NodeJS.ProcessEnv = () => ({}),
  ): Promise<Server> {
    // Not the temporary directory: it may be in memory.
    const directory = mkdtempSync(join(ROOT, 'node_modules', '.bench-overload-'));
    const [port = 0, httpPort = 0] = await freePorts(2);
    const command = group.command(program, argumentsIn(directory, port, httpPort));
    const log = openSync(join(directory, LOG), 'w');
    const child = spawn(command[0], command[1], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env(directory, port, httpPort) },
    });
    closeSync(log);
    const server = new Server(port, child, directory);
    try {
      await server.#untilListening(program);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const isLate = await Promise.race([
        ended.then(() => false),
        delay(STOP_MS, true, { ref: false }),
      ]);
      if (isLate) child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #untilListening(program: string): Promise<void> {
    const deadlineMs = performance.now() + START_MS;
    for (;;) {
      const socket = connect(this.port, '127.0.0.1');
      try {
        await once(socket, 'connect');
        return;
      } catch (error) {
        if (this.#child.exitCode !== null) {
          const said = readFileSync(join(this.#directory, LOG), 'latin1');
          throw new Error(`${program} ended: ${said}`, { cause: error });
        }
        if (performance.now() > deadlineMs) throw error;
        await delay(50);
      } finally {
        socket.destroy();
      }
    }
  }
}

/** The standalone as `npm start` runs it, without the flags that measure something else. */
export const HERMOD: Contender = {
  name: 'Hermod',
  version: `on Node ${process.version}`,
  start: (group, isControlled) =>
    Server.start(
      group,
      process.execPath,
      () => [...NODE_FLAGS, join(ROOT, 'services/standalone/src/main.ts')],
      (directory, port, httpPort) => ({
        HERMOD_DATA_DIR: directory,
        HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${port}`,
        HERMOD_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
        HERMOD_CONGESTION: isControlled ? 'on' : 'off',
      }),
    ),
};

/** With the configuration beside this file.  @returns undefined when it is not installed */
export function findKamailio(): Contender | undefined {
  let version: string | undefined;
  try {
    version = /version: kamailio ([\d.]+)/.exec(
      execFileSync('kamailio', ['-v'], { encoding: 'latin1' }),
    )?.[1];
  } catch {
    return undefined;
  }
  return {
    name: 'Kamailio',
    version: version ?? 'of unknown version',
    start: (group) =>
      Server.start(group, 'kamailio', (directory, port) => {
        const file = join(directory, 'kamailio.cfg');
        const template = readFileSync(join(import.meta.dirname, 'kamailio.cfg'), 'latin1');
        writeFileSync(file, template.replaceAll('@PORT@', String(port)));
        return ['-f', file, '-DD', '-E', '-m', '512', '-M', '16', '-w', directory, '-Y', directory];
      }),
  };
}
