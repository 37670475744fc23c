import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RawDatagrams } from './raw-client.ts';
import { Scene } from './scene.ts';
import type { StandaloneProcess } from './standalone-process.ts';

let scene: Scene;
let standalone: StandaloneProcess;
let datagrams: RawDatagrams;
beforeEach(async () => {
  scene = new Scene();
  standalone = await scene.start();
  datagrams = await open(standalone.sipPort);
});
afterEach(() => scene.close());

async function open(port: number): Promise<RawDatagrams> {
  const one = await RawDatagrams.open(port);
  scene.onClose(() => one.close());
  return one;
}

let made = 0;
/** A MESSAGE over UDP whose Via names an address at which nobody listens. */
function message(user: string, viaParams = ';rport', body = 'hello'): string {
  made += 1;
  return [
    `MESSAGE sip:${user}@localhost SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.1:9${viaParams};branch=z9hG4bKudp${made}`,
    'Max-Forwards: 70',
    'From: <sip:alice@localhost>;tag=a',
    `To: <sip:${user}@localhost>`,
    `Call-ID: udp${made}`,
    'CSeq: 1 MESSAGE',
    'Content-Type: text/plain',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

describe('MESSAGE over UDP', () => {
  test('a datagram of 65,507 octets MUST be taken, and delivered over a stream (RFC 3261 §18.1.1)', async () => {
    const bob = await scene.device(standalone.sipPort, 'bob');
    const room = 65_507 - message('bob').length - 'Content-Length: 65000'.length;
    const body = 'x'.repeat(room);
    const bytes = message('bob', ';rport', body).padEnd(65_507, 'x');
    datagrams.send(bytes);
    await bob.waitForRequests(1);
    expect(bob.texts).toEqual([body]);
    await expect.poll(() => datagrams.statuses).toEqual([200]);
  });

  test('retransmissions MUST be delivered once and get the same answer (RFC 3261 §17.2.2)', async () => {
    const bob = await scene.device(standalone.sipPort, 'bob', 'udp');
    bob.answer = () => ({ status: 200, delayMs: 300 });
    const bytes = message('bob');
    for (let i = 0; i < 4; i += 1) {
      datagrams.send(bytes);
      await delay(50);
    }
    // None of them is answered before the device is.
    expect(datagrams.statuses).toEqual([]);
    await delay(400);
    expect(datagrams.statuses).toEqual([200]);
    datagrams.send(bytes);
    datagrams.send(bytes);
    await delay(200);
    expect(datagrams.statuses).toEqual([200, 200, 200]);
    const answers = datagrams.text.split(/(?=^SIP\/2\.0)/m);
    expect(new Set(answers).size).toBe(1);
    expect(bob.received).toHaveLength(1);
    expect(bob.retransmissions).toBe(0);
  });

  test('a message that is stored MUST be stored once, and its 202 repeated', async () => {
    const bytes = message('carol');
    for (let i = 0; i < 3; i += 1) datagrams.send(bytes);
    await vi.waitFor(() => expect(datagrams.statuses).toContain(202), 5_000);
    datagrams.send(bytes);
    await delay(100);
    expect(new Set(datagrams.statuses)).toEqual(new Set([202]));
    const carol = await scene.device(standalone.sipPort, 'carol', 'udp');
    await carol.waitForRequests(1);
    await delay(300);
    expect(carol.received).toHaveLength(1);
  });

  test('a response MUST go to where the request came from, and say so (RFC 3581 §4)', async () => {
    datagrams.send(message('carol'));
    await vi.waitFor(() => expect(datagrams.statuses).toEqual([202]), 5_000);
    const via = /^Via: .*$/m.exec(datagrams.text)?.[0];
    expect(via).toContain(`rport=${datagrams.localPort}`);
    expect(via).toContain('received=127.0.0.1');
  });

  test('without rport a response MUST go to the port of the Via (RFC 3261 §18.2.2)', async () => {
    const at = await open(standalone.sipPort);
    datagrams.send(message('carol', '').replace('192.0.2.1:9', `192.0.2.1:${at.localPort}`));
    await vi.waitFor(() => expect(at.statuses).toEqual([202]), 5_000);
    await delay(100);
    expect(datagrams.statuses).toEqual([]);
  });

  test('a device that is slow MUST NOT cause a 100 while 202 comes first (RFC 4320 §4.1)', async () => {
    const bob = await scene.device(standalone.sipPort, 'bob', 'udp');
    bob.answer = () => 'silence';
    const bytes = message('bob');
    datagrams.send(bytes);
    for (let i = 0; i < 7; i += 1) {
      await delay(600);
      datagrams.send(bytes);
    }
    await delay(100);
    expect(datagrams.statuses[0]).toBe(202);
    expect(new Set(datagrams.statuses)).toEqual(new Set([202]));
  });

  test('STUN keepalives of a device MUST be answered as long as its flow is known, so that it learns when to register anew (RFC 5626 §4.4.2, §8)', async () => {
    const [port = 0] = await freePorts(1);
    const env = { HERMOD_SIP_LISTEN: `udp://127.0.0.1:${port}` };
    const before = await scene.start(undefined, env);
    const device = await open(port);
    const count = (part: string): number => device.text.split(part).length - 1;
    const register = (): void => {
      const request = message('bob').replaceAll('MESSAGE', 'REGISTER').replace('alice', 'bob');
      device.send(request.replace('REGISTER sip:bob@', 'REGISTER sip:'));
    };
    const header = (start: string, id: string): string =>
      Buffer.from(`${start}2112a442${id.repeat(12)}`, 'hex').toString('latin1');
    const isAnswered = (id: string): boolean => count(header('0101000c', id)) === 1;
    register();
    await vi.waitFor(() => expect(count('SIP/2.0 200 ')).toBe(1));
    device.send(header('00010000', '01'));
    await vi.waitFor(() => expect(isAnswered('01')).toBe(true));

    await before.stop();
    await scene.start(undefined, env);
    device.send(header('00010000', '02'));
    register();
    await vi.waitFor(() => expect(count('SIP/2.0 200 ')).toBe(2));
    device.send(header('00010000', '03'));
    await vi.waitFor(() => expect(isAnswered('03')).toBe(true));
    expect(isAnswered('02')).toBe(false);
  });

  test('a registered device MUST get its message after a restart: its Contact is its own socket (ADR 0011)', async () => {
    const [port = 0] = await freePorts(1);
    const directory = scene.directory();
    const env = { HERMOD_SIP_LISTEN: `udp://127.0.0.1:${port},tcp://127.0.0.1:${port}` };
    const before = await scene.start(directory, env);
    const bob = await scene.device(port, 'bob', 'udp');
    const { code } = await before.stop();
    expect(code).toBe(0);
    await scene.start(directory, env);
    const alice = await scene.tcp(port, 'alice');
    const { status } = await alice.sendMessage(bob.aor, 'after the restart');
    expect(status).toBe(200);
    expect(bob.received).toHaveLength(1);
  });

  describe('while the disk does not sync', () => {
    let hold: string;
    let held: StandaloneProcess;
    beforeEach(async () => {
      hold = join(scene.directory(), 'hold');
      held = await scene.start(undefined, {
        HERMOD_TEST_HOLD_SYNC: hold,
        NODE_OPTIONS: `--import=${new URL('hold-sync.ts', import.meta.url).href}`,
      });
      datagrams = await open(held.sipPort);
    });

    test('202 MUST wait for it, 200 only for the device (design §4 rule 1)', async () => {
      const bob = await scene.device(held.sipPort, 'bob');
      writeFileSync(hold, '');
      datagrams.send(message('carol'));
      await delay(400);
      expect(datagrams.statuses).toEqual([]);
      datagrams.send(message('bob'));
      await bob.waitForRequests(1);
      await delay(100);
      expect(datagrams.statuses).toEqual([200]);
      rmSync(hold);
      await delay(300);
      expect(datagrams.statuses).toEqual([200, 202]);
    });

    test('an answer MUST come before 3.5 s, so that no 100 is needed (RFC 4320 §4.1)', async () => {
      writeFileSync(hold, '');
      const bytes = message('carol');
      datagrams.send(bytes);
      await delay(3400);
      // Outcome unknown (design §3.3): not accepted for the sender, and it may arrive.
      expect(datagrams.statuses).toEqual([503]);
      datagrams.send(bytes);
      await delay(500);
      expect(datagrams.statuses).toEqual([503, 503]);
      // Nothing more is appended by now.
      datagrams.send(message('carol'));
      await delay(100);
      expect(datagrams.statuses).toEqual([503, 503, 503]);
      rmSync(hold);
      await delay(600);
      datagrams.send(message('dave'));
      await delay(300);
      expect(datagrams.statuses.at(-1)).toBe(202);
    });
  });
});
