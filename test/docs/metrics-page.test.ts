import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './pages.ts';

/** Names of series of ours in a text, each between a pair of `quote`. */
function seriesIn(text: string, quote: string): readonly string[] {
  const names = text.matchAll(new RegExp(`${quote}((?:sip|im)_[a-z0-9_]+)${quote}`, 'g'));
  return [...new Set([...names].map((match) => match[1] ?? ''))].toSorted();
}

test('docs/operations.md MUST name every series of ours, and no other', () => {
  const sources = globSync(['services/*/src/**/*.ts', 'packages/platform/src/**/*.ts'], {
    cwd: ROOT,
  }).filter((file) => !file.endsWith('.test.ts'));
  const code = sources.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
  const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  expect(seriesIn(page, '`')).toEqual(seriesIn(code, "'"));
});
