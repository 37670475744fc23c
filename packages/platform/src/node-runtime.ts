import { hash, randomFillSync } from 'node:crypto';
import type { Clock, Hash, IdSource } from '@hermod/sip';

/** Wall clock. May step; never use it for durations. */
export const systemClock: Clock = { nowMs: () => Date.now() };

/** Milliseconds that only ever go forward, from an arbitrary origin: the time base of timers. */
export function monotonicMs(): number {
  return performance.now();
}

const POOL_BYTES = 8192;
const DEFAULT_TOKEN_BYTES = 12;

/** Random tokens from the operating system's generator, drawn in batches (one system call per some 600 tokens). */
export class RandomIdSource implements IdSource {
  readonly #pool = Buffer.alloc(POOL_BYTES);
  #used = POOL_BYTES;

  /** @param bytes of randomness, 1–8192. @returns base64url: letters, digits, `-` and `_`, all of them SIP token characters */
  token(bytes: number = DEFAULT_TOKEN_BYTES): string {
    if (this.#used + bytes > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes;
    return this.#pool.toString('base64url', start, this.#used);
  }
}

const DIGEST_BYTES = 16;
const NO_OCTETS = new Uint8Array(0);
/** What is hashed, put together: the hash copies it, so one buffer serves every call that fits. */
const hashed = Buffer.allocUnsafeSlow(16_384);

/** Digests as the contracts want them: base64url of the first 16 bytes of SHA-256 over the latin1 text and the octets, 22 characters. */
export const sha256Hash: Hash = {
  digest(text, octets = NO_OCTETS) {
    const length = text.length + octets.length;
    const input = length <= hashed.length ? hashed : Buffer.allocUnsafe(length);
    input.write(text, 0, 'latin1');
    input.set(octets, text.length);
    const bytes = hash('sha256', input.subarray(0, length), 'buffer');
    return bytes.toString('base64url', 0, DIGEST_BYTES);
  },
};

/** What a timer driver needs of a wheel. */
export interface Advanceable {
  /** Fires everything due at or before `nowMs`. */
  advance(nowMs: number): void;
}

/** How often a process's timers are looked at, and how fine they are. */
export const TICK_MS = 10;
/** After so long without a tick the process has stood still, and what has arrived meanwhile was not read. */
const STALL_MS = 250;

/** Advances a wheel made with {@link monotonicMs} as its origin, so that a step of the wall clock fires nothing. When the process has
 *  stood still, what has arrived is read first: the loop runs timers before it reads, and a transaction would time out whose answer is there.
 *  @returns a function that stops it */
export function driveTimers(wheel: Advanceable, tickMs: number = TICK_MS): () => void {
  let advancedMs = monotonicMs();
  let afterReads: NodeJS.Immediate | undefined;
  const advance = (): void => {
    afterReads = undefined;
    advancedMs = monotonicMs();
    wheel.advance(advancedMs);
  };
  const interval = setInterval(() => {
    if (monotonicMs() - advancedMs < STALL_MS) advance();
    else afterReads ??= setImmediate(advance);
  }, tickMs);
  return () => {
    clearInterval(interval);
    clearImmediate(afterReads);
  };
}
