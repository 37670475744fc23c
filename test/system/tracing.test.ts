import { setTimeout as delay } from 'node:timers/promises';
import { type ReceivedSpan, readMetric, TraceReceiver, treeOf } from '@hermod/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Scene } from './scene.ts';

const WAIT_MS = 10_000;

let scene: Scene;
let receiver: TraceReceiver;
beforeEach(async () => {
  scene = new Scene();
  receiver = await TraceReceiver.listen();
  scene.onClose(() => receiver.close());
});
afterEach(() => scene.close());

function traced(ratio = '1'): Record<string, string> {
  return { HERMOD_OTLP_ENDPOINT: receiver.endpoint, HERMOD_TRACE_RATIO: ratio };
}

async function spans(count: number): Promise<readonly ReceivedSpan[]> {
  await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThanOrEqual(count), WAIT_MS);
  return receiver.spans;
}

describe('traces of a standalone (docs/tracing.md)', () => {
  test('MUST show one message from edge to log to router to edge to device, in one trace', async () => {
    const { sipPort } = await scene.start(undefined, traced());
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob', 'udp');
    expect((await alice.sendMessage(bob.aor, 'hello')).status).toBe(200);
    const trace = await spans(6);
    expect(treeOf(trace)).toEqual([
      'arrival server 200',
      '  append producer',
      '    route consumer 200 delivered',
      '      branch client 200',
      '        delivery server 200',
      '          device client 200',
    ]);
    expect(new Set(trace.map(({ traceId }) => traceId)).size).toBe(1);
    expect(trace.every(({ service }) => service === 'hermod-standalone')).toBe(true);
    const named = new Map(trace.map((span) => [span.name, span.attributes]));
    expect(named.get('arrival')).toMatchObject({ 'network.transport': 'tcp' });
    expect(named.get('device')).toMatchObject({ 'network.transport': 'udp' });
    expect(named.get('route')).toMatchObject({ 'messaging.destination.partition.id': '0' });
    expect(named.get('arrival')?.['hermod.delivery_id']).toMatch(/^[\w-]{22}$/);
  });

  test('MUST hold nobody’s address, name or words', async () => {
    const { sipPort } = await scene.start(undefined, traced());
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    await alice.sendMessage(bob.aor, 'our secret');
    await spans(6);
    const told = Buffer.from(bob.received[0]?.request.head ?? '').toString();
    const callId = /Call-ID: (\S+)/.exec(told)?.[1] ?? '?';
    for (const word of ['alice', 'bob', 'our secret', callId, '127.0.0.1']) {
      expect(receiver.text).not.toContain(word);
    }
  });

  test('MUST go on when the message comes out of the mailbox', async () => {
    const { sipPort } = await scene.start(undefined, traced());
    const alice = await scene.tcp(sipPort, 'alice');
    expect((await alice.sendMessage('sip:bob@localhost', 'later')).status).toBe(202);
    await spans(3);
    const bob = await scene.device(sipPort, 'bob');
    await bob.waitForRequests(1);
    const trace = await spans(7);
    expect(treeOf(trace)).toEqual([
      'arrival server 202',
      '  append producer',
      '    route consumer 202 stored',
      '    drain consumer 200',
      '      branch client 200',
      '        delivery server 200',
      '          device client 200',
    ]);
  });

  test('MUST show each device as a branch of its own, the silent one for as long as it is silent', async () => {
    const { sipPort } = await scene.start(undefined, traced());
    const alice = await scene.tcp(sipPort, 'alice');
    const phone = await scene.device(sipPort, 'bob');
    const desk = await scene.device(sipPort, 'bob');
    phone.answer = () => ({ status: 200, delayMs: 600 });
    desk.answer = () => 480;
    expect((await alice.sendMessage(phone.aor, 'hello')).status).toBe(200);
    const trace = await spans(9);
    const tree = treeOf(trace);
    expect(tree.slice(0, 3)).toEqual([
      'arrival server 200',
      '  append producer',
      '    route consumer 200 delivered',
    ]);
    const branch = (status: number): string =>
      `branch client ${status}|delivery server ${status}|device client ${status}`;
    const below = tree.slice(3).map((line) => line.trim());
    expect([below.slice(0, 3).join('|'), below.slice(3).join('|')].toSorted()).toEqual([
      branch(200),
      branch(480),
    ]);
    for (const { name, attributes, tookMs } of trace) {
      if (name !== 'branch' && name !== 'device') continue;
      if (attributes['sip.status_code'] === '200') expect(tookMs).toBeGreaterThan(550);
      else expect(tookMs).toBeLessThan(550);
    }
  });

  test('MUST NOT tell devices, nor believe what clients say', async () => {
    const { sipPort } = await scene.start(undefined, traced());
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    const foreign = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    const headers = [
      `Hermod-Trace: ${foreign}`,
      `hermod-trace: ${foreign}`,
      `Traceparent: ${foreign}`,
    ];
    expect((await alice.sendMessage(bob.aor, 'hello', { headers })).status).toBe(200);
    const head = bob.received[0]?.request.head ?? '';
    expect(head).not.toMatch(/hermod-trace/i);
    // Their own: any header that is none of ours passes untouched (RFC 3261 §16.6).
    expect(head).toContain(`Traceparent: ${foreign}`);
    expect((await spans(6)).map(({ traceId }) => traceId)).not.toContain('ab'.repeat(16));
  });

  test('MUST NOT go on with a client’s trace where nothing is traced', async () => {
    const { sipPort } = await scene.start(undefined, traced('0'));
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    const headers = [`Hermod-Trace: 00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`];
    for (let i = 0; i < 20; i += 1) await alice.sendMessage(bob.aor, `${i}`, { headers });
    await delay(1_500);
    expect(receiver.requests).toBe(0);
    expect(bob.received.map(({ request }) => request.head).join()).not.toMatch(/hermod-trace/i);
  });

  test('MUST name the trace of a delivery in its histogram', async () => {
    const { sipPort, http } = await scene.start(undefined, traced());
    const alice = await scene.tcp(sipPort, 'alice');
    const bob = await scene.device(sipPort, 'bob');
    await alice.sendMessage(bob.aor, 'hello');
    const [span] = await spans(6);
    const headers = { accept: 'application/openmetrics-text' };
    const text = await (await fetch(`${http}/metrics`, { headers })).text();
    const rows = text.split('\n').filter((row) => row.startsWith('im_delivery_duration_seconds'));
    expect(rows.filter((row) => row.includes(`trace_id="${span?.traceId}"`))).toHaveLength(1);
  });

  test('a receiver that refuses, hangs up or is not there MUST NOT touch messages, and is named once', async () => {
    receiver.status = 400;
    const standalone = await scene.start(undefined, traced());
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const bob = await scene.device(standalone.sipPort, 'bob');
    const failed = (): Promise<number> =>
      readMetric(standalone.http, 'im_trace_spans_total', '"failed"');
    expect((await alice.sendMessage(bob.aor, 'refused')).status).toBe(200);
    await vi.waitFor(async () => expect(await failed()).toBe(6), WAIT_MS);
    await receiver.close();
    expect((await alice.sendMessage(bob.aor, 'not there')).status).toBe(200);
    await vi.waitFor(async () => expect(await failed()).toBe(12), {
      timeout: 3 * WAIT_MS,
      interval: 200,
    });
    const { code, stdout } = await standalone.stop();
    expect(code).toBe(0);
    expect(stdout.match(/HERMOD_OTLP_ENDPOINT takes no traces/g)).toHaveLength(1);
    expect(stdout).not.toContain('alice');
  }, 60_000);

  test('MUST send what is left when it stops', async () => {
    const standalone = await scene.start(undefined, traced());
    const alice = await scene.tcp(standalone.sipPort, 'alice');
    const bob = await scene.device(standalone.sipPort, 'bob');
    await alice.sendMessage(bob.aor, 'last words');
    expect((await standalone.stop()).code).toBe(0);
    expect(receiver.spans).toHaveLength(6);
  });
});
