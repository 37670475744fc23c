import { NeighbourLimit, readOcFeedback, TrafficClass } from '@hermod/congestion';
import { H, parseMessage, type SipResponse } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import { asRequest, EdgeWorld, FakeFlow, messageText } from '../../test/edge-world.ts';

const TICK_MS = 100;
const OFFER = ';oc;oc-algo="loss,rate"';

/** An edge that is too busy, or not, to which other servers are known. */
class Overloaded extends EdgeWorld {
  readonly load: { utilisation: number; loopDelayMs: number };
  #sent = 0;

  constructor() {
    const load = { utilisation: 0.5, loopDelayMs: 0 };
    super(new VirtualClock(), {}, undefined, {
      congestion: { process: { read: () => load } },
      random: Math.random,
    });
    this.load = load;
    this.locator.isOpen = true;
  }

  send(flow: FakeFlow, viaParams = ''): SipResponse | undefined {
    this.#sent += 1;
    const n = this.#sent;
    const before = flow.sent.length;
    const via = `SIP/2.0/TCP peer.invalid:5060;branch=z9hG4bK${n}${viaParams}`;
    const { length } = this.log.records;
    this.receive(flow, messageText({ via, callId: `${n}`, from: `sip:u${n % 50}@example.org` }));
    // A router that answers at once.
    if (this.log.records.length > length) this.edge.reply(this.lastBranch, 200, undefined);
    const last = flow.sent[before];
    if (last === undefined) return undefined;
    const message = parseMessage(last.head, last.body);
    return message.ok && message.value.kind === 'response' ? message.value : undefined;
  }

  async run(flow: FakeFlow, viaParams = ''): Promise<void> {
    for (let tick = 0; tick < 10; tick += 1) {
      for (let i = 0; i < 100; i += 1) this.send(flow, viaParams);
      await this.tick();
    }
  }

  async tick(): Promise<void> {
    await this.clock.advanceAsync(TICK_MS);
    this.edge.tick();
  }

  /** @returns who sends far too much */
  async overload(viaParams = ''): Promise<FakeFlow> {
    this.load.utilisation = 1;
    this.load.loopDelayMs = 200;
    const flow = new FakeFlow('TCP', '203.0.113.1');
    for (let i = 0; i < 10; i += 1) await this.run(flow, viaParams);
    return flow;
  }
}

function viaOf(response: SipResponse | undefined): string {
  return response?.get(1) ?? '';
}

function feedbackIn(response: SipResponse | undefined): ReturnType<typeof readOcFeedback> {
  return response?.topVia.ok === true ? readOcFeedback(response.topVia.value.params) : undefined;
}

describe('what servers that are known are asked to leave out (RFC 7339)', () => {
  test('MUST be in the Via of every response to whoever offers loss, with a sequence that grows (RFC 7339 §4.4, §5.5)', async () => {
    const world = new Overloaded();
    const flow = new FakeFlow('TCP', '198.51.100.7');
    const first = feedbackIn(world.send(flow, OFFER));
    expect(first).toMatchObject({ algorithm: 'loss', value: 0, validityMs: 0 });
    await world.overload();
    let refused: SipResponse | undefined;
    for (let i = 0; i < 600 && refused?.status !== 503; i += 1) {
      // More than can be answered is not, whatever it offers.
      refused = world.send(flow, OFFER);
      if (i % 20 === 19) await world.tick();
    }
    expect(refused?.status).toBe(503);
    const asked = feedbackIn(refused);
    expect(asked?.algorithm).toBe('loss');
    expect(asked?.value).toBeGreaterThan(10);
    expect(asked?.validityMs).toBeGreaterThan(0);
    const [before = 0] = first?.seq ?? [];
    expect(asked?.seq[0]).toBeGreaterThan(before);
    // RFC 7339 §5.10: Retry-After would silence all that it speaks for.
    expect(refused?.byName('Retry-After')).toBeUndefined();
  });

  test('MUST bring down to that a server that obeys, within one validity period', async () => {
    const world = new Overloaded();
    await world.overload();
    const flow = new FakeFlow('TCP', '198.51.100.7');
    const limit = new NeighbourLimit(Math.random, world.now());
    const sentPerTick: number[] = [];
    let asked = 0;
    for (let tick = 0; tick < 30; tick += 1) {
      let sent = 0;
      for (let i = 0; i < 200; i += 1) {
        if (!limit.permits(TrafficClass.MESSAGE, world.now())) continue;
        sent += 1;
        const feedback = feedbackIn(world.send(flow, OFFER));
        if (feedback !== undefined) limit.receive(feedback, world.now());
      }
      sentPerTick.push(sent);
      asked = Math.max(asked, limit.feedback(world.now())?.value ?? 0);
      await world.tick();
    }
    expect(asked).toBeGreaterThan(50);
    // The validity is 500 ms: five ticks. Then it sends what was asked for, of 200 that it has.
    expect(sentPerTick[5]).toBeLessThan(100);
    const meant = 200 * (1 - asked / 100);
    expect(Math.min(...sentPerTick.slice(0, 6))).toBeLessThan(meant * 2 + 5);
  });

  test('MUST NOT be told to strangers, nor to servers that do not ask', async () => {
    const world = new Overloaded();
    const silent = await world.overload();
    expect(silent.responses.map(viaOf).join()).not.toContain('oc');
    expect(silent.statuses).toContain(503);
    const other = new Overloaded();
    other.locator.isOpen = false;
    const stranger = await other.overload(OFFER);
    expect(stranger.responses.map(viaOf).join()).not.toContain('oc');
    expect(stranger.statuses).toContain(503);
  });

  test('MUST go no further than one hop: what the client offers is not in what is forwarded (RFC 7339 §5.6)', () => {
    const world = new Overloaded();
    world.send(new FakeFlow('TCP', '198.51.100.7'), `${OFFER};oc-seq=1.1;OC-Validity=3`);
    const [record] = world.log.records;
    if (record === undefined) throw new Error('nothing was appended');
    const [, below = ''] = asRequest(record).values(H.VIA);
    expect(below).toContain('peer.invalid');
    expect(below).not.toMatch(/;oc/i);
  });
});
