import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SinkCommand } from './sink.ts';

/** The sink as a process of its own. */
export class LoadSink {
  readonly port: number;
  readonly #child: ChildProcess;

  static async start(): Promise<LoadSink> {
    const child = fork(join(import.meta.dirname, 'sink.ts'), {
      execArgv: ['--no-parallel-scavenge'],
    });
    const [port] = await once(child, 'message');
    return new LoadSink(child, Number(port));
  }

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  tell(command: SinkCommand): void {
    this.#child.send(command);
  }

  stop(): void {
    this.#child.disconnect();
  }
}
