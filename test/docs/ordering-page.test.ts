import { expect, test } from 'vitest';
import { missingTests, namedTests, readSource } from './pages.ts';

const PAGE = readSource('docs/ordering-rules.md');

test('every test that docs/ordering-rules.md names MUST exist', () => {
  expect(missingTests(PAGE)).toEqual([]);
});

test('each of the ten rules MUST name a test', () => {
  const rules = PAGE.split(/^## /m).filter((section) => /^\d+\./.test(section));
  expect(rules).toHaveLength(10);
  for (const rule of rules) expect(namedTests(rule).length).toBeGreaterThan(0);
});
