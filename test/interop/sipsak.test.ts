import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from '../system/scene.ts';
import { requirePrograms, runProgram } from './program.ts';

const MESSAGE = fileURLToPath(new URL('../../docs/examples/message.sip', import.meta.url));

// Debian's 0.9.8.1 ends with a segmentation fault in its own message mode (-M): messages go by -f.
describe('sipsak', () => {
  const scene = new Scene();
  let port: number;

  beforeAll(async () => {
    await requirePrograms('sipsak');
    port = (await scene.start(scene.directory())).sipPort;
  });
  afterAll(() => scene.close());

  const sipsak = (...args: readonly string[]) => runProgram('sipsak', [...args, '-vv']);

  test('MUST see its OPTIONS answered 200 (RFC 3261 §11.2)', async () => {
    const { code, output } = await sipsak('-s', `sip:127.0.0.1:${port}`);
    expect(output).toContain('SIP/2.0 200 OK');
    expect(code).toBe(0);
  });

  test('MUST see its registration confirmed (RFC 3261 §10.3 step 8)', async () => {
    const { code, output } = await sipsak(
      '-U',
      '-i',
      '-x',
      '60',
      '-s',
      `sip:frank@127.0.0.1:${port}`,
    );
    // It compares the Contact of the 200 with its own.
    expect(output).toContain('All usrloc tests completed successful');
    expect(code).toBe(0);
  });

  test('the MESSAGE of the README MUST be taken with 202, and come when its device registers', async () => {
    const { output } = await sipsak(
      '-G',
      '-g',
      'one',
      '-f',
      MESSAGE,
      '-s',
      `sip:bob@127.0.0.1:${port}`,
    );
    expect(output).toContain('SIP/2.0 202 Accepted');
    const bob = await scene.device(port, 'bob');
    await bob.waitForRequests(1);
    expect(bob.texts).toEqual(['hello bob']);
  });

  test('MUST find us at the first hop of a trace (RFC 3261 §16.3 step 3, §11.2)', async () => {
    const { output } = await sipsak('-T', '-s', `sip:bob@127.0.0.1:${port}`);
    expect(output).toMatch(/^0: .*SIP\/2\.0 200 OK/m);
  });

  test('the server MUST stand its random mode', async () => {
    const args = ['-R', '-t', '40', '-s', `sip:127.0.0.1:${port}`];
    await runProgram('sipsak', args, { timeoutMs: 2000 });
    expect((await sipsak('-s', `sip:127.0.0.1:${port}`)).code).toBe(0);
  });
});
