import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Program, requirePrograms, runProgram } from './program.ts';
import { scenarioFile, sippArguments } from './sipp.ts';
import { TwoEdges } from './two-edges.ts';

const RATE = 100;
const DOMAIN = 'example.com';

let edges: TwoEdges;
let directory: string;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  await requirePrograms('sipp');
  directory = mkdtempSync(join(tmpdir(), 'hermod-calls-'));
  edges = await TwoEdges.start(DOMAIN);
});

afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
  await edges.close();
  rmSync(directory, { recursive: true });
});

/** A phone of SIPp that is registered at the second edge: on UDP by the flow it registered on, on TCP by its Contact. */
async function phone(user: string, scenario: string, transport: 'udp' | 'tcp'): Promise<void> {
  const edgePort = edges.sipPorts[1] ?? 0;
  const registrant = await SipPeer[transport](edgePort, { user, domain: DOMAIN });
  const [freePort = 0] = await freePorts(1);
  const port = transport === 'udp' ? registrant.socket.local.port : freePort;
  const contact = `sip:${user}@127.0.0.1:${port};transport=${transport}`;
  expect((await registrant.register(registrant.aor, { contact })).status).toBe(200);
  await registrant.close();
  const server = new Program('sipp', sippArguments(scenarioFile(scenario), port, transport), {
    cwd: directory,
  });
  cleanups.push(() => server.stop());
}

async function call(user: string, scenario: string, transport: 'udp' | 'tcp', calls: number) {
  const [port = 0] = await freePorts(1);
  const args = [
    `127.0.0.1:${edges.sipPorts[0]}`,
    ...sippArguments(scenarioFile(scenario), port, transport),
    ...['-s', user, '-m', String(calls), '-r', String(RATE), '-timeout', '20s', '-timeout_error'],
  ];
  return runProgram('sipp', args, { cwd: directory, timeoutMs: 30_000 });
}

describe('calls between two SIPp scripts through two edges, 100 a second', () => {
  test.each([
    ['hang-up', 'INVITE/200/ACK/BYE of the caller', 'udp', 400],
    ['be-hung-up', 'INVITE/200/ACK and BYE of the callee', 'tcp', 300],
    ['cancel', 'INVITE/CANCEL/487', 'udp', 300],
  ] as const)(
    '%s: none of the %s MUST be lost (RFC 3261 §16)',
    async (name, _what, transport, calls) => {
      await phone(name, `call-${name}.uas`, transport);
      const before = edges.edges.map(({ edge }) => edge.stats.acksForwarded);
      const { code, output } = await call(name, `call-${name}.uac`, transport, calls);
      expect(code, output.slice(-2_000)).toBe(0);
      for (const [index, { edge }] of edges.edges.entries()) {
        // The ACK of a 2xx goes end to end, that of a refusal one hop.
        const acks = edge.stats.acksForwarded - (before[index] ?? 0);
        expect(acks).toBe(name === 'cancel' ? 0 : calls);
        expect(edge.gauges.pendingProxied).toBe(0);
        expect(edge.stats).toMatchObject({ dropped: 0, replyPathFailures: 0 });
      }
    },
  );
});
