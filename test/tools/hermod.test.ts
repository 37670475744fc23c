import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const TOOL = join(import.meta.dirname, '../../tools/hermod.ts');
const run = promisify(execFile);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'hermod-tool-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function hermod(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = {
    PATH: process.env.PATH,
    HERMOD_DATA_DIR: directory,
    HERMOD_DOMAINS: 'example.com,example.net',
  };
  const flags = ['--conditions=source', TOOL, ...words];
  return run(process.execPath, flags, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error) => ({ code: error.code, out: error.stdout, err: error.stderr }),
  );
}

test('alone it MUST list its commands', async () => {
  const { code, out } = await hermod();
  expect(code).toBe(0);
  for (const verb of ['add', 'remove', 'list', 'show']) expect(out).toContain(`user ${verb}`);
});

test('MUST add, list, show and remove subscribers, aliases joined', async () => {
  const alice = 'sip:alice@example.com';
  expect((await hermod('user', 'add', 'alice@example.net')).out).toBe(`${alice} added\n`);
  expect((await hermod('user', 'add', alice)).out).toBe(`${alice} was there already\n`);
  expect((await hermod('user', 'list')).out).toBe(`${alice}\n`);
  const shown = (await hermod('user', 'show', alice)).out;
  expect(shown).toBe(`${alice}  provisioned\n  stored   0 messages\n`);
  expect((await hermod('user', 'remove', alice)).out).toBe(`${alice} removed\n`);
  expect((await hermod('user', 'list')).out).toBe('');
});

test.each([
  [['user', 'add', 'alice@elsewhere.org'], /elsewhere.org is none of HERMOD_DOMAINS/],
  [['user', 'add', 'x@y@z'], /is not an address/],
  [['user', 'add'], /which address/],
  [['user', 'list', 'alice@example.com'], /takes no address/],
  [['user', 'ad'], /no such command: user ad/],
  [['--nonsense'], /--nonsense/],
])('%s MUST be refused with exit 64 and the reason', async (words, reason) => {
  const { code, out, err } = await hermod(...words);
  expect(code).toBe(64);
  expect(err).toMatch(reason);
  expect(out).toBe('');
});
