import { parseVia } from '@hermod/sip';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded, sum } from '../testdata/one-edge.ts';
import {
  CongestionController,
  isOcParam,
  NeighbourLimit,
  NeighbourLimits,
  OC_OFFER,
  OcAdvice,
  type OcFeedback,
  OcLoss,
  offersLoss,
  readOcFeedback,
  saysOc,
  TrafficClass,
  withoutOc,
} from './index.ts';

function paramsOf(text: string) {
  const via = parseVia(`SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1${text}`);
  if (!via.ok) throw new Error(`${via.code} at ${via.at}`);
  return via.value.params;
}
const read = (text: string) => readOcFeedback(paramsOf(text));

describe('oc parameters of Via (RFC 7339 §4)', () => {
  test('MUST read what a server filled in', () => {
    const text = ';oc=20;oc-algo="loss";oc-validity=600;oc-seq=1282321615.782';
    expect(read(text)).toEqual({
      algorithm: 'loss',
      value: 20,
      validityMs: 600,
      seq: [1_282_321_615, 78_200],
    });
    expect(read(';oc=150;oc-algo="rate";oc-seq=1.1')?.validityMs).toBe(500);
  });

  test.each([
    [';oc;oc-seq=1.1', 'oc without a value'],
    [';oc=20', 'no oc-seq'],
    [';oc=20;oc-seq=5', 'oc-seq without a dot'],
    [';oc=101;oc-seq=1.1', 'more than all'],
    [';oc=20;oc-algo="loss,rate";oc-seq=1.1', 'two algorithms'],
    [';oc=20;oc-algo="window";oc-seq=1.1', 'an algorithm that nobody offered'],
    [';oc-validity=500;oc-seq=1.1', 'a validity without a value (§4.3)'],
    [';oc=-1;oc-seq=1.1', 'below 0'],
  ])('MUST ignore %s: %s', (text) => {
    expect(read(text)).toBeUndefined();
  });

  test('a validity of 0 MUST end the limit, with or without a value (§4.3)', () => {
    expect(read(';oc-validity=0;oc-seq=1.1')?.validityMs).toBe(0);
  });

  test('MUST see who obeys the loss algorithm', () => {
    expect(offersLoss(paramsOf(OC_OFFER))).toBe(true);
    expect(offersLoss(paramsOf(';oc;oc-algo="rate,loss"'))).toBe(true);
    expect(offersLoss(paramsOf(';oc;oc-algo="rate"'))).toBe(false);
    expect(offersLoss(paramsOf(';oc=5;oc-algo="loss"'))).toBe(false);
    expect(offersLoss(paramsOf(''))).toBe(false);
    expect(['OC', 'oc-algo', 'oc-validity', 'oc-seq'].every(isOcParam)).toBe(true);
    expect(isOcParam('rport')).toBe(false);
    expect(withoutOc(paramsOf(`;OC=5;rport${OC_OFFER.slice(3)};oc-seq=1.1`)).format()).toBe(
      ';branch=z9hG4bK1;rport',
    );
  });

  test('MUST tell what is said from what is offered, however it is written (§4.6)', () => {
    for (const said of [';oc=5', '; OC = 5', ';rport;oc-seq=1.1', ';oc-Validity\t=0']) {
      expect(saysOc(`SIP/2.0/TCP h;branch=z9hG4bK1${said}`)).toBe(true);
    }
    for (const silent of ['', OC_OFFER, ';loc=5', ';x="oc"']) {
      expect(saysOc(`SIP/2.0/TCP localhost;branch=z9hG4bK1${silent}`)).toBe(false);
    }
  });

  test('what we say MUST be understood, with an oc-seq that only grows, whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: -500, max: 900 }))),
        (steps) => {
          const advice = new OcAdvice();
          let nowMs = 1_795_348_800_000;
          let last = [0, 0];
          for (const [loss, step] of steps) {
            nowMs += step;
            const text = advice.text(loss, nowMs);
            const said = read(text);
            expect(said).toBeDefined();
            const seq = [...(said?.seq ?? [])];
            if (seq.join() === last.join()) continue;
            expect((seq[0] ?? 0) * 1e5 + (seq[1] ?? 0)).toBeGreaterThan(
              (last[0] ?? 0) * 1e5 + (last[1] ?? 0),
            );
            expect(said?.value).toBe(loss);
            expect(said?.validityMs).toBe(loss === 0 ? 0 : 500);
            last = seq;
          }
        },
      ),
    );
  });
});

describe('NeighbourLimit', () => {
  const feedback = (part: Partial<OcFeedback>): OcFeedback => ({
    algorithm: 'loss',
    value: 0,
    validityMs: 500,
    seq: [1, 0],
    ...part,
  });
  const sent = (
    limit: NeighbourLimit,
    trafficClass: TrafficClass,
    perSec: number,
    from: number,
    to: number,
  ) => {
    let count = 0;
    for (let ms = from; ms < to; ms += 1_000 / perSec) {
      if (limit.permits(trafficClass, ms)) count += 1;
    }
    return count;
  };

  test('MUST leave out the share that was asked for, from what can be left out first (§7.2)', () => {
    const limit = new NeighbourLimit(seeded(4), 0);
    // Four texts for each request in a dialog, for two samples.
    const send = (from: number, to: number) => {
      const seen = { texts: 0, inDialog: 0 };
      for (let ms = from; ms < to; ms += 5) {
        for (let i = 0; i < 4; i += 1) {
          if (limit.permits(TrafficClass.MESSAGE, ms)) seen.texts += 1;
        }
        if (limit.permits(TrafficClass.IN_DIALOG, ms)) seen.inDialog += 1;
      }
      return seen;
    };
    send(0, 11_000);
    limit.receive(feedback({ value: 40, validityMs: 20_000 }), 11_000);
    const part = send(11_000, 21_000);
    expect(part.texts / 8_000).toBeCloseTo(0.5, 1);
    expect(part.inDialog).toBe(2_000);
    limit.receive(feedback({ value: 90, validityMs: 20_000, seq: [2, 0] }), 21_000);
    const most = send(21_000, 31_000);
    expect(most.texts).toBe(0);
    expect(most.inDialog / 2_000).toBeCloseTo(0.5, 1);
  });

  test('MUST NOT limit anything after the validity, nor after a validity of 0 (§4.3)', () => {
    const limit = new NeighbourLimit(seeded(4), 0);
    limit.receive(feedback({ value: 100 }), 0);
    expect(limit.permits(TrafficClass.MESSAGE, 499)).toBe(false);
    expect(limit.permits(TrafficClass.MESSAGE, 500)).toBe(true);
    limit.receive(feedback({ value: 100, seq: [2, 0] }), 600);
    expect(limit.permits(TrafficClass.MESSAGE, 601)).toBe(false);
    limit.receive(feedback({ value: 100, seq: [3, 0], validityMs: 0 }), 602);
    expect(limit.permits(TrafficClass.MESSAGE, 603)).toBe(true);
  });

  test('MUST NOT hold for more than an hour, nor longer because the clock was set back', () => {
    const limit = new NeighbourLimit(seeded(4), 0);
    limit.receive(feedback({ value: 100, validityMs: 999_999_999_999 }), 0);
    expect(limit.permits(TrafficClass.MESSAGE, 3_599_999)).toBe(false);
    expect(limit.permits(TrafficClass.MESSAGE, 3_600_000)).toBe(true);
    limit.receive(feedback({ value: 100, seq: [2, 0] }), 3_600_000);
    expect(limit.permits(TrafficClass.MESSAGE, 3_599_000)).toBe(true);
  });

  test('MUST ignore what is not newer, and take what a server says after its restart (§4.4)', () => {
    const limit = new NeighbourLimit(seeded(4), 0);
    limit.receive(feedback({ value: 100, seq: [1_000, 0] }), 0);
    limit.receive(feedback({ value: 0, seq: [1_000, 0] }), 1);
    limit.receive(feedback({ value: 0, seq: [999, 99_999] }), 1);
    expect(limit.feedback(2)?.value).toBe(100);
    limit.receive(feedback({ value: 7, seq: [3, 0] }), 2);
    expect(limit.feedback(3)?.value).toBe(7);
  });

  test.each([5, 50, 500])(
    'MUST send no more than %s per second when asked to (RFC 7415 §3.5.1)',
    (rate) => {
      const limit = new NeighbourLimit(seeded(4), 0);
      limit.receive(feedback({ algorithm: 'rate', value: rate, validityMs: 60_000 }), 0);
      const count = sent(limit, TrafficClass.MESSAGE, rate * 10, 0, 20_000);
      expect(count).toBeLessThanOrEqual(rate * 20 + 6);
      expect(count).toBeGreaterThan(rate * 20 * 0.95);
    },
  );

  test('MUST send nothing at a rate of 0 (RFC 7415 §3.4)', () => {
    const limit = new NeighbourLimit(seeded(4), 0);
    limit.receive(feedback({ algorithm: 'rate', value: 0 }), 0);
    expect(sent(limit, TrafficClass.RELEASE, 100, 0, 500)).toBe(0);
  });

  test('what is protected MUST still go at a rate that texts use up (RFC 7415 §3.5.2)', () => {
    const limit = new NeighbourLimit(seeded(4), 0);
    limit.receive(feedback({ algorithm: 'rate', value: 100, validityMs: 60_000 }), 0);
    let inDialog = 0;
    for (let ms = 0; ms < 10_000; ms += 1) {
      limit.permits(TrafficClass.MESSAGE, ms);
      if (ms % 50 === 0 && limit.permits(TrafficClass.IN_DIALOG, ms)) inDialog += 1;
    }
    expect(inDialog).toBe(200);
  });
});

describe('NeighbourLimits', () => {
  const say = (value: number, more = '') => paramsOf(`;oc=${value};oc-seq=1.1${more}`);

  test('MUST hold for the neighbour that said so, and for no other (RFC 7339 §5.4)', () => {
    const limits = new NeighbourLimits(seeded(4));
    limits.receive('192.0.2.1:5060', say(100), 0);
    limits.receive('192.0.2.3:5060', say(30), 0);
    expect(limits.of('192.0.2.1:5060')?.permits(TrafficClass.MESSAGE, 1)).toBe(false);
    expect(limits.of('192.0.2.1:5061')).toBeUndefined();
    expect(limits.limiting(1)).toBe(2);
    limits.receive('192.0.2.1:5060', paramsOf(';oc=0;oc-validity=0;oc-seq=1.2'), 2);
    expect(limits.of('192.0.2.1:5060')?.permits(TrafficClass.MESSAGE, 3)).toBe(true);
    expect(limits.limiting(3)).toBe(1);
    expect(limits.limiting(500)).toBe(0);
  });

  test('MUST remember no one who limits nothing', () => {
    const limits = new NeighbourLimits(seeded(4));
    for (const silent of ['', OC_OFFER, ';oc=0;oc-validity=0;oc-seq=1.1', ';oc=500;oc-seq=1.1']) {
      limits.receive('192.0.2.1:5060', paramsOf(silent), 0);
    }
    expect(limits.size).toBe(0);
  });

  test('MUST forget those that are idle, and the first when there are too many', () => {
    const limits = new NeighbourLimits(seeded(4));
    for (let port = 0; port < 2_000; port += 1) limits.receive(`192.0.2.1:${port}`, say(50), 0);
    expect(limits.size).toBe(1_024);
    expect(limits.of('192.0.2.1:975')).toBeUndefined();
    expect(limits.of('192.0.2.1:976')).toBeDefined();
    limits.receive('192.0.2.2:5060', say(50, ';oc-validity=600000'), 0);
    limits.receive('192.0.2.3:5060', say(50), 60_000);
    expect(limits.size).toBe(2);
  });
});

describe('OcLoss', () => {
  const idle = {
    utilisation: 0.1,
    loopDelayMs: 1,
    appendMs: Number.NaN,
    sojournMs: Number.NaN,
    inFlight: 0,
    routerLoss: Number.NaN,
  };

  /** An edge that takes 1,000 per second, and servers that have 2,000 each; one obeys. Each tick: what was admitted of both, and the loss. */
  function run(ticks: number) {
    let busy = 0;
    const controller = new CongestionController(
      {
        signals: {
          read: () => ({ ...idle, utilisation: Math.min(1, busy / 100) }),
          appending: 0,
        },
        random: seeded(5),
        initialPerSec: 1_000,
      },
      0,
    );
    const oc = new OcLoss(seeded(6), 0);
    const random = seeded(7);
    const seen = { obedient: 0, deaf: 0, losses: [] as number[] };
    for (let tick = 1; tick <= ticks; tick += 1) {
      busy = 0;
      const heard = oc.percent;
      for (let i = 0; i < 400; i += 1) {
        const nowMs = tick * 100 - 100 + i / 4;
        const obeys = i % 2 === 0;
        const isSent = obeys ? random() * 100 >= heard : oc.permits(TrafficClass.MESSAGE, nowMs);
        if (!isSent) continue;
        const isAdmitted = controller.admit(TrafficClass.MESSAGE, i, nowMs) === 'admit';
        oc.count(isAdmitted);
        if (!isAdmitted) continue;
        busy += 1;
        if (tick > ticks / 2) seen[obeys ? 'obedient' : 'deaf'] += 1;
      }
      controller.tick(tick * 100);
      oc.tick(tick * 100);
      seen.losses.push(oc.percent);
    }
    return { oc, seen };
  }

  test('MUST bring servers down to what is admitted, and end with the trouble (RFC 6357 §9.2)', () => {
    const { oc, seen } = run(200);
    // It goes up and down a little around three quarters.
    const mean = sum(seen.losses, 100, 200) / 100;
    expect(mean).toBeGreaterThan(65);
    expect(mean).toBeLessThan(85);
    for (let tick = 201; tick <= 250; tick += 1) oc.tick(tick * 100);
    expect(oc.percent).toBe(0);
  });

  test('a server that does not obey MUST NOT get more than one that does (RFC 7339 §5.10.2)', () => {
    const { seen } = run(200);
    expect(seen.obedient).toBeGreaterThan(3_000);
    expect(seen.deaf).toBeLessThan(seen.obedient * 1.1);
  });
});
