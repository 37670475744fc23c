import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryLedger } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepLedger, MessageLoad, missingAfter, total } from './message-load.ts';
import { Scene } from './scene.ts';

const RATE_PER_SEC = 300;
const GRACE_MS = 10_000;
const USERS = ['bob', 'carol', 'dave', 'erin'];

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

describe('SIGTERM (design §4 rule 10)', () => {
  test('under load MUST exit 0 within the grace, and lose nothing that was answered 2xx', async () => {
    const directory = scene.directory();
    const ledgers = new Map(USERS.map((user) => [user, new DeliveryLedger()]));
    const all = [...ledgers.values()];
    const connect = async (port: number, user: string): Promise<void> => {
      const device = await scene.tcp(port, user);
      keepLedger(ledgers.get(user) ?? new DeliveryLedger(), device);
      expect((await device.register()).status).toBe(200);
    };
    const first = await scene.start(directory);
    for (const user of USERS.slice(0, 2)) await connect(first.sipPort, user);
    const pairs = [];
    for (const user of USERS) {
      pairs.push({
        sender: await scene.tcp(first.sipPort, `to-${user}`),
        to: `sip:${user}@localhost`,
      });
    }
    const load = new MessageLoad(pairs, RATE_PER_SEC);
    await delay(1500);
    const stoppedMs = performance.now();
    const ended = first.stop();
    // What comes while it stops is refused or unanswered, never accepted and forgotten.
    await delay(50);
    load.stop();
    expect((await ended).code).toBe(0);
    const tookMs = performance.now() - stoppedMs;
    expect(tookMs).toBeLessThan(GRACE_MS);
    const result = await load.finish();
    console.info(
      `stopped in ${Math.round(tookMs)} ms: ${load.sent} sent, ${result.delivered.size} 200, ${result.accepted.size} 202, ` +
        `${result.refused.size} refused, ${result.unknown.size} unknown`,
    );
    expect(new Set(result.refused.values()).size).toBeLessThanOrEqual(1);
    for (const status of result.refused.values()) expect(status).toBe(503);

    const second = await scene.start(directory);
    for (const user of USERS) await connect(second.sipPort, user);
    const promised = new Set([...result.delivered, ...result.accepted]);
    expect(promised.size).toBeGreaterThan(RATE_PER_SEC);
    expect(await missingAfter(all, promised, 10_000)).toEqual([]);
    await delay(200);
    expect(total(all, 'duplicates')).toBe(0);
    expect(total(all, 'outOfOrder')).toBe(0);
    expect((await second.stop()).code).toBe(0);
  });

  test.each(['tcp', 'udp'] as const)(
    'with a %s device that has gone silent MUST NOT take the whole grace',
    async (transport) => {
      const directory = scene.directory();
      const first = await scene.start(directory);
      const alice = await scene.tcp(first.sipPort, 'alice');
      const bob = await scene.device(first.sipPort, 'bob', transport);
      bob.answer = () => 'silence';
      const kept = [alice.sendMessage(bob.aor, '1'), alice.sendMessage(bob.aor, '2')];
      await bob.waitForRequests(1);
      const stoppedMs = performance.now();
      const ended = await first.stop();
      const tookMs = performance.now() - stoppedMs;
      console.info(`${transport}: stopped in ${Math.round(tookMs)} ms`);
      expect(ended.code).toBe(0);
      expect(tookMs).toBeLessThan(GRACE_MS / 2);
      // The senders had their answer before it closed.
      for (const exchange of kept) expect((await exchange).status).toBe(202);
      const second = await scene.start(directory);
      const back = await scene.device(second.sipPort, 'bob', transport);
      await back.waitForRequests(2);
      expect(back.texts).toEqual(['1', '2']);
    },
  );

  test('in the midst of a drain MUST exit 0, and go on after the restart', async () => {
    const directory = scene.directory();
    const ledger = new DeliveryLedger();
    const first = await scene.start(directory);
    const sender = await scene.tcp(first.sipPort, 'alice');
    const load = new MessageLoad([{ sender, to: 'sip:carol@localhost' }], 400);
    await delay(1000);
    const { accepted } = await load.finish();
    const one = keepLedger(ledger, await scene.tcp(first.sipPort, 'carol'));
    await one.register();
    await one.waitForRequests(50);
    expect((await first.stop()).code).toBe(0);
    const before = ledger.distinct;
    const second = await scene.start(directory);
    const again = keepLedger(ledger, await scene.tcp(second.sipPort, 'carol'));
    await again.register();
    expect(await missingAfter([ledger], accepted, 10_000)).toEqual([]);
    await delay(200);
    console.info(`${before} of ${accepted.size} before the stop, ${ledger.duplicates} duplicates`);
    expect(ledger.duplicates).toBe(0);
    expect(ledger.outOfOrder).toBe(0);
  });
});
