import { SipPeer, spanLine, TraceReceiver, treeOf } from '@hermod/testkit';
import { afterAll, beforeAll, expect, onTestFailed, test, vi } from 'vitest';
import { ClusterUnderTest } from './cluster-under-test.ts';

const WAIT = { timeout: 10_000, interval: 100 };

let receiver: TraceReceiver;
let cluster: ClusterUnderTest;
let alice: SipPeer;
let bob: SipPeer;
beforeAll(async () => {
  receiver = await TraceReceiver.listen();
  cluster = await ClusterUnderTest.start(['edge-1', 'edge-2', 'router-1', 'registrar-1'], {
    HERMOD_OTLP_ENDPOINT: receiver.endpoint,
    HERMOD_TRACE_RATIO: '1',
  });
  alice = await SipPeer.tcp(cluster.sipPort('edge-1'), { user: 'alice' });
  bob = await SipPeer.tcp(cluster.sipPort('edge-2'), { user: 'bob' });
});
afterAll(async () => {
  await alice?.close();
  await bob?.close();
  await cluster?.close();
  await receiver?.close();
});

test('one trace MUST show a message from edge to log to router to another edge to its device', async () => {
  onTestFailed(() => {
    console.log(cluster.troubles());
  });
  expect((await bob.register()).status).toBe(200);
  expect((await alice.sendMessage(bob.aor, 'hello')).status).toBe(200);
  await vi.waitFor(() => expect(receiver.spans).toHaveLength(6), WAIT);
  const { spans } = receiver;
  expect(treeOf(spans, (span) => `${span.service} ${spanLine(span)}`)).toEqual([
    'hermod-edge arrival server 200',
    '  hermod-edge append producer',
    '    hermod-router route consumer 200 delivered',
    '      hermod-router branch client 200',
    '        hermod-edge delivery server 200',
    '          hermod-edge device client 200',
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const processOf = new Map(spans.map(({ name, instance }) => [name, instance]));
  expect(processOf.get('append')).toBe(processOf.get('arrival'));
  expect(processOf.get('branch')).toBe(processOf.get('route'));
  expect(processOf.get('device')).toBe(processOf.get('delivery'));
  expect(new Set(processOf.values()).size).toBe(3);
  expect(bob.received[0]?.request.head).not.toMatch(/hermod-trace/i);
});
