import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { dataDirectoryError } from './data-directory.ts';

const SECRET_BYTES = 32;
const SECRET = /^[\w-]{43}$/;

/** A random secret that is kept in a file, for this user's eyes alone; made when there is none.
 *  @param path in a directory that is there  @param variable which names the directory, e.g. `HERMOD_DATA_DIR`
 *  @throws Error that says which directory, why in words, and what to change */
export function keptSecret(path: string, variable: string): string {
  try {
    const kept = readOptional(path);
    if (kept !== undefined && SECRET.test(kept)) return kept;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    // Whole or not at all.
    const draft = `${path}.new`;
    writeFileSync(draft, secret, { mode: 0o600 });
    renameSync(draft, path);
    return secret;
  } catch (error) {
    throw dataDirectoryError(error, dirname(path), variable);
  }
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
