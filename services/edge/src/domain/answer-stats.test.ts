import { VirtualClock } from '@hermod/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  answerTo,
  asRequest,
  deliveryOf,
  EdgeWorld,
  FakeFlow,
  messageText,
  responseTo,
  sip,
} from '../../test/edge-world.ts';
import { MethodCounts, StatusCounts } from './answer-stats.ts';

let world: EdgeWorld;
let flow: FakeFlow;

beforeEach(() => {
  world = new EdgeWorld(new VirtualClock());
  flow = new FakeFlow();
});

/** Final responses to clients, `MESSAGE 200` → how many. */
function answers(): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [method, { codes }] of world.edge.stats.answers.entries()) {
    for (const [code, count] of codes.entries()) found[`${method} ${code}`] = count;
  }
  return found;
}

/** Seconds of all transactions, `MESSAGE 2xx` → sum. */
function durations(): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [method, { durations }] of world.edge.stats.answers.entries()) {
    for (const [by, { sumMs }] of durations.entries()) found[`${method} ${by}`] = sumMs / 1000;
  }
  return found;
}

function replyOfRouter(status: number): void {
  const record = world.log.records.at(-1);
  if (record === undefined) throw new Error('nothing was appended');
  world.edge.reply(world.lastBranch, status, responseTo(asRequest(record), status));
}

describe('answers to clients', () => {
  test('MUST be counted once with their time from arrival, whatever is repeated', async () => {
    const udp = new FakeFlow('UDP');
    const message = messageText({ via: 'SIP/2.0/UDP client.invalid;branch=z9hG4bKc1;rport' });
    world.receive(udp, message);
    await world.clock.advanceAsync(30);
    replyOfRouter(200);
    world.receive(udp, message);
    replyOfRouter(200);
    expect(udp.statuses).toEqual([200, 200]);
    expect(answers()).toEqual({ 'MESSAGE 200': 1 });
    expect(durations()).toEqual({ 'MESSAGE 2xx': 0.03 });
  });

  test('MUST be counted where the edge refuses by itself, which takes no time that anybody waits', () => {
    world.receive(flow, messageText({ maxForwards: '0' }));
    world.gate.open = false;
    world.receive(flow, messageText());
    expect(answers()).toEqual({ 'MESSAGE 483': 1, 'MESSAGE 503': 1 });
    expect(durations()).toEqual({ 'MESSAGE 2xx': 0 });
  });

  test('MUST tell methods apart, and not what another edge asks for', async () => {
    const invite = { method: 'INVITE', via: 'SIP/2.0/TCP client.invalid;branch=z9hG4bKi1' };
    world.receive(flow, messageText(invite));
    await world.settle();
    expect(answers()).toEqual({ 'INVITE 480': 1 });
    expect(durations()).toMatchObject({ 'INVITE 4xx': 0 });
    const trunk = new FakeFlow();
    const request = sip(messageText({ method: 'INFO', maxForwards: '0' }));
    if (request.kind === 'request') world.edge.forward(trunk, request);
    await world.settle();
    expect(trunk.statuses).toEqual([483]);
    expect(answers()).toEqual({ 'INVITE 480': 1 });
  });

  test('MUST show a code that nobody has registered as its class: peers may make up hundreds', () => {
    const counts = new StatusCounts();
    for (const status of [200, 487, 455, 456]) counts.count(status);
    expect([...counts.entries()]).toEqual([
      ['200', 1],
      ['4xx', 2],
      ['487', 1],
    ]);
  });
});

test('requests MUST be counted by method, and all that somebody invents as one', () => {
  const counts = new MethodCounts();
  for (const method of ['MESSAGE', 'MESSAGE', 'BYE', 'FLY', 'message']) counts.count(method);
  const found = Object.fromEntries(counts.entries());
  expect(found).toMatchObject({ MESSAGE: 2, BYE: 1, INVITE: 0, other: 2 });
  world.receive(flow, messageText());
  expect(Object.fromEntries(world.edge.stats.requests.entries())).toMatchObject({ MESSAGE: 1 });
});

describe('appends', () => {
  test('MUST be timed from arrival until they are durable, and not where they fail', async () => {
    world.log.mode = 'hold';
    world.receive(flow, messageText());
    await world.clock.advanceAsync(20);
    world.log.release();
    await world.settle();
    expect(world.edge.stats.appendDurations.sumMs).toBe(20);
    world.receive(flow, messageText({ callId: 'c2', via: 'SIP/2.0/TCP x;branch=z9hG4bKc2' }));
    await world.clock.advanceAsync(500);
    world.log.fail();
    await world.settle();
    expect(world.edge.stats.appendDurations.sumMs).toBe(20);
  });
});

describe('deliveries', () => {
  test('MUST be timed by the class of what the device answered', async () => {
    const device = new FakeFlow();
    world.edge.onOpen(device);
    const flowToken = world.tokens.tokenOf(device) ?? '';
    world.edge.deliver(deliveryOf({ flowToken }), () => undefined);
    await world.clock.advanceAsync(40);
    world.receive(device, answerTo(device, 486));
    world.edge.deliver(deliveryOf({ flowToken, branch: 'z9hG4bKgone' }), () => undefined);
    await world.clock.advanceAsync(10);
    world.edge.onClosed(device);
    const { deviceAnswers, deviceDurations } = world.edge.stats;
    expect([...deviceAnswers.entries()]).toEqual([['486', 1]]);
    const times = [...deviceDurations.entries()].map(([by, { sumMs }]) => [by, sumMs]);
    expect(times).toEqual([
      ['2xx', 0],
      ['4xx', 40],
      ['none', 10],
    ]);
  });
});
