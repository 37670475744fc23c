import { forgetOldest } from '@hermod/sip';

/** First pause after a failed drain attempt, milliseconds; doubles up to the last. */
export const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 300_000;
/** How long a silent flow is skipped by new messages when nothing is heard from it. */
const SUSPECT_MS = 60_000;
/** Entries kept of each kind; beyond, the oldest is forgotten, which costs one more attempt. */
const MAX_REMEMBERED = 100_000;

type Retry = { attempts: number; notBeforeMs: number };

/** What a router remembers of flows and recipients that failed, across the lives of its actors. Bounded, and safe to lose. */
export class FlowMemory {
  readonly #suspects = new Map<string, number>();
  readonly #retries = new Map<string, Retry>();

  /** A flow missed a deadline: it is skipped until it speaks again. @param place flow token or contact */
  suspect(place: string, nowMs: number): void {
    remember(this.#suspects, place, nowMs + SUSPECT_MS);
  }

  spoke(place: string): void {
    if (this.#suspects.size > 0) this.#suspects.delete(place);
  }

  isSuspect(place: string, nowMs: number): boolean {
    if (this.#suspects.size === 0) return false;
    const untilMs = this.#suspects.get(place);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.#suspects.delete(place);
    return false;
  }

  /** A drain attempt failed. @returns when to try next, epoch ms */
  retryAfterFailure(aor: string, nowMs: number): number {
    const attempts = (this.#retries.get(aor)?.attempts ?? 0) + 1;
    const notBeforeMs = nowMs + Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS);
    remember(this.#retries, aor, { attempts, notBeforeMs });
    return notBeforeMs;
  }

  /** Epoch ms before which a drain of the AoR is pointless, 0 when it may start. */
  retryNotBefore(aor: string): number {
    return this.#retries.get(aor)?.notBeforeMs ?? 0;
  }

  /** The recipient answered, or registered: the next failure starts from the first pause again. */
  forgetRetries(aor: string): void {
    this.#retries.delete(aor);
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_REMEMBERED) forgetOldest(map);
}
