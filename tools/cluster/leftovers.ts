import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process that an earlier run of the cluster left behind when it was killed. */
export type Leftover = { readonly name: string; readonly pid: number };

/** Whether it is that very process shows its command line. */
type Note = Leftover & { readonly command: string };

const FILE = 'processes.json';

/** Notes what runs on a data directory, so that the next run does not open Kafka's or Redis' files a second time. */
export class ProcessNotes {
  readonly #path: string;
  readonly #noted: Note[] = [];

  constructor(directory: string) {
    this.#path = join(directory, FILE);
  }

  /** Processes of the last run that still run. Empty where there is no /proc.
   *  @throws Error that says what to do when the notes cannot be read */
  leftovers(): readonly Leftover[] {
    return this.#read().filter(
      ({ pid, command }) => command !== '' && readText(`/proc/${pid}/cmdline`) === command,
    );
  }

  add(name: string, pid: number): void {
    this.#noted.push({ name, pid, command: readText(`/proc/${pid}/cmdline`) });
    // Whole or not at all.
    const draft = `${this.#path}.new`;
    writeFileSync(draft, `${JSON.stringify(this.#noted)}\n`);
    renameSync(draft, this.#path);
  }

  #read(): readonly Note[] {
    try {
      // Our own file.
      return JSON.parse(readText(this.#path) || '[]');
    } catch (cause) {
      const remedy =
        'end what an earlier run left behind (Kafka, Redis, node), and remove the file';
      throw new Error(`${this.#path} is damaged: ${remedy}`, { cause });
    }
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
