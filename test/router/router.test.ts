import { RecordFlag } from '@hermod/contracts';
import { H } from '@hermod/sip';
import { MemoryStores } from '@hermod/testkit';
import { describe, expect, it } from 'vitest';
import { AOR, RouterRig } from './router-rig.ts';

const A = 'sip:bob@192.0.2.1:5060;transport=tcp';
const B = 'sip:bob@192.0.2.2:5060;transport=tcp';
const C = 'sip:bob@192.0.2.3:5060;transport=tcp';

const outcomesOf = (rig: RouterRig): string[] =>
  rig.outcomes.map((o) => `${o.outcome} ${o.status}`);

describe('outcome table (design §3)', () => {
  it('row 1: any 2xx is forwarded at once, whatever the others say', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A, B, C);
    rig.trunk.act = ({ targetUri }) =>
      targetUri === A ? { status: 603, afterMs: 5 } : targetUri === B ? 200 : 'silence';
    rig.message('m1');
    await rig.run(50);
    expect(rig.trunk.replies).toEqual([{ callId: 'm1', status: 200 }]);
    expect(rig.trunk.deliveries.map((d) => d.targetUri).sort()).toEqual([A, B, C]);
    await rig.run(3000);
    expect(rig.trunk.replies).toHaveLength(1);
    expect(outcomesOf(rig)).toEqual(['delivered 200']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('row 2: a 6xx wins over temporary failures, once all branches have ended', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A, B);
    rig.trunk.act = ({ targetUri }) => (targetUri === A ? 603 : { status: 480, afterMs: 500 });
    rig.message('m1');
    await rig.run(300);
    expect(rig.trunk.replies).toHaveLength(0);
    await rig.run(300);
    expect(rig.trunk.statusOf('m1')).toBe(603);
    expect(await rig.mailCount()).toBe(0);
    expect(outcomesOf(rig)).toEqual(['refused 603']);
  });

  it.each([408, 430, 477, 480, 486, 500, 503, 504])(
    'row 3: a branch that ends %i makes it 202 and the mailbox',
    async (status) => {
      const rig = await new RouterRig().start();
      await rig.register(A, B);
      rig.trunk.act = ({ targetUri }) => (targetUri === A ? status : 404);
      rig.message('m1');
      await rig.run(200);
      expect(rig.trunk.statusOf('m1')).toBe(202);
      expect(await rig.mailCount()).toBe(1);
    },
  );

  it('row 3: silence until the deadline of 2 s makes it 202 and the mailbox', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.trunk.act = () => 'silence';
    rig.message('m1');
    await rig.run(1900);
    expect(rig.trunk.replies).toHaveLength(0);
    await rig.run(300);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    expect(await rig.mailCount()).toBe(1);
  });

  it('row 3: where nothing may be stored, the best response; a lone 503 as 500; never 408', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.trunk.act = ({ request }) =>
      request.callId === 'busy' ? 486 : request.callId === 'down' ? 503 : 'silence';
    for (const id of ['busy', 'down', 'mute']) {
      rig.message(id, { flags: RecordFlag.NO_STORE });
      await rig.run(2100);
    }
    expect(rig.trunk.statusOf('busy')).toBe(486);
    expect(rig.trunk.statusOf('down')).toBe(500);
    expect(rig.trunk.statusOf('mute')).toBe(480);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST share Max-Breadth among all devices, or try one after the other when it does not suffice (RFC 5393 §5.3.3)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A, B, C);
    const breadthOf = (callId: string) =>
      rig.trunk.deliveries
        .filter(({ request }) => request.callId === callId)
        .map(({ request }) => request.get(H.MAX_BREADTH));
    rig.message('m1');
    await rig.run(200);
    expect(breadthOf('m1')).toEqual(['20', '20', '20']);
    const head = (callId: string, breadth: number) =>
      rig.headOf(callId).replace('Max-Forwards', `Max-Breadth: ${breadth}\r\nMax-Forwards`);
    rig.message('m2', { head: head('m2', 7) });
    await rig.run(200);
    expect(breadthOf('m2')).toEqual(['2', '2', '2']);
    rig.trunk.act = ({ targetUri }) => (targetUri === A || targetUri === B ? 404 : 200);
    rig.message('m3', { head: head('m3', 2) });
    await rig.run(5);
    expect(breadthOf('m3')).toEqual(['2']);
    await rig.run(200);
    expect(breadthOf('m3').length).toBeGreaterThan(1);
    expect(rig.trunk.statusOf('m3')).toBe(200);
    rig.message('m4', { head: head('m4', 0) });
    await rig.run(200);
    expect(breadthOf('m4')).toEqual([]);
    expect(rig.trunk.statusOf('m4')).toBe(440);
  });

  it('row 4: only refusals give the best response', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A, B);
    rig.trunk.act = ({ targetUri }) => (targetUri === A ? 404 : 415);
    rig.message('m1');
    await rig.run(100);
    expect(rig.trunk.statusOf('m1')).toBe(415);
    expect(await rig.mailCount()).toBe(0);
  });

  it.each([405, 501])('row 4: a binding that answers %i leaves the target set', async (status) => {
    const rig = await new RouterRig().start();
    await rig.register(A, B);
    rig.trunk.act = ({ targetUri }) => (targetUri === A ? status : 200);
    rig.message('m1');
    await rig.run(100);
    rig.message('m2');
    await rig.run(100);
    expect(rig.trunk.deliveries.map((d) => d.targetUri)).toEqual([A, B, B]);
  });

  it('row 5: no binding is 202 and the mailbox, in an open domain and for a provisioned subscriber', async () => {
    for (const openDomain of [true, false]) {
      const rig = await new RouterRig({ openDomain }).start();
      await rig.stores.addSubscriber(AOR);
      rig.message('m1');
      await rig.run(20);
      expect(rig.trunk.statusOf('m1')).toBe(202);
      expect(await rig.mailCount()).toBe(1);
    }
  });

  it('row 6: an unknown subscriber of a closed domain is 404 to authenticated senders', async () => {
    const rig = await new RouterRig({ openDomain: false }).start();
    rig.message('m1', { flags: RecordFlag.AUTHENTICATED });
    await rig.run(20);
    expect(rig.trunk.statusOf('m1')).toBe(404);
  });

  it('row 6: to others a known and an unknown subscriber look the same, and nothing is stored for nobody', async () => {
    for (const flags of [0, RecordFlag.NO_STORE]) {
      const known = await new RouterRig({ openDomain: false }).start();
      await known.stores.addSubscriber(AOR);
      const unknown = await new RouterRig({ openDomain: false }).start();
      for (const rig of [known, unknown]) {
        rig.message('m1', { flags });
        await rig.run(20);
      }
      expect(unknown.trunk.statusOf('m1')).toBe(known.trunk.statusOf('m1'));
      expect(await unknown.mailCount()).toBe(0);
      expect(unknown.outcomes.at(-1)).toMatchObject({ outcome: 'refused' });
    }
  });

  it('row 7: a full mailbox is 480; an accepted message is stored beyond the bound', async () => {
    const rig = await new RouterRig({ mailboxMax: 2 }).start();
    for (const id of ['m1', 'm2', 'm3']) rig.message(id);
    rig.message('old', { receivedAtMs: rig.clock.nowMs() - 3000 });
    await rig.run(50);
    expect(rig.trunk.statusOf('m2')).toBe(202);
    expect(rig.trunk.statusOf('m3')).toBe(480);
    expect(rig.trunk.statusOf('old')).toBe(202);
    expect(await rig.mailCount()).toBe(3);
  });

  it('row 7: a mailbox with all that one sender may have in it is 480 to that sender alone, unless the message is accepted', async () => {
    const rig = await new RouterRig({ mailboxMaxPerSender: 2 }).start();
    const flags = RecordFlag.AUTHENTICATED;
    for (const id of ['m1', 'm2', 'm3']) rig.message(id, { flags });
    rig.message('old', { flags, receivedAtMs: rig.clock.nowMs() - 3000 });
    // By the other name of the domain, the same sender; mallory is another.
    const as = (callId: string, from: string) =>
      rig.headOf(callId).replace('sip:alice@example.com', from);
    rig.message('alias', { flags, head: as('alias', 'sip:%61lice@EXAMPLE.net') });
    rig.message('other', { flags, head: as('other', 'sip:mallory@example.com') });
    // Hermod's own messages were asked for.
    const own = flags | RecordFlag.ORIGINATED;
    for (const id of ['o1', 'o2', 'o3']) rig.message(id, { flags: own });
    await rig.run(50);
    const statuses = ['m1', 'm2', 'm3', 'old', 'alias', 'other', 'o3'].map((id) =>
      rig.trunk.statusOf(id),
    );
    expect(statuses).toEqual([202, 202, 480, 202, 480, 202, 202]);
    expect(await rig.mailCount()).toBe(7);
    expect(outcomesOf(rig).filter((outcome) => outcome === 'refused 480')).toHaveLength(2);
  });

  it('row 7: all senders who have proved nothing are one, whatever they call themselves', async () => {
    const rig = await new RouterRig({ mailboxMaxPerSender: 2 }).start();
    for (const [i, id] of ['m1', 'm2', 'm3'].entries()) {
      rig.message(id, { head: rig.headOf(id).replace('alice', `a${i}`) });
    }
    rig.message('proved', { flags: RecordFlag.AUTHENTICATED });
    await rig.run(50);
    const statuses = ['m1', 'm2', 'm3', 'proved'].map((id) => rig.trunk.statusOf(id));
    expect(statuses).toEqual([202, 202, 480, 202]);
  });

  it('row 7: what may not be stored and reaches nobody is 480', async () => {
    const rig = await new RouterRig().start();
    rig.message('m1', { flags: RecordFlag.NO_STORE });
    await rig.run(20);
    expect(rig.trunk.statusOf('m1')).toBe(480);
    expect(await rig.mailCount()).toBe(0);
  });

  it('a message that expired on its way is 480 and an outcome record', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.message('m1', { expiresAtMs: rig.clock.nowMs() - 1 });
    await rig.run(20);
    expect(rig.trunk.deliveries).toHaveLength(0);
    expect(rig.trunk.statusOf('m1')).toBe(480);
    expect(outcomesOf(rig)).toEqual(['expired 480']);
  });
});

describe('order (design §4 rule 3)', () => {
  it('MUST start records of one AoR in log order, at most 16 unanswered on a stream flow', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 50 });
    const ids = Array.from({ length: 40 }, (_, i) => `m${i}`);
    for (const id of ids) rig.message(id);
    await rig.run(40);
    expect(rig.trunk.sent).toEqual(ids.slice(0, 16));
    await rig.run(300);
    expect(rig.trunk.sent).toEqual(ids);
  });

  it('MUST have one unanswered message at a time on a datagram flow', async () => {
    const rig = await new RouterRig().start();
    await rig.register('sip:bob@192.0.2.1:5060');
    rig.trunk.act = () => ({ status: 200, afterMs: 50 });
    for (const id of ['m1', 'm2', 'm3']) rig.message(id);
    await rig.run(30);
    expect(rig.trunk.sent).toEqual(['m1']);
    await rig.run(60);
    expect(rig.trunk.sent).toEqual(['m1', 'm2']);
  });

  it('MUST put new messages behind a non-empty mailbox, and drain in first-transmission order', async () => {
    const rig = await new RouterRig().start();
    for (const id of ['m1', 'm2', 'm3']) rig.message(id);
    await rig.run(50);
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 30 });
    rig.registered();
    await rig.run(20);
    rig.message('m4');
    await rig.run(500);
    expect(rig.trunk.sent).toEqual(['m1', 'm2', 'm3', 'm4']);
    expect(rig.trunk.statusOf('m4')).toBe(202);
    expect(await rig.mailCount()).toBe(0);
    rig.message('m5');
    await rig.run(50);
    expect(rig.trunk.statusOf('m5')).toBe(200);
  });

  it('MUST close the window on a temporary failure: what is unsent queues behind the stored message', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    let failing = true;
    rig.trunk.act = ({ request }) =>
      request.callId === 'm3' && failing
        ? { status: 480, afterMs: 20 }
        : { status: 200, afterMs: 50 };
    const ids = Array.from({ length: 30 }, (_, i) => `m${i}`);
    for (const id of ids) rig.message(id);
    await rig.run(200);
    // 0–15 were sent before m3 failed and stand; 16–29 were not and must come after it.
    expect(rig.trunk.sent).toEqual(ids.slice(0, 16));
    expect(await rig.mailCount()).toBe(15);
    failing = false;
    await rig.run(4000);
    expect(rig.trunk.sent.slice(16)).toEqual(['m3', ...ids.slice(16)]);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST hold at most 64 messages of one recipient on their way; more go to the mailbox', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 400 });
    for (let i = 0; i < 100; i += 1) rig.message(`m${i}`);
    await rig.run(100);
    expect(await rig.mailCount()).toBe(36);
    await rig.run(10_000);
    expect(rig.trunk.sent).toEqual(Array.from({ length: 100 }, (_, i) => `m${i}`));
    expect(await rig.mailCount()).toBe(0);
  });

  it('returns to direct delivery within 30 s of an outage of 5 s, at 100 msg/s and 50 ms round trip', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    const outage = { from: rig.clock.nowMs() + 1000, to: rig.clock.nowMs() + 6000 };
    rig.trunk.act = () => {
      const now = rig.clock.nowMs();
      return now >= outage.from && now < outage.to ? 480 : { status: 200, afterMs: 50 };
    };
    for (let i = 0; i < 3600; i += 1) {
      rig.message(`m${i}`);
      await rig.run(10);
    }
    await rig.run(100);
    expect(rig.trunk.statusOf('m3599')).toBe(200);
    expect(await rig.mailCount()).toBe(0);
    const delivered = rig.outcomes.filter((o) => o.outcome === 'delivered').length;
    expect(delivered).toBe(3600);
  }, 30_000);
});

describe('mailbox (design §4 rules 4 and 5)', () => {
  it('MUST NOT store when somebody registered since the lookup: the new binding is tried', async () => {
    const rig = await new RouterRig().start();
    rig.message('m0');
    const stores = rig.stores;
    const append = stores.appendMail.bind(stores);
    let raced = false;
    stores.appendMail = async (aor, entry, options) => {
      if (!raced) {
        raced = true;
        await rig.register(A);
      }
      return await append(aor, entry, options);
    };
    await rig.run(100);
    expect(rig.trunk.sent).toEqual(['m0']);
    expect(rig.trunk.statusOf('m0')).toBe(200);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST write the AoR into the due set before the offset is finished', async () => {
    const rig = await new RouterRig().start();
    const schedule = rig.stores.schedule.bind(rig.stores);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    rig.stores.schedule = async (...args) => {
      await held;
      await schedule(...args);
    };
    rig.message('m1');
    await rig.run(500);
    expect(rig.consumer.commits.at(-1)?.next ?? 0).toBe(0);
    release();
    await rig.run(200);
    expect(rig.consumer.commits.at(-1)?.next).toBe(1);
  });

  it('answers 202 only after the mailbox write has returned (rule 6)', async () => {
    const rig = await new RouterRig().start();
    let release = (): void => undefined;
    rig.stores.hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    rig.message('m1');
    await rig.run(2000);
    expect(rig.trunk.replies).toHaveLength(0);
    release();
    await rig.run(50);
    expect(rig.trunk.statusOf('m1')).toBe(202);
  });

  it('a successor drains what is due, without any record', async () => {
    const stores = new MemoryStores();
    const first = await new RouterRig({}, stores).start();
    await first.register(A);
    first.trunk.act = () => 480;
    first.message('m1');
    await first.run(100);
    first.router.onOwned([]);
    const second = await new RouterRig({}, stores).start({ partition: 0, next: 1, metadata: '' });
    await second.run(5000);
    expect(second.trunk.sent).toEqual(['m1']);
    expect(await second.mailCount()).toBe(0);
  });

  it('expired messages do not come; the others do', async () => {
    const rig = await new RouterRig().start();
    rig.message('short', { expiresAtMs: rig.clock.nowMs() + 2000 });
    rig.message('long');
    await rig.run(4000);
    expect(await rig.mailCount()).toBe(1);
    await rig.register(A);
    rig.registered();
    await rig.run(500);
    expect(rig.trunk.sent).toEqual(['long']);
    expect(outcomesOf(rig)).toContain('expired 480');
  });

  it('a late 2xx removes the stored copy: no second delivery', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 2400 });
    rig.message('m1');
    await rig.run(2200);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    await rig.run(20_000);
    expect(rig.trunk.sent).toEqual(['m1']);
    expect(await rig.mailCount()).toBe(0);
    expect(outcomesOf(rig)).toEqual(['stored 202', 'delivered 200']);
  });

  it('a late 2xx of a second device does not end a delivered message again', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A, B);
    rig.trunk.act = ({ targetUri }) => (targetUri === A ? 200 : { status: 200, afterMs: 3000 });
    rig.message('m1');
    await rig.run(5000);
    expect(rig.trunk.replies).toEqual([{ callId: 'm1', status: 200 }]);
    expect(outcomesOf(rig)).toEqual(['delivered 200']);
  });

  it('a flow that missed a deadline is not tried by new messages until it speaks', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A, B);
    rig.trunk.act = ({ targetUri }) => (targetUri === A ? 'silence' : 404);
    // Nothing is stored, so the mailbox is not what keeps the next one from A.
    rig.message('m1', { flags: RecordFlag.NO_STORE });
    await rig.run(2100);
    rig.message('m2');
    await rig.run(100);
    expect(rig.trunk.deliveries.map((d) => d.targetUri)).toEqual([A, B, B]);
    // 202 at once, not after another 2 s.
    expect(rig.trunk.statusOf('m2')).toBe(202);
  });

  it('a flow that has spoken since is not taken for silent when an old branch times out at its edge', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    // As an edge's Timer F does, 32 s after it sent (RFC 3261 §17.1.2.2).
    rig.trunk.act = ({ request }) =>
      request.callId === 'm1' ? { status: 408, afterMs: 32_000 } : 200;
    rig.message('m1', { flags: RecordFlag.NO_STORE });
    await rig.run(2100);
    rig.message('m2');
    await rig.run(5000);
    // Stored, since the flow was silent; drained since, so it has spoken.
    expect(rig.trunk.sent).toEqual(['m1', 'm2']);
    await rig.run(26_000);
    expect(rig.router.stats.deadlines).toBe(1);
    rig.message('m3');
    await rig.run(50);
    expect(rig.trunk.statusOf('m3')).toBe(200);
  });

  it('a flow-bound binding whose flow is gone is removed', async () => {
    const rig = await new RouterRig().start();
    const path = ['sip:e1.tok@edge-b:5070;lr'];
    await rig.register({ contact: A, path, flowToken: 'e1.tok', flowBound: true });
    rig.trunk.act = () => 430;
    rig.message('m1');
    await rig.run(100);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    expect((await rig.stores.readBindings(AOR)).bindings).toEqual([]);
  });

  it.each([430, 'edge away'] as const)(
    'the next flow of a device is tried when the first one ends %s (RFC 5626 §7)',
    async (act) => {
      const rig = await new RouterRig().start();
      const flow = (n: number, contact: string) => ({
        ...{ key: `<urn:uuid:1>;${n}`, contact, flowToken: `e${n}.tok`, flowBound: true },
        path: [`sip:e${n}.tok@edge-${n}:5070;lr;ob`],
      });
      await rig.register(flow(1, A), flow(2, B));
      rig.trunk.act = ({ flowToken }) => (flowToken === 'e1.tok' ? act : 200);
      rig.message('m1');
      await rig.run(100);
      expect(rig.trunk.deliveries.map((d) => d.flowToken)).toEqual(['e1.tok', 'e2.tok']);
      expect(rig.trunk.statusOf('m1')).toBe(200);
    },
  );

  it('MUST keep the order when all that was sent moves on to the next flow of a device', async () => {
    const rig = await new RouterRig().start();
    const key = '<urn:uuid:1>';
    await rig.register({ key: `${key};1`, contact: A }, { key: `${key};2`, contact: B });
    rig.trunk.act = ({ targetUri }) => (targetUri === A ? 'silence' : 200);
    const ids = Array.from({ length: 40 }, (_, i) => `m${i}`);
    for (const id of ids) rig.message(id);
    await rig.run(20);
    expect(rig.trunk.sent).toEqual(ids.slice(0, 16));
    rig.trunk.act = ({ targetUri }) => (targetUri === A ? 'edge away' : 200);
    // As a trunk does that loses its edge.
    for (const sink of rig.trunk.unanswered) sink.onFinal(503, undefined);
    await rig.run(100);
    const moved = rig.trunk.deliveries.filter((d) => d.targetUri === B);
    expect(moved.map((d) => d.request.callId)).toEqual(ids);
  });

  it('the next flow of a device is not tried when the device itself says 503', async () => {
    const rig = await new RouterRig().start();
    const key = '<urn:uuid:1>';
    await rig.register({ key: `${key};1`, contact: A }, { key: `${key};2`, contact: B });
    rig.trunk.act = () => 503;
    rig.message('m1');
    await rig.run(100);
    expect(rig.trunk.deliveries).toHaveLength(1);
    expect(rig.trunk.statusOf('m1')).toBe(202);
  });

  it('in a drain a refusal ends its entry and the drain goes on (rule 9)', async () => {
    const rig = await new RouterRig().start();
    for (const id of ['m1', 'bad', 'm3']) rig.message(id);
    await rig.run(50);
    await rig.register(A);
    rig.trunk.act = ({ request }) => (request.callId === 'bad' ? 415 : 200);
    rig.registered();
    await rig.run(500);
    expect(rig.trunk.sent).toEqual(['m1', 'bad', 'm3']);
    expect(await rig.mailCount()).toBe(0);
    expect(outcomesOf(rig)).toContain('refused 415');
  });
});

describe('offsets and repeats (design §4 rule 2)', () => {
  it('commits the low watermark with the finished runs beyond it, and a successor skips them', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A, 'sip:bob@192.0.2.9:5060;transport=tcp');
    rig.trunk.act = ({ request }) => (request.callId === 'm1' ? 'silence' : 200);
    for (const id of ['m0', 'm1', 'm2', 'm3']) rig.message(id);
    await rig.run(300);
    expect(rig.consumer.commits.at(-1)).toEqual({ partition: 0, next: 1, metadata: '1.2' });
    const next = new RouterRig();
    await next.start({ partition: 0, next: 1, metadata: '1.2' });
    await next.register(A);
    for (const [i, id] of ['m1', 'm2', 'm3', 'm4'].entries()) next.message(id, { offset: i + 1 });
    await next.run(100);
    expect(next.trunk.sent).toEqual(['m1', 'm4']);
  });

  it('a repeat of a stored message gets the recorded outcome and is not stored twice', async () => {
    const rig = await new RouterRig().start();
    rig.message('m1');
    await rig.run(50);
    rig.message('m1');
    await rig.run(50);
    expect(rig.trunk.replies.map((r) => r.status)).toEqual([202, 202]);
    expect(await rig.mailCount()).toBe(1);
    await rig.register(A);
    rig.registered();
    await rig.run(200);
    rig.message('m1');
    await rig.run(50);
    expect(rig.trunk.replies.at(-1)?.status).toBe(200);
    expect(rig.trunk.sent).toEqual(['m1']);
  });
});

describe('ownership (design §4 rule 7)', () => {
  it('MUST NOT send, store or commit while the lease is not valid', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.consumer.leaseValid = false;
    rig.message('m1');
    await rig.run(1000);
    expect(rig.trunk.deliveries).toHaveLength(0);
    expect(rig.consumer.commits).toHaveLength(0);
    rig.consumer.leaseValid = true;
    await rig.run(200);
    expect(rig.trunk.statusOf('m1')).toBe(200);
  });

  it('MUST discard the actors of lost partitions: no reply, no store, no commit', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.trunk.act = () => ({ status: 480, afterMs: 100 });
    rig.message('m1');
    await rig.run(20);
    rig.router.onFrozen();
    rig.router.onOwned([]);
    await rig.run(5000);
    expect(rig.trunk.replies).toHaveLength(0);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.consumer.commits).toHaveLength(0);
  });

  it('keeps what is in flight in a retained partition, and skips it when the log shows it again', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 300 });
    rig.message('m1');
    await rig.run(20);
    rig.router.onFrozen();
    rig.router.onOwned([{ partition: 0, next: 0, metadata: '' }]);
    rig.message('m1', { offset: 0 });
    await rig.run(500);
    expect(rig.trunk.sent).toEqual(['m1']);
    expect(rig.trunk.statusOf('m1')).toBe(200);
  });
});

describe('bad days', () => {
  it('while the store is away records wait unanswered, reading pauses, and all goes on when it is back', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.stores.away = true;
    for (let i = 0; i < 10; i += 1) rig.message(`m${i}`);
    await rig.run(5000);
    for (let i = 10; i < 600; i += 1) rig.message(`m${i}`, { aor: `sip:u${i}@example.com` });
    expect(rig.trunk.replies).toHaveLength(0);
    expect(rig.router.ready).toBe(false);
    expect(rig.consumer.paused.has(0)).toBe(true);
    rig.stores.away = false;
    await rig.run(3000);
    expect(rig.trunk.replies.map((r) => r.status).sort()).toEqual([
      ...Array(10).fill(200),
      ...Array(590).fill(202),
    ]);
    expect(rig.consumer.paused.has(0)).toBe(false);
    expect(rig.router.ready).toBe(true);
  });

  it('an assertion fails the record, not the router (rule 9)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(A);
    rig.message('good1');
    const poison = rig.offer({ head: 'not SIP at all\r\n\r\n', deliveryId: 'x' });
    rig.message('good2');
    await rig.run(300);
    expect(rig.dead).toEqual([poison]);
    expect(rig.trunk.sent).toEqual(['good1', 'good2']);
    expect(rig.consumer.commits.at(-1)?.next).toBe(3);
    expect(outcomesOf(rig)).toContain('failed 500');
  });

  it('a record that three routers died of goes to the dead-letter log, and the rest goes on (rule 9)', async () => {
    const stores = new MemoryStores();
    let deaths = 0;
    for (; deaths < 10; deaths += 1) {
      const rig = await new RouterRig({}, stores).start();
      await rig.register(A);
      let died = false;
      rig.trunk.act = ({ request }) => {
        died ||= request.callId === 'killer';
        return died ? 'silence' : 200;
      };
      for (const id of ['killer', 'm1', 'm2']) rig.message(id);
      await rig.run(300);
      if (!died) {
        expect(rig.dead).toEqual([0]);
        expect(rig.trunk.sent).toEqual(['m1', 'm2']);
        break;
      }
      // The process is gone: its clock stands still, so nothing that it had under way happens.
    }
    expect(deaths).toBe(3);
  });

  it('an idle partition that changes hands often is not taken for one whose owners die', async () => {
    const stores = new MemoryStores();
    for (let i = 0; i < 5; i += 1) {
      const rig = await new RouterRig({}, stores).start();
      await rig.run(200);
      rig.router.onOwned([]);
    }
    const rig = await new RouterRig({}, stores).start();
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 50 });
    for (const id of ['m1', 'm2', 'm3']) rig.message(id);
    await rig.run(30);
    // All at once, not one at a time.
    expect(rig.trunk.sent).toEqual(['m1', 'm2', 'm3']);
  });

  it('stops reading a partition whose actors do not keep up', async () => {
    const rig = await new RouterRig().start();
    rig.stores.hold = new Promise(() => undefined);
    for (let i = 0; i < 4600; i += 1) rig.message(`m${i}`, { aor: `sip:u${i}@example.com` });
    await rig.run(50);
    expect(rig.router.unfinished).toBeLessThanOrEqual(4000);
    expect(rig.consumer.paused.has(0)).toBe(true);
  });

  it('MUST tell for how long messages wait for the store, apart from those that wait for a device', async () => {
    let answer = (): void => undefined;
    class SlowStores extends MemoryStores {
      answers: Promise<void> | undefined;
      override async read(aor: string, deliveryId: string, nowMs: number) {
        await this.answers;
        return super.read(aor, deliveryId, nowMs);
      }
    }
    const stores = new SlowStores();
    const rig = await new RouterRig({}, stores).start();
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 1500 });
    expect(rig.router.routingLagMs).toBe(0);
    stores.answers = new Promise((resolve) => {
      answer = resolve;
    });
    rig.message('m1');
    await rig.run(400);
    rig.message('m2');
    await rig.run(400);
    expect(rig.router.routingLagMs).toBe(800);
    answer();
    await rig.run(1000);
    expect(rig.router.routingLagMs).toBe(0);
    expect(rig.router.lagMs).toBe(1800);
    await rig.run(1000);
    expect(rig.router.lagMs).toBe(0);
  });
});
