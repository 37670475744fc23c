import { PlatformError } from '@hermod/contracts';
import type { RouterContext } from './router-context.ts';

const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 1000;

/** Thrown when the partition was lost: whatever was under way is the successor's now. */
export class Discarded extends Error {}

/** Calls that are repeated until they are answered: what was appended waits, it is never answered 503 (design §3.5). Nothing is called
 *  while this router may not act (rule 7). */
export class StoreCalls {
  readonly #context: RouterContext;
  readonly #owner: { readonly lost: boolean };

  constructor(context: RouterContext, owner: { readonly lost: boolean }) {
    this.#context = context;
    this.#owner = owner;
  }

  /** @param call made anew for each try, so that it sees how things stand then
   *  @param what the outcome log says nothing about whether the store is there, which decides whether records are started
   *  @throws Discarded; any other error that no repetition can help */
  async persist<T>(call: () => Promise<T>, what: 'store' | 'log' = 'store'): Promise<T> {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const { gate } = this.#context;
      while (!gate.open && !this.#owner.lost) await gate.whenOpen();
      if (this.#owner.lost) throw new Discarded();
      try {
        const value = await call();
        if (what === 'store') this.#context.onStoreAnswer();
        if (this.#owner.lost) throw new Discarded();
        return value;
      } catch (error) {
        if (!(error instanceof PlatformError) || !mayRepeat(error)) throw error;
        this.#context.stats.storeRetries += 1;
        if (what === 'store') this.#context.onStoreFailure(error);
        await this.#context.pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
      }
    }
  }
}

/** Everything that an actor writes is idempotent, or may be there twice; so a time-out is no reason to stop. Nor is a store that is set up
 *  wrongly: that is for an operator to repair, not for messages to be lost by. */
export function mayRepeat(error: PlatformError): boolean {
  return error.retryable || error.code === 'LOG_TIMEOUT' || error.code === 'STORE_MISCONFIGURED';
}
