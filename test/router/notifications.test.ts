import { type ConsumedRecord, type LogRecord, PlatformError, RecordFlag } from '@hermod/contracts';
import { parseCpim, parseMessage, type SipRequest } from '@hermod/sip';
import { MemoryStores } from '@hermod/testkit';
import { bufferCodec } from '@hermod/transport';
import { describe, expect, it, vi } from 'vitest';
import { AOR, RouterRig } from './router-rig.ts';

const DEVICE = 'sip:bob@192.0.2.1:5060;transport=tcp';
const ALICE = 'sip:alice@example.com';
const DAY_MS = 86_400_000;

const METADATA = [
  'From: Alice <im:alice@example.com>',
  'To: Bob <im:bob@example.com>',
  'NS: imdn <urn:ietf:params:imdn>',
  'imdn.Message-ID: 34jk324j',
  'DateTime: 2006-04-04T12:16:49-05:00',
];
const TEXT = ['Content-Type: text/plain', '', 'Hello World'];

type Parts = {
  readonly asks?: string;
  readonly metadata?: readonly string[];
  readonly content?: readonly string[];
  readonly from?: string;
  readonly contentType?: string;
  readonly change?: Partial<ConsumedRecord>;
};

/** A message/cpim of alice that asks for notifications. */
function cpimRecord(rig: RouterRig, callId: string, parts: Parts = {}): Partial<ConsumedRecord> {
  const asks = `imdn.Disposition-Notification: ${parts.asks ?? 'negative-delivery, processing'}`;
  const lines = [...METADATA, ...(parts.metadata ?? []), asks, '', ...(parts.content ?? TEXT)];
  const body = bufferCodec.encode(lines.join('\r\n'));
  const head = rig
    .headOf(callId)
    .replace('<sip:alice@example.com>', parts.from ?? '<sip:alice@example.com>')
    .replace(
      /Content-Length: \d+/,
      `Content-Type: ${parts.contentType ?? 'message/cpim'}\r\nContent-Length: ${body.length}`,
    );
  return { head, body, ...parts.change };
}

function send(rig: RouterRig, callId: string, parts: Parts = {}): number {
  return rig.message(callId, cpimRecord(rig, callId, parts));
}

function requestOf(record: LogRecord | undefined): SipRequest {
  const parsed = record === undefined ? undefined : parseMessage(record.head, record.body);
  if (parsed?.ok !== true || parsed.value.kind !== 'request') throw new Error('no request');
  return parsed.value;
}

function documentOf(record: LogRecord | undefined): string {
  const cpim = parseCpim(requestOf(record).body, bufferCodec);
  if (!cpim.ok) throw new Error(cpim.code);
  return bufferCodec.decode(cpim.value.content, 0, cpim.value.content.length);
}

/** What each appended notification says. */
const toldOf = (rig: RouterRig): string[] =>
  rig.appended.map((record) => /<status><(\w+)\/>/.exec(documentOf(record))?.[1] ?? '');

/** Accepted a while ago: its sender has its 202. */
const accepted = (rig: RouterRig): Partial<ConsumedRecord> => ({
  receivedAtMs: rig.clock.nowMs() - 3000,
});

const unavailable = async (): Promise<void> => {
  throw new PlatformError('LOG_UNAVAILABLE', 'away');
};

describe('notifications of a store-and-forward intermediary (RFC 5438)', () => {
  it('MUST tell a sender that asked for processing that its message is stored (§8.1)', async () => {
    const rig = await new RouterRig().start();
    send(rig, 'm1');
    await rig.run(50);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    const [record] = rig.appended;
    const request = requestOf(record);
    expect(record?.aor).toBe(ALICE);
    expect(record?.flags).toBe(RecordFlag.AUTHENTICATED | RecordFlag.ORIGINATED);
    expect(request.requestUri).toBe(ALICE);
    expect(request.byName('To')).toBe(`<${ALICE}>`);
    expect(request.byName('From')).toBe(`<sip:example.com>;tag=${record?.deliveryId}`);
    expect(request.byName('Content-Type')).toBe('message/cpim');
    expect(request.byName('Content-Length')).toBe(`${request.body.length}`);
    expect(request.byName('Via')).toBeUndefined();
    expect(request.byName('Contact')).toBeUndefined();
    expect(request.callId).not.toBe('m1');
    expect(documentOf(record)).toContain('<message-id>34jk324j</message-id>');
    expect(toldOf(rig)).toEqual(['stored']);
    expect(rig.router.stats.notificationsStored).toBe(1);
  });

  it('MUST NOT finish a message before its notification is durable', async () => {
    const rig = await new RouterRig().start();
    rig.appendGate = unavailable;
    send(rig, 'm1');
    await rig.run(500);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    expect(rig.consumer.commits.at(-1)?.next).toBe(0);
    rig.appendGate = async () => undefined;
    await rig.run(2000);
    expect(rig.consumer.commits.at(-1)?.next).toBe(1);
    expect(toldOf(rig)).toEqual(['stored']);
  });

  it.each([
    ['negative-delivery', []],
    ['positive-delivery, display', []],
    ['processing', ['stored']],
  ])('MUST tell a sender only what it asked for: %s', async (asks, told) => {
    const rig = await new RouterRig().start();
    send(rig, 'm1', { asks });
    await rig.run(50);
    expect(toldOf(rig)).toEqual(told);
    expect(rig.router.stats.notificationsDropped).toBe(0);
  });

  it('MUST tell it that a stored message has expired, whoever registers or not', async () => {
    const rig = await new RouterRig().start();
    send(rig, 'm1', { change: { expiresAtMs: rig.clock.nowMs() + 5000 } });
    await rig.run(10_000);
    expect(toldOf(rig)).toEqual(['stored', 'failed']);
    expect(documentOf(rig.appended[1])).toContain('<delivery-notification>');
    expect(rig.appended[0]?.deliveryId).not.toBe(rig.appended[1]?.deliveryId);
    expect(await rig.mailCount()).toBe(0);
    expect(rig.router.stats.notificationsFailed).toBe(1);
  });

  it('MUST tell it when a device refuses a stored message (§12.2)', async () => {
    const rig = await new RouterRig().start();
    send(rig, 'm1', { asks: 'negative-delivery' });
    await rig.run(50);
    await rig.register(DEVICE);
    rig.trunk.act = () => 603;
    rig.registered();
    await rig.run(500);
    expect(toldOf(rig)).toEqual(['failed']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('MUST NOT say that a stored message was delivered: only its recipient can (§12.2)', async () => {
    const rig = await new RouterRig().start();
    send(rig, 'm1', { asks: 'positive-delivery, negative-delivery' });
    await rig.run(50);
    await rig.register(DEVICE);
    rig.registered();
    await rig.run(500);
    expect(rig.trunk.sent).toEqual(['m1']);
    expect(rig.appended).toEqual([]);
  });

  it('MUST NOT say that a message failed which a device took after all, too late for its deadline', async () => {
    const rig = await new RouterRig().start();
    await rig.register(DEVICE);
    rig.trunk.act = () => 'silence';
    send(rig, 'm1', { asks: 'negative-delivery' });
    await rig.run(2100);
    rig.trunk.act = () => ({ status: 603, afterMs: 500 });
    for (let i = 0; i < 30 && rig.trunk.sent.length < 2; i += 1) await rig.run(100);
    expect(rig.trunk.sent).toEqual(['m1', 'm1']);
    rig.trunk.unanswered[0]?.onFinal(200, undefined);
    await rig.run(2000);
    expect(rig.outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'delivered']);
    expect(rig.appended).toEqual([]);
  });

  it('MUST NOT notify after a refusal that the sender got as its answer (§12.1.3.1)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(DEVICE);
    rig.trunk.act = () => 603;
    send(rig, 'm1');
    await rig.run(100);
    expect(rig.trunk.statusOf('m1')).toBe(603);
    expect(rig.appended).toEqual([]);
  });

  it('MUST notify, and not answer with the refusal, when the sender may have its 202 (§12.1.3.1)', async () => {
    const rig = await new RouterRig().start();
    await rig.register(DEVICE);
    rig.trunk.act = () => 603;
    send(rig, 'm1', { change: { receivedAtMs: rig.clock.nowMs() - 2500 } });
    send(rig, 'm2', { asks: 'processing', change: accepted(rig) });
    await rig.run(200);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    expect(rig.trunk.statusOf('m2')).toBe(603);
    expect(toldOf(rig)).toEqual(['failed']);
    expect(rig.outcomes.map((o) => `${o.outcome} ${o.status}`)).toEqual([
      'refused 603',
      'refused 603',
    ]);
    expect(rig.consumer.commits.at(-1)?.next).toBe(2);
  });

  it('MUST notify of what expired in the log after it was accepted', async () => {
    const rig = await new RouterRig().start();
    send(rig, 'm1', { change: { ...accepted(rig), expiresAtMs: rig.clock.nowMs() - 1 } });
    await rig.run(50);
    expect(toldOf(rig)).toEqual(['failed']);
  });

  it.each([
    ['a notification', { content: ['Content-Type: message/imdn+xml', '', '<imdn/>'] }],
    [
      'an aggregated notification',
      { content: ['Content-Type: multipart/mixed', 'Content-Disposition: notification', '', ''] },
    ],
    ['what is no message/cpim', { contentType: 'text/plain' }],
    ['what only begins like it', { contentType: 'message/cpim-not' }],
    ['what is malformed', { metadata: ['no colon'] }],
    ['what is encoded', { contentType: 'message/cpim\r\nContent-Encoding: gzip' }],
    ['a message of its own', { change: { flags: RecordFlag.ORIGINATED } }],
  ])('MUST NOT notify of %s (§7.2.1)', async (_what, parts) => {
    const rig = await new RouterRig().start();
    send(rig, 'm1', parts);
    await rig.run(50);
    expect(rig.trunk.statusOf('m1')).toBe(202);
    expect(rig.appended).toEqual([]);
    expect(rig.router.stats.notificationsDropped).toBe(0);
  });

  it.each(['message/cpim', 'Message/CPIM', 'message/cpim; charset=utf-8', 'message/cpim ;x=y'])(
    'MUST know the type as %s',
    async (contentType) => {
      const rig = await new RouterRig().start();
      send(rig, 'm1', { contentType });
      await rig.run(50);
      expect(toldOf(rig)).toEqual(['stored']);
    },
  );

  it('MUST NOT start a loop when the sender is not there either', async () => {
    const rig = await new RouterRig().start();
    send(rig, 'm1', { from: `<${AOR}>`, change: { expiresAtMs: rig.clock.nowMs() + 2000 } });
    await rig.run(50);
    // What the log would bring.
    const [notification] = rig.appended;
    if (notification === undefined) throw new Error('nothing appended');
    rig.offer({ ...notification, expiresAtMs: rig.clock.nowMs() + 1000 });
    await rig.run(10_000);
    expect(toldOf(rig)).toEqual(['stored', 'failed']);
    expect(await rig.mailCount()).toBe(0);
  });

  it('SHOULD know a sender by any name of its domain', async () => {
    const rig = await new RouterRig().start();
    send(rig, 'm1', { from: '"A" <sips:alice@EXAMPLE.net:5061;x=y>' });
    await rig.run(50);
    expect(rig.appended[0]?.aor).toBe(ALICE);
    expect(requestOf(rig.appended[0]).byName('To')).toBe('<sips:alice@EXAMPLE.net:5061;x=y>');
  });

  it.each(['<sip:alice@elsewhere.org>', '<tel:+49123>', '<sip:example.com>', '<sip:a@b@c>'])(
    'MUST drop, and count, a notification for %s',
    async (from) => {
      const rig = await new RouterRig().start();
      send(rig, 'm1', { from });
      await rig.run(300);
      expect(rig.appended).toEqual([]);
      expect(rig.router.stats.notificationsDropped).toBe(1);
      expect(rig.consumer.commits.at(-1)?.next).toBe(1);
    },
  );

  it('MUST send it to the topmost IMDN-Record-Route (§7.2.1)', async () => {
    const rig = await new RouterRig().start();
    const route = (uri: string) => `imdn.IMDN-Record-Route: <${uri}>`;
    const [gateway, next] = ['sip:gateway@example.com', 'sip:next@elsewhere.org'];
    send(rig, 'm1', { metadata: [route(gateway), route(next)] });
    send(rig, 'm2', { metadata: [route(next), route(gateway)] });
    await rig.run(50);
    expect(rig.appended.map(({ aor }) => aor)).toEqual([gateway]);
    expect(requestOf(rig.appended[0]).requestUri).toBe(gateway);
    expect(requestOf(rig.appended[0]).byName('To')).toBe(`<${ALICE}>`);
    expect(rig.router.stats.notificationsDropped).toBe(1);
  });

  it('MUST stay below 1300 bytes with the Vias to come, or not be sent (RFC 3428 §8)', async () => {
    const rig = await new RouterRig().start();
    for (const [id, length] of [
      ['m1', 30],
      ['m2', 300],
    ] as const) {
      const record = cpimRecord(rig, id, { asks: 'processing' });
      const text = Buffer.from(record.body ?? []).toString('latin1');
      const changed = text
        .replace('im:bob@', `im:${'y'.repeat(length)}@`)
        .replace('34jk324j', 'x'.repeat(128));
      rig.message(id, { ...record, body: bufferCodec.encode(changed) });
    }
    await rig.run(50);
    const sizes = rig.appended.map(({ head, body }) => head.length + body.length);
    expect(sizes).toHaveLength(1);
    expect(sizes[0]).toBeLessThanOrEqual(1080);
    expect(rig.router.stats.notificationsDropped).toBe(1);
  });

  it('MUST NOT look into the body of what is delivered at once', async () => {
    const rig = await new RouterRig().start();
    await rig.register(DEVICE);
    const decode = vi.spyOn(bufferCodec, 'decode');
    send(rig, 'm1');
    await rig.run(100);
    expect(rig.trunk.statusOf('m1')).toBe(200);
    expect(decode).not.toHaveBeenCalled();
    decode.mockRestore();
  });
});

describe('notifications across a crash (design §4 rule 2)', () => {
  it('MUST NOT lose the notification of a message that was stored before the crash', async () => {
    const stores = new MemoryStores();
    const first = await new RouterRig({}, stores).start();
    first.appendGate = unavailable;
    const record = cpimRecord(first, 'm1');
    first.message('m1', { ...record, offset: 7 });
    await first.run(500);
    expect(await first.mailCount()).toBe(1);

    const second = await new RouterRig({}, stores).start({ partition: 0, next: 7, metadata: '' });
    second.message('m1', { ...record, offset: 7 });
    await second.run(500);
    expect(toldOf(second)).toEqual(['stored']);
    expect(second.consumer.commits.at(-1)?.next).toBe(8);
  });

  it('MUST make the same notification again when the crash came after it', async () => {
    const stores = new MemoryStores();
    const first = await new RouterRig({}, stores).start();
    const record = cpimRecord(first, 'm1');
    first.message('m1', record);
    await first.run(50);
    const second = await new RouterRig({}, stores).start();
    second.message('m1', record);
    await second.run(50);
    expect(second.appended.map(({ deliveryId }) => deliveryId)).toEqual(
      first.appended.map(({ deliveryId }) => deliveryId),
    );
    const callIds = [first, second].map((rig) => requestOf(rig.appended[0]).callId);
    expect(callIds[0]).toBe(callIds[1]);
  });

  it('MUST NOT notify twice of a message that its sender repeats (§7.2.1: one for each type)', async () => {
    const rig = await new RouterRig().start();
    const record = cpimRecord(rig, 'm1');
    rig.message('m1', record);
    await rig.run(50);
    rig.message('m1', record);
    await rig.run(50);
    expect(rig.router.stats.repeats).toBe(1);
    expect(toldOf(rig)).toEqual(['stored']);
  });

  it('MUST notify of a failure before the message leaves the mailbox', async () => {
    const stores = new MemoryStores();
    const first = await new RouterRig({}, stores).start();
    const parts = { asks: 'negative-delivery' };
    first.message('m1', cpimRecord(first, 'm1', { ...parts }));
    await first.run(50);
    await first.register(DEVICE);
    first.trunk.act = () => 603;
    first.appendGate = unavailable;
    first.registered();
    await first.run(500);
    expect(await first.mailCount()).toBe(1);

    const second = await new RouterRig({}, stores).start({ partition: 0, next: 1, metadata: '' });
    second.trunk.act = () => 603;
    await second.run(3000);
    expect(toldOf(second)).toEqual(['failed']);
    expect(await second.mailCount()).toBe(0);
  });

  it('MUST give a repeat to the edge with the branch of the first, so that it shows once', async () => {
    const rig = await new RouterRig().start();
    await rig.register(DEVICE);
    const own = { ...cpimRecord(rig, 'n1'), flags: RecordFlag.ORIGINATED };
    rig.message('n1', own);
    await rig.run(50);
    rig.message('n1', own);
    await rig.run(50);
    const branches = rig.trunk.deliveries.map(({ viaBranch }) => viaBranch);
    expect(branches).toHaveLength(2);
    expect(new Set(branches).size).toBe(1);
  });
});

describe('one MESSAGE at a time to a destination (RFC 3428 §8)', () => {
  it("MUST NOT send one of Hermod's own while another is unanswered; what it forwards is not held", async () => {
    const rig = await new RouterRig().start();
    await rig.register(DEVICE);
    rig.trunk.act = () => ({ status: 200, afterMs: 100 });
    rig.message('n1', { flags: RecordFlag.ORIGINATED });
    rig.message('m1');
    rig.message('n2', { flags: RecordFlag.ORIGINATED });
    await rig.run(50);
    expect(rig.trunk.sent).toEqual(['n1', 'm1']);
    await rig.run(500);
    expect(rig.trunk.sent).toEqual(['n1', 'm1', 'n2']);
  });

  it('MUST drain them one at a time, too', async () => {
    const rig = await new RouterRig().start();
    for (const id of ['m1', 'n1', 'n2', 'm2']) {
      const flags = id.startsWith('n') ? RecordFlag.ORIGINATED : 0;
      rig.message(id, { flags, expiresAtMs: rig.clock.nowMs() + DAY_MS });
    }
    await rig.run(50);
    expect(await rig.mailCount()).toBe(4);
    await rig.register(DEVICE);
    let unanswered = 0;
    rig.trunk.act = ({ request }) => {
      const isOwn = request.callId.startsWith('n');
      if (isOwn) unanswered += 1;
      expect(unanswered).toBeLessThanOrEqual(1);
      if (isOwn) rig.clock.timers.start({ onTimer: () => (unanswered -= 1) }, 0, 99);
      return { status: 200, afterMs: 100 };
    };
    rig.registered();
    await rig.run(3000);
    expect(rig.trunk.sent).toEqual(['m1', 'n1', 'n2', 'm2']);
    expect(await rig.mailCount()).toBe(0);
  });
});
