import { parseDigestAlgorithm } from '@hermod/sip';
import type { Credential, Ha1ByAlgorithm } from './ports.ts';

// One line per hash: form of the user name, algorithm, H(A1).
const BY_USER = 'user';
const BY_ADDRESS = 'address';
const LINE = /^(user|address) (\S+) ([0-9a-f]{32,128})$/;

/** A credential as text, for the stores. */
export function encodeCredential(credential: Credential): string {
  return [
    ...linesOf(BY_USER, credential.byUser),
    ...linesOf(BY_ADDRESS, credential.byAddress),
  ].join('\n');
}

function linesOf(form: string, hashes: Ha1ByAlgorithm): string[] {
  return Object.entries(hashes).map(([algorithm, ha1]) => `${form} ${algorithm} ${ha1}`);
}

/** The inverse of {@link encodeCredential}. Lines that cannot be read are left out: an algorithm of a later version, say. */
export function decodeCredential(text: string): Credential {
  const hashes: Record<string, Record<string, string>> = { [BY_USER]: {}, [BY_ADDRESS]: {} };
  for (const line of text.split('\n')) {
    const [, form = '', name = '', ha1 = ''] = LINE.exec(line) ?? [];
    const algorithm = name === '' ? undefined : parseDigestAlgorithm(name);
    const into = hashes[form];
    if (algorithm !== undefined && into !== undefined) into[algorithm] = ha1;
  }
  return { byUser: hashes[BY_USER] ?? {}, byAddress: hashes[BY_ADDRESS] ?? {} };
}
