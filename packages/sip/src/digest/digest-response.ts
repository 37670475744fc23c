// RFC 7616 §3.4.1–3.4.3: the request-digest and what it is made of.
import type { DigestCredentials } from './digest-credentials.ts';
import type { DigestAlgorithm, DigestHash } from './digest-hash.ts';

/** H(A1), which is all that is stored of a password.
 *  @param username latin1 text of the bytes on the wire (UTF-8)  @param password likewise  @returns lower-case hex */
export function digestHa1(
  hash: DigestHash,
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string {
  return hash.hashText(algorithm, `${username}:${realm}:${password}`);
}

/** The `response` that a request with these credentials must carry. Credentials without qop come to the value of RFC 2069.
 *  @param ha1 as {@link digestHa1}  @param body hashed for `auth-int` only */
export function digestResponse(
  hash: DigestHash,
  algorithm: DigestAlgorithm,
  ha1: string,
  method: string,
  credentials: DigestCredentials,
  body: Uint8Array,
): string {
  const { nonce, nc, cnonce, qop, uri } = credentials;
  const a2 =
    qop === 'auth-int' ? `${method}:${uri}:${hash.hashBytes(algorithm, body)}` : `${method}:${uri}`;
  const ha2 = hash.hashText(algorithm, a2);
  if (qop === undefined) return hash.hashText(algorithm, `${ha1}:${nonce}:${ha2}`);
  return hash.hashText(algorithm, `${ha1}:${nonce}:${nc ?? ''}:${cnonce ?? ''}:${qop}:${ha2}`);
}

/** Are the texts equal? Takes as long whatever they hold; only a difference in length shows. */
export function equalsInConstantTime(left: string, right: string): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i += 1) difference |= left.charCodeAt(i) ^ right.charCodeAt(i);
  return difference === 0;
}
