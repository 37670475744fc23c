import { RecentMap } from './recent-map.ts';

/** A leaky bucket of failures: full at `burst`, it loses one every `leakMs`. */
export type GuessLimit = { readonly burst: number; readonly leakMs: number };

/** Failures of one source with one user name: a device with a wrong password, or somebody who guesses one. */
export const PER_NAME: GuessLimit = { burst: 5, leakMs: 10_000 };
/** Failures of one source with any names: somebody who tries one password on many, and many devices behind one NAT. */
export const PER_SOURCE: GuessLimit = { burst: 30, leakMs: 2_000 };
/** Buckets kept. */
const MAX_BUCKETS = 100_000;

type Bucket = {
  level: number;
  atMs: number;
  /** This source has shown the right password for this name. */
  isProven: boolean;
};

/**
 * Slows down who guesses passwords, by source address, and by source address with user name. Never by user name alone: nobody is locked
 * out because others guess. For the same reason a source that has shown the right password for a name may go on with that name,
 * whatever else comes from its address.
 */
export class GuessLimiter {
  readonly #buckets = new RecentMap<Bucket>(MAX_BUCKETS);

  /** Buckets held: a gauge. */
  get size(): number {
    return this.#buckets.size;
  }

  /** @returns whole seconds until the next attempt is looked at; 0: now */
  waitSec(source: string, name: string, nowMs: number): number {
    const named = this.#buckets.get(nameKey(source, name));
    const perName = waitMs(named, PER_NAME, nowMs);
    if (perName > 0 || named?.isProven === true) return Math.ceil(perName / 1000);
    return Math.ceil(waitMs(this.#buckets.get(source), PER_SOURCE, nowMs) / 1000);
  }

  onFailure(source: string, name: string, nowMs: number): void {
    this.#fill(nameKey(source, name), PER_NAME, nowMs);
    this.#fill(source, PER_SOURCE, nowMs);
  }

  onSuccess(source: string, name: string, nowMs: number): void {
    const key = nameKey(source, name);
    const named = this.#buckets.get(key);
    if (named === undefined) this.#buckets.set(key, { level: 0, atMs: nowMs, isProven: true });
    else {
      named.level = 0;
      named.isProven = true;
    }
  }

  #fill(key: string, limit: GuessLimit, nowMs: number): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#buckets.set(key, { level: 1, atMs: nowMs, isProven: false });
      return;
    }
    // No fuller than full: whoever stops guessing is looked at again after one leak.
    bucket.level = Math.min(limit.burst, levelAt(bucket, limit, nowMs) + 1);
    bucket.atMs = nowMs;
  }
}

/** No address holds a space. */
function nameKey(source: string, name: string): string {
  return `${source} ${name}`;
}

function levelAt(bucket: Bucket, limit: GuessLimit, nowMs: number): number {
  // A clock that was set back empties nothing.
  const leaked = Math.max(0, nowMs - bucket.atMs) / limit.leakMs;
  return Math.max(0, bucket.level - leaked);
}

function waitMs(bucket: Bucket | undefined, limit: GuessLimit, nowMs: number): number {
  if (bucket === undefined) return 0;
  const over = levelAt(bucket, limit, nowMs) - (limit.burst - 1);
  return over > 0 ? over * limit.leakMs : 0;
}
