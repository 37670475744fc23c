import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProcessNotes } from '../../tools/cluster/leftovers.ts';

describe('what an earlier run of the cluster left behind', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hermod-notes-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('MUST be found while it runs', () => {
    new ProcessNotes(directory).add('edge-1', process.pid);
    expect(new ProcessNotes(directory).leftovers()).toMatchObject([
      { name: 'edge-1', pid: process.pid },
    ]);
  });

  test('MUST NOT be another process that got its number, nor one that has ended', () => {
    const notes = [
      { name: 'edge-1', pid: process.pid, command: 'another\0command' },
      { name: 'edge-2', pid: 2 ** 22 + 1, command: 'node' },
    ];
    writeFileSync(join(directory, 'processes.json'), JSON.stringify(notes));
    expect(new ProcessNotes(directory).leftovers()).toEqual([]);
    expect(new ProcessNotes(join(directory, 'new')).leftovers()).toEqual([]);
  });

  test('MUST be looked for by hand where the notes are damaged, and the error say so', () => {
    writeFileSync(join(directory, 'processes.json'), '[{"name":"kafka","pid');
    expect(() => new ProcessNotes(directory).leftovers()).toThrow(/processes\.json.*remove/);
  });
});
