import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { DEFAULT_FRAMER_LIMITS, frameDatagram, H, SipRequest } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EdgeWorld, FakeFlow } from '../../services/edge/test/edge-world.ts';
import { type RawAnswer, RawConnection } from '../system/raw-client.ts';
import { Scene } from '../system/scene.ts';
import { TORTURE_VERDICTS, type TortureVerdict } from './rfc4475-verdicts.ts';

const DIRECTORY = new URL('../../packages/sip/testdata/rfc4475/', import.meta.url);
const ROWS = Object.entries(TORTURE_VERDICTS).map(([name, verdict]) => ({ name, verdict }));

function octetsOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.dat`, DIRECTORY)));
}

test('RFC 4475: all 49 messages MUST be there, as the RFC has them', () => {
  const names = readdirSync(DIRECTORY).filter((file) => file.endsWith('.dat'));
  expect(names.map((file) => file.slice(0, -4)).sort()).toEqual(
    Object.keys(TORTURE_VERDICTS).sort(),
  );
  expect(names).toHaveLength(49);
  const all = createHash('sha256');
  for (const name of names.sort()) all.update(readFileSync(new URL(name, DIRECTORY)));
  expect(all.digest('hex')).toBe(
    'c130abdedde20f53b7f1c70181dc8fc115afd568a12977d7db3d597f39a21378',
  );
});

describe('RFC 4475 by UDP', () => {
  test.each(ROWS)('$name MUST end in $verdict.status', async ({ name, verdict }) => {
    const world = new EdgeWorld(new VirtualClock());
    world.registrar.answer = () => new Promise(() => undefined);
    const flow = new FakeFlow('UDP', '198.51.100.7', 5060);
    const bytes = octetsOf(name);
    const copy = bytes.slice();
    const framed = frameDatagram(bytes, bufferCodec, DEFAULT_FRAMER_LIMITS);
    if ('ping' in framed) throw new Error('not a keepalive');
    if (framed.ok) world.edge.onMessage(flow, framed.value);
    else world.edge.onFramingError(flow, framed, framed.partial);
    await world.settle();
    expect(bytes).toEqual(copy);
    if (name === 'quotbal') {
      // RFC 3261 §18.2.2: without rport the answer goes to the source address, and to the port of sent-by.
      expect(world.connector.asked).toEqual(['UDP 198.51.100.7:5050']);
      return;
    }
    // What the registrar would answer is in the test of streams: here it never does.
    const isForwarded =
      framed.ok && framed.value instanceof SipRequest && framed.value.method === 'REGISTER';
    const expected =
      verdict.status === 'none' || (isForwarded && world.registrar.requests.length === 1)
        ? []
        : [verdict.status];
    expect(flow.statuses.filter((status) => status !== 100)).toEqual(expected);
    expect(world.log.records).toEqual([]);
    expect(world.connector.asked).toEqual([]);
  });
});

/** The REGISTERs last: one of them makes a user of example.com the Contact of a user of example.com. */
const STREAM_ROWS = [...ROWS].sort(
  (a, b) => Number(isRegister(a.name)) - Number(isRegister(b.name)),
);

function isRegister(name: string): boolean {
  return Buffer.from(octetsOf(name)).toString('latin1').startsWith('REGISTER ');
}

// Each way has a process of its own: a REGISTER that comes a second time is out of order.
describe.each([
  ['whole', whole],
  ['octet by octet', byOctet],
])('RFC 4475 by TCP, %s', (_how, write) => {
  const scene = new Scene();
  let port: number;

  beforeAll(async () => {
    port = (await scene.start(scene.directory(), { HERMOD_DOMAINS: 'example.com' })).sipPort;
  });
  afterAll(() => scene.close());

  test.each(STREAM_ROWS)('$name MUST end in $verdict.status', async ({ name, verdict }) => {
    const connection = await RawConnection.open(port);
    // A Contact on a foreign host ends with its flow: they are listed below.
    scene.onClose(() => connection.destroy());
    await write(connection, octetsOf(name));
    await expectOnStream(connection, verdict);
  });

  test('what escnull, cparam02 and regescrt registered MUST be listed as it was (§3.1.1.4, §3.3.13, §3.3.14)', async () => {
    const device = await scene.tcp(port, 'device', { domain: 'example.com' });
    const contacts = async (user: string) => {
      const to = `sip:${user}@example.com`;
      const { response } = await device.request('REGISTER', 'sip:example.com', { to });
      return response.all(H.CONTACT).map((row) => row.replace(/;expires=\d+$/, ''));
    };
    expect(await contacts('null-%00-null')).toEqual([
      '<sip:%00@host5.example.com>',
      '<sip:%00%00@host5.example.com>',
    ]);
    // As a URI, cparam01's is equal to it (RFC 3261 §19.1.4), and gone.
    expect(await contacts('watson')).toEqual(['<sip:+19725552222@gw1.example.net;unknownparam>']);
    expect(await contacts('user')).toEqual([
      '<sip:user@example.com?Route=%3Csip:sip.example.com%3E>',
    ]);
  });
});

async function whole(connection: RawConnection, bytes: Uint8Array): Promise<void> {
  connection.write(bytes);
  await turn();
}

async function byOctet(connection: RawConnection, bytes: Uint8Array): Promise<void> {
  for (let i = 0; i < bytes.length && !connection.answer.closed; i += 1) {
    connection.write(bytes.subarray(i, i + 1));
    await turn();
  }
}

/** A request that is always answered, to see whether the stream still stands. */
const SENTINEL = [
  'OPTIONS sip:example.com SIP/2.0',
  'Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKsentinel',
  'From: <sip:a@example.com>;tag=s',
  'To: <sip:example.com>',
  'Call-ID: sentinel',
  'CSeq: 1 OPTIONS',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');
const SENTINEL_STATUS = 200;

/** Each status but 100, which says nothing about the outcome. */
function finalsOf({ statuses }: RawAnswer): number[] {
  return statuses.filter((status) => status !== 100).sort();
}

async function expectOnStream(connection: RawConnection, verdict: TortureVerdict): Promise<void> {
  const status = verdict.status === 'none' ? [] : [verdict.status];
  switch (verdict.stream) {
    case 'waits':
      // Until the time-out of a message that does not end (packages/transport/src/tcp-listener.test.ts).
      expect(await connection.untilClosed(300)).toEqual({ statuses: [], closed: false });
      return;
    case 'closed':
      expect((await connection.untilClosed()).closed).toBe(true);
      return;
    case 'answered and closed':
      // inv2543 is refused for want of a Content-Length, whatever is made of INVITEs.
      expect(await connection.untilClosed()).toEqual({ statuses: [400], closed: true });
      return;
    case undefined: {
      connection.write(SENTINEL);
      const expected = [...status, SENTINEL_STATUS].sort();
      const deadline = performance.now() + 3000;
      while (finalsOf(connection.answer).length < expected.length && performance.now() < deadline) {
        await delay(5);
      }
      expect(finalsOf(connection.answer)).toEqual(expected);
      expect(connection.answer.closed).toBe(false);
    }
  }
}
