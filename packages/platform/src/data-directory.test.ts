import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dataDirectoryError, makeDirectory, prepareDataDirectory } from './data-directory.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hermod-directory-'));
});
afterEach(() => {
  chmodSync(root, 0o700);
  rmSync(root, { recursive: true, force: true });
});

describe('makeDirectory', () => {
  test('MUST make every level, and leave what is there', () => {
    const path = join(root, 'a', 'b', 'c');
    makeDirectory(path);
    writeFileSync(join(path, 'kept'), '');
    makeDirectory(path);
    makeDirectory(`${path}/`);
    makeDirectory('/');
    expect(statSync(join(path, 'kept')).isFile()).toBe(true);
  });

  test('MUST take a link to a directory', () => {
    mkdirSync(join(root, 'real'));
    symlinkSync(join(root, 'real'), join(root, 'link'));
    makeDirectory(join(root, 'link', 'a'));
    expect(statSync(join(root, 'real', 'a')).isDirectory()).toBe(true);
  });

  // Node's own `recursive` never returns from these.
  test.each(['/proc/hermod', '/proc/hermod/a/b'])(
    'MUST fail where nothing can be made: %s',
    (path) => {
      expect(() => makeDirectory(path)).toThrow(/ENOENT/);
    },
  );

  test('MUST fail on a file, and below one', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => makeDirectory(join(root, 'file'))).toThrow(/EEXIST/);
    expect(() => makeDirectory(join(root, 'file', 'a'))).toThrow(/ENOTDIR/);
  });
});

describe('prepareDataDirectory', () => {
  test('MUST say which directory, why, and which variable to change', () => {
    writeFileSync(join(root, 'file'), '');
    for (const [path, reason] of [
      [join(root, 'file'), 'a file stands where a directory should be'],
      [join(root, 'file', 'data'), 'a file stands where a directory should be'],
      ['/proc/hermod', 'no directory can be made there'],
    ] as const) {
      expect(() => prepareDataDirectory(path, 'HERMOD_DATA_DIR')).toThrow(
        `cannot use the data directory ${path}: ${reason}; make it writable for this user, or name another one in HERMOD_DATA_DIR`,
      );
    }
  });

  test.skipIf(process.getuid?.() === 0)('MUST refuse what this user may not write', () => {
    chmodSync(root, 0o500);
    expect(() => prepareDataDirectory(root, 'X')).toThrow('this user may not write there');
    expect(() => prepareDataDirectory(join(root, 'a'), 'X')).toThrow('this user may not write');
  });

  test('MUST name the cause of a refusal by the system', () => {
    const denied = Object.assign(new Error('EACCES: x'), { code: 'EACCES' });
    const error = dataDirectoryError(denied, '/d', 'HERMOD_DATA_DIR');
    expect(error.message).toContain('/d: this user may not write there');
    expect(error.cause).toBe(denied);
    expect(dataDirectoryError(new Error('odd'), '/d', 'V').message).toContain('/d: odd;');
  });
});
