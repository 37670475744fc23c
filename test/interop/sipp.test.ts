import { freePorts } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from '../system/scene.ts';
import { Program, requirePrograms, runProgram } from './program.ts';
import { LOST_PERCENT, messageClient, messageServer, sippArguments } from './sipp.ts';

const CALLS = 100;
const RATE = 100;

/** What the client's messages say, in the order of their first transmission. */
function numbers(): string[] {
  return Array.from({ length: CALLS }, (_, i) => `number ${i + 1}\r\n`);
}

describe('SIPp', () => {
  const scene = new Scene();
  let port: number;

  beforeAll(async () => {
    await requirePrograms('sipp');
    port = (await scene.start(scene.directory(), { HERMOD_DOMAINS: 'example.com' })).sipPort;
  });
  afterAll(() => scene.close());

  /** A device at a SIPp server of its own. */
  async function device(user: string, transport: 'udp' | 'tcp', lostPercent = 0) {
    const directory = scene.directory();
    const [devicePort = 0] = await freePorts(1);
    const server = new Program(
      'sipp',
      sippArguments(messageServer(directory, lostPercent), devicePort, transport),
      { cwd: directory },
    );
    scene.onClose(() => server.stop());
    const registrant = await scene.tcp(port, user, { domain: 'example.com' });
    const contact = `sip:${user}@127.0.0.1:${devicePort};transport=${transport}`;
    expect((await registrant.register(registrant.aor, { contact })).status).toBe(200);
    await registrant.close();
    return registrant.aor;
  }

  async function send(aor: string, transport: 'udp' | 'tcp', status: number, lostPercent = 0) {
    const directory = scene.directory();
    const [clientPort = 0] = await freePorts(1);
    return runProgram(
      'sipp',
      [
        `127.0.0.1:${port}`,
        ...sippArguments(messageClient(directory, aor, status, lostPercent), clientPort, transport),
        ...['-m', String(CALLS), '-r', String(RATE), '-timeout', '40s'],
      ],
      { cwd: directory, timeoutMs: 50_000 },
    );
  }

  test.each([
    ['udp', 'udp'],
    ['udp', 'tcp'],
    ['tcp', 'udp'],
    ['tcp', 'tcp'],
  ] as const)('by %s to a device by %s: every MESSAGE MUST get its 200', async (from, to) => {
    const aor = await device(`${from}-${to}`, to);
    const { code, output } = await send(aor, from, 200);
    expect(code, output).toBe(0);
  });

  test('to nobody: every MESSAGE MUST get its 202, and come once, in order', async () => {
    const { code, output } = await send('sip:late@example.com', 'tcp', 202);
    expect(code, output).toBe(0);
    const late = await scene.tcp(port, 'late', { domain: 'example.com' });
    expect((await late.register()).status).toBe(200);
    await late.waitForRequests(CALLS, 20_000);
    expect(late.texts).toEqual(numbers());
  });

  test(`with ${LOST_PERCENT} % of the datagrams lost at the sender: every MESSAGE MUST be answered, and shown once (RFC 3261 §17.1.2, §17.2.2)`, async () => {
    const bob = await scene.udp(port, 'lossy', { domain: 'example.com' });
    expect((await bob.register()).status).toBe(200);
    const { code, output } = await send(bob.aor, 'udp', 200, LOST_PERCENT);
    expect(code, output).toBe(0);
    expect([...bob.texts].sort()).toEqual(numbers().sort());
  });
});
