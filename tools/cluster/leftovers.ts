import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process that an earlier run of the cluster left behind when it was killed. */
export type Leftover = { readonly name: string; readonly pid: number };

const FILE = 'processes.json';

/** Notes what runs on a data directory, so that the next run does not open Kafka's or Redis' files a second time. */
export class ProcessNotes {
  readonly #path: string;
  readonly #noted: (Leftover & { readonly command: string })[] = [];

  constructor(directory: string) {
    this.#path = join(directory, FILE);
  }

  /** Processes of the last run that still run. Empty where there is no /proc. */
  leftovers(): readonly Leftover[] {
    const noted: unknown = JSON.parse(readText(this.#path) || '[]');
    if (!Array.isArray(noted)) return [];
    return noted.filter(
      ({ pid, command }) => command !== '' && readText(`/proc/${pid}/cmdline`) === command,
    );
  }

  add(name: string, pid: number): void {
    this.#noted.push({ name, pid, command: readText(`/proc/${pid}/cmdline`) });
    writeFileSync(this.#path, `${JSON.stringify(this.#noted)}\n`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No such file, no such process, or no /proc.
    return '';
  }
}
