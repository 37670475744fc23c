// What RFC 3841, 5626 §7 and 5627 ask of a proxy, for everything that does not go through the log.
import type { Binding } from '@hermod/sip';
import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerTo,
  EdgeWorld,
  FakeFlow,
  type MessageParts,
  messageText,
} from '../../../test/edge-world.ts';
import { bindingAt } from '../../../test/linked-edges.ts';

const BOB = 'sip:bob@example.com';
const ID = 'urn:uuid:00000000-0000-1000-8000-aabbccddeeff';

let world: EdgeWorld;
let alice: FakeFlow;

beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
  alice = new FakeFlow('TCP', '198.51.100.7', 40_000);
});

/** A device of Bob's on a flow of its own. */
function device(n: number, changes: Partial<Binding> = {}): FakeFlow {
  const flow = new FakeFlow('TCP', `198.51.100.${n}`, 40_000 + n);
  const binding = bindingAt(world, flow, { expiresAtMs: world.now() + 600_000 - n, ...changes });
  world.recipients.bindings.set(BOB, [...(world.recipients.bindings.get(BOB) ?? []), binding]);
  return flow;
}

async function invite(parts: MessageParts = {}): Promise<void> {
  world.receive(alice, messageText({ method: 'INVITE', body: 'v=0', ...parts }));
  await world.settle();
}

async function answer(flow: FakeFlow, status: number): Promise<void> {
  world.receive(flow, answerTo(flow, status));
  await world.settle();
}

const invites = (...flows: FakeFlow[]): number[] =>
  flows.map((flow) => flow.requests.filter(({ method }) => method === 'INVITE').length);

describe('flows of one device (RFC 5626 §7)', () => {
  let one: FakeFlow;
  let two: FakeFlow;

  beforeEach(() => {
    one = device(1, { key: '<urn:uuid:1>;1' });
    two = device(2, { key: '<urn:uuid:1>;2' });
  });

  test.each([408, 430])('MUST be tried one after the other on %i', async (status) => {
    await invite();
    expect(invites(one, two)).toEqual([1, 0]);
    await answer(one, status);
    expect(invites(one, two)).toEqual([1, 1]);
  });

  test.each([480, 486, 500, 503, 603])('MUST NOT be tried further on %i', async (status) => {
    await invite();
    await answer(one, status);
    expect(invites(one, two)).toEqual([1, 0]);
  });
});

describe('caller preferences (RFC 3841)', () => {
  test('MUST leave out the devices that the caller rejects', async () => {
    const phone = device(1, { params: ';mobility="mobile"' });
    const desk = device(2, { params: ';mobility="fixed"' });
    await invite({ headers: ['Reject-Contact: *;mobility="mobile"'] });
    expect(invites(phone, desk)).toEqual([0, 1]);
  });

  test('MUST leave out devices that do not take the method, while there are others (§7.2.2)', async () => {
    const chat = device(1, { params: ';methods="MESSAGE"' });
    const phone = device(2, { params: ';methods="INVITE,BYE"' });
    await invite();
    expect(invites(chat, phone)).toEqual([0, 1]);
  });

  test('MUST end in 480 when they leave no device (§7.2.4)', async () => {
    device(1, { params: ';audio' });
    await invite({ headers: ['Accept-Contact: *;audio="FALSE";require'] });
    expect(alice.statuses.at(-1)).toBe(480);
  });

  test('sequential MUST try the next device when one has refused, by q, and no more after a 6xx (§9.1)', async () => {
    const low = device(1, { q: 100 });
    const high = device(2, { q: 900 });
    const mid = device(3, { q: 500 });
    await invite({ headers: ['Request-Disposition: sequential'] });
    expect(invites(low, mid, high)).toEqual([0, 0, 1]);
    await answer(high, 486);
    expect(invites(low, mid, high)).toEqual([0, 1, 1]);
    await answer(mid, 603);
    expect(invites(low, mid, high)).toEqual([0, 1, 1]);
    expect(alice.statuses.at(-1)).toBe(603);
  });

  test('no-fork MUST choose one device (§9.1)', async () => {
    const low = device(1, { q: 100 });
    const high = device(2, { q: 900 });
    await invite({ headers: ['d: no-fork'] });
    expect(invites(low, high)).toEqual([0, 1]);
  });
});

describe('GRUUs (RFC 5627 §5.1)', () => {
  test('MUST ring that device alone', async () => {
    const phone = device(1, { params: `;+sip.instance="<${ID}>"` });
    const desk = device(2);
    await invite({ uri: `${BOB};gr=${ID}` });
    expect(invites(phone, desk)).toEqual([1, 0]);
    expect(phone.requests[0]?.requestUri).toBe('sip:bob@198.51.100.1:5062');
  });

  test('MUST end in 480 for a device that is away, and in 404 for one that was made up', async () => {
    device(2);
    await invite({ uri: `${BOB};gr=${ID}` });
    expect(alice.statuses.at(-1)).toBe(480);
    await invite({
      uri: 'sip:tgruu.made-up@example.com;gr',
      callId: 'c2',
      via: 'SIP/2.0/TCP c;branch=z9hG4bKd',
    });
    expect(alice.statuses.at(-1)).toBe(404);
  });
});
