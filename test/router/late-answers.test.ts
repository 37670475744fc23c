import { PlatformError } from '@hermod/contracts';
import type { BranchSink, TrunkDelivery } from '@hermod/router';
import { MemoryStores } from '@hermod/testkit';
import { describe, expect, it } from 'vitest';
import { answerTo, EdgeWorld, FakeFlow } from '../../services/edge/test/edge-world.ts';
import { RouterRig } from './router-rig.ts';

const BOB = 'sip:bob@192.0.2.1:5060;transport=tcp';

/** A router and an edge on one clock, and between them a trunk that may be lost. */
class Hop {
  readonly rig = new RouterRig();
  readonly world = new EdgeWorld(this.rig.clock);
  readonly device = new FakeFlow('TCP', '198.51.100.9', 5062);
  readonly token: string;
  #isUp = true;
  #sinks: BranchSink[] = [];

  constructor() {
    this.world.edge.onOpen(this.device);
    this.token = this.world.tokens.tokenOf(this.device) ?? '';
    this.rig.trunk.deliver = (delivery, sink) => this.#deliver(delivery, sink);
  }

  async start(): Promise<this> {
    await this.rig.start();
    const path = [`sip:${this.token}@192.0.2.1:5070;lr`];
    await this.rig.register({ path, flowToken: this.token, flowBound: true });
    return this;
  }

  /** All that waits for an answer of the edge has failed, and what it says now is not heard (RFC 6026 §6). */
  loseTrunk(): void {
    this.#isUp = false;
    const sinks = this.#sinks;
    this.#sinks = [];
    for (const sink of sinks) sink.onFinal(503, undefined);
  }

  restoreTrunk(): void {
    this.#isUp = true;
  }

  deviceAnswers(): void {
    this.world.receive(this.device, answerTo(this.device, 200));
  }

  #deliver(delivery: TrunkDelivery, sink: BranchSink): void {
    if (!this.#isUp) {
      sink.onFinal(503, undefined);
      return;
    }
    this.#sinks.push(sink);
    this.world.edge.deliver({ ...delivery, branch: delivery.viaBranch }, (status, response) => {
      const at = this.#sinks.indexOf(sink);
      if (at < 0) return;
      this.#sinks.splice(at, 1);
      sink.onFinal(status, response);
    });
  }
}

describe('what is in the mailbox since its answer came late', () => {
  it('MUST NOT be shown again when the answer met a lost trunk, and the trunk came back after the 64·T1 of the transaction', async () => {
    const hop = await new Hop().start();
    const { rig, device } = hop;
    rig.message('m1');
    await rig.run(2_200);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    hop.loseTrunk();
    await rig.run(300);
    hop.deviceAnswers();
    await rig.run(50_000);
    hop.restoreTrunk();
    await rig.run(60_000);
    expect(device.requests).toHaveLength(1);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'delivered']);
  });

  it('MUST NOT be shown again when the answer came after Timer F (RFC 3261 §17.1.2.2)', async () => {
    const hop = await new Hop().start();
    const { rig, device } = hop;
    rig.message('m1');
    await rig.run(33_000);
    hop.deviceAnswers();
    await rig.run(60_000);
    expect(device.requests).toHaveLength(1);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'delivered']);
  });

  it('MUST NOT be shown again when the answer came during a write that a REGISTER made vain (rule 5)', async () => {
    const written = Promise.withResolvers<void>();
    class SlowStores extends MemoryStores {
      #isFirst = true;

      override async appendMail(...args: Parameters<MemoryStores['appendMail']>) {
        if (this.#isFirst) {
          this.#isFirst = false;
          await written.promise;
        }
        return super.appendMail(...args);
      }
    }
    const rig = new RouterRig({}, new SlowStores());
    await rig.start();
    await rig.register(BOB);
    rig.trunk.act = () => ({ status: 200, afterMs: 2_500 });
    rig.message('m1');
    await rig.run(2_300);
    await rig.register(BOB);
    await rig.run(300);
    written.resolve();
    await rig.run(60_000);
    expect(rig.trunk.sent).toEqual(['m1']);
    expect(rig.outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'delivered']);
  });

  it('MUST NOT be stored again by a repeat of the write, when it has left the mailbox meanwhile', async () => {
    class SlowStores extends MemoryStores {
      #isFirst = true;

      override async appendMail(...args: Parameters<MemoryStores['appendMail']>) {
        const result = await super.appendMail(...args);
        if (!this.#isFirst) return result;
        this.#isFirst = false;
        const [aor, { record }] = args;
        await this.removeMail(aor, [{ deliveryId: record.deliveryId, status: 200 }]);
        throw new PlatformError('STORE_TIMEOUT', 'stored, and said so too late');
      }
    }
    const rig = new RouterRig({}, new SlowStores());
    await rig.start();
    await rig.register(BOB);
    rig.trunk.act = () => 'silence';
    rig.message('m1');
    await rig.run(60_000);
    expect(rig.trunk.sent).toEqual(['m1']);
    expect(rig.trunk.statusOf('m1')).toBe(200);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.consumer.commits.at(-1)?.next).toBe(1);
  });
});
