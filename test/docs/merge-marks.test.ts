import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT, readSource } from './pages.ts';

test('no page MUST hold what a merge left behind', () => {
  const pages = globSync('**/*.md', { cwd: ROOT, exclude: ['**/node_modules/**', 'data/**'] });
  expect(pages.length).toBeGreaterThan(40);
  expect(pages.filter((page) => /^(<{7}|={7}|>{7})( |$)/m.test(readSource(page)))).toEqual([]);
});
