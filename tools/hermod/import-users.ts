import { type Credential, makeCredential } from '@hermod/contracts';
import { nodeDigestHash } from '@hermod/platform';
import { type DigestAlgorithm, parseDigestAlgorithm } from '@hermod/sip';
import { UsageError } from './usage-error.ts';

const HEX_CHARS: Readonly<Record<DigestAlgorithm, number>> = {
  'SHA-512-256': 64,
  'SHA-256': 64,
  MD5: 32,
};
const HA1 = /^\{([A-Za-z0-9-]+)\}([0-9A-Fa-f]+)$/;

/** The latin1 text of a password's bytes, as digest hashes want it (RFC 7616 §4: UTF-8, normalised). */
export function passwordBytes(password: string): string {
  return Buffer.from(password.normalize('NFC'), 'utf8').toString('latin1');
}

/**
 * Users from lines of `address,password` or `address,{SHA-256}HA1`, where the HA1 is that of `user:realm:password`; several HA1 lines of
 * one address add up. Empty lines and those with `#` first are skipped.
 *
 * @param aorOf throws for what is no address of ours
 * @throws UsageError that names the line, and never repeats what may be a password
 */
export function parseUserLines(
  text: string,
  realm: string,
  aorOf: (address: string) => string,
): Map<string, Credential> {
  const users = new Map<string, Credential>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fault = (what: string) => new UsageError(`line ${index + 1}: ${what}`);
    const comma = line.indexOf(',');
    if (comma < 0) throw fault('is not address,password');
    let aor: string;
    try {
      aor = aorOf(line.slice(0, comma).trim());
    } catch (error) {
      throw fault(error instanceof Error ? error.message : 'is not an address');
    }
    const secret = line.slice(comma + 1);
    if (secret === '') throw fault('has no password');
    const [, name, hex] = HA1.exec(secret) ?? [];
    if (name === undefined || hex === undefined) {
      users.set(aor, makeCredential(aor, realm, passwordBytes(secret), nodeDigestHash));
      continue;
    }
    const algorithm = parseDigestAlgorithm(name);
    if (algorithm === undefined || hex.length !== HEX_CHARS[algorithm]) {
      throw fault(`has no HA1 that ${name} makes`);
    }
    const before = users.get(aor)?.byUser;
    users.set(aor, { byUser: { ...before, [algorithm]: hex.toLowerCase() }, byAddress: {} });
  }
  return users;
}
