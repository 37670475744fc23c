import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryLedger } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepLedger, MessageLoad, missingAfter, total } from './message-load.ts';
import { Scene } from './scene.ts';
import type { StandaloneProcess } from './standalone-process.ts';

const USERS = ['bob', 'carol', 'dave', 'erin', 'frank', 'grace'];
/** Finished records are committed every 20 ms, with a sync: a crash may repeat what was finished in this time. */
const UNCOMMITTED_MS = 100;

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

describe('kill -9 under load (design §4 rules 1, 2)', () => {
  test.each([100, 500])(
    '%i msg/s: all that was answered 2xx MUST arrive, and little of it twice',
    async (ratePerSec) => {
      const directory = scene.directory();
      const ledgers = new Map(USERS.map((user) => [user, new DeliveryLedger()]));
      const all = [...ledgers.values()];
      const connect = async (standalone: StandaloneProcess, user: string): Promise<void> => {
        const device = await scene.tcp(standalone.sipPort, user);
        keepLedger(ledgers.get(user) ?? new DeliveryLedger(), device);
        expect((await device.register()).status).toBe(200);
      };
      const first = await scene.start(directory);
      // Half of them are there; messages to the others are stored.
      for (const user of USERS.slice(0, 3)) await connect(first, user);
      const pairs = [];
      for (const user of USERS) {
        const sender = await scene.tcp(first.sipPort, `to-${user}`);
        pairs.push({ sender, to: `sip:${user}@localhost` });
      }
      const load = new MessageLoad(pairs, ratePerSec);
      await delay(2500);
      const inFlight = load.inFlight;
      load.stop();
      await first.kill();
      const result = await load.finish();
      expect(result.refused.size).toBe(0);
      expect(result.delivered.size).toBeGreaterThan(ratePerSec * 0.8);
      expect(result.accepted.size).toBeGreaterThan(ratePerSec * 0.8);

      const second = await scene.start(directory);
      for (const user of USERS) await connect(second, user);
      const promised = new Set([...result.delivered, ...result.accepted]);
      const missing = await missingAfter(all, promised, 10_000);
      expect(missing).toEqual([]);
      // A drain may still be at what was never answered.
      await delay(500);
      const duplicates = total(all, 'duplicates');
      const bound = inFlight + (ratePerSec * UNCOMMITTED_MS) / 1000;
      console.info(
        `${load.sent} sent at ${ratePerSec}/s, ${result.delivered.size} answered 200, ${result.accepted.size} 202, ` +
          `${result.unknown.size} unknown, ${duplicates} duplicates (bound ${bound})`,
      );
      expect(duplicates).toBeLessThanOrEqual(bound);
      expect(total(all, 'outOfOrder')).toBe(0);
    },
  );

  test('a kill -9 in the midst of a drain MUST lose nothing and repeat little', async () => {
    const directory = scene.directory();
    const ledger = new DeliveryLedger();
    const first = await scene.start(directory);
    const sender = await scene.tcp(first.sipPort, 'alice');
    const load = new MessageLoad([{ sender, to: 'sip:carol@localhost' }], 500);
    await delay(1000);
    const { accepted } = await load.finish();
    expect(accepted.size).toBeGreaterThan(400);
    const one = keepLedger(ledger, await scene.tcp(first.sipPort, 'carol'));
    await one.register();
    await one.waitForRequests(100);
    await first.kill();
    const before = ledger.distinct;
    expect(before).toBeLessThan(accepted.size);
    const second = await scene.start(directory);
    const again = keepLedger(ledger, await scene.tcp(second.sipPort, 'carol'));
    await again.register();
    expect(await missingAfter([ledger], accepted, 10_000)).toEqual([]);
    await delay(200);
    // The window, what was being written, and what waited for the next write: 16 each.
    console.info(`${ledger.duplicates} duplicates after ${before} of ${accepted.size}`);
    expect(ledger.duplicates).toBeLessThanOrEqual(48);
    expect(ledger.outOfOrder).toBe(0);
    expect(again.retransmissions).toBe(0);
  });
});
