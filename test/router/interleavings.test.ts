// Interleavings that once went wrong: a reply, a loss of the partition or a failed write in the one moment where it hurts.
import { PlatformError } from '@hermod/contracts';
import { MemoryStores } from '@hermod/testkit';
import { expect, it } from 'vitest';
import { AOR, RouterRig } from './router-rig.ts';

const A = 'sip:bob@192.0.2.1:5060;transport=tcp';
const UDP = 'sip:bob@192.0.2.2:5060';
const P0 = { partition: 0, next: 0, metadata: '' };
const away = () => new PlatformError('STORE_TIMEOUT', 'blip');
const startOn = (stores: MemoryStores, policy = {}) => new RouterRig(policy, stores).start(P0);

it('MUST give a drain slot back when the partition goes while the gate is shut', async () => {
  let hook: () => void = () => undefined;
  class S extends MemoryStores {
    override async readMail(...a: Parameters<MemoryStores['readMail']>) {
      const page = await super.readMail(...a);
      hook();
      return page;
    }
  }
  const rig = await startOn(new S());
  rig.message('m1');
  await rig.run(100);
  await rig.register(A);
  await rig.stores.schedule(0, AOR, 0, 'earliest');
  const next = { partition: 0, next: 1, metadata: '' };
  hook = () => rig.router.onFrozen(); // REBALANCING while the drain's read is under way
  for (let i = 0; i < 256; i += 1) {
    rig.router.onOwned([next]);
    await rig.run(20);
    rig.router.onOwned([]);
    await rig.run(20);
  }
  hook = () => undefined;
  rig.router.onOwned([next]);
  await rig.run(30_000);
  expect(rig.trunk.sent).toContain('m1');
});

it('MUST finish undecodable records in the partition they stand in', async () => {
  const rig = await startOn(new MemoryStores());
  rig.router.onOwned([P0, { partition: 1, next: 5, metadata: '' }]);
  await rig.run(10);
  await rig.register(A);
  rig.trunk.act = () => ({ status: 200, afterMs: 1900 });
  for (let i = 0; i < 6; i += 1) rig.message(`m${i}`);
  await rig.run(10);
  rig.router.onUndecodable(0, 6, new Uint8Array([1]));
  rig.router.onUndecodable(1, 5, new Uint8Array([1]));
  await rig.run(1000);
  const p0 = rig.consumer.commits.filter((c) => c.partition === 0).at(-1);
  // m5 is still on its way: 0–5 unfinished, 6 finished
  expect(p0).toEqual({ partition: 0, next: 0, metadata: '6.1' });
  expect(rig.consumer.commits.filter((c) => c.partition === 1).at(-1)?.next).toBe(6);
});

it('MUST NOT set a watched record aside because its mark could not be written', async () => {
  class S extends MemoryStores {
    failures = 1;
    override async writeMark(p: number, mark: string) {
      if (mark.includes('"offset":0') && this.failures-- > 0) throw away();
      await super.writeMark(p, mark);
    }
  }
  const stores = new S();
  await stores.writeMark(0, JSON.stringify({ next: 0, deaths: 1, offset: -1, attempts: 0 }));
  const rig = await startOn(stores);
  await rig.register(A);
  rig.message('m0');
  await rig.run(10);
  rig.message('m1');
  await rig.run(3000);
  expect(rig.dead).toEqual([]);
  expect(rig.trunk.sent).toEqual(['m0', 'm1']);
});

it('MUST NOT take rebalances for deaths: nobody crashed', async () => {
  const stores = new MemoryStores();
  let last: RouterRig | undefined;
  for (let owner = 0; owner < 4; owner += 1) {
    last = await startOn(stores);
    if (owner === 0) await last.register(A);
    last.trunk.act = () => ({ status: 200, afterMs: 1500 });
    last.message('m0', { offset: 0 });
    await last.run(500);
    if (owner < 3) last.router.onOwned([]);
  }
  await last?.run(3000);
  expect(last?.dead).toEqual([]);
});

it('MUST start what it read after one failed write of the mark, though no further record comes', async () => {
  class S extends MemoryStores {
    failures = 1;
    override async writeMark(p: number, mark: string) {
      if (this.failures-- > 0) throw new PlatformError('STORE_NOT_DURABLE', 'replica slow');
      await super.writeMark(p, mark);
    }
  }
  const rig = await startOn(new S());
  await rig.register(A);
  rig.message('m0');
  await rig.run(60_000);
  expect(rig.trunk.sent).toEqual(['m0']);
});

it('MUST leave a stored message due when the clear of an earlier drain is repeated', async () => {
  class S extends MemoryStores {
    failUntil = 0;
    rig: RouterRig | undefined;
    override async clear(p: number, aor: string) {
      if ((this.rig?.clock.nowMs() ?? 0) < this.failUntil) throw away();
      await super.clear(p, aor);
    }
  }
  const stores = new S();
  const rig = await startOn(stores);
  stores.rig = rig;
  rig.message('m1');
  await rig.run(100);
  await rig.register(A);
  stores.failUntil = rig.clock.nowMs() + 400;
  rig.registered();
  await rig.run(300);
  expect(rig.trunk.sent).toEqual(['m1']);
  rig.trunk.act = () => 480;
  rig.message('m2');
  await rig.run(1500 - 300);
  rig.trunk.act = () => 200;
  await rig.run(600_000);
  expect(await rig.mailCount()).toBe(0);
});

it("MUST NOT take a mailbox for empty when a write landed behind the drain's last read", async () => {
  class S extends MemoryStores {
    armed = false;
    reading = false;
    release: () => void = () => undefined;
    door = new Promise<void>((r) => {
      this.release = r;
    });
    override async read(...a: Parameters<MemoryStores['read']>) {
      const state = await super.read(...a);
      if (this.armed && a[1] === '' && state.mailboxCount === 0) {
        this.reading = true;
        await this.door; // the reply is on its way
      }
      return state;
    }
    override async appendMail(...a: Parameters<MemoryStores['appendMail']>) {
      const result = await super.appendMail(...a);
      if (this.armed) await this.door; // same segment as the reply before
      return result;
    }
  }
  const stores = new S();
  const rig = await startOn(stores);
  rig.message('m1');
  await rig.run(100);
  await rig.register(A);
  stores.armed = true;
  rig.registered();
  await rig.run(50);
  expect(stores.reading).toBe(true);
  rig.message('m2');
  await rig.run(5);
  stores.armed = false;
  stores.release();
  for (let i = 0; i < 100; i += 1) {
    rig.message(`n${i}`); // a busy recipient: its actor stays
    await rig.run(600);
  }
  expect(rig.trunk.sent.slice(0, 3)).toEqual(['m1', 'm2', 'n0']);
});

it('MUST NOT refuse for the bound once the sender has its 202', async () => {
  class S extends MemoryStores {
    failing = false;
    override async appendMail(...a: Parameters<MemoryStores['appendMail']>) {
      if (this.failing) throw away();
      return await super.appendMail(...a);
    }
  }
  const stores = new S();
  const rig = await startOn(stores, { mailboxMax: 1 });
  rig.message('m0');
  await rig.run(100);
  stores.failing = true;
  rig.message('m1');
  await rig.run(4000); // edge said 202 at 3000
  stores.failing = false;
  await rig.run(2000);
  expect(rig.trunk.statusOf('m1')).toBe(202);
  expect(await rig.mailCount()).toBe(2);
});

it('MUST give the 2xx of a late branch while another branch is still under way', async () => {
  const rig = await startOn(new MemoryStores());
  await rig.register(A, UDP);
  rig.trunk.act = ({ targetUri, request }) => {
    if (request.callId === 'm1') return { status: 200, afterMs: targetUri === A ? 10 : 1900 };
    return targetUri === A ? { status: 200, afterMs: 2200 } : 'silence';
  };
  rig.message('m1');
  await rig.run(100);
  rig.message('m2');
  await rig.run(6000);
  expect(rig.trunk.statusOf('m2')).toBe(200);
});

it('MUST NOT drain twice at a time when an answer comes late', async () => {
  const rig = await startOn(new MemoryStores());
  await rig.register(UDP);
  rig.trunk.act = ({ request }) => ({
    status: 200,
    afterMs: request.callId === 'm1' && rig.trunk.sent.length === 1 ? 5000 : 1900,
  });
  rig.message('m1');
  await rig.run(2200);
  rig.message('m2');
  // Both are stored. The drain tries m1 again, after the recipient has had time to be forgotten; then comes the first answer.
  await rig.run(3300);
  expect(rig.trunk.sent).toEqual(['m1', 'm1']);
  await rig.run(5000);
  expect(rig.trunk.sent).toEqual(['m1', 'm1', 'm2']);
  expect(await rig.mailCount()).toBe(0);
});

it('MUST wait, not dead-letter accepted messages, when the store answers with a configuration error', async () => {
  class S extends MemoryStores {
    bad = false;
    override async read(...a: Parameters<MemoryStores['read']>) {
      if (this.bad) throw new PlatformError('STORE_MISCONFIGURED', 'NOPERM');
      return await super.read(...a);
    }
  }
  const stores = new S();
  const rig = await startOn(stores);
  await rig.register(A);
  stores.bad = true;
  for (let i = 0; i < 5; i += 1) rig.message(`m${i}`);
  await rig.run(1000);
  stores.bad = false;
  await rig.run(5000);
  expect(rig.dead).toEqual([]);
});

it('MUST NOT say again and again that the store is away while it answers, and MUST say so once when it is', async () => {
  class S extends MemoryStores {
    failing = true;
    override async appendMail(...a: Parameters<MemoryStores['appendMail']>) {
      if (this.failing) throw new PlatformError('STORE_NOT_DURABLE', '0 of 1 replicas');
      return await super.appendMail(...a);
    }
  }
  const stores = new S();
  const rig = await startOn(stores);
  for (let i = 0; i < 20; i += 1) {
    rig.message(`m${i}`);
    await rig.run(1000);
  }
  expect(rig.logged).toEqual(['warn: the store answers, but fails calls, which are repeated']);
  rig.logged.length = 0;
  stores.failing = false;
  stores.away = true;
  await rig.run(5000);
  stores.away = false;
  await rig.run(5000);
  expect(rig.logged).toEqual(['error: store away: records wait', 'warn: store is back']);
  expect(await rig.mailCount()).toBe(20);
});
