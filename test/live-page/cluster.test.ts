// The live pages of the processes of a real cluster, each of what its process has.
import { SipPeer } from '@hermod/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChatPage } from '../chat/chat-page.ts';
import { ClusterUnderTest } from '../cluster/cluster-under-test.ts';
import { launchChromium } from '../interop/chromium.ts';
import { LivePage, SHOWN } from './live-page.ts';

const START_MS = 120_000;
const PROCESS = ['Processor', 'Event-loop delay', 'Memory'];

let browser: Browser;
let cluster: ClusterUnderTest;
const peers: SipPeer[] = [];
beforeAll(async () => {
  browser = await launchChromium();
  cluster = await ClusterUnderTest.start(['edge-1', 'router-1', 'registrar-1']);
}, START_MS);
afterAll(async () => {
  for (const peer of peers) await peer.close();
  await browser?.close();
  await cluster?.close();
}, START_MS);

async function peer(user: string): Promise<SipPeer> {
  const one = await SipPeer.tcp(cluster.sipPort('edge-1'), { user });
  peers.push(one);
  return one;
}

test('the page of each service MUST show its part of the route, and nothing of the others', async () => {
  const open = (name: string): Promise<LivePage> => LivePage.open(browser, cluster.http(name));
  const [edge, router, registrar] = await Promise.all([
    open('edge-1'),
    open('router-1'),
    open('registrar-1'),
  ]);
  const bob = await peer('bob');
  expect((await bob.register()).status).toBe(200);
  const alice = await peer('alice');
  for (let i = 0; i < 20; i += 1) {
    expect((await alice.sendMessage(bob.aor, `${i}`)).status).toBe(200);
  }
  for (let i = 0; i < 3; i += 1) await alice.sendMessage('sip:carol@localhost', `${i}`);
  await Promise.all([edge, router, registrar].map((live) => live.ticks(3)));

  expect(await edge.page.title()).toBe('Hermod edge');
  expect((await edge.line('Messages', 'offered')).total).toBe(23);
  expect((await edge.line('Final responses', '202')).total).toBe(3);
  await expect.poll(() => edge.now('Flows', 'tcp'), SHOWN).toBe('2');
  const onEdge = await edge.titles();
  for (const title of ['Time to 2xx', 'Refused', 'Trunks', ...PROCESS]) {
    expect(onEdge).toContain(title);
  }
  for (const title of ['Mailbox', 'Lag', 'Registrations']) expect(onEdge).not.toContain(title);

  expect(await router.page.title()).toBe('Hermod router');
  expect((await router.line('Messages', 'taken from the log')).total).toBe(23);
  expect((await router.line('Messages', 'delivered')).total).toBe(20);
  expect((await router.line('Messages', 'stored')).total).toBe(3);
  await expect.poll(() => router.now('Mailbox', 'recipients'), SHOWN).toBe('1');
  await expect.poll(() => router.now('Trunks', 'edges'), SHOWN).toBe('1');
  expect(await router.titles()).toEqual([
    ...['Messages', 'Time to delivery', 'Where the time goes', 'Lag', 'Waiting', 'Mailbox'],
    ...['Mailbox, in and out', 'Mailbox, ages', 'Trunks', ...PROCESS],
  ]);

  expect(await registrar.page.title()).toBe('Hermod registrar');
  expect((await registrar.line('Registrations', 'accepted')).total).toBe(1);
  expect(await registrar.titles()).toEqual([
    ...['Where the time goes', 'Registrations', 'Time to register', ...PROCESS],
  ]);
  for (const live of [edge, router, registrar]) {
    expect(await live.state()).toBe('ready');
    expect(live.complaints).toEqual([]);
  }
});

test('an edge MUST serve the chat page, and its users talk to those of the cluster (HERMOD_CHAT)', async () => {
  const http = cluster.http('edge-1');
  const dave = await ChatPage.signedIn(browser, http, 'dave');
  const erin = await peer('erin');
  expect((await erin.register()).status).toBe(200);
  await dave.writeTo('erin');
  await dave.send('over Kafka');
  await dave.untilMessage('over Kafka', /delivered$/);
  expect((await erin.sendMessage('sip:dave@localhost', 'and back')).status).toBe(200);
  await dave.untilMessage('and back');
  expect(dave.complaints).toEqual([]);
  await dave.close();
  expect((await fetch(`${cluster.http('router-1')}/chat`)).status).toBe(404);
});
