import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  formatHelp,
  type LoadOptions,
  OPTIONS,
  parseCommandLine,
  readOptions,
  UsageError,
} from './options.ts';

const FILES: Readonly<Record<string, string>> = { 'rates.csv': '0 100\n10 200\n' };

function read(line: string): LoadOptions {
  const args = line === '' ? [] : line.split(' ');
  const readText = (path: string): string => {
    const text = FILES[path];
    if (text === undefined) throw new Error(`ENOENT: ${path}`);
    return text;
  };
  return readOptions(parseCommandLine(args), readText, 1000);
}

test('without options a run MUST go to what npm start listens on', () => {
  const options = read('');
  expect(options.targets).toEqual([{ transport: 'TCP', host: '127.0.0.1', port: 5060 }]);
  expect(options).toMatchObject({
    domain: 'localhost',
    users: 1000,
    senders: 1000,
    seconds: 30,
    workers: 1,
  });
});

test('the help MUST name every option', () => {
  const help = formatHelp();
  for (const [name] of Object.values(OPTIONS).flat()) expect(help).toContain(`--${name}`);
});

test('the page about load MUST name only options that there are', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/load.md'), 'utf8');
  const named = [...page.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)].map(([, name]) => name);
  const known = Object.values(OPTIONS).flatMap((rows) => rows.map(([name]) => name));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !known.includes(name ?? ''))).toEqual([]);
});

test('a rate file MUST set the duration', () => {
  expect(read('--rate-file rates.csv').seconds).toBe(20);
});

test('many messages or connections MUST get several processes', () => {
  expect(read('--rate 100..20000').workers).toBe(3);
  expect(read('--users 900 --devices 20 --workers 18').workers).toBe(18);
});

test.each([
  ['--rate fast', '--rate'],
  ['--users 0', '--users'],
  ['--users 10 --slow-readers 10', '--slow-readers'],
  ['--users 10 --senders 11', '--senders'],
  ['--target http://x', '--target'],
  ['--target tcp://127.0.0.1', '--target'],
  ['--allow nothing', '--allow'],
  ['--body 5', '--body'],
  ['--target udp://127.0.0.1:5060 --body 1200', 'RFC 3428 §8'],
  ['--storm 5', '--storm'],
  ['--storm 5:2', '--storm'],
  ['--rate-file none.csv', 'ENOENT'],
  ['--arrivals sometimes', '--arrivals'],
  ['--user-prefix a@b', '--user-prefix'],
  ['--users 5000 --workers 1', 'open files'],
  ['--users 2 --workers 3', '--workers'],
  ['--no-such-thing', 'no-such-thing'],
])('%s MUST be refused by a message with "%s"', (line, named) => {
  expect(() => read(line)).toThrow(UsageError);
  expect(() => read(line)).toThrow(named);
});
