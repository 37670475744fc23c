import { formatConfigTable } from '@hermod/platform';
import { describe, expect, test } from 'vitest';
import { missingDeclarations, missingTests, namedTests, readSource } from './pages.ts';

const PAGE = readSource('SECURITY.md');

describe('SECURITY.md', () => {
  test('every test that it names MUST exist', () => {
    expect(namedTests(PAGE).length).toBeGreaterThan(20);
    expect(missingTests(PAGE)).toEqual([]);
  });

  test('every declaration that it names MUST exist', () => {
    expect(missingDeclarations(PAGE)).toEqual([]);
  });

  test('every variable that opens or closes a door MUST be named', () => {
    const doors = formatConfigTable().matchAll(
      /`(HERMOD_\w*(?:AUTH|ALGORITHMS|TLS|TLS_\w+|PEERS|FROM|NETWORKS|SECRET|RATE|_LISTEN|SSL|PASSWORD))`/g,
    );
    const unnamed = [...doors].map(([, name = '']) => name).filter((name) => !PAGE.includes(name));
    expect(unnamed).toEqual([]);
  });

  test('each thing that a stranger must not do MUST have one test of its own', () => {
    const [, table = ''] = /\| must not \| tests \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(PAGE) ?? [];
    const rows = table.trimEnd().split('\n');
    expect(rows).toHaveLength(8);
    const each = rows.map((row) => namedTests(row).map(({ name }) => name));
    for (const names of each) expect(names).toHaveLength(1);
    expect(new Set(each.flat()).size).toBe(8);
  });
});
