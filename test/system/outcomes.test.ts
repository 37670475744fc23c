import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LmdbStores } from '@hermod/platform/lmdb';
import { formatSipDate } from '@hermod/sip';
import type { Answer, Exchange, SipPeer } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Scene } from './scene.ts';
import type { StandaloneProcess } from './standalone-process.ts';

const COMPOSING = '<isComposing><state>active</state></isComposing>';

let users = 0;
/** A user of whom no other test has heard. */
function newUser(): string {
  users += 1;
  return `user${users}`;
}

/** Every final that a sender of this file got: RFC 4320 §4.2 forbids 408 among them. */
const finals: number[] = [];

async function message(
  sender: SipPeer,
  to: string,
  options: Parameters<SipPeer['sendMessage']>[2] = {},
  body = 'hello',
): Promise<Exchange> {
  const exchange = await sender.sendMessage(to, body, options);
  finals.push(exchange.status);
  expect(exchange.provisionals).toEqual([]);
  expect(sender.strayResponses).toEqual([]);
  return exchange;
}

describe('outcomes of a MESSAGE (design §3)', () => {
  const scene = new Scene();
  let perTest = new Scene();
  let standalone: StandaloneProcess;
  let alice: SipPeer;

  beforeAll(async () => {
    standalone = await scene.start();
    alice = await scene.tcp(standalone.sipPort, 'alice');
  });
  afterEach(async () => {
    await perTest.close();
    perTest = new Scene();
  });
  afterAll(async () => {
    await scene.close();
    expect(finals).not.toContain(408);
  });

  /** Registered devices of a new user, one per answer. */
  async function devices(...answers: Answer[]): Promise<SipPeer[]> {
    const user = newUser();
    const made: SipPeer[] = [];
    for (const answer of answers) {
      const device = await perTest.device(standalone.sipPort, user);
      device.answer = () => answer;
      made.push(device);
    }
    return made;
  }

  function aorOf(all: readonly SipPeer[]): string {
    const [first] = all;
    if (first === undefined) throw new Error('no device');
    return first.aor;
  }

  test('MUST reach a TCP flow, a TCP Contact and a UDP device, and answer once', async () => {
    const user = newUser();
    const { sipPort } = standalone;
    const all = [
      await perTest.device(sipPort, user),
      await perTest.deviceAtContact(sipPort, user),
      await perTest.device(sipPort, user, 'udp'),
    ];
    const aor = aorOf(all);
    const exchange = await message(alice, aor, {}, 'to all three');
    expect(exchange.status).toBe(200);
    // RFC 3428 §7: a 2xx to MESSAGE has no body and no Contact.
    expect(exchange.response.body).toHaveLength(0);
    expect(exchange.response.byName('contact')).toBeUndefined();
    for (const device of all) {
      await device.waitForRequests(1);
      expect(device.texts).toEqual(['to all three']);
    }
    for (let i = 0; i < 10; i += 1) await message(alice, aor, {}, `more ${i}`);
    for (const device of all) {
      await device.waitForRequests(11);
      expect(device.texts.slice(1)).toEqual(Array.from({ length: 10 }, (_, i) => `more ${i}`));
    }
    expect(alice.strayResponses).toEqual([]);
  });

  test('any 2xx MUST win, also over a 6xx', async () => {
    const all = await devices(603, 486, { status: 200, delayMs: 100 });
    expect((await message(alice, aorOf(all))).status).toBe(200);
  });

  test.each([
    [[603, 486], 603],
    [[{ status: 600, delayMs: 50 }, 404], 600],
    [[603, 'silence'], 603],
  ] satisfies [Answer[], number][])('a 6xx among %j MUST be answered', async (answers, status) => {
    const all = await devices(...answers);
    expect((await message(alice, aorOf(all))).status).toBe(status);
    for (const device of all) device.answer = () => 200;
    // Refused: nothing is kept.
    await all[0]?.register();
    await message(alice, aorOf(all), {}, 'next');
    await all[0]?.waitForRequests(2);
    expect(all[0]?.texts).toEqual(['hello', 'next']);
  });

  test.each([408, 430, 480, 486, 500, 503, 504])(
    'a device that answers %i MUST mean 202, and delivery later',
    async (status) => {
      const all = await devices(status);
      const [device] = all;
      expect((await message(alice, aorOf(all), {}, 'kept')).status).toBe(202);
      expect((await message(alice, aorOf(all), {}, 'behind it')).status).toBe(202);
      const seen = device?.received.length ?? 0;
      if (device !== undefined) device.answer = () => 200;
      await device?.register();
      await device?.waitForRequests(seen + 2);
      expect(device?.texts.slice(seen)).toEqual(['kept', 'behind it']);
    },
  );

  test('a refusal beside a temporary failure MUST mean 202', async () => {
    const all = await devices(404, 486);
    expect((await message(alice, aorOf(all))).status).toBe(202);
  });

  test('a device that says nothing MUST mean 202 within 3 s, and delivery later', async () => {
    const all = await devices('silence');
    const exchange = await message(alice, aorOf(all), {}, 'kept');
    expect(exchange.status).toBe(202);
    expect(exchange.elapsedMs).toBeLessThan(3300);
    const second = await perTest.device(standalone.sipPort, all[0]?.user ?? '');
    await second.waitForRequests(1);
    expect(second.texts).toEqual(['kept']);
  });

  test('a device that answers after its deadline MUST NOT get a second copy', async () => {
    const all = await devices({ status: 200, delayMs: 2600 });
    expect((await message(alice, aorOf(all))).status).toBe(202);
    const [device] = all;
    if (device !== undefined) device.answer = () => 200;
    await delay(1000);
    await device?.register();
    await message(alice, aorOf(all), {}, 'next');
    await device?.waitForRequests(2);
    expect(device?.texts).toEqual(['hello', 'next']);
  });

  test.each([
    [[404], [404]],
    [[302], [302]],
    [[415, 404], [415]],
    [[404, 513], [404]],
    [[501], [501]],
  ])('refusals %j MUST give one of %j (§16.7 step 6)', async (answers, expected) => {
    const all = await devices(...answers);
    expect(expected).toContain((await message(alice, aorOf(all))).status);
  });

  test('challenges of all devices MUST be aggregated (§16.7 step 7)', async () => {
    const challenge = (realm: string): Answer => ({
      status: 401,
      headers: [`WWW-Authenticate: Digest realm="${realm}", nonce="1"`],
    });
    const all = await devices(challenge('one'), challenge('two'));
    const { status, response } = await message(alice, aorOf(all));
    expect(status).toBe(401);
    expect(response.head.match(/^WWW-Authenticate: .*realm="(one|two)"/gm)).toHaveLength(2);
  });

  test.each([405, 501])(
    'a device that answers %i MUST be left out until it registers',
    async (status) => {
      const all = await devices(status);
      const [device] = all;
      expect((await message(alice, aorOf(all), {}, 'refused')).status).toBe(status);
      // The mark is written beside the answer: what is sent before the disk has it may still be refused.
      const refusedMs = performance.now();
      let seen = 1;
      while ((await message(alice, aorOf(all), {}, 'stored')).status === status) seen += 1;
      expect(performance.now() - refusedMs).toBeLessThan(1000);
      expect(finals.at(-1)).toBe(202);
      expect(device?.received).toHaveLength(seen);
      if (device !== undefined) device.answer = () => 200;
      await device?.register();
      await device?.waitForRequests(seen + 1);
      expect(device?.texts.at(-1)).toBe('stored');
    },
  );

  test('no binding in an open domain MUST mean 202', async () => {
    expect((await message(alice, `sip:${newUser()}@localhost`)).status).toBe(202);
  });

  describe('what may not be stored', () => {
    const transient = [
      ['Expires: 0', { headers: ['Expires: 0'] }],
      ['isComposing', { contentType: 'application/im-iscomposing+xml' }],
    ] as const;

    test.each(transient)('%s to nobody MUST mean 480', async (_name, options) => {
      const aor = `sip:${newUser()}@localhost`;
      expect((await message(alice, aor, options, COMPOSING)).status).toBe(480);
      const device = await perTest.device(standalone.sipPort, aor.slice(4, aor.indexOf('@')));
      await message(alice, aor, {}, 'after');
      await device.waitForRequests(1);
      expect(device.texts).toEqual(['after']);
    });

    test.each(transient)('%s to a device MUST be delivered', async (_name, options) => {
      const all = await devices(200);
      expect((await message(alice, aorOf(all), options, COMPOSING)).status).toBe(200);
      expect(all[0]?.texts).toEqual([COMPOSING]);
    });

    test.each([
      [486, 486],
      [503, 500],
      [408, 480],
      ['silence', 480],
    ] satisfies [Answer, number][])('a device’s %s MUST become %i', async (answer, expected) => {
      const all = await devices(answer);
      const { status } = await message(alice, aorOf(all), { headers: ['Expires: 0'] });
      expect(status).toBe(expected);
    });
  });

  test('a message that is over on arrival MUST mean 480', async () => {
    const date = formatSipDate(Date.now() - 60_000);
    const all = await devices(200);
    const options = { headers: [`Date: ${date}`, 'Expires: 30'] };
    expect((await message(alice, aorOf(all), options)).status).toBe(480);
    expect(all[0]?.received).toEqual([]);
  });

  test.each(['sip:bob@elsewhere.example', 'sip:bob@192.0.2.7:5060'])(
    'a domain that is not ours (%s) MUST mean 403',
    async (uri) => {
      expect((await message(alice, uri)).status).toBe(403);
    },
  );

  test('a full mailbox MUST mean 480, and keep what is in it', async () => {
    const small = await perTest.start(undefined, { HERMOD_MAILBOX_MAX: '3' });
    const sender = await perTest.tcp(small.sipPort, 'alice');
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      statuses.push((await message(sender, 'sip:carol@localhost', {}, `${i}`)).status);
    }
    expect(statuses).toEqual([202, 202, 202, 480, 480]);
    const carol = await perTest.device(small.sipPort, 'carol');
    await carol.waitForRequests(3);
    expect((await message(sender, carol.aor, {}, 'room again')).status).toBe(200);
    expect(carol.texts).toEqual(['0', '1', '2', 'room again']);
  });

  test('a mailbox that holds all that one sender may have in it MUST mean 480 to that sender alone', async () => {
    const small = await perTest.start(undefined, { HERMOD_MAILBOX_MAX_PER_SENDER: '2' });
    const [mallory, alice] = await Promise.all([
      perTest.tcp(small.sipPort, 'mallory'),
      perTest.tcp(small.sipPort, 'alice'),
    ]);
    const statusOf = async (from: typeof alice, text: string): Promise<number> =>
      (await message(from, 'sip:carol@localhost', {}, text)).status;
    const flood = [];
    for (let i = 0; i < 4; i += 1) flood.push(await statusOf(mallory, `${i}`));
    expect(flood).toEqual([202, 202, 480, 480]);
    expect(await statusOf(alice, 'hello')).toBe(202);
    const carol = await perTest.device(small.sipPort, 'carol');
    await carol.waitForRequests(3);
    expect(carol.texts).toEqual(['0', '1', 'hello']);
  });

  test('a closed domain MUST answer 404 for unknown users and store for known ones', async () => {
    const directory = perTest.directory();
    const stores = LmdbStores.open(join(directory, 'stores'), { codec: bufferCodec });
    await stores.subscribers.addSubscriber('sip:carol@localhost');
    await stores.close();
    const closed = await perTest.start(directory, { HERMOD_DOMAIN_MODE: 'closed' });
    const sender = await perTest.tcp(closed.sipPort, 'alice');
    expect((await message(sender, 'sip:mallory@localhost')).status).toBe(404);
    expect((await message(sender, 'sip:carol@localhost')).status).toBe(202);
    const mallory = await perTest.tcp(closed.sipPort, 'mallory');
    expect((await mallory.register()).status).toBe(404);
    const carol = await perTest.device(closed.sipPort, 'carol');
    await carol.waitForRequests(1);
  });
});
