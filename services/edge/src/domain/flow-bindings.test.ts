import type { Binding } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { EdgeWorld, FakeFlow, messageText, responseTo } from '../../test/edge-world.ts';

const ALICE = 'sip:alice@example.com';
let world: EdgeWorld;
let flow: FakeFlow;

beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
  flow = new FakeFlow();
  world.registrar.answer = (request) => Promise.resolve(responseTo(request, 200));
});

function binding(contact: string, flowToken: string, flowBound = true): Binding {
  return {
    key: contact,
    contact,
    params: '',
    q: 1000,
    callId: 'c',
    cseq: 1,
    expiresAtMs: world.now() + 60_000,
    path: [`sip:${flowToken}@192.0.2.1:5070;lr`],
    flowToken,
    flowBound,
    refusesMessage: false,
    gruuSinceMs: 0,
  };
}

async function register(over: FakeFlow, user = 'alice'): Promise<string> {
  const aor = `sip:${user}@example.com`;
  const token = world.tokens.tokenOf(over) ?? '';
  world.receive(
    over,
    messageText({
      method: 'REGISTER',
      uri: 'sip:example.com',
      from: aor,
      to: aor,
      body: '',
      via: `SIP/2.0/TCP client.invalid:5060;branch=z9hG4bK${user}${token};rport`,
      callId: `${user}${token}`,
      headers: [`Contact: <sip:${user}@x.invalid>`],
    }),
  );
  await world.settle();
  return token;
}

const keysOf = (aor: string): string[] =>
  (world.recipients.bindings.get(aor) ?? []).map(({ key }) => key);

describe('bindings of a flow that closes', () => {
  test('MUST be removed at once, those of other flows and those that need no flow kept (RFC 5626 §5.3)', async () => {
    const token = await register(flow);
    world.recipients.bindings.set(ALICE, [
      binding('sip:a@x.invalid', token),
      binding('sip:b@192.0.2.9:5060', token, false),
      binding('sip:c@x.invalid', 'e1.other'),
    ]);
    flow.close();
    world.edge.onClosed(flow);
    await world.settle();
    expect(keysOf(ALICE)).toEqual(['sip:b@192.0.2.9:5060', 'sip:c@x.invalid']);
    expect(world.edge.stats.deadBindingsRemoved).toBe(1);
  });

  test('MUST be removed when the peer has ended its half, and only once', async () => {
    const token = await register(flow);
    world.recipients.bindings.set(ALICE, [binding('sip:a@x.invalid', token)]);
    world.edge.onPeerEnded(flow);
    await world.settle();
    expect(keysOf(ALICE)).toEqual([]);
    world.recipients.bindings.set(ALICE, [binding('sip:a@x.invalid', token)]);
    world.edge.onClosed(flow);
    await world.settle();
    expect(keysOf(ALICE)).toHaveLength(1);
  });

  test('MUST be removed when the flow closed before the registrar had answered', async () => {
    let answer: () => void = () => undefined;
    world.registrar.answer = (request) =>
      new Promise((resolve) => {
        answer = () => resolve(responseTo(request, 200));
      });
    const token = await register(flow);
    flow.close();
    world.edge.onClosed(flow);
    world.recipients.bindings.set(ALICE, [binding('sip:a@x.invalid', token)]);
    answer();
    await world.settle();
    expect(keysOf(ALICE)).toEqual([]);
  });

  test('MUST be left to be found out when the store is away, and when the edge shuts down', async () => {
    const token = await register(flow);
    world.recipients.bindings.set(ALICE, [binding('sip:a@x.invalid', token)]);
    world.recipients.away = true;
    flow.close();
    world.edge.onClosed(flow);
    await world.settle();
    expect(world.edge.stats.deadBindingsLeft).toBe(1);
    world.recipients.away = false;
    const other = new FakeFlow('TCP', '198.51.100.8');
    const otherToken = await register(other);
    world.recipients.bindings.set(ALICE, [binding('sip:a@x.invalid', otherToken)]);
    void world.edge.drain(0);
    other.close();
    world.edge.onClosed(other);
    await world.settle();
    expect(keysOf(ALICE)).toHaveLength(1);
  });

  test('MUST NOT ask the store for more than a few at once when many flows close together', async () => {
    const flows = Array.from({ length: 3_000 }, (_, i) => new FakeFlow('TCP', '198.51.100.7', i));
    for (const [i, one] of flows.entries()) {
      const token = await register(one, `u${i}`);
      world.recipients.bindings.set(`sip:u${i}@example.com`, [binding('sip:a@x.invalid', token)]);
    }
    let asked = 0;
    let most = 0;
    const read = world.recipients.read.bind(world.recipients);
    world.recipients.read = async (aor) => {
      asked += 1;
      most = Math.max(most, asked);
      const state = await read(aor);
      asked -= 1;
      return state;
    };
    for (const one of flows) {
      one.close();
      world.edge.onClosed(one);
    }
    await world.clock.advanceAsync(1_000);
    expect(most).toBeLessThanOrEqual(32);
    expect(world.edge.stats.deadBindingsRemoved).toBe(3_000);
  });
});
