// Design §4 rules 4 and 5: a REGISTER of an AoR with a non-empty mailbox starts a drain.
import { type LogRecord, PlatformError, partitionOf } from '@hermod/contracts';
import type { TimerEntry, TimerTarget } from '@hermod/sip';
import type { RegistrarPorts } from '../ports.ts';
import type { RegistrarStats } from './registrar-stats.ts';

/** How long the 200 waits for the due set. */
const WAKE_UP_HOLD_MS = 1_000;
/** From the 200 to the record that starts the drain: time for the 200 to go out, so that the device hears it before its stored messages. */
export const WAKE_UP_DELAY_MS = 20;
/** From the REGISTER to the due time, which starts the drain if the record does not come: not before the 200 is out. */
const WAKE_UP_DUE_MS = 1_000;

const NO_BODY = new Uint8Array(0);

/**
 * Tells the routers that an AoR with a non-empty mailbox has registered, in two steps: the due set before the 200, so that the drain
 * starts whatever becomes of this process, and a `registered` record after it, so that it starts soon.
 */
export class WakeUp {
  readonly #ports: Pick<RegistrarPorts, 'log' | 'due' | 'clock' | 'timers'>;
  readonly #partitions: number;
  readonly #stats: RegistrarStats;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #armed = new Set<Announcement>();

  constructor(
    ports: Pick<RegistrarPorts, 'log' | 'due' | 'clock' | 'timers'>,
    partitions: number,
    stats: RegistrarStats,
  ) {
    this.#ports = ports;
    this.#partitions = partitions;
    this.#stats = stats;
  }

  /** Put the AoR into the due set, and announce the REGISTER {@link WAKE_UP_DELAY_MS} after this has settled.
   *  Resolves when that is durable, when it has failed, or after {@link WAKE_UP_HOLD_MS}: the work then goes on by itself. */
  arm(aor: string): Promise<void> {
    const isDue = this.#schedule(aor, WAKE_UP_DUE_MS);
    const settled = this.#track(isDue);
    return new Promise((resolve, reject) => {
      const arm = (): void => {
        this.#arm(aor, isDue);
        resolve();
      };
      const hold = new Hold(arm);
      const entry = this.#ports.timers.start(hold, 0, WAKE_UP_HOLD_MS);
      // An error that is not the store's is a bug: thrown here it would otherwise vanish once the hold is over.
      void settled.then(
        () => {
          if (hold.isOver) return;
          this.#ports.timers.stop(entry);
          arm();
        },
        (error: unknown) => {
          this.#ports.timers.stop(entry);
          if (hold.isOver) throw error;
          reject(error);
        },
      );
    });
  }

  /** Announces what is armed, and resolves when everything begun has ended. */
  async drain(): Promise<void> {
    for (const announcement of this.#armed) {
      this.#ports.timers.stop(announcement.timer);
      this.announce(announcement);
    }
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  /** Called by an announcement whose time has come. */
  announce(announcement: Announcement): void {
    this.#armed.delete(announcement);
    void this.#track(this.#publish(announcement));
  }

  #arm(aor: string, isDue: Promise<boolean>): void {
    const announcement = new Announcement(this, aor, isDue);
    this.#armed.add(announcement);
    announcement.timer = this.#ports.timers.start(announcement, 0, WAKE_UP_DELAY_MS);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    return work.finally(() => this.#pending.delete(work));
  }

  async #publish({ aor, isDue }: Announcement): Promise<void> {
    const record: LogRecord = {
      type: 'registered',
      aor,
      deliveryId: '',
      receivedAtMs: this.#ports.clock.nowMs(),
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
    if ((await isDue) || (await this.#schedule(aor, 0))) this.#stats.wakeUpsByDue += 1;
    // The AoR is in `due` with its back-off since its mail was stored (rule 4): late, not lost for good.
    else this.#stats.wakeUpsLost += 1;
  }

  /** @returns whether it is durable */
  async #schedule(aor: string, delayMs: number): Promise<boolean> {
    const atMs = this.#ports.clock.nowMs() + delayMs;
    try {
      await this.#ports.due.schedule(partitionOf(aor, this.#partitions), aor, atMs, 'earliest');
      return true;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      return false;
    }
  }
}

/** A `registered` record that is to be published when its 200 is out. */
class Announcement implements TimerTarget {
  readonly aor: string;
  /** Whether the due set has the AoR; settles by itself. */
  readonly isDue: Promise<boolean>;
  readonly #owner: WakeUp;
  timer: TimerEntry | undefined;

  constructor(owner: WakeUp, aor: string, isDue: Promise<boolean>) {
    this.#owner = owner;
    this.aor = aor;
    this.isDue = isDue;
  }

  onTimer(): void {
    this.#owner.announce(this);
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
