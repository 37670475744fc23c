import type { RecipientStore } from '@hermod/contracts';
import type { Clock } from '@hermod/sip';
import type { RouterContext } from './router-context.ts';

/** How often a store that is away is asked whether it is back. */
export const STORE_PROBE_MS = 250;
/** A store that answers and still fails some calls (too few replicas, say) is a line in so long, not one for each call. */
const COMPLAIN_EVERY_MS = 30_000;

/** What a {@link StoreWatch} works with. */
type StoreWatchParts = Pick<RouterContext, 'pause' | 'log'> & {
  readonly store: Pick<RecipientStore, 'probe'>;
  readonly clock: Clock;
  /** Told of each change. */
  onChange(isAway: boolean): void;
};

/** Whether the store answers: away from the first failure of any call to the first answer, to a probe or to another call. */
export class StoreWatch {
  readonly #parts: StoreWatchParts;
  #isAway = false;
  #isProbing = false;
  #isStopped = false;
  /** A probe has failed, too, and that was logged. */
  #isSaid = false;
  #quietUntilMs = 0;

  constructor(parts: StoreWatchParts) {
    this.#parts = parts;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  onFailure(error: unknown): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#parts.onChange(true);
    if (!this.#isProbing) void this.#probe(error);
  }

  onAnswer(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    if (this.#isSaid) this.#parts.log('warn', 'store is back', {});
    this.#isSaid = false;
    this.#parts.onChange(false);
  }

  /** Ends the probing. */
  stop(): void {
    this.#isStopped = true;
  }

  async #probe(error: unknown): Promise<void> {
    const { store, pause } = this.#parts;
    this.#isProbing = true;
    do {
      await pause(STORE_PROBE_MS);
      try {
        await store.probe();
        if (!this.#isSaid) this.#complain(error);
        this.onAnswer();
      } catch (failure) {
        if (this.#isAway) this.#sayAway(failure);
      }
    } while (this.#isAway && !this.#isStopped);
    this.#isProbing = false;
  }

  #sayAway(failure: unknown): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.#parts.log('error', 'store away: records wait', { reason: String(failure) });
  }

  #complain(error: unknown): void {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs < this.#quietUntilMs) return;
    this.#quietUntilMs = nowMs + COMPLAIN_EVERY_MS;
    const reason = String(error);
    this.#parts.log('warn', 'the store answers, but fails calls, which are repeated', { reason });
  }
}
