import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { freePorts } from '@hermod/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Scene } from './scene.ts';

let scene: Scene;
let port: number;
let device: Socket;
let received: string[];

beforeEach(async () => {
  scene = new Scene();
  [port = 0] = await freePorts(1);
  await scene.start(undefined, {
    HERMOD_SIP_LISTEN: ['udp://127.0.0.1', 'udp://[::1]', 'tcp://127.0.0.1', 'tcp://[::1]']
      .map((address) => `${address}:${port}`)
      .join(','),
  });
  device = createSocket('udp6');
  received = [];
  device.on('message', (bytes) => received.push(bytes.toString('latin1')));
  device.bind(0, '::1');
  await once(device, 'listening');
  scene.onClose(() => {
    device.close();
  });
});
afterEach(() => scene.close());

function say(method: string, uri: string, headers: readonly string[]): void {
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP [::1]:${device.address().port};branch=z9hG4bK${method};rport`,
    'Max-Forwards: 70',
    'From: <sip:bob@localhost>;tag=b',
    'To: <sip:bob@localhost>',
    `Call-ID: ${method}`,
    `CSeq: 1 ${method}`,
    ...headers,
    'Content-Length: 0',
  ];
  device.send(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), port, '::1');
}

const own = (): string => `sip:[::1]:${port}`;

async function answer(count: number): Promise<string> {
  await expect.poll(() => received.length).toBe(count);
  return received[count - 1] ?? '';
}

test('the address of a second listener MUST be ours in Route and Request-URI (RFC 3261 §16.4)', async () => {
  say('OPTIONS', own(), []);
  expect(await answer(1)).toMatch(/^SIP\/2\.0 200 /);
  const route = `Route: <${own()};lr>`;
  say('MESSAGE', `sip:nobody@[::1]:${port}`, [route]);
  expect(await answer(2)).toMatch(/^SIP\/2\.0 202 /);
});

test('a delivery MUST come from the listener that its Via names (RFC 3261 §18.1.1)', async () => {
  say('REGISTER', own(), [`Contact: <sip:bob@[::1]:${device.address().port}>`]);
  expect(await answer(1)).toMatch(/^SIP\/2\.0 200 /);
  const alice = await scene.tcp(port, 'alice');
  const sent = alice.sendMessage('sip:bob@localhost', 'hi');
  const request = await answer(2);
  expect(request).toContain(`\r\nVia: SIP/2.0/UDP [::1]:${port};branch=`);
  const head = request.slice(request.indexOf('\r\n'), request.indexOf('\r\nContent-Type'));
  device.send(Buffer.from(`SIP/2.0 200 OK${head}\r\nContent-Length: 0\r\n\r\n`), port, '::1');
  expect((await sent).status).toBe(200);
});
