import { DIGEST_ALGORITHMS, type DigestHash, digestHa1, unescapeUser } from '@hermod/sip';
import type { Credential } from './ports.ts';

/** What is stored for a password: its hashes with every algorithm, for both forms of the user name.
 *  @param aor canonical  @param realm of the edges that will ask  @param password latin1 text of its UTF-8 bytes */
export function makeCredential(
  aor: string,
  realm: string,
  password: string,
  hash: DigestHash,
): Credential {
  const at = aor.lastIndexOf('@');
  const user = unescapeUser(aor.slice(aor.indexOf(':') + 1, at));
  const hashesOf = (username: string) =>
    Object.fromEntries(
      DIGEST_ALGORITHMS.map((algorithm) => [
        algorithm,
        digestHa1(hash, algorithm, username, realm, password),
      ]),
    );
  return { byUser: hashesOf(user), byAddress: hashesOf(`${user}${aor.slice(at)}`) };
}
