import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryLedger, SipPeer, TcpFaultProxy } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepLedger, MessageLoad, missingAfter } from './message-load.ts';
import { Scene } from './scene.ts';

const RATE_PER_SEC = 100;
/** Each way: 50 ms round trip. */
const ONE_WAY_MS = 25;
/** Unanswered messages on a stream (design §4 rule 3). */
const WINDOW = 16;
const OUTAGE_MS = 5_000;
const BACK_WITHIN_MS = 30_000;
/** This long with nothing but 200: direct delivery is back. */
const STEADY = 150;

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

describe('100 msg/s to one recipient at 50 ms round trip', () => {
  test.each([
    'stalls, and comes back on the same connection',
    'loses its connection, and registers again',
  ])('a device that %s for 5 s MUST be back to direct delivery within 30 s', async (outage) => {
    const standalone = await scene.start();
    const proxy = await TcpFaultProxy.start(() => ({
      host: '127.0.0.1',
      port: standalone.sipPort,
    }));
    scene.onClose(() => proxy.close());
    proxy.setDelayMs(ONE_WAY_MS);
    const ledger = new DeliveryLedger();
    const device = async (): Promise<SipPeer> => {
      const peer = await SipPeer.tcp(proxy.port, { user: 'bob' });
      scene.onClose(() => peer.close());
      keepLedger(ledger, peer);
      expect((await peer.register()).status).toBe(200);
      return peer;
    };
    let bob = await device();
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const load = new MessageLoad([{ sender: alice, to: bob.aor }], RATE_PER_SEC);
    await delay(1_000);
    expect(load.finals.length).toBeGreaterThan(RATE_PER_SEC / 2);
    expect(load.finals.every(({ status }) => status === 200)).toBe(true);

    if (outage.startsWith('stalls')) {
      proxy.stall();
      await delay(OUTAGE_MS);
      proxy.heal();
    } else {
      await bob.destroy();
      await delay(OUTAGE_MS);
      bob = await device();
    }
    const healedMs = performance.now();
    let backMs = 0;
    while (backMs === 0 && performance.now() - healedMs < BACK_WITHIN_MS) {
      await delay(100);
      const last = load.finals.slice(-STEADY);
      const first = last[0];
      if (first === undefined || first.atMs < healedMs) continue;
      if (last.every(({ status }) => status === 200)) backMs = first.atMs - healedMs;
    }
    const result = await load.finish();
    console.info(
      `back after ${Math.round(backMs)} ms; ${load.sent} sent, ${result.delivered.size} 200, ${result.accepted.size} 202, ` +
        `${ledger.duplicates} duplicates, ${ledger.outOfOrder} out of order, ${bob.retransmissions} retransmissions`,
    );
    expect(backMs).toBeGreaterThan(0);
    expect([...result.refused, ...result.unknown]).toEqual([]);
    expect(
      await missingAfter([ledger], new Set([...result.delivered, ...result.accepted]), 5_000),
    ).toEqual([]);
    // A reset takes the device's last answers with it: what they were for comes again, at most one window of it.
    expect(ledger.duplicates).toBeLessThanOrEqual(outage.startsWith('stalls') ? 0 : WINDOW);
    expect(bob.retransmissions).toBe(0);
  });
});
