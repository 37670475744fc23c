// Calls and GRUUs through the processes of the cluster, whose users have to prove who they are.
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { H } from '@hermod/sip';
import { freePorts, SipPeer } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { Program, requirePrograms, runProgram } from '../interop/program.ts';
import { scenarioFile, sippArguments } from '../interop/sipp.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';

const START_MS = 120_000;
const DOMAIN = 'example.com';
const EDGES = ['edge-1', 'edge-2'];
const CALLS = 1000;
const RATE = 100;
const CALLER = 'sipp';

let cluster: ClusterUnderTest;
let directory: string;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  await requirePrograms('sipp');
  directory = mkdtempSync(join(tmpdir(), 'hermod-cluster-calls-'));
  cluster = await ClusterUnderTest.start(undefined, {
    HERMOD_DOMAINS: DOMAIN,
    HERMOD_DOMAIN_MODE: 'closed',
    HERMOD_AUTH: 'digest',
    // SIPp knows MD5 alone.
    HERMOD_AUTH_ALGORITHMS: 'MD5',
    HERMOD_GRUU_SECRET: 'a secret of these tests',
  });
  await cluster.provision(
    [CALLER, 'hang-up', 'be-hung-up', 'cancel', 'alice', 'bob', 'carol'],
    DOMAIN,
  );
}, START_MS);
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  await cluster?.close();
  rmSync(directory, { recursive: true, force: true });
}, START_MS);

async function peer(edge: string, user: string): Promise<SipPeer> {
  const options = { user, domain: DOMAIN, password: `${user}-s` };
  const one = await SipPeer.tcp(cluster.sipPort(edge), options);
  cleanUps.push(() => one.close());
  return one;
}

describe(`calls between two SIPp scripts through two edges, ${RATE} a second`, () => {
  /** A phone of SIPp that is registered at the second edge: on UDP by the flow it registered on, on TCP by its Contact. */
  async function phone(user: string, callerPort: number, transport: 'udp' | 'tcp'): Promise<void> {
    const options = { user, domain: DOMAIN, password: `${user}-s` };
    const registrant = await SipPeer[transport](cluster.sipPort('edge-2'), options);
    const [freePort = 0] = await freePorts(1);
    const port = transport === 'udp' ? registrant.socket.local.port : freePort;
    const contact = `sip:${user}@127.0.0.1:${port};transport=${transport}`;
    expect((await registrant.register(registrant.aor, { contact })).status).toBe(200);
    await registrant.close();
    const file = scenarioFile(`call-${user}.uas`);
    const proof = [
      '-au',
      user,
      '-ap',
      `${user}-s`,
      '-auth_uri',
      `${CALLER}@127.0.0.1:${callerPort}`,
    ];
    const server = new Program('sipp', [...sippArguments(file, port, transport), ...proof], {
      cwd: directory,
    });
    cleanUps.push(() => server.stop());
  }

  /** The caller has one connection to the first edge, and proves itself on it. */
  async function call(user: string, port: number) {
    const args = [
      `127.0.0.1:${cluster.sipPort('edge-1')}`,
      ...sippArguments(scenarioFile(`call-${user}.uac`), port, 'tcp'),
      ...['-au', CALLER, '-ap', `${CALLER}-s`, '-auth_uri', `${user}@${DOMAIN}`],
      ...['-s', user, '-m', String(CALLS), '-r', String(RATE), '-timeout', '40s', '-timeout_error'],
    ];
    return runProgram('sipp', args, { cwd: directory, timeoutMs: 50_000 });
  }

  const counted = (metric: string, label?: string): Promise<number[]> =>
    Promise.all(EDGES.map((edge) => cluster.metric(edge, metric, label)));

  test.each([
    ['hang-up', 'INVITE/200/ACK/BYE of the caller', 'udp'],
    ['be-hung-up', 'INVITE/200/ACK and BYE of the callee', 'tcp'],
    ['cancel', 'INVITE/CANCEL/487', 'udp'],
  ] as const)('%s: none of the %s MUST be lost (RFC 3261 §16)', async (name, _what, transport) => {
    onTestFailed(() => console.error(cluster.troubles()));
    await cluster.allReady();
    const [callerPort = 0] = await freePorts(1);
    await phone(name, callerPort, transport);
    const acksBefore = await counted('sip_acks_forwarded_total');
    const { code, output } = await call(name, callerPort);
    expect(code, output.slice(-2_000)).toBe(0);
    expect(await cluster.metric('edge-1', 'sip_authentications_total', 'proven')).toBeGreaterThan(
      0,
    );
    // The ACK of a 2xx goes end to end, by both edges; that of a refusal one hop.
    const acks = await counted('sip_acks_forwarded_total');
    const forwarded = acks.map((count, index) => count - (acksBefore[index] ?? 0));
    expect(forwarded).toEqual(EDGES.map(() => (name === 'cancel' ? 0 : CALLS)));
    expect(await counted('sip_pending_proxied')).toEqual([0, 0]);
    expect(await counted('sip_replies_lost_total')).toEqual([0, 0]);
    expect(cluster.allAlive).toBe(true);
  });
});

describe('GRUUs across edges (RFC 5627)', () => {
  type Device = { readonly peer: SipPeer; readonly pub: string; readonly temp: string };

  /** One of several devices of a user. */
  async function device(edge: string, user: string): Promise<Device> {
    const one = await peer(edge, user);
    const instance = `urn:uuid:00000000-0000-1000-8000-${randomInt(2 ** 47)
      .toString(16)
      .padStart(12, '0')}`;
    const registered = await one.register(one.aor, { instance, headers: ['Supported: gruu'] });
    expect(registered.status).toBe(200);
    const row = registered.response.values(H.CONTACT).find((value) => value.includes(instance));
    const gruu = (name: string): string =>
      new RegExp(`;${name}="([^"]+)"`).exec(row ?? '')?.[1] ?? '';
    return { peer: one, pub: gruu('pub-gruu'), temp: gruu('temp-gruu') };
  }

  const methods = ({ peer: { received } }: Device): string[] =>
    received.map(({ request }) => request.method);

  test('a call by pub-gruu MUST ring that device alone, and be hung up by it over both edges', async () => {
    const alice = await device('edge-1', 'alice');
    const phone = await device('edge-2', 'bob');
    const desk = await device('edge-2', 'bob');
    expect(phone.pub).toMatch(/^sip:bob@example\.com;gr=urn:uuid:/);
    phone.peer.answer = (request) => {
      const recorded = request.all(H.RECORD_ROUTE).map((value) => `Record-Route: ${value}`);
      return { status: 200, headers: [`Contact: <${phone.pub}>`, ...recorded] };
    };
    const headers = [`Contact: <${alice.pub}>`];
    const call = await alice.peer.request('INVITE', phone.pub, { headers });
    expect(call.status).toBe(200);
    const recorded = call.response.values(H.RECORD_ROUTE);
    // In and out of each edge: listener and trunk (docs/route-of-a-call.md).
    expect(recorded).toHaveLength(4);
    const route = (values: readonly string[]): string[] => values.map((value) => `Route: ${value}`);
    const out = route(recorded.toReversed());
    alice.peer.socket.write(alice.peer.format('ACK', phone.pub, { cseq: call.cseq, headers: out }));
    await phone.peer.waitForRequests(2);
    const bye = await phone.peer.request('BYE', alice.pub, { headers: route(recorded) });
    expect(bye.status).toBe(200);
    expect([methods(phone), methods(alice), methods(desk)]).toEqual([
      ['INVITE', 'ACK'],
      ['BYE'],
      [],
    ]);
  });

  test('a MESSAGE to a temp-gruu MUST come to that device alone, by a name that says nothing of the user (§5.1)', async () => {
    const sender = await peer('edge-1', 'alice');
    const phone = await device('edge-2', 'carol');
    const desk = await device('edge-1', 'carol');
    expect(phone.temp).toMatch(/^sip:tgruu\.[\w-]+@example\.com;gr$/);
    expect((await sender.sendMessage(phone.temp, 'to the phone')).status).toBe(200);
    expect((await sender.sendMessage(desk.temp, 'to the desk')).status).toBe(200);
    expect([phone.peer.texts, desk.peer.texts]).toEqual([['to the phone'], ['to the desk']]);
    await phone.peer.close();
    await expect
      .poll(async () => (await sender.sendMessage(phone.temp, 'to nobody')).status)
      .toBe(404);
    expect(desk.peer.texts).toEqual(['to the desk']);
  });
});
