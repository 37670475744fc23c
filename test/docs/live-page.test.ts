import { expect, test } from 'vitest';
import { readSource } from './pages.ts';

test('every series of ours that the live page reads MUST be one of docs/operations.md', () => {
  const script = readSource('packages/platform/src/live-page/panels.js');
  const page = readSource('docs/operations.md');
  const read = [...script.matchAll(/'((?:sip|im)_[a-z_]+)'/g)].map(([, name = '']) => name);
  expect(read.length).toBeGreaterThan(40);
  expect(read.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
