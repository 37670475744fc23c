import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PositionFile } from './position-file.ts';

let path = '';
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'hermod-position-')), 'position');
});
afterEach(() => rmSync(join(path, '..'), { recursive: true }));

const reopened = (): unknown => {
  const file = new PositionFile(path);
  file.close();
  return file.position;
};

describe('PositionFile', () => {
  it('MUST begin at 0 and return the last position written', () => {
    expect(reopened()).toEqual({ next: 0, metadata: '', end: 0 });
    const file = new PositionFile(path);
    for (let n = 1; n <= 5; n += 1) file.write({ next: n, metadata: `m${n}`, end: 10 * n });
    file.close();
    expect(reopened()).toEqual({ next: 5, metadata: 'm5', end: 50 });
  });

  it('MUST return the position before when the last write was torn', () => {
    const file = new PositionFile(path);
    file.write({ next: 1, metadata: 'one', end: 1 });
    file.write({ next: 2, metadata: 'two', end: 2 });
    file.close();
    const bytes = readFileSync(path);
    const torn = bytes.indexOf('two');
    bytes[torn] = 0;
    writeFileSync(path, bytes);
    expect(reopened()).toEqual({ next: 1, metadata: 'one', end: 1 });
  });

  it('MUST NOT grow: on a full disk a commit is what makes room', () => {
    const file = new PositionFile(path);
    const before = statSync(path).size;
    for (let n = 0; n < 50; n += 1) file.write({ next: n, metadata: 'x'.repeat(4000), end: n });
    file.close();
    expect(statSync(path).size).toBe(before);
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(before);
  });
});
