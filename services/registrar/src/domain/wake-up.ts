// Design §4 rules 4 and 5: a REGISTER of an AoR with a non-empty mailbox starts a drain.
import { type LogRecord, PlatformError, partitionOf } from '@hermod/contracts';
import type { TimerTarget } from '@hermod/sip';
import type { RegistrarPorts } from '../ports.ts';
import type { RegistrarStats } from './registrar-stats.ts';

/** How long the 200 waits for the log or the due set. */
export const WAKE_UP_HOLD_MS = 1_000;

const NO_BODY = new Uint8Array(0);

/** Tells the routers that an AoR with a non-empty mailbox has registered. */
export class WakeUp {
  readonly #ports: Pick<RegistrarPorts, 'log' | 'due' | 'clock' | 'timers'>;
  readonly #partitions: number;
  readonly #stats: RegistrarStats;
  readonly #pending = new Set<Promise<void>>();

  constructor(
    ports: Pick<RegistrarPorts, 'log' | 'due' | 'clock' | 'timers'>,
    partitions: number,
    stats: RegistrarStats,
  ) {
    this.#ports = ports;
    this.#partitions = partitions;
    this.#stats = stats;
  }

  /** Append a `registered` record, or else put the AoR into the due set.
   *  Resolves when one of them is durable, when both have failed, or after {@link WAKE_UP_HOLD_MS}: the work then goes on by itself. */
  publish(aor: string): Promise<void> {
    const work = this.#publish(aor);
    this.#pending.add(work);
    const settled = work.finally(() => this.#pending.delete(work));
    return new Promise((resolve, reject) => {
      const hold = new Hold(resolve);
      const entry = this.#ports.timers.start(hold, 0, WAKE_UP_HOLD_MS);
      // An error that is not the store's or the log's is a bug: thrown here it would otherwise vanish once the hold is over.
      void settled.then(
        () => {
          this.#ports.timers.stop(entry);
          resolve();
        },
        (error: unknown) => {
          this.#ports.timers.stop(entry);
          if (hold.isOver) throw error;
          reject(error);
        },
      );
    });
  }

  /** Resolves when everything begun has ended. */
  async drain(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  async #publish(aor: string): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    const record: LogRecord = {
      type: 'registered',
      aor,
      deliveryId: '',
      receivedAtMs: nowMs,
      expiresAtMs: 0,
      flags: 0,
      head: '',
      body: NO_BODY,
    };
    try {
      await this.#ports.log.append(record);
      this.#stats.wakeUps += 1;
      return;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
    }
    // Also after LOG_TIMEOUT, when the record may be in the log: a second drain of one mailbox does nothing.
    try {
      const partition = partitionOf(aor, this.#partitions);
      await this.#ports.due.schedule(partition, aor, nowMs, 'earliest');
      this.#stats.wakeUpsByDue += 1;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      // The AoR is in `due` with its back-off since its mail was stored (rule 4): late, not lost for good.
      this.#stats.wakeUpsLost += 1;
    }
  }
}

class Hold implements TimerTarget {
  readonly #release: () => void;
  isOver = false;

  constructor(release: () => void) {
    this.#release = release;
  }

  onTimer(): void {
    this.isOver = true;
    this.#release();
  }
}
