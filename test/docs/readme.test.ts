import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatConfigTable } from '@hermod/platform';
import { expect, test } from 'vitest';
import { ROOT } from './pages.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

test("the README's configuration table MUST equal the one made from the schema", () => {
  const table = /<!-- config-table[^>]*-->\n([\s\S]*?)<!-- \/config-table -->/.exec(README);
  // To renew it: paste formatConfigTable() between the two comments.
  expect(table?.[1]).toBe(formatConfigTable());
});

const PAGES = [
  ...['README.md', 'SECURITY.md', 'bench/README.md', 'deploy/README.md'],
  ...[
    'chat',
    'conformance',
    'live-page',
    'load',
    'operations',
    'ordering-rules',
    'route-of-a-call',
    'route-of-a-message',
    'tracing',
  ].map((name) => `docs/${name}.md`),
  ...readdirSync(join(ROOT, 'docs/adr')).map((name) => `docs/adr/${name}`),
];

test.each(PAGES)('every file that %s links to MUST exist', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
  const missing = links.filter((link) => !existsSync(join(ROOT, dirname(page), link)));
  expect(missing).toEqual([]);
});

test.each(PAGES)('every variable that %s names MUST be one of the configuration', (page) => {
  const known = formatConfigTable();
  const named = readFileSync(join(ROOT, page), 'utf8').matchAll(/`(HERMOD_[A-Z_]+)[`=]/g);
  const unknown = [...named]
    .map((match) => match[1] ?? '')
    .filter((name) => !known.includes(`\`${name}\``));
  expect(unknown).toEqual([]);
});

test.each(PAGES)('every script that %s runs MUST exist', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const files = [...text.matchAll(/\b((?:bench|tools)\/[\w/-]+\.ts)\b/g)].map(
    (match) => match[1] ?? '',
  );
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('every npm script that the README names MUST exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const match of README.matchAll(/npm run ([a-z:]+)/g)) {
    expect(Object.keys(scripts)).toContain(match[1]);
  }
});
