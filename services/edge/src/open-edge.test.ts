import type { LogRecord } from '@hermod/contracts';
import { H, type SipResponse, TimerWheel } from '@hermod/sip';
import { SipPeer } from '@hermod/testkit';
import type { Listener } from '@hermod/transport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { edgeOptions } from '../test/edge-options.ts';
import { asRequest, responseTo } from '../test/edge-world.ts';
import { type OpenEdge, openEdge, type RegistrarPort } from './app.ts';

let open: OpenEdge;
let records: LogRecord[];
let ticking: NodeJS.Timeout;
const peers: SipPeer[] = [];
const registered: { path: string }[] = [];

/** A registrar that says yes and remembers the Path. */
const registrar: RegistrarPort = {
  register: (request) => {
    const path = /\r\nPath: <([^>]*)>/.exec(request.head)?.[1] ?? '';
    registered.push({ path });
    return Promise.resolve(
      responseTo(
        asRequest({
          type: 'message',
          aor: '',
          deliveryId: '',
          receivedAtMs: 0,
          expiresAtMs: 0,
          flags: 0,
          head: request.head,
          body: request.body,
        }),
        200,
      ),
    );
  },
};

/** The router of these tests: delivers each record to the flow of the newest Path, at once. */
function route(record: LogRecord): void {
  const request = asRequest(record);
  const via = request.topVia;
  const branch = via.ok ? (via.value.branch ?? '') : '';
  const path = registered.at(-1)?.path ?? '';
  const token = path.slice(4, path.indexOf('@'));
  open.edge.deliver(
    {
      branch: `z9hG4bK${record.deliveryId}.0`,
      request,
      targetUri: 'sip:bob@bob.invalid',
      flowToken: token,
      flowBound: true,
    },
    (status: number, response: SipResponse | undefined) =>
      open.edge.reply(branch, status, response),
  );
}

beforeEach(async () => {
  records = [];
  registered.length = 0;
  const wheel = new TimerWheel(performance.now());
  ticking = setInterval(() => wheel.advance(performance.now()), 10);
  const log = {
    append: (record: LogRecord) => {
      records.push(record);
      route(record);
      return Promise.resolve();
    },
    probe: () => Promise.resolve(),
  };
  open = await openEdge(edgeOptions({ ports: { timers: wheel, log, registrar } }));
});

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  peers.length = 0;
  await open.close();
  clearInterval(ticking);
});

function listenerOf(transport: 'TCP' | 'UDP'): Listener {
  const listener = open.listeners.find((one) => one.transport === transport);
  if (listener === undefined) throw new Error(`no ${transport} listener`);
  return listener;
}

async function peer(transport: 'TCP' | 'UDP', user: string): Promise<SipPeer> {
  const { port } = listenerOf(transport).address;
  const made =
    transport === 'TCP' ? await SipPeer.tcp(port, { user }) : await SipPeer.udp(port, { user });
  peers.push(made);
  return made;
}

describe.each([
  ['TCP', 'TCP'],
  ['TCP', 'UDP'],
  ['UDP', 'TCP'],
  ['UDP', 'UDP'],
] as const)('from %s to %s', (from, to) => {
  test('MUST deliver a message over the flow that registered, and the answer back', async () => {
    const bob = await peer(to, 'bob');
    const alice = await peer(from, 'alice');
    expect((await bob.register()).status).toBe(200);
    const sent = await alice.sendMessage('sip:bob@localhost', 'hi');
    expect(sent.status).toBe(200);
    expect(bob.texts).toEqual(['hi']);
    expect(sent.response.all(H.VIA)).toHaveLength(1);
    expect(records).toHaveLength(1);
  });
});

test('MUST answer 202 for a silent device within the accept time', async () => {
  const bob = await peer('TCP', 'bob');
  const alice = await peer('TCP', 'alice');
  await bob.register();
  bob.answer = () => 'silence';
  const sent = await alice.sendMessage('sip:bob@localhost', 'hi');
  expect(sent.status).toBe(202);
  expect(sent.elapsedMs).toBeGreaterThanOrEqual(290);
});

test('MUST say 430 to the router when the device hung up (RFC 5626 §5.3)', async () => {
  const bob = await peer('TCP', 'bob');
  const alice = await peer('TCP', 'alice');
  await bob.register();
  await bob.close();
  await expect.poll(() => listenerOf('TCP').stats.connections).toBe(1);
  // The router would store it; here its 430 comes straight back.
  expect((await alice.sendMessage('sip:bob@localhost', 'hi')).status).toBe(430);
});

test('MUST keep the order of pipelined messages of one flow', async () => {
  const bob = await peer('TCP', 'bob');
  const alice = await peer('TCP', 'alice');
  await bob.register();
  const sent = Array.from({ length: 500 }, (_, i) =>
    alice.sendMessage('sip:bob@localhost', `m${i}`),
  );
  const finals = await Promise.all(sent);
  // A busy machine may need longer than this edge's 300 ms for some of them.
  for (const final of finals) expect([200, 202]).toContain(final.status);
  await expect.poll(() => bob.texts.length).toBe(500);
  expect(bob.texts).toEqual(Array.from({ length: 500 }, (_, i) => `m${i}`));
});

test('MUST answer a repeat on another connection, and show it to the device once (design §4 rule 2)', async () => {
  const bob = await peer('TCP', 'bob');
  const alice = await peer('TCP', 'alice');
  const again = await peer('TCP', 'alice');
  await bob.register();
  bob.answer = () => ({ status: 200, delayMs: 50 });
  const same = { callId: 'same', cseq: 7, fromTag: 'same' };
  const finals = await Promise.all([
    alice.sendMessage('sip:bob@localhost', 'hi', same),
    again.sendMessage('sip:bob@localhost', 'hi', same),
  ]);
  expect(finals.map((final) => final.status)).toEqual([200, 200]);
  expect(bob.texts).toEqual(['hi']);
});
