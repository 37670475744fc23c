import { TRAFFIC_CLASS_NAMES } from '@hermod/congestion';
import { VirtualClock } from '@hermod/testkit';
import { describe, expect, test } from 'vitest';
import { EdgeWorld, FakeFlow, messageText } from '../../test/edge-world.ts';
import { provenSender, rememberProof } from './authentication/sender.ts';
import { PriorityRules } from './priority-rules.ts';

const DUTY = 'sip:duty@example.com';
const HEADER = ['Resource-Priority: ets.0'];

describe('Resource-Priority under overload (RFC 4412 §11)', () => {
  const rules = new PriorityRules([DUTY], { has: (address) => address === '192.0.2.77' });
  const load = { utilisation: 0.5, loopDelayMs: 0 };
  const world = new EdgeWorld(new VirtualClock(), {}, undefined, {
    congestion: { process: { read: () => load }, priority: rules },
  });

  /** The class as which a MESSAGE was taken on. */
  function admittedAs(flow: FakeFlow, headers: readonly string[]): string | undefined {
    const counts = () => world.edge.congestion?.stats.classes.map((one) => one.admitted) ?? [];
    const before = counts();
    const n = world.log.records.length;
    world.receive(
      flow,
      messageText({ headers, via: `SIP/2.0/TCP h;branch=z9hG4bK${n}`, callId: `${n}` }),
    );
    return TRAFFIC_CLASS_NAMES[counts().findIndex((count, i) => count > (before[i] ?? 0))];
  }

  test('MUST count from a listed address, and be passed on as it is', () => {
    expect(admittedAs(new FakeFlow('TCP', '192.0.2.77'), HEADER)).toBe('priority');
    expect(world.log.records.at(-1)?.head).toContain('Resource-Priority: ets.0');
  });

  test('MUST count from a listed user who has proved who it is, and not before', () => {
    const flow = new FakeFlow('TCP', '198.51.100.1');
    expect(admittedAs(flow, HEADER)).toBe('message');
    rememberProof(flow, {
      aor: DUTY,
      by: 'digest',
      form: 'byUser',
      sender: provenSender(DUTY, { realm: 'example.com', takesTokens: false }),
      algorithm: 'MD5',
      ha1: '',
    });
    expect(admittedAs(flow, HEADER)).toBe('priority');
    expect(admittedAs(flow, [])).toBe('message');
  });

  test('MUST be ignored from anybody else, and passed on', () => {
    expect(admittedAs(new FakeFlow('TCP', '203.0.113.1'), HEADER)).toBe('message');
    expect(world.log.records.at(-1)?.head).toContain('Resource-Priority: ets.0');
  });
});
