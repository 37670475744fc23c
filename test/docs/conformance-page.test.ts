import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TORTURE_VERDICTS } from '../conformance/rfc4475-verdicts.ts';
import { missingTests, namedTests, ROOT, readSource } from './pages.ts';

const PAGE = readSource('docs/conformance.md');

/** A rule of the tables: its text, verdict and tests. */
type Rule = { readonly rule: string; readonly verdict: string; readonly tests: string };

function sections(): readonly string[] {
  return PAGE.split(/^## /m).slice(1);
}

function rulesOf(section: string): Rule[] {
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| rule '))
    .map((line) => line.split(/ \| ?/).map((cell) => cell.replace(/^\| /, '').replace(/ ?\|$/, '')))
    .map(([rule = '', verdict = '', tests = '']) => ({ rule, verdict, tests }));
}

const RULES = sections()
  .filter((section) => section.includes('| rule | verdict | tests |'))
  .flatMap(rulesOf);

test('every test that docs/conformance.md names MUST exist', () => {
  expect(missingTests(PAGE)).toEqual([]);
});

test('docs/conformance.md MUST have a table for each of SIP 1 to 13 and pager mode 2 to 8', () => {
  const titles = sections().map((section) => section.split(':')[0]);
  for (let n = 1; n <= 13; n += 1) expect(titles).toContain(`SIP ${n}`);
  for (let n = 2; n <= 8; n += 1) expect(titles).toContain(`Pager mode ${n}`);
  expect(RULES.length).toBeGreaterThan(150);
});

describe('a rule of docs/conformance.md', () => {
  test('that is met MUST name a test', () => {
    const unproved = RULES.filter(
      ({ verdict, tests }) => verdict.startsWith('met') && namedTests(tests).length === 0,
    );
    expect(unproved).toEqual([]);
  });

  test('that is not kept on purpose MUST link to an ADR that exists, and name a test', () => {
    for (const { rule, verdict, tests } of RULES) {
      if (!verdict.startsWith('deviation')) continue;
      const [, page = ''] = /\]\((adr\/[\w-]+\.md)\)/.exec(verdict) ?? [];
      expect(page !== '' && existsSync(join(ROOT, 'docs', page)), rule).toBe(true);
      expect(namedTests(tests).length, rule).toBeGreaterThan(0);
    }
  });

  test('MUST have one of the three verdicts, and a reason where it is not met', () => {
    const odd = RULES.filter(
      ({ verdict }) => !/^(met($|[ ,;:])|deviation: \S|n\/a: \S)/.test(verdict),
    );
    expect(odd).toEqual([]);
  });
});

test('its table of RFC 4475 MUST be what test/conformance/rfc4475.test.ts expects', () => {
  const table = sections().find((section) => section.startsWith('RFC 4475')) ?? '';
  const rows = [...table.matchAll(/^\| (\w+) \| §([\d.]+) \| (\w+) \| ([^|]*) \|/gm)].map(
    ([, name, section, answer, stream]) => [name, section, answer, (stream ?? '').trim()],
  );
  const streams = {
    waits: 'waits, then closes',
    'answered and closed': '400, closes',
    closed: 'closes',
  } as const;
  const expected = Object.entries(TORTURE_VERDICTS).map(([name, { section, status, stream }]) => [
    name,
    section,
    String(status),
    stream === undefined ? '' : streams[stream],
  ]);
  expect(rows).toEqual(expected);
});
