import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/ordering-rules.md'), 'utf8');
const NAMED = /`([\w./-]+\.ts)` › ("[^"]+"(?:,\s+"[^"]+")*)/g;

/** Every test that the page names, with its file. */
function namedTests(): readonly { readonly file: string; readonly name: string }[] {
  return [...PAGE.matchAll(NAMED)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file, name })),
  );
}

test('every test that docs/ordering-rules.md names MUST exist', () => {
  const missing = namedTests().filter(
    ({ file, name }) => !readFileSync(join(ROOT, file), 'utf8').includes(name),
  );
  expect(missing).toEqual([]);
});

test('each of the ten rules MUST name a test', () => {
  const rules = PAGE.split(/^## /m).filter((section) => /^\d+\./.test(section));
  expect(rules).toHaveLength(10);
  for (const rule of rules) expect([...rule.matchAll(NAMED)].length).toBeGreaterThan(0);
});
