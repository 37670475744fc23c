import {
  type Credential,
  type CredentialStore,
  decodeCredential,
  encodeCredential,
} from '@hermod/contracts';
import { RecentMap } from './recent-map.ts';

/** How long a password that was changed, or a user who was added or removed, may go unnoticed. */
export const CREDENTIAL_TTL_MS = 30_000;
/** Users held at once: far more than may be waited for, so that what a read brought is still there when its request runs again. */
const MAX_CREDENTIALS = 50_000;

/** What stands in for the credential of a user who has none: it takes part in everything, and fits nothing. */
const NOBODY: Credential = { byUser: {}, byAddress: {} };
/** Takes the place of a hash that is not stored, so that its absence costs as much as its presence. */
export const NO_HA1 = {
  'SHA-512-256': '0'.repeat(64),
  'SHA-256': '0'.repeat(64),
  MD5: '0'.repeat(32),
};
const AS_STORED = encodeCredential({ byUser: NO_HA1, byAddress: NO_HA1 });

/** The 5 µs that decoding takes would tell, too. */
function nobody(): Credential {
  return decodeCredential(AS_STORED) && NOBODY;
}

type Cached = { readonly credential: Credential; readonly loadedAtMs: number };

/** Credentials at hand, users without any included: what an unknown user costs must not differ from what a known one does. */
export class CredentialCache {
  readonly #store: Pick<CredentialStore, 'readCredential'>;
  readonly #cached = new RecentMap<Cached>(MAX_CREDENTIALS);
  readonly #lookups = new Map<string, Promise<void>>();

  constructor(store: Pick<CredentialStore, 'readCredential'>) {
    this.#store = store;
  }

  /** Users held: a gauge. */
  get size(): number {
    return this.#cached.size;
  }

  /** @returns undefined when {@link load} has to come first */
  get(aor: string, nowMs: number): Credential | undefined {
    const cached = this.#cached.get(aor);
    const isFresh = cached !== undefined && nowMs - cached.loadedAtMs < CREDENTIAL_TTL_MS;
    return isFresh ? cached.credential : undefined;
  }

  /** Reads the store, once for all who ask at the same time; they go on in the order in which they asked.
   *  Rejects with a PlatformError when the store does not answer. The caller bounds how many wait. */
  load(aor: string, nowMs: number): Promise<void> {
    const known = this.#lookups.get(aor);
    if (known !== undefined) return known;
    const lookup = this.#read(aor, nowMs);
    this.#lookups.set(aor, lookup);
    return lookup;
  }

  async #read(aor: string, nowMs: number): Promise<void> {
    try {
      const credential = (await this.#store.readCredential(aor)) ?? nobody();
      this.#cached.set(aor, { credential, loadedAtMs: nowMs });
    } finally {
      this.#lookups.delete(aor);
    }
  }
}
