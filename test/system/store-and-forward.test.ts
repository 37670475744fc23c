import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { formatSipDate, type SipRequest } from '@hermod/sip';
import { freePorts, SipPeer, TcpFaultProxy } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';

/** Every octet value, NUL among them, and text in UTF-8. */
const BODY = Buffer.concat([
  Buffer.from('Grüße, 東京 🙂\r\n\r\n\0\0'),
  Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  randomBytes(500),
]);
/** Rows that mean nothing to us, in spellings that a rewrite would lose. */
const ODD_ROWS = [
  'X-Unknown:   two  spaces ; a="b,c"',
  'x-lower:1',
  'X-Utf8: Gr\xc3\xbc\xc3\x9fe',
  'Subject: \xe6\x9d\xb1\xe4\xba\xac',
  'X-Folded: one\r\n\ttwo',
  'P-Empty:',
  'k: outbound',
];

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

/** The rows of a head that are not the hops' own business. */
function endToEndRows(request: SipRequest): string[] {
  return request.head
    .split(/\r\n(?![ \t])/)
    .slice(1)
    .filter((row) => !/^(via|v|max-forwards|route|record-route)\s*:/i.test(row));
}

describe('store and forward (design §3, §4 rule 3)', () => {
  test('MUST bring the original bytes, in order, before newer ones, after kill -9', async () => {
    const directory = scene.directory();
    const first = await scene.start(directory);
    const alice = await scene.tcp(first.sipPort, 'alice');
    const carol = 'sip:carol@localhost';
    const date = formatSipDate(Date.now() - 5000);
    const odd = {
      headers: [...ODD_ROWS, `Date: ${date}`, 'Expires: 3600'],
      from: 'sip:al%20ice@localhost',
      fromTag: 'tag-1.~!',
      to: 'sip:CAROL@localhost;x=y',
      callId: 'odd.call"id@host',
      cseq: 4711,
      contentType: 'application/x-bytes; v="1;2"',
    };
    const sent = alice.format('MESSAGE', carol, { ...odd, body: BODY });
    expect((await alice.sendMessage(carol, BODY, odd)).status).toBe(202);
    for (let i = 0; i < 150; i += 1) {
      expect((await alice.sendMessage(carol, `stored ${i}`)).status).toBe(202);
    }
    await first.kill();

    const second = await scene.start(directory);
    const again = await scene.tcp(second.sipPort, 'alice');
    const device = await scene.device(second.sipPort, 'carol');
    // Newer ones, while the drain is under way.
    const newer: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i += 1) newer.push(again.sendMessage(carol, `newer ${i}`));
    await Promise.all(newer);
    await device.waitForRequests(171);
    expect(device.texts.slice(1)).toEqual([
      ...Array.from({ length: 150 }, (_, i) => `stored ${i}`),
      ...Array.from({ length: 20 }, (_, i) => `newer ${i}`),
    ]);
    const got = device.received[0]?.request;
    if (got === undefined) throw new Error('nothing came');
    expect(Buffer.from(got.body).equals(BODY)).toBe(true);
    const head = sent.toString('latin1', 0, sent.length - BODY.length);
    const rows = head
      .split(/\r\n(?![ \t])/)
      .slice(1)
      .filter((row) => !/^(via|max-forwards)/i.test(row));
    expect(endToEndRows(got)).toEqual(rows);
    expect(device.retransmissions).toBe(0);
    // Nothing comes twice.
    await device.register();
    await delay(300);
    expect(device.received).toHaveLength(171);
  });

  test('MUST NOT bring what has expired', async () => {
    const directory = scene.directory();
    const first = await scene.start(directory);
    const alice = await scene.tcp(first.sipPort, 'alice');
    const carol = 'sip:carol@localhost';
    const send = (body: string, ...headers: string[]) =>
      alice.sendMessage(carol, body, { headers });
    const statuses = [
      await send('one', 'Expires: 3600'),
      await send('short', 'Expires: 1'),
      await send('dated', `Date: ${formatSipDate(Date.now() - 8000)}`, 'Expires: 9'),
      await send('two'),
      await send('clock of a stranger', `Date: ${formatSipDate(0)}`, 'Expires: 60'),
    ].map((exchange) => exchange.status);
    expect(statuses).toEqual([202, 202, 202, 202, 202]);
    await first.kill();
    await delay(2500);
    const second = await scene.start(directory);
    const device = await scene.device(second.sipPort, 'carol');
    await device.waitForRequests(3);
    await delay(200);
    expect(device.texts).toEqual(['one', 'two', 'clock of a stranger']);
  });

  test('MUST keep what is sent to a device whose connection was destroyed', async () => {
    const standalone = await scene.start();
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const bob = await scene.device(standalone.sipPort, 'bob');
    expect((await alice.sendMessage(bob.aor, '0')).status).toBe(200);
    await bob.destroy();
    for (let i = 1; i <= 20; i += 1) {
      expect((await alice.sendMessage(bob.aor, `${i}`)).status).toBe(202);
    }
    const back = await scene.device(standalone.sipPort, 'bob');
    await back.waitForRequests(20);
    expect(back.texts).toEqual(Array.from({ length: 20 }, (_, i) => `${i + 1}`));
  });

  test('MUST lose nothing when a device is destroyed with messages on their way', async () => {
    const standalone = await scene.start();
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const bob = await scene.device(standalone.sipPort, 'bob');
    bob.answer = (_request, index) => (index < 10 ? 200 : 'silence');
    const all = Array.from({ length: 60 }, (_, i) => alice.sendMessage(bob.aor, `${i}`));
    await bob.waitForRequests(15);
    await bob.destroy();
    const statuses = (await Promise.all(all)).map((exchange) => exchange.status);
    // A reset may take answers of the device with it: what they were for counts as not delivered.
    const stored = statuses.flatMap((status, i) => (status === 202 ? [`${i}`] : []));
    expect(stored.length).toBeGreaterThanOrEqual(50);
    expect(statuses.filter((status) => status === 200)).toHaveLength(60 - stored.length);
    const back = await scene.device(standalone.sipPort, 'bob');
    await back.waitForRequests(stored.length);
    expect(back.texts).toEqual(stored);
  });

  test.each([
    'the same device registers over a new connection',
    'the old connection comes back to life',
  ])('MUST lose nothing to a half-open connection, when %s', async (how) => {
    const standalone = await scene.start();
    const proxy = await TcpFaultProxy.start(() => ({
      host: '127.0.0.1',
      port: standalone.sipPort,
    }));
    scene.onClose(() => proxy.close());
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const instance = { instance: 'urn:uuid:00000000-0000-4000-8000-000000000001', regId: 1 };
    const bob = await SipPeer.tcp(proxy.port, { user: 'bob' });
    scene.onClose(() => bob.close());
    expect((await bob.register(bob.aor, instance)).status).toBe(200);
    expect((await alice.sendMessage(bob.aor, '0')).status).toBe(200);
    proxy.stall();
    const statuses: number[] = [];
    for (let i = 1; i <= 5; i += 1)
      statuses.push((await alice.sendMessage(bob.aor, `${i}`)).status);
    expect(statuses).toEqual([202, 202, 202, 202, 202]);
    let device = bob;
    if (how.startsWith('the same')) {
      device = await scene.tcp(standalone.sipPort, 'bob');
      expect((await device.register(bob.aor, instance)).status).toBe(200);
      await device.waitForRequests(5);
      expect(device.texts).toEqual(['1', '2', '3', '4', '5']);
    } else {
      proxy.heal();
      // The first one was written into the connection before anybody knew: it comes by itself, and nothing comes twice.
      await device.waitForRequests(6);
      expect(device.texts).toEqual(['0', '1', '2', '3', '4', '5']);
    }
    expect((await alice.sendMessage(bob.aor, 'after')).status).toBe(200);
    expect(device.texts.at(-1)).toBe('after');
    expect(device.retransmissions).toBe(0);
  });

  test('a UDP device that is gone MUST lose nothing', async () => {
    const standalone = await scene.start();
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const bob = await scene.device(standalone.sipPort, 'bob', 'udp');
    expect((await alice.sendMessage(bob.aor, '0')).status).toBe(200);
    await bob.close();
    const statuses: number[] = [];
    for (let i = 1; i <= 4; i += 1)
      statuses.push((await alice.sendMessage(bob.aor, `${i}`)).status);
    expect(statuses).toEqual([202, 202, 202, 202]);
    const back = await scene.device(standalone.sipPort, 'bob', 'udp');
    await back.waitForRequests(4);
    expect(back.texts).toEqual(['1', '2', '3', '4']);
  });
});

describe('a REGISTER of a device with stored messages (design §4 rule 5)', () => {
  test('MUST be answered before they come', async () => {
    const { sipPort } = await scene.start();
    const alice = await scene.tcp(sipPort, 'alice');
    for (let i = 0; i < 20; i += 1) {
      const user = `carol${i}`;
      expect((await alice.sendMessage(`sip:${user}@localhost`, 'stored')).status).toBe(202);
      const socket = connect({ port: sipPort, host: '127.0.0.1', noDelay: true });
      scene.onClose(() => {
        socket.destroy();
      });
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      await once(socket, 'connect');
      socket.write(registerText(user, socket.localPort ?? 0));
      await expect.poll(() => text, { interval: 5 }).toContain('\r\n\r\nstored');
      expect(text).toMatch(/^SIP\/2\.0 200 /);
      socket.destroy();
    }
  });

  test('MUST bring them although the process dies behind the 200', async () => {
    const [port = 0] = await freePorts(1);
    const env = { HERMOD_SIP_LISTEN: `udp://127.0.0.1:${port},tcp://127.0.0.1:${port}` };
    const directory = scene.directory();
    const first = await scene.start(directory, env);
    const alice = await scene.tcp(port, 'alice');
    const carol = await scene.udp(port, 'carol');
    expect((await alice.sendMessage(carol.aor, 'stored')).status).toBe(202);
    expect((await carol.register()).status).toBe(200);
    await first.kill();
    await scene.start(directory, env);
    await carol.waitForRequests(1);
    expect(carol.texts).toContain('stored');
  });
});

function registerText(user: string, port: number): string {
  return [
    'REGISTER sip:localhost SIP/2.0',
    `Via: SIP/2.0/TCP 127.0.0.1:${port};branch=z9hG4bKr${user};rport`,
    'Max-Forwards: 70',
    `From: <sip:${user}@localhost>;tag=r`,
    `To: <sip:${user}@localhost>`,
    `Call-ID: r${user}`,
    'CSeq: 1 REGISTER',
    `Contact: <sip:${user}@127.0.0.1:${port};transport=tcp>`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
