import { PlatformError } from '@hermod/contracts';

/** Checked access to the untyped reply of a script. A reply of another shape means that a script and its caller disagree. */
export class RedisReply {
  readonly #items: readonly unknown[];

  constructor(reply: unknown) {
    if (!Array.isArray(reply)) throw unexpected(reply);
    this.#items = reply;
  }

  get length(): number {
    return this.#items.length;
  }

  text(at: number): string {
    const item = this.#items[at];
    if (typeof item === 'string') return item;
    if (Buffer.isBuffer(item)) return item.toString();
    throw unexpected(item);
  }

  /** The bytes, or undefined for nil. */
  bytes(at: number): Buffer | undefined {
    const item = this.#items[at];
    if (item === null) return undefined;
    if (Buffer.isBuffer(item)) return item;
    throw unexpected(item);
  }

  /** An integer reply, or decimal digits; nil is 0. */
  integer(at: number): number {
    const item = this.#items[at];
    return item === null ? 0 : integerOf(item);
  }

  list(at: number): RedisReply {
    return new RedisReply(this.#items[at]);
  }
}

/** @returns the integer of an integer reply or of decimal digits */
export function integerOf(item: unknown): number {
  const value = Buffer.isBuffer(item) ? Number(item.toString('latin1')) : Number(item);
  if (!Number.isFinite(value)) throw unexpected(item);
  return value;
}

function unexpected(item: unknown): PlatformError {
  return new PlatformError('STORE_MISCONFIGURED', `Redis: unexpected reply of type ${typeof item}`);
}
