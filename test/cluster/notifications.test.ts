import { setTimeout as delay } from 'node:timers/promises';
import { parseCpim } from '@hermod/sip';
import { SipPeer } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { ClusterUnderTest } from './cluster-under-test.ts';

const MESSAGES = 60;
const ARRIVAL_MS = 30_000;

let cluster: ClusterUnderTest;
let alice: SipPeer;
beforeAll(async () => {
  cluster = await ClusterUnderTest.start();
  alice = await SipPeer.tcp(cluster.sipPort('edge-1'), { user: 'alice' });
});
afterAll(async () => {
  await alice?.close();
  await cluster?.close();
});

function cpim(messageId: string): string {
  return [
    'From: <im:alice@localhost>',
    'To: <im:away@localhost>',
    'NS: imdn <urn:ietf:params:imdn>',
    `imdn.Message-ID: ${messageId}`,
    'DateTime: 2026-11-22T12:16:49Z',
    'imdn.Disposition-Notification: negative-delivery, processing',
    '',
    'Content-Type: text/plain',
    '',
    'hello',
  ].join('\r\n');
}

/** What alice was told, in order: `message-id status`. */
function told(): string[] {
  return alice.received.map(({ request }) => {
    const parsed = parseCpim(request.body, bufferCodec);
    if (!parsed.ok) return parsed.code;
    const { content } = parsed.value;
    const document = bufferCodec.decode(content, 0, content.length);
    const id = /<message-id>(.*)<\/message-id>/.exec(document)?.[1];
    return `${id} ${/<status><(\w+)\/>/.exec(document)?.[1]}`;
  });
}

test('each sender MUST be told once that its message is stored, and once that it has expired, though a router is killed (RFC 5438 §7.2.1)', async () => {
  onTestFailed(() => {
    console.log(cluster.troubles());
  });
  expect((await alice.register()).status).toBe(200);
  const ids = Array.from({ length: MESSAGES }, (_, i) => `id-${i}`);
  const statuses: Promise<number>[] = [];
  for (const [i, id] of ids.entries()) {
    // Recipients in all partitions; so are the senders' notifications in one of them, that of alice.
    const options = { contentType: 'message/cpim', headers: ['Expires: 12'], callId: id };
    const exchange = alice.sendMessage(`sip:away${i}@localhost`, cpim(id), options);
    statuses.push(exchange.then(({ status }) => status));
    if (i === MESSAGES / 2) await cluster.kill('router-1');
    await delay(20);
  }
  expect(new Set(await Promise.all(statuses))).toEqual(new Set([202]));
  await alice.waitForRequests(2 * MESSAGES, ARRIVAL_MS);
  await delay(1500);
  const expected = ids.flatMap((id) => [`${id} failed`, `${id} stored`]);
  expect(told().toSorted()).toEqual(expected.toSorted());
});
