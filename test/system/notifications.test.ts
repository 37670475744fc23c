import { parseCpim } from '@hermod/sip';
import type { SipPeer } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';

const BOB = 'sip:bob@localhost';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

/** A message/cpim that asks for notifications, and whose bytes a rewrite would change. */
function cpim(messageId: string, asks = 'negative-delivery, processing'): Buffer {
  return Buffer.concat([
    Buffer.from(
      [
        'From: "Ali\\u0063e" <im:alice@localhost>',
        'To: <im:bob@localhost>',
        'NS: i<urn:ietf:params:imdn>',
        `i.Message-ID: ${messageId}`,
        'DateTime: 2026-11-22T12:16:49.5+01:00',
        `i.Disposition-Notification: ${asks}`,
        'X-Unknown:;lang=de Grüße',
        '',
        'Content-type: text/plain; charset=utf-8',
        '',
        'hello',
      ].join('\r\n'),
    ),
    Buffer.from([0, 13, 10, 255, 128]),
  ]);
}

async function send(from: SipPeer, body: Buffer, headers: readonly string[] = []): Promise<number> {
  const exchange = await from.sendMessage(BOB, body, { contentType: 'message/cpim', headers });
  return exchange.status;
}

/** What each request that came in tells: `message-id status`. */
function toldOf(peer: SipPeer): string[] {
  return peer.received.map(({ request }) => {
    const parsed = parseCpim(request.body, bufferCodec);
    if (!parsed.ok) return parsed.code;
    const document = Buffer.from(parsed.value.content).toString();
    const id = /<message-id>(.*)<\/message-id>/.exec(document)?.[1];
    return `${id} ${/<status><(\w+)\/><\/status>/.exec(document)?.[1]}`;
  });
}

describe('a sender that asks for notifications (RFC 5438)', () => {
  test('MUST be told that its message is stored, over its own flow; the message itself stays as it is', async () => {
    const { sipPort } = await scene.start();
    const alice = await scene.device(sipPort, 'alice');
    const body = cpim('id-1');
    expect(await send(alice, body)).toBe(202);
    await alice.waitForRequests(1);
    expect(toldOf(alice)).toEqual(['id-1 stored']);
    const request = alice.received[0]?.request;
    expect(request?.byName('From')).toMatch(/^<sip:localhost>;tag=/);
    expect(request?.byName('To')).toBe('<sip:alice@localhost>');
    expect(request?.byName('Content-Type')).toBe('message/cpim');
    // RFC 3428 §4: no Contact; and no Expires, which would want a Date.
    expect(request?.byName('Contact')).toBeUndefined();
    expect(request?.byName('Expires')).toBeUndefined();
    // RFC 3428 §8, as it is on the wire.
    const bytes = (request?.head.length ?? 0) + (request?.body.length ?? 0);
    expect(bytes).toBeLessThanOrEqual(1300);
    const bob = await scene.device(sipPort, 'bob');
    await bob.waitForRequests(1);
    expect(Buffer.from(bob.received[0]?.request.body ?? []).equals(body)).toBe(true);
    expect(alice.received).toHaveLength(1);
  });

  test('MUST be told that its message has expired, when it comes back, and after kill -9', async () => {
    const directory = scene.directory();
    const first = await scene.start(directory);
    const alice = await scene.tcp(first.sipPort, 'alice');
    expect(await send(alice, cpim('id-1'), ['Expires: 2'])).toBe(202);
    await first.kill();
    const second = await scene.start(directory);
    const again = await scene.device(second.sipPort, 'alice');
    await again.waitForRequests(2);
    expect(toldOf(again)).toEqual(['id-1 stored', 'id-1 failed']);
  });

  test('MUST be told when a device refuses what was stored', async () => {
    const { sipPort } = await scene.start();
    const alice = await scene.device(sipPort, 'alice');
    expect(await send(alice, cpim('id-1', 'negative-delivery'))).toBe(202);
    const bob = await scene.tcp(sipPort, 'bob');
    bob.answer = () => 606;
    await bob.register();
    await alice.waitForRequests(1);
    expect(toldOf(alice)).toEqual(['id-1 failed']);
  });

  test('MUST NOT be told what its answer says already, nor what it did not ask for', async () => {
    const { sipPort } = await scene.start();
    const alice = await scene.device(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    expect(await send(alice, cpim('id-1'))).toBe(200);
    bob.answer = () => 603;
    expect(await send(alice, cpim('id-2'))).toBe(603);
    await bob.destroy();
    expect(await send(alice, cpim('id-3', 'display'))).toBe(202);
    // Notifications are in order: what might come for the others would come before this one.
    expect(await send(alice, cpim('id-4'))).toBe(202);
    await alice.waitForRequests(1);
    expect(toldOf(alice)).toEqual(['id-4 stored']);
  });

  test('MUST be told by a device about each message once, and by Hermod never about that (§7.2.1)', async () => {
    const { sipPort } = await scene.start();
    const alice = await scene.tcp(sipPort, 'alice');
    const asked = cpim('r-1').toString('latin1');
    const metadata = asked.slice(0, asked.indexOf('Content-type'));
    const receipt = `${metadata}Content-Type: message/imdn+xml\r\n\r\n<imdn/>`;
    expect(await send(alice, Buffer.from(receipt, 'latin1'))).toBe(202);
    expect(await send(alice, cpim('id-2'))).toBe(202);
    await alice.register();
    await alice.waitForRequests(1);
    expect(toldOf(alice)).toEqual(['id-2 stored']);
  });

  test('MUST get many, one at a time and in order, when it was away (RFC 3428 §8)', async () => {
    const { sipPort } = await scene.start();
    const away = await scene.tcp(sipPort, 'alice');
    const ids = Array.from({ length: 20 }, (_, i) => `id-${i}`);
    for (const id of ids) expect(await send(away, cpim(id))).toBe(202);
    const alice = await scene.tcp(sipPort, 'alice');
    let unanswered = 0;
    let most = 0;
    alice.answer = () => {
      unanswered += 1;
      most = Math.max(most, unanswered);
      setTimeout(() => {
        unanswered -= 1;
      }, 9);
      return { status: 200, delayMs: 10 };
    };
    await alice.register();
    await alice.waitForRequests(20);
    expect(toldOf(alice)).toEqual(ids.map((id) => `${id} stored`));
    expect(most).toBe(1);
  });
});
