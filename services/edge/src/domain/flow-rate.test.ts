import { VirtualClock } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import { EdgeWorld, FakeFlow, messageText, sip } from '../../test/edge-world.ts';
import { FlowRate, RateBucket, type RateVerdict } from './flow-rate.ts';

function takeMany(bucket: RateBucket, count: number, nowMs: number): Record<RateVerdict, number> {
  const verdicts = { pass: 0, refuse: 0, drop: 0 };
  for (let i = 0; i < count; i += 1) verdicts[bucket.take(nowMs)] += 1;
  return verdicts;
}

describe('a rate bucket', () => {
  test('MUST pass two seconds’ worth at once, refuse as many, and drop the rest', () => {
    expect(takeMany(new RateBucket(10, 0), 100, 0)).toEqual({ pass: 20, refuse: 20, drop: 60 });
  });

  test('MUST pass its rate for as long as it comes', () => {
    const bucket = new RateBucket(10, 0);
    let passed = 0;
    for (let ms = 0; ms < 60_000; ms += 100) if (bucket.take(ms) === 'pass') passed += 1;
    expect(passed).toBe(600);
  });

  test('MUST NOT pass more than its rate and its burst, whatever comes', () => {
    const bucket = new RateBucket(10, 0);
    let passed = 0;
    for (let ms = 0; ms < 60_000; ms += 1) if (bucket.take(ms) === 'pass') passed += 1;
    expect(passed).toBeLessThanOrEqual(620);
  });

  test('MUST answer no more than its rate while it is flooded, and pass again after a pause', () => {
    const bucket = new RateBucket(10, 0);
    takeMany(bucket, 1_000, 0);
    let answered = 0;
    for (let ms = 1; ms <= 10_000; ms += 1) if (bucket.take(ms) !== 'drop') answered += 1;
    expect(answered).toBeLessThanOrEqual(101);
    expect(bucket.take(14_100)).toBe('pass');
  });

  test('MUST gain nothing by a clock that steps back', () => {
    const bucket = new RateBucket(1, 10_000);
    takeMany(bucket, 10, 10_000);
    expect(bucket.take(5_000)).toBe('drop');
    expect(bucket.take(5_000)).toBe('drop');
  });

  test('MUST pass one request where less than one a second is allowed', () => {
    expect(takeMany(new RateBucket(0.1, 0), 3, 0)).toEqual({ pass: 1, refuse: 1, drop: 1 });
  });
});

describe('the limit of a flow', () => {
  // Nothing else of a flow is looked at.
  const flowAt = (local: string) =>
    ({ local: { address: local, port: 5060 }, context: undefined }) as Parameters<
      FlowRate['take']
    >[0];
  const nobody = (): boolean => false;

  function passes(rate: FlowRate, local: string): number {
    const flow = flowAt(local);
    let passed = 0;
    for (let i = 0; i < 100; i += 1) if (rate.take(flow, 0) === 'pass') passed += 1;
    return passed;
  }

  test.each([
    ['a public listener', { perSec: 5, sparesLoopback: true }, '192.0.2.1', 10],
    ['a loopback listener', { perSec: 5, sparesLoopback: true }, '127.0.0.1', 100],
    ['a loopback listener over IPv6', { perSec: 5, sparesLoopback: true }, '::1', 100],
    ['a loopback listener, when it is asked for', { perSec: 5, sparesLoopback: false }, '::1', 10],
    ['a public listener, when it is off', { perSec: Infinity, sparesLoopback: false }, '::', 100],
  ])('MUST be that of %s', (_name, limit, local, expected) => {
    expect(passes(new FlowRate(limit, nobody), local)).toBe(expected);
  });

  test('MUST be its own for each flow, and none for a server that is known', () => {
    const limit = { perSec: 5, sparesLoopback: true };
    const rate = new FlowRate(limit, nobody);
    expect(passes(rate, '192.0.2.1')).toBe(10);
    expect(passes(rate, '192.0.2.1')).toBe(10);
    expect(passes(new FlowRate(limit, () => true), '192.0.2.1')).toBe(100);
  });
});

describe('an edge whose flows have a rate', () => {
  const limits = { flowRate: { perSec: 5, sparesLoopback: true } };
  const VIA = 'SIP/2.0/TCP client.invalid:5060;rport;branch=z9hG4bK';

  function flooded(flow: FakeFlow, isPeer = false): EdgeWorld {
    const world = new EdgeWorld(new VirtualClock(), limits);
    world.locator.isOpen = isPeer;
    for (let i = 0; i < 30; i += 1) {
      world.receive(flow, messageText({ via: `${VIA}${i}`, cseq: `${i + 1} MESSAGE` }));
    }
    return world;
  }

  test('MUST append what is within it, answer 503 with Retry-After beyond, and then nothing (RFC 3261 §21.5.4)', () => {
    const flow = new FakeFlow('TCP', '198.51.100.7', 40_000);
    const world = flooded(flow);
    expect(world.log.records).toHaveLength(10);
    const answers = flow.responses;
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(503));
    for (const answer of answers) expect(answer.byName('Retry-After')).toMatch(/^[1-5]$/);
    const { stats } = world.edge;
    expect(stats).toMatchObject({ appended: 10, rejectedFlowRate: 20 });
    expect(Object.fromEntries(stats.requests.entries())).toMatchObject({ MESSAGE: 30 });
  });

  test('MUST take from others what it takes from nobody else', () => {
    const world = flooded(new FakeFlow('TCP', '198.51.100.7', 40_000));
    world.receive(
      new FakeFlow('TCP', '198.51.100.7', 40_001),
      messageText({ via: `${VIA}other`, callId: 'other' }),
    );
    expect(world.log.records).toHaveLength(11);
  });

  test('MUST NOT hold a server that is known to it', () => {
    const world = flooded(new FakeFlow('TCP', '198.51.100.7', 40_000), true);
    expect(world.log.records).toHaveLength(30);
  });

  test('MUST count what cannot be framed, too: it is not answered for ever', () => {
    const world = new EdgeWorld(new VirtualClock(), limits);
    const flow = new FakeFlow('UDP', '198.51.100.7', 40_000);
    const partial = sip(messageText());
    const error = {
      ok: false,
      code: 'SIP_BODY_TOO_LARGE',
      at: 0,
      status: 413,
      reason: 'x',
    } as const;
    for (let i = 0; i < 30; i += 1) world.edge.onFramingError(flow, error, partial);
    expect(flow.responses.map(({ status }) => status)).toEqual([
      ...Array(10).fill(413),
      ...Array(10).fill(503),
    ]);
  });
});
