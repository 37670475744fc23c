import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { forgetOldest, withoutBrackets } from '@hermod/sip';

/** How long an answer is believed; `dns.lookup` knows no TTL. */
const ANSWER_MS = 10_000;
const FAILURE_MS = 2_000;
/** `dns.lookup` occupies a thread of the pool that files and stores share, for as long as a dead resolver takes. */
const MAX_LOOKUPS = 2;
const MAX_WAITING = 256;
const MAX_NAMES = 4_096;

/** Asks the system for the first address of a name; undefined when there is none. Never rejects. */
export type LookupAddress = (host: string) => Promise<string | undefined>;

type Answer = { readonly address: string | undefined; readonly untilMs: number };

/** Host name → literal address: bounded, with a short memory, at most two look-ups at a time. */
export class NameResolver {
  readonly #lookup: LookupAddress;
  readonly #answers = new Map<string, Answer>();
  readonly #running = new Map<string, Promise<string | undefined>>();
  readonly #waiting: (() => void)[] = [];
  #lookups = 0;

  constructor(lookupAddress: LookupAddress = systemLookup) {
    this.#lookup = lookupAddress;
  }

  /** @returns a literal address, or undefined: no such name, or too many being looked up. Never rejects. */
  async resolve(hostText: string): Promise<string | undefined> {
    const host = withoutBrackets(hostText).toLowerCase();
    if (isIP(host) !== 0) return host;
    // RFC 2606 §2, RFC 7118 §5: `.invalid` names a device without an address; there is nothing to look up.
    if (host === '' || host.endsWith('.invalid')) return undefined;
    const known = this.#answers.get(host);
    if (known !== undefined && known.untilMs > performance.now()) return known.address;
    const running = this.#running.get(host);
    if (running !== undefined) return running;
    if (this.#lookups >= MAX_LOOKUPS && this.#waiting.length >= MAX_WAITING) return undefined;
    const asked = this.#ask(host);
    this.#running.set(host, asked);
    return asked;
  }

  async #ask(host: string): Promise<string | undefined> {
    if (this.#lookups < MAX_LOOKUPS) this.#lookups++;
    else {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    const address = await this.#lookup(host);
    // The place is handed on, not given up, while somebody waits for it.
    const next = this.#waiting.shift();
    if (next === undefined) this.#lookups--;
    else next();
    this.#running.delete(host);
    this.#remember(host, address);
    return address;
  }

  #remember(host: string, address: string | undefined): void {
    const answers = this.#answers;
    answers.delete(host);
    if (answers.size >= MAX_NAMES) forgetOldest(answers);
    const keepMs = address === undefined ? FAILURE_MS : ANSWER_MS;
    answers.set(host, { address, untilMs: performance.now() + keepMs });
  }
}

function systemLookup(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    lookup(host, (error, address) => resolve(error === null ? address : undefined));
  });
}
