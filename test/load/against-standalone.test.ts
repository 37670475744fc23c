// npm run load, as a person runs it, against a real standalone.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CertificateAuthority, freePorts } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from '../system/scene.ts';
import { INHERITED, type StandaloneProcess } from '../system/standalone-process.ts';
import type { Summary } from './report/summary.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const TOOL = join(import.meta.dirname, '../../tools/hermod.ts');

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

function run(file: string, args: readonly string[], env = {}, input = ''): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...INHERITED, ...env }, maxBuffer: 16_777_216 };
    const command = ['--conditions=source', file, ...args];
    const child = execFile(process.execPath, command, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

const load = (args: string): Promise<Ended> => run(MAIN, args.split(' '));

const scene = new Scene();
afterAll(() => scene.close());

function summaryAt(path: string): Summary {
  return JSON.parse(readFileSync(`${path}.json`, 'utf8'));
}

describe('against an open standalone', () => {
  let hermod: StandaloneProcess;
  let report: string;
  beforeAll(async () => {
    hermod = await scene.start();
    report = join(scene.directory(), 'sub', 'report');
  });

  test('a run with everything that goes wrong MUST lose, repeat and reorder nothing', async () => {
    const port = hermod.sipPort;
    const { code, stdout, stderr } = await load(
      `--target tcp://127.0.0.1:${port},udp://127.0.0.1:${port} --users 60 --devices 2 --rate 150..300 --duration 6 ` +
        `--warm-up 1 --away 0.1 --churn 5 --slow-readers 2 --abuse 5 --body 100:0.8,600:0.2 --workers 2 --report ${report}`,
    );
    expect(stderr + stdout).toContain('every invariant holds');
    expect(code).toBe(0);
    const { counts, totals, times, seconds, statuses, events } = summaryAt(report);
    expect(counts).toMatchObject({ lost200: 0, lost202: 0, stored: 0, unanswered: 0 });
    expect(counts.sent).toBeGreaterThan(1000);
    // Everything that was answered 2xx is there, those for users who were away included.
    expect(counts.accepted).toBeGreaterThan(50);
    expect(counts.received).toBe(counts.delivered + counts.accepted + counts.refusedYetReceived);
    expect(totals.copies).toBeGreaterThan(counts.received / 3);
    expect(totals.registered).toBeGreaterThan(60 * 2 + 6);
    expect(statuses[200]).toBe(counts.delivered);
    expect(times.success?.p50Ms).toBeGreaterThan(0);
    // One line for each second of warm-up and run, and the wait after it.
    expect(seconds.slice(0, 7).map(({ second }) => second)).toEqual([-1, 0, 1, 2, 3, 4, 5]);
    expect(stderr).toMatch(/ 5 s {2}due +\d+ {2}sent +\d+/);
    expect(events.map(({ text }) => text)).toContain('no more messages are sent');
    const page = readFileSync(`${report}.html`, 'utf8');
    expect(page).toContain('uPlot');
    expect(page).not.toMatch(/(?:src|href)="/);
  });

  test('devices that forget what they answer MUST end the run with 1, and be named', async () => {
    const { code, stdout } = await load(
      `--target tcp://127.0.0.1:${hermod.sipPort} --users 20 --rate 100 --duration 2 --warm-up 0 --forget 25 --user-prefix forget --report ${report}`,
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/BROKEN \(lost\): \d messages answered 200, and no device/);
    expect(stdout).toMatch(
      /lost: answered 200, due at \d\.\d+ s, Call-ID [\da-f]+-[\da-f]{8}@load, sip:forget\d+@/,
    );
    expect(summaryAt(report).verdict.holds).toBe(false);
  });

  test('an option that is wrong MUST end with 78, and a domain that is not served with 2', async () => {
    const wrong = await load('--users none');
    expect(wrong).toMatchObject({ code: 78, stdout: '' });
    expect(wrong.stderr).toContain('--users none: must be a whole number');
    const strange = await load(
      `--target tcp://127.0.0.1:${hermod.sipPort} --users 1 --domain other.example`,
    );
    expect(strange.code).toBe(2);
    expect(strange.stderr).toContain('see --domain');
  });

  test('Ctrl-C MUST end the sending, and still judge and report', async () => {
    const args = `--target tcp://127.0.0.1:${hermod.sipPort} --users 10 --rate 50 --duration 60 --warm-up 0 --user-prefix stop --report ${report}`;
    const command = ['--conditions=source', MAIN, ...args.split(' ')];
    const code = await new Promise<number | null>((resolve) => {
      const child = execFile(process.execPath, command, (error) => {
        resolve(error === null ? 0 : Number(error.code));
      });
      child.stderr?.on('data', (text: string) => {
        if (text.includes('  2 s  due')) child.kill('SIGINT');
      });
    });
    expect(code).toBe(0);
    const { wasStopped, counts } = summaryAt(report);
    expect(wasStopped).toBe(true);
    expect(counts.sent).toBeGreaterThan(100);
    expect(counts.received).toBe(counts.sent);
  });
});

test('users with passwords over TLS and UDP MUST prove themselves (RFC 3261 §22)', async () => {
  const authority = new CertificateAuthority();
  scene.onClose(() => authority.remove());
  const { certFile, keyFile } = authority.issue({
    altNames: ['URI:sip:localhost', 'IP:127.0.0.1'],
  });
  const [tlsPort = 0, udpPort = 0] = await freePorts(2);
  const directory = scene.directory();
  await scene.start(directory, {
    HERMOD_AUTH: 'digest',
    HERMOD_AUTH_NONCE_SEC: '10',
    HERMOD_SIP_LISTEN: `tls://127.0.0.1:${tlsPort},udp://127.0.0.1:${udpPort}`,
    HERMOD_TLS_CERT: certFile,
    HERMOD_TLS_KEY: keyFile,
  });
  const users = '--users 20 --password secret';
  const printed = await load(`${users} --print-users`);
  expect(printed.stdout).toContain('load19@localhost,secret\n');
  const tool = await run(TOOL, ['user', 'import'], { HERMOD_DATA_DIR: directory }, printed.stdout);
  expect(tool.code).toBe(0);

  const target = `--target tls://127.0.0.1:${tlsPort},udp://127.0.0.1:${udpPort} --tls-ca ${authority.ca.certFile}`;
  const path = join(directory, 'report');
  const rest = '--rate 60 --duration 12 --warm-up 0';
  const { code, stdout, stderr } = await load(`${target} ${users} ${rest} --report ${path}`);
  expect(stderr + stdout).toContain('every invariant holds');
  expect(code).toBe(0);
  const { counts, totals, command } = summaryAt(path);
  expect(counts.delivered).toBe(counts.sent);
  expect(totals.challenged).toBeGreaterThan(0);
  expect(command).not.toContain('secret');

  const without = await load(`${target} --users 2 --report none`);
  expect(without.code).toBe(2);
  expect(without.stderr).toContain('--password');
});
