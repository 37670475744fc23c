// What docs/ordering-rules.md promises beyond the everyday cases of router.test.ts: each of these fails when its guard is taken out.
import { type MailEntry, PlatformError, RecordFlag } from '@hermod/contracts';
import { MemoryStores } from '@hermod/testkit';
import { describe, expect, it } from 'vitest';
import { AOR, RouterRig } from './router-rig.ts';

const A = 'sip:bob@192.0.2.1:5060;transport=tcp';
const B = 'sip:bob@192.0.2.2:5060;transport=tcp';
const UDP = 'sip:bob@192.0.2.1:5060';

/** A door that a test shuts and opens. */
class Door {
  #opened: Promise<void> | undefined;
  #open: () => void = () => undefined;

  shut(): void {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
    this.#opened = undefined;
  }

  async pass(): Promise<void> {
    await this.#opened;
  }
}

/** Stores whose calls wait at doors of their own. */
class DoorStores extends MemoryStores {
  readonly appends = new Door();
  readonly schedules = new Door();
  readonly reads = new Door();
  /** Reads for this delivery id alone wait. */
  heldRead = '';

  override async read(...args: Parameters<MemoryStores['read']>): ReturnType<MemoryStores['read']> {
    if (args[1] === this.heldRead) await this.reads.pass();
    return await super.read(...args);
  }

  override async appendMail(
    ...args: Parameters<MemoryStores['appendMail']>
  ): ReturnType<MemoryStores['appendMail']> {
    await this.appends.pass();
    return await super.appendMail(...args);
  }

  override async schedule(...args: Parameters<MemoryStores['schedule']>): Promise<void> {
    await this.schedules.pass();
    await super.schedule(...args);
  }
}

const startOn = async (
  stores: MemoryStores,
  next = 0,
  policy: ConstructorParameters<typeof RouterRig>[0] = {},
): Promise<RouterRig> =>
  await new RouterRig(policy, stores).start({ partition: 0, next, metadata: '' });

const committed = (rig: RouterRig): number => rig.consumer.commits.at(-1)?.next ?? 0;

const idOf = (callId: string): string => callId.padEnd(22, '_');

describe('rule 2: an offset is committed only after its effect', () => {
  it.each([
    ['delivered', [A], 200],
    ['refused', [A], 415],
    ['stored', [], 202],
  ] as const)(
    'MUST NOT finish a %s message before its outcome record, nor hold its answer back for it',
    async (_, contacts, status) => {
      const rig = await startOn(new MemoryStores());
      const door = new Door();
      door.shut();
      rig.outcomeGate = () => door.pass();
      await rig.register(...contacts);
      rig.trunk.act = () => status;
      rig.message('m1');
      await rig.run(500);
      expect(rig.trunk.statusOf('m1')).toBe(status);
      expect(committed(rig)).toBe(0);
      door.open();
      await rig.run(200);
      expect(committed(rig)).toBe(1);
    },
  );

  it('MUST write an outcome again whose time ran out, and MUST NOT set its message aside', async () => {
    const rig = await startOn(new MemoryStores());
    let failures = 5;
    rig.outcomeGate = async () => {
      failures -= 1;
      if (failures >= 0) throw new PlatformError('LOG_TIMEOUT', 'no answer in time');
    };
    await rig.register(A);
    rig.message('m1');
    await rig.run(10_000);
    expect(rig.dead).toEqual([]);
    expect(rig.outcomes.map((o) => o.outcome)).toEqual(['delivered']);
    expect(committed(rig)).toBe(1);
  });

  it('MUST NOT show a message again whose commit failed for longer than its edge remembers it', async () => {
    const stores = new MemoryStores();
    const first = await startOn(stores);
    first.consumer.commit = () => Promise.reject(new PlatformError('LOG_UNAVAILABLE', 'away'));
    await first.register(A);
    first.message('m1');
    await first.run(1000);
    first.outcomeGate = () => Promise.reject(new PlatformError('LOG_UNAVAILABLE', 'away'));
    first.message('m2');
    await first.run(12_000);
    expect(first.trunk.sent).toEqual(['m1', 'm2']);
    // Once, not with every attempt.
    expect(first.logged).toEqual(['warn: commits fail']);
    // Its process is gone: nothing is handed over.
    const second = await startOn(stores);
    for (const id of ['m1', 'm2', 'm3']) second.message(id);
    await second.run(500);
    expect(second.trunk.sent).toEqual(['m3']);
    expect(second.outcomes.map((o) => o.deliveryId)).toEqual(['m1', 'm2', 'm3'].map(idOf));
    expect(committed(second)).toBe(3);
  });

  it('MUST leave what it delivered and could not commit in the ledger when it loses the partition', async () => {
    const stores = new MemoryStores();
    const first = await startOn(stores);
    first.consumer.commit = () => Promise.reject(new PlatformError('LOG_UNAVAILABLE', 'away'));
    await first.register(A);
    first.message('m1');
    await first.run(500);
    first.router.onOwned([]);
    const second = await startOn(stores);
    second.message('m1');
    await second.run(500);
    expect(second.trunk.sent).toEqual([]);
    expect(second.trunk.statusOf('m1')).toBe(200);
  });

  it('MUST NOT write the ledger for what was committed', async () => {
    const stores = new MemoryStores();
    const written: string[] = [];
    stores.recordStatus = async (_, id) => void written.push(id);
    const rig = await startOn(stores);
    await rig.register(A);
    for (let i = 0; i < 20; i += 1) {
      rig.message(`m${i}`);
      await rig.run(1000);
    }
    rig.router.onOwned([]);
    await rig.run(1000);
    expect(written).toEqual([]);
  });

  it('MUST NOT take an outcome that was written for a sign that the store is back, nor a failing one for its loss', async () => {
    const rig = await startOn(new MemoryStores());
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 300 });
    rig.message('m1');
    await rig.run(20);
    rig.stores.away = true;
    rig.message('m2');
    await rig.run(200);
    expect(rig.router.ready).toBe(false);
    const readies: boolean[] = [];
    for (let i = 0; i < 30; i += 1) {
      await rig.run(10);
      readies.push(rig.router.ready);
    }
    expect(rig.outcomes.map((o) => o.outcome)).toEqual(['delivered']);
    expect(new Set(readies)).toEqual(new Set([false]));
    rig.stores.away = false;
    await rig.run(2000);
    expect(rig.router.ready).toBe(true);
    rig.outcomeGate = () => Promise.reject(new PlatformError('LOG_UNAVAILABLE', 'the log is away'));
    rig.message('m3');
    await rig.run(400);
    expect(rig.trunk.statusOf('m3')).toBe(200);
    expect(rig.router.ready).toBe(true);
  });

  it('MUST stop starting records when the finished runs no longer fit into the commit', async () => {
    const stores = new DoorStores();
    const rig = await startOn(stores);
    stores.appends.shut();
    // Every other message goes nowhere and waits for its mailbox; the others expired on their way, and are finished at once.
    for (let i = 0; i < 3000; i += 1) {
      const expiresAtMs = i % 2 === 0 ? 0 : 1;
      rig.message(`m${i}`, { aor: `sip:u${i}@example.com`, expiresAtMs });
      if (i % 50 === 0) await rig.run(20);
    }
    await rig.run(1000);
    const last = rig.consumer.commits.at(-1);
    expect(last?.metadata.length).toBeGreaterThan(3000);
    for (const commit of rig.consumer.commits)
      expect(commit.metadata.length).toBeLessThanOrEqual(4000);
    expect(rig.router.waiting).toBeGreaterThan(0);
    stores.appends.open();
    await rig.run(2000);
    expect(committed(rig)).toBe(3000);
  });

  it('MUST send a repeat to the same target with the same branch, so that its edge knows it', async () => {
    const branches: string[] = [];
    for (let life = 0; life < 2; life += 1) {
      const rig = await startOn(new MemoryStores());
      await rig.register(A, B);
      rig.message('m1');
      await rig.run(50);
      branches.push(rig.trunk.deliveries.map((d) => `${d.targetUri} ${d.viaBranch}`).join());
    }
    expect(branches[0]).toBe(branches[1]);
    expect(branches[0]).toContain('z9hG4bK');
  });
});

describe('rule 3: one order per recipient', () => {
  it('MUST NOT overtake a message whose mailbox write is under way', async () => {
    const stores = new DoorStores();
    const rig = await startOn(stores);
    await rig.register(A);
    rig.trunk.act = ({ request }) =>
      request.callId === 'm1' && rig.clock.nowMs() < until ? 480 : 200;
    const until = rig.clock.nowMs() + 500;
    stores.appends.shut();
    rig.message('m1');
    await rig.run(100);
    rig.message('m2');
    await rig.run(100);
    expect(rig.trunk.sent).toEqual(['m1']);
    stores.appends.open();
    await rig.run(3000);
    expect(rig.trunk.sent).toEqual(['m1', 'm1', 'm2']);
  });

  it('MUST NOT overtake a message that has failed and is about to be stored', async () => {
    const stores = new DoorStores();
    const rig = await startOn(stores);
    await rig.register(A);
    const until = rig.clock.nowMs() + 500;
    rig.trunk.act = ({ request }) =>
      request.callId === 'm1' && rig.clock.nowMs() < until ? 480 : 200;
    rig.message('m1');
    await rig.run(0);
    stores.heldRead = idOf('m1');
    stores.reads.shut();
    await rig.run(100);
    rig.message('m2');
    await rig.run(100);
    expect(rig.trunk.sent).toEqual(['m1']);
    stores.reads.open();
    await rig.run(3000);
    expect(rig.trunk.sent).toEqual(['m1', 'm1', 'm2']);
  });

  it('MUST NOT send by a new flow of a device before what is still on its way by the lost one', async () => {
    const rig = await startOn(new MemoryStores());
    const lost = { contact: A, flowToken: 'edge-1.lost' };
    const other = { contact: UDP, flowToken: 'edge-1.other' };
    await rig.register(lost, other);
    // The lost flow breaks at once, the other device is silent: nothing is known of m1 before its deadline.
    rig.trunk.act = ({ flowToken }) => {
      if (flowToken === 'edge-1.lost') return 430;
      return flowToken === 'edge-1.other' ? 'silence' : 200;
    };
    rig.message('m1');
    await rig.run(100);
    await rig.register({ contact: A, flowToken: 'edge-1.new' }, other);
    rig.message('typing', { flags: RecordFlag.NO_STORE });
    rig.message('m2');
    await rig.run(5000);
    const byNewFlow = rig.trunk.deliveries.filter(({ flowToken }) => flowToken === 'edge-1.new');
    // What may not be stored goes at once.
    expect(byNewFlow.map(({ request }) => request.callId)).toEqual(['typing', 'm1', 'm2']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST NOT drain while an earlier message is on its way', async () => {
    const rig = await startOn(new MemoryStores());
    await rig.register(A);
    const until = rig.clock.nowMs() + 600;
    rig.trunk.act = ({ request }) => {
      if (rig.clock.nowMs() >= until) return 200;
      return { status: 480, afterMs: request.callId === 'm0' ? 500 : 10 };
    };
    rig.message('m0');
    rig.message('m1');
    await rig.run(100);
    expect(await rig.mailCount()).toBe(1);
    rig.registered();
    await rig.run(5000);
    // m1 was stored first, but m0 was transmitted first.
    expect(rig.trunk.sent).toEqual(['m0', 'm1', 'm0', 'm1']);
  });

  it('MUST NOT send what waits behind a drained message that is refused for now, on a datagram flow', async () => {
    const rig = await startOn(new MemoryStores());
    const ids = ['m1', 'm2', 'm3', 'm4'];
    for (const id of ids) rig.message(id);
    await rig.run(50);
    await rig.register(UDP);
    const until = rig.clock.nowMs() + 500;
    rig.trunk.act = ({ request }) =>
      request.callId === 'm2' && rig.clock.nowMs() < until ? 480 : 200;
    rig.registered();
    await rig.run(400);
    expect(rig.trunk.sent).toEqual(['m1', 'm2']);
    await rig.run(4000);
    expect(rig.trunk.sent).toEqual(['m1', 'm2', 'm2', 'm3', 'm4']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST try one message and back off, 1 s and doubling, while the recipient refuses for now', async () => {
    const rig = await startOn(new MemoryStores());
    for (const id of ['m1', 'm2', 'm3']) rig.message(id);
    await rig.run(50);
    await rig.register(A);
    const attempts: number[] = [];
    const startMs = rig.clock.nowMs();
    rig.trunk.act = () => {
      attempts.push(Math.round((rig.clock.nowMs() - startMs) / 1000));
      return 480;
    };
    rig.registered();
    await rig.run(9900);
    expect(new Set(rig.trunk.sent)).toEqual(new Set(['m1']));
    // At 0, 1, 3 and 7 s, each up to a second later: the due set is looked at once a second.
    expect(attempts.length).toBeGreaterThanOrEqual(3);
    expect(attempts.length).toBeLessThanOrEqual(4);
    const gaps = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0));
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
  });

  it('MUST deliver what waited for the end of a drain directly, in log order', async () => {
    const rig = await startOn(new MemoryStores());
    rig.message('m1');
    await rig.run(50);
    await rig.register(UDP);
    rig.trunk.act = () => ({ status: 200, afterMs: 200 });
    rig.registered();
    await rig.run(50);
    for (const id of ['m2', 'm3', 'm4']) rig.message(id);
    await rig.run(1500);
    expect(rig.trunk.sent).toEqual(['m1', 'm2', 'm3', 'm4']);
    expect(['m2', 'm3', 'm4'].map((id) => rig.trunk.statusOf(id))).toEqual([200, 200, 200]);
  });

  it('MUST finish each record within 6 s: what has had no turn by then is stored, in order (design §3.5)', async () => {
    const rig = await startOn(new MemoryStores());
    await rig.register(UDP);
    rig.trunk.act = () => ({ status: 200, afterMs: 1900 });
    const ids = Array.from({ length: 64 }, (_, i) => `m${i}`);
    for (const id of ids.slice(0, 40)) rig.message(id);
    await rig.run(3500);
    for (const id of ids.slice(40)) rig.message(id);
    await rig.run(600);
    // The first three have had their turn; nothing that stands behind the fourth may overtake it.
    expect(await rig.mailCount()).toBe(61);
    await rig.run(2000);
    expect(rig.router.unfinished).toBe(0);
    expect(committed(rig)).toBe(64);
    expect(new Set(rig.outcomes.map(({ outcome }) => outcome))).toEqual(
      new Set(['delivered', 'stored']),
    );
    await rig.run(130_000);
    expect(rig.trunk.sent).toEqual(ids);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.outcomes.filter(({ outcome }) => outcome === 'delivered')).toHaveLength(64);
  });

  it('MUST NOT let a message wait for the end of a drain beyond 6 s, on a slow datagram flow', async () => {
    const rig = await startOn(new MemoryStores());
    const stored = Array.from({ length: 20 }, (_, i) => `m${i}`);
    for (const id of stored) rig.message(id);
    await rig.run(50);
    await rig.register(UDP);
    rig.trunk.act = () => ({ status: 200, afterMs: 1900 });
    rig.registered();
    const later: string[] = [];
    for (let i = 20; i < 40; i += 1) {
      await rig.run(2000);
      later.push(`m${i}`);
      rig.message(`m${i}`);
      // One each 2 s: those of the last 6 s.
      expect(rig.router.unfinished).toBeLessThanOrEqual(3);
    }
    await rig.run(60_000);
    expect(rig.trunk.sent).toEqual([...stored, ...later]);
    expect(rig.router.unfinished).toBe(0);
  });
});

describe('rules 4 and 5: nothing waits in memory alone, and no wake-up is missed', () => {
  it('MUST finish a registered record only once its AoR is due', async () => {
    const stores = new DoorStores();
    const rig = await startOn(stores);
    stores.schedules.shut();
    rig.registered();
    await rig.run(500);
    expect(committed(rig)).toBe(0);
    stores.schedules.open();
    await rig.run(200);
    expect(committed(rig)).toBe(1);
  });

  it('MUST drain what a predecessor stored and did not live to make due, when its record comes again', async () => {
    const stores = new MemoryStores();
    const rig = await startOn(stores);
    await rig.register(A);
    await stores.appendMail(AOR, storedMail(rig, 'm1'), {
      seenVersion: undefined,
      maxEntries: 0,
      nowMs: rig.clock.nowMs(),
    });
    rig.message('m1');
    await rig.run(3000);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    expect(rig.trunk.sent).toEqual(['m1']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST leave the AoR due when a drain has failed, for whoever owns it next', async () => {
    const stores = new MemoryStores();
    const first = await startOn(stores);
    first.message('m1');
    await first.run(50);
    await first.register(A);
    first.trunk.act = () => 480;
    first.registered();
    await first.run(300);
    expect(first.trunk.sent).toEqual(['m1']);
    first.router.onOwned([]);
    const second = await startOn(stores, 2);
    await second.run(5000);
    expect(second.trunk.sent).toEqual(['m1']);
    expect(await second.mailCount()).toBe(0);
  });

  it('MUST end each entry when it expires, though nobody ever registers', async () => {
    const rig = await startOn(new MemoryStores());
    const startMs = rig.clock.nowMs();
    for (const sec of [2, 4, 6]) rig.message(`m${sec}`, { expiresAtMs: startMs + sec * 1000 });
    await rig.run(3500);
    expect(await rig.mailCount()).toBe(2);
    await rig.run(4500);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.outcomes.filter((o) => o.outcome === 'expired')).toHaveLength(3);
  });

  it('MUST start again at once when a device registered while a drain failed', async () => {
    const rig = await startOn(new MemoryStores());
    rig.message('m1');
    await rig.run(50);
    await rig.register(A);
    rig.trunk.act = ({ targetUri }) => (targetUri === A ? 'silence' : 200);
    rig.registered();
    await rig.run(300);
    await rig.register(B);
    rig.registered();
    await rig.run(1900);
    expect(rig.trunk.deliveries.map((d) => d.targetUri)).toEqual([A, B]);
    expect(await rig.mailCount()).toBe(0);
  });
});

describe('rule 7: only the owner acts', () => {
  it('MUST NOT send what waits in a lane, store or answer while frozen, and MUST go on after', async () => {
    const rig = await startOn(new MemoryStores());
    await rig.register(UDP);
    rig.trunk.act = ({ request }) => ({
      status: request.callId === 'm2' ? 480 : 200,
      afterMs: 100,
    });
    for (const id of ['m1', 'm2']) rig.message(id);
    await rig.run(20);
    rig.router.onFrozen();
    await rig.run(1000);
    expect(rig.trunk.sent).toEqual(['m1']);
    expect(rig.consumer.commits).toEqual([]);
    rig.router.onOwned([{ partition: 0, next: 0, metadata: '' }]);
    await rig.run(50);
    expect(rig.trunk.sent).toEqual(['m1', 'm2']);
    rig.router.onFrozen();
    await rig.run(1000);
    // m2 was refused for now while frozen: it may be another router's by now.
    expect(await rig.mailCount()).toBe(0);
    expect(rig.trunk.statusOf('m2')).toBeUndefined();
    rig.router.onOwned([{ partition: 0, next: 0, metadata: '' }]);
    await rig.run(100);
    expect(await rig.mailCount()).toBe(1);
    expect(rig.trunk.statusOf('m2')).toBe(202);
  });

  it('MUST NOT store what failed while frozen, once the partition is lost', async () => {
    const rig = await startOn(new MemoryStores());
    await rig.register(A);
    rig.trunk.act = () => ({ status: 480, afterMs: 100 });
    rig.message('m1');
    await rig.run(20);
    rig.router.onFrozen();
    await rig.run(500);
    rig.router.onOwned([]);
    await rig.run(1000);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.trunk.replies).toEqual([]);
  });

  it('MUST NOT answer for a message of a lost partition: its new owner does', async () => {
    const rig = await startOn(new MemoryStores());
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 100 });
    rig.message('m1');
    await rig.run(20);
    rig.router.onOwned([]);
    await rig.run(1000);
    expect(rig.trunk.replies).toEqual([]);
    expect(rig.outcomes).toEqual([]);
  });

  it('MUST stop a drain of a lost partition', async () => {
    const rig = await startOn(new MemoryStores());
    for (let i = 0; i < 40; i += 1) rig.message(`m${i}`);
    await rig.run(50);
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 100 });
    rig.registered();
    await rig.run(150);
    const sent = rig.trunk.sent.length;
    expect(sent).toBeGreaterThan(1);
    rig.router.onOwned([]);
    await rig.run(3000);
    expect(rig.trunk.sent).toHaveLength(sent);
    expect(await rig.mailCount()).toBeGreaterThanOrEqual(39);
  });
});

describe('rule 9: poison', () => {
  it('MUST leave no crash mark once the watermark has moved', async () => {
    const stores = new MemoryStores();
    const rig = await startOn(stores);
    rig.message('m1');
    await rig.run(1000);
    expect(committed(rig)).toBe(1);
    expect(await stores.readMark(0)).toBe('');
  });

  it('MUST set aside bytes that are no record, and go on', async () => {
    const rig = await startOn(new MemoryStores());
    await rig.register(A);
    rig.router.onUndecodable(0, 0, new Uint8Array([1, 2, 3]));
    rig.message('m1', { offset: 1 });
    await rig.run(500);
    expect(rig.dead).toEqual([0]);
    expect(rig.trunk.sent).toEqual(['m1']);
    expect(committed(rig)).toBe(2);
  });

  it.each([
    ['delivers', true],
    ['sweeps', false],
  ])('MUST set aside what is stored and is no message, when it %s the rest', async (_, isThere) => {
    const stores = new MemoryStores();
    const rig = await startOn(stores);
    for (const id of ['m1', 'm2', 'm3']) rig.message(id);
    rig.message('m4', { expiresAtMs: rig.clock.nowMs() + 500 });
    await rig.run(50);
    const bytes = Uint8Array.of(0, 255, 13, 10);
    stores.damageMail(AOR, idOf('m2'), bytes);
    if (isThere) await rig.register(A);
    if (isThere) rig.registered();
    await rig.run(3000);
    expect(rig.dead).toEqual([1]);
    expect(rig.deadBytes).toEqual([bytes]);
    expect(rig.outcomes.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { deliveryId: idOf('m2'), status: 500 },
    ]);
    expect(rig.trunk.sent).toEqual(isThere ? ['m1', 'm3', 'm4'] : []);
    expect(await rig.mailCount()).toBe(isThere ? 0 : 2);
    expect((await stores.read(AOR, idOf('m2'), rig.clock.nowMs())).ledgerStatus).toBe(500);
  });

  it('MUST keep what is stored and is no message until im.dead has it', async () => {
    const stores = new MemoryStores();
    const rig = await startOn(stores);
    rig.message('m1');
    await rig.run(50);
    stores.damageMail(AOR, idOf('m1'), Uint8Array.of(1));
    const door = new Door();
    door.shut();
    rig.deadGate = () => door.pass();
    await rig.register(A);
    rig.registered();
    await rig.run(2000);
    expect(await rig.mailCount()).toBe(1);
    door.open();
    await rig.run(500);
    expect(await rig.mailCount()).toBe(0);
  });
});

describe('rule 10: shutdown', () => {
  it('MUST finish what is in flight, commit it, and leave no crash mark', async () => {
    const stores = new MemoryStores();
    const rig = await startOn(stores);
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 500 });
    rig.message('m1');
    await rig.run(20);
    const stopped = rig.router.stop(5000);
    expect(rig.consumer.paused.has(0)).toBe(true);
    await rig.run(700);
    await stopped;
    expect(rig.trunk.statusOf('m1')).toBe(200);
    expect(rig.consumer.commits.at(-1)).toEqual({ partition: 0, next: 1, metadata: '' });
    expect(await stores.readMark(0)).toBe('');
  });

  it('MUST end a drain with what is on its way, and take that out of the mailbox', async () => {
    const rig = await startOn(new MemoryStores());
    for (let i = 0; i < 40; i += 1) rig.message(`m${i}`);
    await rig.run(200);
    await rig.register(A);
    rig.trunk.act = () => ({ status: 200, afterMs: 100 });
    rig.registered();
    await rig.run(150);
    const stopped = rig.router.stop(5000);
    await rig.run(400);
    await stopped;
    const sent = rig.trunk.sent.length;
    expect(sent).toBeGreaterThan(10);
    expect(sent).toBeLessThan(40);
    expect(await rig.mailCount()).toBe(40 - sent);
  });

  it('MUST NOT read on while it finishes what it has read', async () => {
    const stores = new DoorStores();
    const rig = await startOn(stores);
    stores.appends.shut();
    for (let i = 0; i < 4600; i += 1) rig.message(`m${i}`, { aor: `sip:u${i}@example.com` });
    await rig.run(50);
    expect(rig.consumer.paused.has(0)).toBe(true);
    const stopped = rig.router.stop(5000);
    stores.appends.open();
    await rig.run(1000);
    await stopped;
    expect(rig.consumer.paused.has(0)).toBe(true);
    expect(committed(rig)).toBe(4600);
  });

  it('MUST end while the store is away, and not ask it without a pause', async () => {
    let calls = 0;
    class Away extends MemoryStores {
      override async read(): ReturnType<MemoryStores['read']> {
        calls += 1;
        // Not repeated: or this test would never end where nothing pauses.
        if (calls > 100) throw new Error('asked without a pause');
        throw new PlatformError('STORE_UNAVAILABLE', 'away');
      }
    }
    const rig = await startOn(new Away());
    rig.consumer.commit = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new PlatformError('LOG_UNAVAILABLE', 'away, too');
    };
    rig.message('m1');
    await rig.run(20);
    const stopped = rig.router.stop(500);
    await rig.run(1000);
    await stopped;
    expect(calls).toBeLessThan(20);
  });

  it('MUST hand back what does not finish within the grace period', async () => {
    const rig = await startOn(new MemoryStores());
    await rig.register(A, UDP);
    rig.trunk.act = ({ request }) => (request.callId === 'm1' ? 'silence' : 200);
    rig.message('m0');
    rig.message('m1');
    rig.message('m2', { aor: 'sip:carol@example.com' });
    await rig.run(20);
    const stopped = rig.router.stop(1000);
    await rig.run(1500);
    await stopped;
    expect(rig.trunk.statusOf('m1')).toBeUndefined();
    // m1 is the successor's; m2 is not done twice.
    expect(rig.consumer.commits.at(-1)).toEqual({ partition: 0, next: 1, metadata: '1.1' });
  });
});

function storedMail(rig: RouterRig, callId: string): MailEntry {
  const nowMs = rig.clock.nowMs();
  return {
    order: 0,
    record: {
      type: 'message',
      aor: AOR,
      deliveryId: idOf(callId),
      receivedAtMs: nowMs,
      expiresAtMs: nowMs + 86_400_000,
      flags: 0,
      head: rig.headOf(callId),
      body: new Uint8Array(0),
    },
  };
}
