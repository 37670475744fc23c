import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'this user may not write there'],
  ['EPERM', 'this user may not write there'],
  ['EROFS', 'the file system is read-only'],
  ['ENOTDIR', 'a file stands where a directory should be'],
  ['EEXIST', 'a file stands where a directory should be'],
  ['ENOENT', 'no directory can be made there'],
  ['ENOSPC', 'no space is left'],
  ['EDQUOT', 'no space is left'],
]);

/** Make a directory and those above it, unless they are there.
 *
 * Level by level: `mkdir` with `recursive` never returns where the kernel answers ENOENT although the directory above is there, as
 * under /proc (nodejs/node: mkdirp goes up and down for ever).
 *  @throws the system's error; EEXIST when something else has the name */
export function makeDirectory(path: string): void {
  const missing: string[] = [];
  let level = resolve(path);
  while (!isMade(level, true)) {
    missing.push(level);
    level = dirname(level);
  }
  for (let next = missing.pop(); next !== undefined; next = missing.pop()) isMade(next, false);
}

/** @returns false when what is above it is missing, which is an error unless that `mayBeMissing` */
function isMade(path: string, mayBeMissing: boolean): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && mayBeMissing && dirname(path) !== path) return false;
    // Whatever else `mkdir` says of a directory that is there (EEXIST, EROFS, EACCES): it is there.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true;
    throw error;
  }
}

/** Make a data directory that is not there, and see that it can be used.
 *  @param variable which names it, e.g. `HERMOD_DATA_DIR`
 *  @throws Error that says which directory, why in words, and what to change */
export function prepareDataDirectory(path: string, variable: string): void {
  try {
    makeDirectory(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw dataDirectoryError(error, path, variable);
  }
}

/** {@link prepareDataDirectory}'s error for the system's. */
export function dataDirectoryError(cause: unknown, path: string, variable: string): Error {
  const reason =
    REASONS.get(codeOf(cause)) ?? (cause instanceof Error ? cause.message : String(cause));
  return new Error(
    `cannot use the data directory ${path}: ${reason}; make it writable for this user, or name another one in ${variable}`,
    { cause },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
