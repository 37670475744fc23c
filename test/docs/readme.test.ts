import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatConfigTable } from '@hermod/platform';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

test("the README's configuration table MUST equal the one made from the schema", () => {
  const table = /<!-- config-table[^>]*-->\n([\s\S]*?)<!-- \/config-table -->/.exec(README);
  // To renew it: paste formatConfigTable() between the two comments.
  expect(table?.[1]).toBe(formatConfigTable());
});

const PAGES = [
  'README.md',
  ...['operations', 'ordering-rules', 'route-of-a-message'].map((name) => `docs/${name}.md`),
  ...readdirSync(join(ROOT, 'docs/adr')).map((name) => `docs/adr/${name}`),
];

test.each(PAGES)('every file that %s links to MUST exist', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
  const missing = links.filter((link) => !existsSync(join(ROOT, dirname(page), link)));
  expect(missing).toEqual([]);
});

test('every npm script that the README names MUST exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const match of README.matchAll(/npm run ([a-z:]+)/g)) {
    expect(Object.keys(scripts)).toContain(match[1]);
  }
});
