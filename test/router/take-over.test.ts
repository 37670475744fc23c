import { describe, expect, it } from 'vitest';
import { AOR, RouterRig } from './router-rig.ts';

const DEVICE = 'sip:bob@192.0.2.1:5060;transport=tcp';
const DAY_MS = 86_400_000;

/** What a predecessor put into the mailbox: the record of that offset. */
async function leaveMail(rig: RouterRig, offset: number): Promise<void> {
  const nowMs = rig.clock.nowMs();
  const callId = `m${offset}`;
  const record = {
    ...{ type: 'message' as const, aor: AOR, deliveryId: callId.padEnd(22, '_'), flags: 0 },
    ...{ receivedAtMs: nowMs, expiresAtMs: nowMs + DAY_MS },
    ...{ head: rig.headOf(callId), body: new Uint8Array([104, 105]) },
  };
  const options = { seenVersion: undefined, maxEntries: 0, nowMs };
  await rig.stores.appendMail(AOR, { order: offset, record }, options);
  await rig.stores.schedule(0, AOR, nowMs, 'earliest');
}

describe('taking a partition over (design §4 rules 3, 7)', () => {
  it('a drain MUST NOT overtake older records that the predecessor had held and the log shows again', async () => {
    const rig = new RouterRig();
    await rig.register(DEVICE);
    await leaveMail(rig, 3);
    await leaveMail(rig, 4);
    // Offsets 0 to 2 are unfinished; the AoR is due, so its drain could start at once.
    await rig.start({ partition: 0, next: 0, metadata: '3.2' });
    await rig.run(200);
    for (let offset = 0; offset <= 4; offset += 1) rig.message(`m${offset}`, { offset });
    await rig.run(2000);
    expect(rig.trunk.sent).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('a drain MUST NOT overtake an older record while that is being stored', async () => {
    const rig = new RouterRig();
    await rig.register(DEVICE);
    await leaveMail(rig, 3);
    await rig.start({ partition: 0, next: 0, metadata: '3.1' });
    // All in one turn: their way into the mailbox is under way when the drain reads its first page.
    for (let offset = 0; offset <= 3; offset += 1) rig.message(`m${offset}`, { offset });
    await rig.run(2000);
    expect(rig.trunk.sent).toEqual(['m0', 'm1', 'm2', 'm3']);
  });

  it("MUST drain what a predecessor's last write put into a mailbox that was read as empty", async () => {
    const rig = await new RouterRig().start();
    await rig.register(DEVICE);
    rig.trunk.act = () => ({ status: 200, afterMs: 700 });
    // Never idle, so its actor is not made anew.
    for (let i = 0; i < 4; i += 1) {
      rig.message(`n${i}`, { offset: 10 + i });
      await rig.run(500);
    }
    await leaveMail(rig, 20);
    rig.message('m20', { offset: 20 });
    for (let i = 4; i < 16; i += 1) {
      rig.message(`n${i}`, { offset: 20 + i });
      await rig.run(500);
    }
    await rig.run(5000);
    expect(rig.trunk.sent.slice(4, 6)).toEqual(['m20', 'n4']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('stored messages of offsets that the log does not have MUST be delivered all the same', async () => {
    const rig = new RouterRig();
    await rig.register(DEVICE);
    await leaveMail(rig, 5000);
    // A topic that was made anew begins at 0 again.
    await rig.start({ partition: 0, next: 0, metadata: '' });
    await rig.run(10_000);
    expect(rig.trunk.sent).toEqual(['m5000']);
  });
});
