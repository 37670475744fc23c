import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { challengesIn, type SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';
import { INHERITED, type StandaloneProcess } from './standalone-process.ts';

const TOOL = join(import.meta.dirname, '../../tools/hermod.ts');
const run = promisify(execFile);

describe('passwords set while Hermod runs (issue 4, point 4)', () => {
  const scene = new Scene();
  let directory: string;
  let hermod: StandaloneProcess;

  beforeAll(async () => {
    directory = scene.directory();
    hermod = await scene.start(directory, {
      HERMOD_AUTH: 'digest',
      HERMOD_AUTH_REALM: 'chat',
      HERMOD_AUTH_ALGORITHMS: 'SHA-256',
    });
  });
  afterAll(() => scene.close());

  async function hermodTool(input: string, ...words: string[]): Promise<string> {
    const env = { ...INHERITED, HERMOD_DATA_DIR: directory, HERMOD_AUTH_REALM: 'chat' };
    const running = run(process.execPath, ['--conditions=source', TOOL, ...words], { env });
    running.child.stdin?.end(input);
    return (await running).stdout;
  }

  const peer = (user: string, password: string): Promise<SipPeer> =>
    scene.tcp(hermod.sipPort, user, { password });

  test('MUST let a user in at once, with that realm and algorithm, and nobody else', async () => {
    await hermodTool('pässword, long\n', 'user', 'add', '--password', 'bob@localhost');
    const bob = await peer('bob', 'pässword, long');
    expect((await bob.register()).status).toBe(200);
    const early = await scene.tcp(hermod.sipPort, 'bob');
    const { response } = await early.register();
    expect(challengesIn(response)).toMatchObject([{ realm: 'chat', algorithm: 'SHA-256' }]);
    expect((await (await peer('bob', 'another')).register()).status).toBe(401);
    expect((await (await peer('nobody', 'pässword, long')).register()).status).toBe(401);
  });

  test('MUST take imported users, and forget removed ones', async () => {
    await hermodTool('carol@localhost,c,with comma\n', 'user', 'import');
    const carol = await peer('carol', 'c,with comma');
    expect((await carol.register()).status).toBe(200);
    await hermodTool('', 'user', 'remove', 'dave@localhost', 'carol@localhost');
    expect(await hermodTool('', 'user', 'show', 'carol@localhost')).not.toContain('password');
  });
});
