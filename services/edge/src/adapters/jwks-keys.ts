import { readFile } from 'node:fs/promises';
import { PlatformError } from '@hermod/contracts';
import { monotonicMs } from '@hermod/platform';
import { createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from 'jose';

/** A set has a handful of keys: more octets are none. */
const MAX_BYTES = 262_144;
/** Shorter than the time that a WebSocket may take to be upgraded. */
const TIMEOUT_MS = 3_000;
/** A key that the server has withdrawn, or a file without it, counts this soon. */
const URL_REFRESH_MS = 600_000;
const FILE_REFRESH_MS = 10_000;
/** Tokens of unknown keys, which anybody can make, cause no more than one look in this time. */
const COOL_DOWN_MS = 30_000;
/** The same where there are no keys at all yet. */
const RETRY_MS = 5_000;
/** Of base64url, for the 2048 bits that RS256 needs (RFC 7518 §3.3). */
const MIN_MODULUS_CHARS = 341;

/** Who is told of keys that are new, or cannot be had. */
export type KeyLog = Readonly<
  Record<'info' | 'error', (fields: Readonly<Record<string, unknown>>, message: string) => void>
>;

const URL_FORM = /^https?:\/\//;

/** The public keys of an authorization server (RFC 7517), from a file or a URL, and kept as they change. What cannot be read is logged once, and
 *  changes nothing: the old keys stay. */
export class JwksKeys {
  readonly #source: string;
  readonly #logger: KeyLog;
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #count = 0;
  /** What the keys are from. */
  #text = '';
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #failure: unknown;
  #complaint = '';
  #timer: NodeJS.Timeout | undefined;

  /** @param source path or URL */
  constructor(source: string, logger: KeyLog) {
    this.#source = source;
    this.#logger = logger;
  }

  /** Keys at hand: a gauge. 0: none could be had yet. */
  get count(): number {
    return this.#count;
  }

  /** Else a URL, which may be away for a while. */
  get isFile(): boolean {
    return !URL_FORM.test(this.#source);
  }

  /** What was wrong at the last look; undefined: nothing. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Looks for the first time; then again and again. Resolves also when there are no keys yet. */
  async start(): Promise<void> {
    const refreshMs = this.isFile ? FILE_REFRESH_MS : URL_REFRESH_MS;
    this.#timer = setInterval(() => void this.refresh(), refreshMs).unref();
    await this.refresh();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks whether the keys are others now. Never rejects. */
  refresh(): Promise<void> {
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** The key that a token says it is signed with. Rejects with an error of `jose` when there is none, with a PlatformError when that
   *  cannot be known now. */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    if (this.#keys === undefined) await this.#refreshAfter(RETRY_MS);
    if (this.#keys === undefined) throw this.#unavailable();
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // It may be younger than what we have.
      await this.#refreshAfter(COOL_DOWN_MS);
      if (this.#failure !== undefined) throw this.#unavailable();
      return await this.#keys(header, token);
    }
  };

  async #refreshAfter(pauseMs: number): Promise<void> {
    if (this.#reading !== undefined || monotonicMs() - this.#triedAtMs >= pauseMs) {
      await this.refresh();
    }
  }

  #unavailable(): PlatformError {
    return new PlatformError('KEYS_UNAVAILABLE', `no keys from ${this.#source}`, this.#failure);
  }

  async #refresh(): Promise<void> {
    this.#triedAtMs = monotonicMs();
    try {
      const text = await (this.isFile ? readFile(this.#source, 'utf8') : this.#fetch());
      this.#failure = undefined;
      this.#complaint = '';
      if (text === this.#text) return;
      const keys = publicKeysIn(text);
      this.#keys = createLocalJWKSet({ keys });
      this.#count = keys.length;
      this.#text = text;
      this.#logger.info({ source: this.#source, keys: keys.length }, 'keys of access tokens');
    } catch (error) {
      this.#failure = error;
      const complaint = error instanceof Error ? error.message : String(error);
      if (complaint === this.#complaint) return;
      this.#complaint = complaint;
      const message =
        this.#keys === undefined ? 'no access token can be verified' : 'the old keys stay';
      this.#logger.error(
        { source: this.#source, err: error },
        `no keys of access tokens: ${message}`,
      );
    }
  }

  /** @throws Error when there is no answer in time, or not the one that was asked for */
  async #fetch(): Promise<string> {
    const { body, status } = await fetch(this.#source, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (status !== 200 || body === null) {
      await body?.cancel();
      throw new Error(`status ${status}`);
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      // Leaving the loop cancels the rest.
      if (bytes > MAX_BYTES) throw new Error('the answer is too long');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  }
}

/** The keys of a set that signatures can be verified with: neither secrets nor private ones.  @throws Error when there are none */
export function publicKeysIn(text: string): JWK[] {
  const set: unknown = JSON.parse(text);
  const keys = isRecord(set) && Array.isArray(set.keys) ? set.keys : [];
  const usable = keys.filter(isPublicKey);
  if (usable.length === 0) throw new Error('it is no set of public keys (RFC 7517)');
  return usable;
}

function isPublicKey(key: unknown): key is JWK {
  if (!isRecord(key) || 'd' in key) return false;
  const { kty, n, use = 'sig' } = key;
  if (use !== 'sig') return false;
  if (kty === 'RSA') return typeof n === 'string' && n.length >= MIN_MODULUS_CHARS;
  return kty === 'EC' || kty === 'OKP';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
