import type { Logger } from './logger.ts';
import { monotonicMs } from './node-runtime.ts';

/** How often log and store are asked. */
const PROBE_EVERY_MS = 250;
/** Without an answer for so long they count as away: within a second of an outage's begin nothing more is appended. */
const AWAY_AFTER_MS = 900;
/** A tick that comes so late says that this process was held up itself, and knows nothing about the others. */
const STALL_MS = 400;

/** Something that may be away. `probe` resolves when it answers now; it may take its time. */
export type Probed = { readonly name: string; probe(): Promise<void> };

type Watched = Probed & { asking: boolean; answeredMs: number; why: string };

/** Open while everything that it probes has answered lately (design §3.3); opens again with the first answer.
 *  One slow answer closes nothing: the age of the last answer does. */
export class ProbeGate {
  readonly #watched: readonly Watched[];
  readonly #onChange: (failing: string | undefined) => void;
  #timer: NodeJS.Timeout | undefined;
  #tickMs = 0;
  #isOpen = false;

  /** @param onChange told once per change: what fails, or undefined when all answer again */
  constructor(probed: readonly Probed[], onChange: (failing: string | undefined) => void) {
    this.#onChange = onChange;
    this.#watched = probed.map(({ name, ...one }) => ({
      name,
      probe: one.probe,
      asking: false,
      answeredMs: Number.NEGATIVE_INFINITY,
      why: 'has not answered yet',
    }));
  }

  get open(): boolean {
    return this.#isOpen;
  }

  /** What fails, in a few words; undefined when open. */
  get reason(): string | undefined {
    if (this.#isOpen) return undefined;
    const away = this.#watched.filter((one) => isAway(one, monotonicMs()));
    return away.map(({ name, why }) => `${name}: ${why}`).join('; ') || 'starting';
  }

  /** Probes until stopped. Resolves when every first probe has ended, well or not. */
  async start(): Promise<void> {
    this.#tickMs = monotonicMs();
    this.#timer = setInterval(() => this.#tick(), PROBE_EVERY_MS);
    await Promise.all(this.#watched.map((one) => this.#ask(one)));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = monotonicMs();
    const lateMs = now - this.#tickMs - PROBE_EVERY_MS;
    this.#tickMs = now;
    if (lateMs > STALL_MS) {
      // Not beyond now: an answer may have been taken before this tick, and its age counts from then.
      for (const one of this.#watched) one.answeredMs = Math.min(now, one.answeredMs + lateMs);
    }
    for (const one of this.#watched) if (!one.asking) void this.#ask(one);
    this.#judge();
  }

  async #ask(one: Watched): Promise<void> {
    one.asking = true;
    try {
      await one.probe();
      one.answeredMs = monotonicMs();
      one.why = 'does not answer';
    } catch (error) {
      one.why = error instanceof Error ? error.message : String(error);
    }
    one.asking = false;
    // Opens only: what looks like silence here may be this process's own, which the next tick finds out.
    if (!this.#isOpen) this.#judge();
  }

  #judge(): void {
    const now = monotonicMs();
    const isOpen = this.#watched.every((one) => !isAway(one, now));
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.#onChange(this.reason);
  }
}

/** What a service says of its gate. */
export function logGate(
  logger: Pick<Logger, 'info' | 'error'>,
): (failing: string | undefined) => void {
  return (failing) => {
    if (failing === undefined) logger.info({}, 'log and store answer');
    else logger.error({ failing }, 'log or store away: answering 503');
  };
}

function isAway(one: Watched, nowMs: number): boolean {
  return nowMs - one.answeredMs > AWAY_AFTER_MS;
}
