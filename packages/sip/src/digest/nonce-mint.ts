import type { IdSource } from '../clock.ts';
import type { Mac } from './digest-hash.ts';
import { equalsInConstantTime } from './digest-response.ts';

/** Characters of a nonce that is looked at; ours have about 50. */
const MAX_NONCE_CHARS = 128;
const RADIX = 36;

/**
 * Issues nonces and knows its own again, without keeping any: `time.random.mac`. The MAC covers the address a challenge went to, so
 * who presents a nonce from there has received it there.
 * @see RFC 7616 §3.3, §5.4
 */
export class NonceMint {
  readonly #ids: IdSource;
  readonly #mac: Mac;
  readonly #lifetimeMs: number;

  /** @param lifetimeMs how long a nonce is good after it was issued */
  constructor(ids: IdSource, mac: Mac, lifetimeMs: number) {
    this.#ids = ids;
    this.#mac = mac;
    this.#lifetimeMs = lifetimeMs;
  }

  /** @param source address of the client; no port: a NAT may change that any time */
  issue(source: string, nowMs: number): string {
    const stem = `${nowMs.toString(RADIX)}.${this.#ids.token()}`;
    return `${stem}.${this.#mac.mac(`${stem}.${source}`)}`;
  }

  /** When it was issued, epoch ms; undefined when it has expired, or was not issued here and to that source. */
  issuedAt(nonce: string, source: string, nowMs: number): number | undefined {
    if (nonce.length > MAX_NONCE_CHARS) return undefined;
    const stemEnd = nonce.lastIndexOf('.');
    const timeEnd = nonce.indexOf('.');
    if (timeEnd <= 0 || timeEnd === stemEnd) return undefined;
    const issuedAtMs = Number.parseInt(nonce.slice(0, timeEnd), RADIX);
    // Before the MAC, which is what costs. A clock that was set back makes no nonce live longer.
    if (!(issuedAtMs <= nowMs && nowMs - issuedAtMs < this.#lifetimeMs)) return undefined;
    const mac = this.#mac.mac(`${nonce.slice(0, stemEnd)}.${source}`);
    return equalsInConstantTime(nonce.slice(stemEnd + 1), mac) ? issuedAtMs : undefined;
  }
}
