import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { INHERITED } from '../system/standalone-process.ts';

const TOOL = join(import.meta.dirname, '../../tools/hermod.ts');
const run = promisify(execFile);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'hermod-tool-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Ended = { code: number; out: string; err: string };

function hermod(...words: string[]): Promise<Ended> {
  return hermodReading('', ...words);
}

async function hermodReading(input: string, ...words: string[]): Promise<Ended> {
  const env = {
    ...INHERITED,
    HERMOD_DATA_DIR: directory,
    HERMOD_DOMAINS: 'example.com,example.net',
  };
  const flags = ['--conditions=source', TOOL, ...words];
  const running = run(process.execPath, flags, { env });
  running.child.stdin?.end(input);
  return running.then(
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

const DAVE = 'sip:dave@example.com';
const PASSWORD_LINE = '  password SHA-512-256, SHA-256, MD5\n';

test('MUST set passwords from standard input, one a line, and show that they are there, not what they are', async () => {
  const added = await hermodReading(
    "dave's\nerin's\n",
    'user',
    'add',
    '--password',
    DAVE,
    'erin@example.com',
  );
  expect(added).toMatchObject({ code: 0, err: '' });
  expect((await hermod('user', 'show', DAVE)).out).toContain(PASSWORD_LINE);
  const changed = await hermodReading('another\n', 'user', 'passwd', DAVE);
  expect(changed.out).toBe(`${DAVE} has a new password\n`);
  await hermod('user', 'remove', DAVE);
  expect((await hermod('user', 'show', DAVE)).out).not.toContain('password');
});

test.each([
  [
    'for somebody who is not there',
    'x\n',
    ['user', 'passwd', 'nobody@example.com'],
    /not provisioned: user add --password nobody@example.com/,
  ],
  [
    'when there is none',
    '',
    ['user', 'add', '--password', 'frank@example.com'],
    /no password for sip:frank/,
  ],
])('MUST refuse a password %s', async (_, input, words, reason) => {
  const { code, err } = await hermodReading(input, ...words);
  expect(code).toBe(64);
  expect(err).toMatch(reason);
  expect((await hermod('user', 'list')).out).not.toContain('frank');
});

test('MUST import addresses with passwords or HA1s', async () => {
  const lines = [
    '# address,password',
    '',
    'gina@example.com,a password, with a comma',
    `hugo@example.net,{MD5}${'A1'.repeat(16)}`,
    `hugo@example.com,{sha-256}${'b2'.repeat(32)}`,
  ];
  const imported = await hermodReading(lines.join('\r\n'), 'user', 'import');
  expect(imported.out).toBe('2 users imported\n');
  expect((await hermod('user', 'show', 'gina@example.com')).out).toContain(PASSWORD_LINE);
  const hugo = (await hermod('user', 'show', 'hugo@example.com')).out;
  expect(hugo).toContain('  provisioned\n  password MD5, SHA-256\n');
});

test.each([
  ['ivan@example.com', /line 2: is not address,password/],
  ['ivan@elsewhere.org,hunter2', /line 2: .*none of HERMOD_DOMAINS/],
  ['ivan@example.com,', /line 2: has no password/],
  ['ivan@example.com,{MD5}abc', /line 2: has no HA1 that MD5 makes/],
])(
  'MUST import nothing when a line is wrong, and name it, not the password: %s',
  async (line, reason) => {
    const { code, err } = await hermodReading(
      `jane@example.com,x\n${line}\n`,
      'user',
      'import',
      '-',
    );
    expect(code).toBe(64);
    expect(err).toMatch(reason);
    expect(err).not.toContain('hunter2');
    expect((await hermod('user', 'list')).out).not.toContain('jane');
  },
);
