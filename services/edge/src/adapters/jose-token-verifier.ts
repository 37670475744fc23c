import { PlatformError } from '@hermod/contracts';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { TokenVerifier, VerifiedToken } from '../ports.ts';
import type { JwksKeys } from './jwks-keys.ts';

/** Which access tokens are for us. */
export type TokenRules = {
  /** `iss`, letter by letter. */
  readonly issuer: string;
  /** One of `aud`. */
  readonly audience: string;
  /** The claim that holds the user. */
  readonly claim: string;
  /** Words that have to be in `scope`; undefined: none. */
  readonly scope: string | undefined;
};

/** Signatures by keys of which only one half is told: with a secret, whoever verifies could make tokens, too (RFC 8725 §3.1, §3.2). */
const ALGORITHMS: string[] = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];
/** What the clocks of the authorization server and ours may differ by. */
const LEEWAY_SEC = 10;

/** Verifies access tokens that are signed JWTs (RFC 7519, RFC 9068). */
export class JoseTokenVerifier implements TokenVerifier {
  readonly #keys: Pick<JwksKeys, 'keyOf' | 'count'>;
  readonly #rules: TokenRules;

  constructor(keys: Pick<JwksKeys, 'keyOf' | 'count'>, rules: TokenRules) {
    this.#keys = keys;
    this.#rules = rules;
  }

  get keys(): number {
    return this.#keys.count;
  }

  async verify(token: string, nowMs: number): Promise<VerifiedToken> {
    const { issuer, audience } = this.#rules;
    try {
      const { payload } = await jwtVerify(token, this.#keys.keyOf, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: LEEWAY_SEC,
        currentDate: new Date(nowMs),
      });
      return this.#read(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { ok: false, fault: 'expired' };
      if (error instanceof errors.JOSEError) return { ok: false, fault: 'wrong' };
      if (error instanceof PlatformError) throw error;
      throw new PlatformError('KEYS_UNAVAILABLE', 'a key of access tokens cannot be used', error);
    }
  }

  #read(payload: JWTPayload): VerifiedToken {
    const { claim, scope } = this.#rules;
    const { exp } = payload;
    const user = payload[claim];
    // What is no Unicode would be mended, and two names be one.
    if (typeof user !== 'string' || !user.isWellFormed() || exp === undefined) {
      return { ok: false, fault: 'wrong' };
    }
    const allowed = typeof payload.scope === 'string' ? payload.scope.split(' ') : [];
    if (scope?.split(' ').every((word) => allowed.includes(word)) === false) {
      return { ok: false, fault: 'scope' };
    }
    const expiresAtMs = (exp + LEEWAY_SEC) * 1000;
    return { ok: true, user: Buffer.from(user).toString('latin1'), expiresAtMs };
  }
}
