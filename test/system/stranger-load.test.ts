import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { readMetric, type SipPeer } from '@hermod/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';

/** The strangers' address: each of loopback is another one. */
const STRANGER = '127.0.0.2';
const KIB = 1024;

const scene = new Scene();
afterEach(() => scene.close());

async function stranger(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: STRANGER });
  socket.on('error', () => undefined);
  scene.onClose(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

function messageText(n: number, bodyBytes: number, via = 'SIP/2.0/TCP h'): string {
  return (
    `MESSAGE sip:bob@localhost SIP/2.0\r\nVia: ${via};branch=z9hG4bKs${n};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:mallory@localhost>;tag=m\r\nTo: <sip:bob@localhost>\r\n` +
    `Call-ID: stranger\r\nCSeq: ${n} MESSAGE\r\nContent-Length: ${bodyBytes}\r\n\r\n`
  );
}

/** Milliseconds that 99 of 100 exchanges took at most. */
async function p99Ms(alice: SipPeer, count: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const { status, elapsedMs } = await alice.sendMessage('sip:bob@localhost', `${i}`);
    expect(status).toBe(200);
    times.push(elapsedMs);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(count * 0.99)] ?? Infinity;
}

/** A process that writes a file's worth of requests over and over, as fast as they are taken. */
const FLOOD = `
const { connect } = require('node:net');
const [port, from, request] = process.argv.slice(1);
const bytes = Buffer.from(request.repeat(Math.ceil(65536 / request.length)), 'latin1');
const open = () => {
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: from });
  const pump = () => { while (socket.write(bytes)); };
  socket.on('connect', pump).on('drain', pump).on('data', () => {}).on('error', () => {});
  socket.on('close', () => setTimeout(open, 10));
};
open();
`;

function flood(port: number, request: string): ChildProcess {
  const child = spawn(process.execPath, ['-e', FLOOD, `${port}`, STRANGER, request]);
  scene.onClose(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  return child;
}

describe('a stranger who takes all there is (issue 4)', () => {
  test('MUST NOT fill memory: by connections, half messages, unread answers, datagrams', async () => {
    const standalone = await scene.start(undefined, {
      HERMOD_CONNECTIONS_PER_ADDRESS: '100',
      HERMOD_BUFFER_MB: '32',
    });
    const { sipPort, http } = standalone;
    const bob = await scene.device(sipPort, 'bob');
    const beforeMb = standalone.residentMb;
    const strangers: Socket[] = [];
    for (let i = 0; i < 300; i += 1) strangers.push(await stranger(sipPort));
    strangers.forEach((socket, i) => {
      socket.pause();
      if (i % 2 === 0) socket.write(messageText(i, 64 * KIB) + 'x'.repeat(63 * KIB));
      else {
        const options = messageText(i, 0).replaceAll('MESSAGE', 'OPTIONS');
        socket.write(options.repeat(Math.floor((1024 * KIB) / options.length)));
      }
    });
    const datagrams = createSocket({ type: 'udp4' });
    scene.onClose(() => {
      datagrams.close();
    });
    datagrams.bind(0, STRANGER);
    await once(datagrams, 'listening');
    let most = 0;
    for (let i = 0; i < 5_000; i += 1) {
      const large = messageText(i, 60_000, 'SIP/2.0/UDP h') + 'x'.repeat(100);
      datagrams.send(large, sipPort, '127.0.0.1');
      if (i % 500 !== 0) continue;
      await delay(50);
      most = Math.max(most, await readMetric(http, 'sip_buffered_bytes'));
    }
    // Not the whole 200: some wait to be accepted until others have been closed.
    expect(await readMetric(http, 'sip_flows_refused_total')).toBeGreaterThanOrEqual(150);
    expect(await readMetric(http, 'sip_flows_evicted_total')).toBeGreaterThan(0);
    // A sixteenth of 32 MiB for one address, and little for the others.
    expect(most).toBeGreaterThan(1024 * KIB);
    expect(most).toBeLessThan(2048 * KIB + 64 * KIB);
    expect(standalone.residentMb - beforeMb).toBeLessThan(120);
    const alice = await scene.tcp(sipPort, 'alice');
    expect((await alice.sendMessage(bob.aor, 'still there')).status).toBe(200);
  }, 60_000);

  test('MUST NOT slow other users down: their p99 stays within ten times that of a quiet edge, or 250 ms', async () => {
    const { sipPort, http } = await scene.start(undefined, { HERMOD_FLOW_RATE: '100' });
    const bob = await scene.device(sipPort, 'bob');
    const alice = await scene.tcp(sipPort, 'alice');
    // Below the rate: alice is a user like others.
    await p99Ms(alice, 50);
    const quietMs = await p99Ms(alice, 100);
    flood(sipPort, messageText(1, 0).replace('MESSAGE sip:bob', 'MESSAGE sip:nobody'));
    flood(sipPort, messageText(1, 0).replace(/CSeq: .*\r\n/, ''));
    await delay(1_000);
    const floodedBytes = await readMetric(http, 'sip_received_bytes_total');
    const loudMs = await p99Ms(alice, 100);
    expect(loudMs).toBeLessThanOrEqual(Math.max(quietMs * 10, 250));
    expect(bob.received.length).toBeGreaterThanOrEqual(250);
    // The strangers did not stop meanwhile, and got nothing for it.
    const floodedMb = ((await readMetric(http, 'sip_received_bytes_total')) - floodedBytes) / 1e6;
    expect(floodedMb).toBeGreaterThan(1);
    expect(await readMetric(http, 'sip_requests_rejected_total')).toBeGreaterThan(1_000);
  }, 60_000);
});

describe('whom a registered user can make an edge connect to (ADR 0020)', () => {
  /** A service of the operator's that takes whatever is written to it, at an address that no device has. */
  async function service(): Promise<{ port: number; heard: () => string }> {
    let text = '';
    const server = createServer((socket) => {
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
      });
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.3');
    await once(server, 'listening');
    scene.onClose(() => {
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { port: address.port, heard: () => text };
  }

  /** Somebody registers that address, by Contact or by Path, and goes; then gets a message. */
  async function aim(env: Readonly<Record<string, string>>, header: 'Contact' | 'Path') {
    const { sipPort } = await scene.start(undefined, env);
    const { port, heard } = await service();
    const mallory = await scene.tcp(sipPort, 'mallory');
    const there = `sip:127.0.0.3:${port};transport=tcp`;
    // Of its own address, and not of its connection: that would be bound to it anyway.
    const here = 'sip:mallory@127.0.0.1:9;transport=tcp';
    const options =
      header === 'Contact'
        ? { contact: there }
        : { contact: here, headers: [`Path: <${there};lr>`] };
    expect((await mallory.register(mallory.aor, options)).status).toBe(200);
    await mallory.close();
    const alice = await scene.tcp(sipPort, 'alice');
    const { status } = await alice.sendMessage(mallory.aor, 'FLUSHALL\r\n');
    await delay(200);
    return { status, heard: heard() };
  }

  test.each(['Contact', 'Path'] as const)(
    'MUST NOT be whoever stands in its %s: the message waits for it',
    async (header) => {
      expect(await aim({}, header)).toEqual({ status: 202, heard: '' });
    },
  );

  test('MAY be a host that the operator lists', async () => {
    const { heard } = await aim({ HERMOD_CONTACT_NETWORKS: '10.0.0.0/8,127.0.0.3' }, 'Contact');
    expect(heard).toContain('FLUSHALL');
  });
});
