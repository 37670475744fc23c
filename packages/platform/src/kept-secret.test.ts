import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keptSecret } from './kept-secret.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hermod-secret-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('keptSecret', () => {
  test('MUST stay the same, and be readable for its owner alone', () => {
    const path = join(directory, 'key');
    const secret = keptSecret(path, 'HERMOD_DATA_DIR');
    expect(secret).toHaveLength(43);
    expect(keptSecret(path, 'HERMOD_DATA_DIR')).toBe(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(keptSecret(join(directory, 'other'), 'HERMOD_DATA_DIR')).not.toBe(secret);
  });

  test('MUST NOT take what is no secret', () => {
    const path = join(directory, 'key');
    writeFileSync(path, '');
    expect(keptSecret(path, 'HERMOD_DATA_DIR')).toHaveLength(43);
  });

  test('MUST name directory, cause and remedy when it cannot be kept', () => {
    const path = join(directory, 'missing', 'key');
    expect(() => keptSecret(path, 'HERMOD_DATA_DIR')).toThrow(
      /missing.*no directory.*HERMOD_DATA_DIR/,
    );
  });
});
