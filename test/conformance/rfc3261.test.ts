// Rules of RFC 3261 and its neighbours that no unit's own tests show: see docs/conformance.md.
import { setTimeout as delay } from 'node:timers/promises';
import { VirtualClock } from '@hermod/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  answerTo,
  deliveryOf,
  EdgeWorld,
  FakeFlow,
  messageText,
} from '../../services/edge/test/edge-world.ts';
import { RawConnection, RawDatagrams } from '../system/raw-client.ts';
import { Scene } from '../system/scene.ts';

describe('an edge', () => {
  const world = () => new EdgeWorld(new VirtualClock());

  test('a response MUST NOT go to the maddr of a Via (ADR 0019)', () => {
    const edge = world();
    const flow = new FakeFlow('UDP', '198.51.100.7', 5060);
    const via = 'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKm;maddr=224.2.0.1;ttl=16';
    edge.receive(flow, messageText({ via, uri: 'sip:x@other.example' }));
    expect(flow.statuses).toEqual([403]);
    expect(edge.connector.asked).toEqual([]);
  });

  test('a response with the method of another transaction MUST NOT match (§17.1.3)', async () => {
    const edge = world();
    const device = new FakeFlow();
    const statuses: number[] = [];
    const flowToken = edge.tokens.tokenOf(device) ?? '';
    edge.edge.deliver(deliveryOf({ flowToken, flowBound: true }), (status) =>
      statuses.push(status),
    );
    await edge.settle();
    const answer = answerTo(device, 200);
    edge.receive(device, answer.replace(/^CSeq: 1 MESSAGE/m, 'CSeq: 1 OPTIONS'));
    expect(statuses).toEqual([]);
    edge.receive(device, answer);
    expect(statuses).toEqual([200]);
  });

  test('an im: URI of our domain MUST be that user of ours (RFC 3428 §5)', () => {
    const edge = world();
    edge.receive(new FakeFlow(), messageText({ uri: 'im:bob@example.com' }));
    expect(edge.log.records[0]?.aor).toBe('sip:bob@example.com');
  });

  test('an im: URI in Route MUST NOT be followed (RFC 3428 §5)', () => {
    const edge = world();
    const flow = new FakeFlow();
    edge.receive(flow, messageText({ headers: ['Route: <im:bob@example.com>'] }));
    expect(flow.statuses[0]).toBeGreaterThanOrEqual(400);
    expect(edge.log.records).toEqual([]);
  });
});

describe('a standalone', () => {
  const scene = new Scene();
  afterAll(() => scene.close());

  test('a version in lower case MUST be read, and sent as SIP/2.0 (§7.1)', async () => {
    const { sipPort } = await scene.start();
    const bob = await scene.tcp(sipPort, 'bob');
    const { response } = await bob.register();
    const alice = await scene.tcp(sipPort, 'alice');
    // Along its flow, so that nothing else changes the start line.
    const headers = [`Route: ${response.byName('Path')}`];
    const bytes = alice.format('INFO', bob.contact, { headers }).toString('latin1');
    const connection = await RawConnection.open(sipPort);
    connection.write(bytes.replace('SIP/2.0\r\n', 'sip/2.0\r\n'));
    expect((await connection.untilAnswered(1)).statuses).toEqual([200]);
    expect(bob.received[0]?.request.head).toMatch(/^INFO \S+ SIP\/2\.0\r\n/);
    connection.destroy();
  });

  test.each(['MESSAGE', 'SUBSCRIBE'])(
    'a device that another was faster than MUST NOT get a CANCEL of a %s (§9.1, §16.7 step 10)',
    async (method) => {
      const { sipPort } = await scene.start();
      const slow = await scene.device(sipPort, 'twice');
      const quick = await scene.device(sipPort, 'twice');
      // Only what has said something can be cancelled.
      slow.answer = () => 100;
      const sender = await scene.tcp(sipPort, 'alice');
      expect((await sender.request(method, slow.aor)).status).toBe(200);
      await delay(200);
      for (const device of [slow, quick]) {
        expect(device.received.map(({ request }) => request.method)).toEqual([method]);
      }
    },
  );

  test('Record-Route in a REGISTER MUST be ignored (§10.3)', async () => {
    const { sipPort } = await scene.start();
    const bob = await scene.tcp(sipPort, 'bob');
    const headers = ['Record-Route: <sip:127.0.0.1:9;lr>'];
    const { status, response } = await bob.register(bob.aor, { headers });
    expect([status, response.byName('Record-Route')]).toEqual([200, undefined]);
    const alice = await scene.tcp(sipPort, 'alice');
    expect((await alice.sendMessage(bob.aor, 'x')).status).toBe(200);
    expect(bob.received[0]?.request.byName('Route')).toBeUndefined();
  });
});

describe('a standalone that authenticates', () => {
  const scene = new Scene();
  let port: number;

  beforeAll(async () => {
    const env = { HERMOD_AUTH: 'digest', HERMOD_DOMAINS: 'example.com' };
    port = (await scene.start(scene.directory(), env)).sipPort;
  });
  afterAll(() => scene.close());

  test('Proxy-Require MUST be judged before credentials (§16.3)', async () => {
    const alice = await scene.tcp(port, 'alice', { domain: 'example.com' });
    const send = (...headers: string[]) =>
      alice.sendMessage('sip:bob@example.com', 'x', { headers });
    expect((await send('Proxy-Require: nobody-has-this')).status).toBe(420);
    expect((await send()).status).toBe(407);
  });

  test('a STUN request of a stranger MUST NOT matter (RFC 5626 §8)', async () => {
    const datagrams = await RawDatagrams.open(port);
    const binding = Buffer.concat([Buffer.from('000100002112a442', 'hex'), Buffer.alloc(12, 7)]);
    datagrams.send(binding);
    datagrams.send(
      [
        'OPTIONS sip:example.com SIP/2.0',
        'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKstun;rport',
        'From: <sip:a@example.com>;tag=s',
        'To: <sip:example.com>',
        'Call-ID: stun',
        'CSeq: 1 OPTIONS',
        '',
        '',
      ].join('\r\n'),
    );
    const deadline = performance.now() + 5000;
    while (datagrams.statuses.length === 0 && performance.now() < deadline) await delay(20);
    expect(datagrams.statuses).toEqual([200]);
    expect(datagrams.text).toMatch(/^SIP\/2\.0 200 /);
    datagrams.close();
  });
});
