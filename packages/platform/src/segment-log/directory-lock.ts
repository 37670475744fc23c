import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '@hermod/contracts';

/** How the directory's last user left it. `rebooted`: without closing it, and the machine has been restarted since, so
 *  what was written but not synced may be gone. */
export type PreviousUse = 'none-or-clean' | 'killed' | 'rebooted';

/** Keeps two processes out of one data directory. Linux: a process is told from a later one with the same id by its
 *  start time, so that a lock left by a killed container (always process 1) does not lock out its successor. */
export class DirectoryLock {
  readonly #path: string;
  readonly previousUse: PreviousUse;

  /** @throws PlatformError `LOG_UNAVAILABLE` when another live process (or this one) has the directory open */
  constructor(directory: string) {
    this.#path = join(directory, 'lock');
    const mine = `${process.pid} ${startTimeOf(process.pid)} ${bootId()}`;
    const previous = readText(this.#path);
    if (previous === undefined) {
      this.previousUse = 'none-or-clean';
    } else {
      const [pid = '', startTime = '', boot = ''] = previous.split(' ');
      const sameBoot = boot === bootId();
      if (sameBoot && startTimeOf(Number(pid)) === startTime) {
        throw new PlatformError(
          'LOG_UNAVAILABLE',
          `${directory} is in use by process ${pid}: stop that one, or give this one another HERMOD_DATA_DIR`,
        );
      }
      this.previousUse = sameBoot ? 'killed' : 'rebooted';
    }
    writeFileSync(this.#path, mine);
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id') ?? '-';
}

/** Start time of a live process in clock ticks since boot, '' when there is no such process. */
function startTimeOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  // proc(5): the second field is the command in parentheses and may hold spaces; start time is field 22.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // Absent, or not this operating system: "not known" either way.
    return undefined;
  }
}
