import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const CPU = '/sys/fs/cgroup/cpu';
const ACCOUNT = '/sys/fs/cgroup/cpuacct';
const MEMBERS = 'cgroup.procs';
const PERIOD_US = 10_000;
/** Of 1,024 for everybody else: whoever is measured, or measures, gets at once what it may use, whatever else runs here. */
const WEIGHT = 262_144;
const NO_LIMIT = -1;
const REMOVE_MS = 5_000;

/** There are no such controllers here. */
export class NoControlGroupError extends Error {}

/** A control group (cgroup v1) for a process and all that it starts. It can have a quota of CPU time, in periods of 10 ms. */
export class CpuGroup {
  readonly #cpu: string;
  readonly #account: string;

  /** @throws NoControlGroupError */
  constructor(name: string) {
    const unique = `hermod-overload-${process.pid}-${name}`;
    this.#cpu = join(CPU, unique);
    this.#account = join(ACCOUNT, unique);
    try {
      mkdirSync(this.#cpu);
      mkdirSync(this.#account);
      this.#write('cpu.cfs_period_us', PERIOD_US);
      this.#write('cpu.shares', WEIGHT);
    } catch (error) {
      throw new NoControlGroupError(
        `no control group: ${error instanceof Error ? error.message : error}. This needs root and the controllers cpu and cpuacct of cgroup v1 in /sys/fs/cgroup`,
      );
    }
  }

  /** This process, and what it starts from now on, belongs to the group. */
  enter(): void {
    for (const group of [this.#cpu, this.#account]) writeFileSync(join(group, MEMBERS), '0');
  }

  /** This process belongs to no group any more. */
  leave(): void {
    for (const group of [CPU, ACCOUNT]) writeFileSync(join(group, MEMBERS), '0');
  }

  /** The command that starts a program in the group. */
  command(program: string, args: readonly string[]): readonly [program: string, args: string[]] {
    const enter = `echo $$ > ${this.#cpu}/${MEMBERS} && echo $$ > ${this.#account}/${MEMBERS}`;
    return ['sh', ['-c', `${enter} && exec "$0" "$@"`, program, ...args]];
  }

  /** @param share of one core, 0.1 or more: the kernel takes no quota under 1 ms */
  limit(share: number): void {
    this.#write('cpu.cfs_quota_us', Math.round(share * PERIOD_US));
  }

  lift(): void {
    this.#write('cpu.cfs_quota_us', NO_LIMIT);
  }

  /** CPU seconds used by all that ever was in the group. */
  usedSec(): number {
    return Number(readFileSync(join(this.#account, 'cpuacct.usage'), 'latin1')) / 1e9;
  }

  /** To be called when what runs in it has ended. */
  async remove(): Promise<void> {
    const deadlineMs = performance.now() + REMOVE_MS;
    for (const group of [this.#cpu, this.#account]) {
      while (existsSync(group)) {
        try {
          rmdirSync(group);
        } catch (error) {
          // The last of its processes is on its way out.
          if (performance.now() > deadlineMs) throw error;
          await delay(50);
        }
      }
    }
  }

  #write(name: string, value: number): void {
    writeFileSync(join(this.#cpu, name), String(value));
  }
}
