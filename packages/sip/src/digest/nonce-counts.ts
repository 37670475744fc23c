/** How far behind the highest count a request may come: requests overtake each other on UDP and between parallel transactions. */
const WINDOW = 32;

type Counts = {
  highest: number;
  /** Bit i: `highest - i` was used. */
  used: number;
};

/**
 * The nonce counts that were used, so that no digest is taken twice. Bounded: nonces are kept in two generations, and the older one
 * goes when the younger is full or old. A nonce that may have been forgotten counts as used.
 * @see RFC 7616 §3.4 (nc), §5.12
 */
export class NonceCounts {
  readonly #maxPerGeneration: number;
  readonly #lifetimeMs: number;
  #young = new Map<string, Counts>();
  #old = new Map<string, Counts>();
  #youngSinceMs = 0;
  /** Issue time of the youngest nonce in each generation. */
  #youngIssuedMs = 0;
  #oldIssuedMs = 0;
  /** Nonces issued at or before this may have been forgotten. */
  #forgottenToMs = -1;

  /** @param maxNonces kept at once, at least 2  @param lifetimeMs of a nonce: none is presented later */
  constructor(maxNonces: number, lifetimeMs: number) {
    this.#maxPerGeneration = Math.max(1, Math.floor(maxNonces / 2));
    this.#lifetimeMs = lifetimeMs;
  }

  /** Nonces held: a gauge. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Was this count used, or might it have been?  @param count at least 1 */
  isUsed(nonce: string, issuedAtMs: number, count: number): boolean {
    const counts = this.#young.get(nonce) ?? this.#old.get(nonce);
    if (counts === undefined) return issuedAtMs <= this.#forgottenToMs;
    const behind = counts.highest - count;
    return behind >= WINDOW || (behind >= 0 && ((counts.used >>> behind) & 1) === 1);
  }

  /** Marks a count as used; one for which {@link isUsed} is false. */
  use(nonce: string, issuedAtMs: number, count: number, nowMs: number): void {
    const counts = this.#young.get(nonce) ?? this.#old.get(nonce);
    if (counts === undefined) {
      this.#rotate(nowMs);
      this.#young.set(nonce, { highest: count, used: 1 });
      if (issuedAtMs > this.#youngIssuedMs) this.#youngIssuedMs = issuedAtMs;
      return;
    }
    const ahead = count - counts.highest;
    if (ahead <= 0) {
      counts.used |= 1 << -ahead;
      return;
    }
    counts.used = ahead >= WINDOW ? 1 : (counts.used << ahead) | 1;
    counts.highest = count;
  }

  #rotate(nowMs: number): void {
    if (this.#young.size === 0) this.#youngSinceMs = nowMs;
    const isOld = nowMs - this.#youngSinceMs >= this.#lifetimeMs;
    if (!isOld && this.#young.size < this.#maxPerGeneration) return;
    // What has expired anyway is refused for that.
    if (this.#oldIssuedMs > this.#forgottenToMs) this.#forgottenToMs = this.#oldIssuedMs;
    this.#old = this.#young;
    this.#oldIssuedMs = this.#youngIssuedMs;
    this.#young = new Map();
    this.#youngIssuedMs = 0;
    this.#youngSinceMs = nowMs;
  }
}
