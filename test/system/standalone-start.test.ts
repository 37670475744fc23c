import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sctpFault } from '@hermod/sctp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';
import { runStandalone, StandaloneProcess } from './standalone-process.ts';

const OPERATIONS = fileURLToPath(new URL('../../docs/operations.md', import.meta.url));

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

describe('the standalone', () => {
  test('MUST be ready on an empty directory, deliver with 200, store with 202, and exit 0', async () => {
    const directory = scene.directory();
    const standalone = await scene.start(directory);
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const bob = await scene.tcp(standalone.sipPort, 'bob');
    expect((await bob.register()).status).toBe(200);
    expect((await alice.request('MESSAGE', bob.aor, { body: 'to bob' })).status).toBe(200);
    expect(bob.texts).toEqual(['to bob']);
    expect((await alice.request('MESSAGE', 'sip:carol@localhost', { body: 'x' })).status).toBe(202);
    expect((await standalone.stop()).code).toBe(0);
    // Closed in good order: the next start need not think of a crash.
    expect(readdirSync(join(directory, 'log'))).not.toContain('lock');
  });

  test('MUST deliver after kill -9 and a restart what it had answered 202', async () => {
    const directory = scene.directory();
    const first = await scene.start(directory);
    const alice = await scene.tcp(first.sipPort, 'alice');
    const texts = ['one', 'two', 'three'];
    for (const body of texts) {
      expect((await alice.request('MESSAGE', 'sip:carol@localhost', { body })).status).toBe(202);
    }
    await first.kill();
    const second = await scene.start(directory);
    const carol = await scene.tcp(second.sipPort, 'carol');
    expect((await carol.register()).status).toBe(200);
    await carol.waitForRequests(3);
    expect(carol.texts).toEqual(texts);
    expect((await second.stop()).code).toBe(0);
  });

  test('MUST stop by npm start’s launcher on repeated signals, with exit 0', async () => {
    const standalone = await StandaloneProcess.start(scene.directory(), {}, 'npm');
    scene.onClose(() => standalone.kill());
    standalone.signal('SIGINT');
    standalone.signal('SIGINT');
    standalone.signal('SIGTERM');
    expect((await standalone.ended).code).toBe(0);
  });

  test('MUST NOT log a line per message at the default level', async () => {
    const standalone = await scene.start();
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const bob = await scene.tcp(standalone.sipPort, 'bob');
    await bob.register();
    for (let i = 0; i < 20; i += 1) await alice.request('MESSAGE', bob.aor, { body: `${i}` });
    const { stdout } = await standalone.stop();
    expect(stdout.trimEnd().split('\n').length).toBeLessThan(20);
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  test('MUST show every series that docs/operations.md names', async () => {
    // Those of congestion control and of traces are there when these are on.
    const standalone = await scene.start(undefined, {
      HERMOD_CONGESTION: 'on',
      HERMOD_OTLP_ENDPOINT: 'http://127.0.0.1:9/v1/traces',
    });
    const text = await (await fetch(`${standalone.http}/metrics`)).text();
    const page = readFileSync(OPERATIONS, 'utf8').replace(
      /<!-- (cluster|tls)-only -->[\s\S]*?<!-- \/\1-only -->/g,
      '',
    );
    const named = [...page.matchAll(/`((?:nodejs|process|sip|im)_[a-z0-9_]+)`/g)].map((m) => m[1]);
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
  });

  test('a second one on the same directory MUST exit 1 and say so, and leave the first alone', async () => {
    const directory = scene.directory();
    const first = await scene.start(directory);
    await expect(scene.start(directory)).rejects.toThrow(
      /ended with 1[\s\S]*in use by process \d+[\s\S]*HERMOD_DATA_DIR/,
    );
    const alice = await scene.tcp(first.sipPort, 'alice');
    expect((await alice.request('MESSAGE', 'sip:carol@localhost', { body: 'x' })).status).toBe(202);
  });

  test.each([
    ['/proc/hermod', 'no directory can be made there'],
    ['/proc/version', 'a file stands where a directory should be'],
  ])(
    'a data directory that cannot be used MUST be named with its variable, exit 1: %s',
    async (path, reason) => {
      const ended = await runStandalone({
        HERMOD_DATA_DIR: path,
        HERMOD_HTTP_LISTEN: '127.0.0.1:0',
        HERMOD_SIP_LISTEN: 'tcp://127.0.0.1:0',
      });
      expect(ended.code).toBe(1);
      expect(ended.stdout).toContain(`cannot use the data directory ${path}: ${reason}`);
      expect(ended.stdout).toContain('HERMOD_DATA_DIR');
    },
  );

  test('a SIP port that is taken MUST be named with its variable, exit 1', async () => {
    const first = await scene.start();
    const ended = await runStandalone({
      HERMOD_DATA_DIR: scene.directory(),
      HERMOD_HTTP_LISTEN: '127.0.0.1:0',
      HERMOD_SIP_LISTEN: `tcp://127.0.0.1:${first.sipPort}`,
    });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain(`tcp://127.0.0.1:${first.sipPort}`);
    expect(ended.stdout).toContain('HERMOD_SIP_LISTEN');
  });

  test.each([
    ['HERMOD_SIP_LISTEN', 'tcp://0.0.0.0:5060', 'HERMOD_SIP_ADVERTISE'],
    ['HERMOD_AUTH', 'basic', 'HERMOD_AUTH'],
    ['HERMOD_ACCEPT_AFTER_MS', '4000', 'HERMOD_ACCEPT_AFTER_MS'],
    ['HERMOD_DATADIR', '/tmp', 'HERMOD_DATA_DIR'],
  ])('%s=%s MUST end with exit 78 and a line about %s', async (name, value, named) => {
    const ended = await runStandalone({ [name]: value });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain(named);
    expect(ended.stdout).toBe('');
  });

  test.skipIf(sctpFault() === undefined)(
    'sctp:// where there is no SCTP MUST end with exit 78, the cause and the remedy',
    async () => {
      const ended = await runStandalone({
        HERMOD_SIP_LISTEN: 'tcp://127.0.0.1:0,sctp://127.0.0.1:0',
        HERMOD_HTTP_LISTEN: '127.0.0.1:0',
        HERMOD_DATA_DIR: scene.directory(),
      });
      expect(ended.code).toBe(78);
      expect(ended.stderr).toContain('HERMOD_SIP_LISTEN');
      expect(ended.stderr).toContain('sctp://127.0.0.1:0');
      expect(ended.stderr).toContain(sctpFault()?.fault);
      expect(ended.stderr).toContain(sctpFault()?.remedy);
    },
  );

  test('--print-config and --help MUST answer and start nothing', async () => {
    const printed = await runStandalone({ HERMOD_DOMAINS: 'example.com' }, ['--print-config']);
    expect(printed.code).toBe(0);
    expect(JSON.parse(printed.stdout)).toMatchObject({ HERMOD_DOMAINS: ['example.com'] });
    const help = await runStandalone({}, ['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('HERMOD_MAILBOX_TTL_SEC');
  });
});
