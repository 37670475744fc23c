import {
  type BindingStore,
  type LogRecord,
  PlatformError,
  type PlatformErrorCode,
  partitionOf,
  ServedDomains,
} from '@hermod/contracts';
import {
  type Binding,
  DEFAULT_REGISTER_POLICY,
  type OutgoingMessage,
  parseMessage,
  type SipRequest,
  TimerWheel,
} from '@hermod/sip';
import { describe, expect, it } from 'vitest';
import { RegistrarApp } from './app.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const BOB = 'sip:bob@example.com';

class FakeBindings implements BindingStore {
  readonly rows = new Map<string, { version: number; bindings: readonly Binding[] }>();
  readonly mail = new Map<string, number>();
  fault: PlatformErrorCode | undefined;
  /** Writes that another registrar makes just before ours. */
  intruders: (() => void)[] = [];
  reads = 0;

  async readBindings(aor: string) {
    await Promise.resolve();
    this.reads += 1;
    if (this.fault !== undefined) throw new PlatformError(this.fault, 'away');
    return this.rows.get(aor) ?? { version: 0, bindings: [] };
  }

  async compareAndSet(aor: string, expectedVersion: number, bindings: readonly Binding[]) {
    await Promise.resolve();
    this.intruders.shift()?.();
    const version = this.rows.get(aor)?.version ?? 0;
    if (version !== expectedVersion) return { kind: 'conflict' } as const;
    this.rows.set(aor, { version: version + 1, bindings });
    return {
      kind: 'written',
      version: version + 1,
      mailboxCount: this.mail.get(aor) ?? 0,
    } as const;
  }

  bump(aor: string, bindings?: readonly Binding[]): void {
    const row = this.rows.get(aor) ?? { version: 0, bindings: [] };
    this.rows.set(aor, { version: row.version + 1, bindings: bindings ?? row.bindings });
  }
}

function setUp(options: { mode?: 'open' | 'closed'; provisioned?: readonly string[] } = {}) {
  const bindings = new FakeBindings();
  const appended: LogRecord[] = [];
  const scheduled: unknown[][] = [];
  let append: () => Promise<void> = () => Promise.resolve();
  let schedule: () => Promise<void> = () => Promise.resolve();
  const timers = new TimerWheel(0);
  let tags = 0;
  const app = new RegistrarApp(
    {
      bindings,
      subscribers: {
        async isProvisioned(aor) {
          if (bindings.fault !== undefined) throw new PlatformError(bindings.fault, 'away');
          return options.provisioned?.includes(aor) ?? false;
        },
      },
      log: {
        append(record) {
          appended.push(record);
          return append();
        },
      },
      due: {
        schedule(...args) {
          scheduled.push(args);
          return schedule();
        },
      },
      clock: { nowMs: () => NOW },
      timers,
      ids: { token: () => `tag${++tags}` },
    },
    {
      domains: new ServedDomains(['example.com', 'alias.example.com'], true),
      domainMode: options.mode ?? 'open',
      partitions: 64,
      policy: DEFAULT_REGISTER_POLICY,
    },
  );
  return {
    app,
    bindings,
    appended,
    scheduled,
    timers,
    onAppend: (next: () => Promise<void>) => {
      append = next;
    },
    onSchedule: (next: () => Promise<void>) => {
      schedule = next;
    },
  };
}

function request(
  fields: {
    to?: string;
    contacts?: readonly string[];
    callId?: string;
    cseq?: number;
    method?: string;
    clientVia?: string;
    lines?: readonly string[];
  } = {},
): SipRequest {
  const method = fields.method ?? 'REGISTER';
  const head = [
    `${method} sip:example.com SIP/2.0`,
    'Via: SIP/2.0/TCP edge:5070;branch=z9hG4bKe.1',
    `Via: ${fields.clientVia ?? 'SIP/2.0/UDP client;branch=z9hG4bKc;rport=40123;received=192.0.2.7'}`,
    'Max-Forwards: 69',
    `From: <${BOB}>;tag=1`,
    `To: ${fields.to ?? `<${BOB}>`}`,
    `Call-ID: ${fields.callId ?? 'c1'}`,
    `CSeq: ${fields.cseq ?? 1} ${method}`,
    ...(fields.contacts ?? ['<sip:bob@192.0.2.4:5066>']).map((contact) => `Contact: ${contact}`),
    ...(fields.lines ?? []),
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  const message = parseMessage(head, new Uint8Array(0));
  if (!message.ok || message.value.kind !== 'request') throw new Error('test request is broken');
  return message.value;
}

const statusOf = (message: OutgoingMessage): number => Number(message.head.slice(8, 11));
const away = (code: PlatformErrorCode) => () => Promise.reject(new PlatformError(code, 'away'));
/** Lets everything that is settled be acted on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('RegistrarApp: the answer', () => {
  it('MUST write the bindings and answer 200 with Vias, tag, Contact and Date (RFC 3261 §10.3 step 8)', async () => {
    const t = setUp();
    const answer = await t.app.register(request());
    expect(answer.head).toBe(
      [
        'SIP/2.0 200 OK',
        'Via: SIP/2.0/TCP edge:5070;branch=z9hG4bKe.1',
        'Via: SIP/2.0/UDP client;branch=z9hG4bKc;rport=40123;received=192.0.2.7',
        `From: <${BOB}>;tag=1`,
        `To: <${BOB}>;tag=tag1`,
        'Call-ID: c1',
        'CSeq: 1 REGISTER',
        'Contact: <sip:bob@192.0.2.4:5066>;expires=3600',
        'Date: Sun, 22 Nov 2026 12:00:00 GMT',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
    expect(t.bindings.rows.get(BOB)).toMatchObject({
      version: 1,
      bindings: [{ flowBound: true }],
    });
    expect(t.appended).toEqual([]);
    expect(t.app.stats.accepted).toBe(1);
  });

  it('MUST take the AoR from To, canonical: unescaped, without port and parameters, aliases joined (RFC 3261 §10.3 step 5)', async () => {
    const t = setUp();
    await t.app.register(request({ to: '"B" <sips:b%6Fb@Alias.Example.COM:5061;x=1>' }));
    expect([...t.bindings.rows.keys()]).toEqual([BOB]);
  });

  it('MUST compare the Contact with the client’s source in its own Via (design §7)', async () => {
    const t = setUp();
    const contacts = ['<sip:bob@192.0.2.7:40123>'];
    for (const [transport, flowBound] of [
      ['TCP', true],
      ['UDP', false],
    ] as const) {
      const clientVia = `SIP/2.0/${transport} client;branch=z9hG4bKc;rport=40123;received=192.0.2.7`;
      await t.app.register(request({ contacts, clientVia, callId: transport }));
      expect(t.bindings.rows.get(BOB)?.bindings[0]?.flowBound).toBe(flowBound);
    }
  });

  it.each([
    ['a foreign domain', '<sip:bob@elsewhere.org>', 404],
    ['no user', '<sip:example.com>', 404],
    ['a tel URI', '<tel:+15551212>', 400],
    ['an unknown scheme (RFC 4475 §3.3.4)', '<isbn:2983792873>', 400],
  ])('MUST refuse a To with %s (RFC 3261 §10.3 step 5)', async (_name, to, status) => {
    const t = setUp();
    expect(statusOf(await t.app.register(request({ to })))).toBe(status);
    expect(t.bindings.reads).toBe(0);
    expect(t.app.stats.refused).toBe(1);
  });

  it('MUST answer 404 in a closed domain to who is not provisioned (RFC 3261 §10.3 step 5)', async () => {
    const t = setUp({ mode: 'closed', provisioned: ['sip:carol@example.com'] });
    expect(statusOf(await t.app.register(request()))).toBe(404);
    const carol = request({ to: '<sip:carol@example.com>' });
    expect(statusOf(await t.app.register(carol))).toBe(200);
    expect([...t.bindings.rows.keys()]).toEqual(['sip:carol@example.com']);
  });

  it('MUST answer other methods with 405 and Allow, and broken requests with 400', async () => {
    const t = setUp();
    const other = await t.app.register(request({ method: 'MESSAGE' }));
    expect(statusOf(other)).toBe(405);
    expect(other.head).toContain('\r\nAllow: REGISTER\r\n');
    expect(statusOf(await t.app.register(request({ lines: ['CSeq: 2 REGISTER'] })))).toBe(400);
  });

  it('MUST pass on the refusals of the register function and write nothing', async () => {
    const t = setUp();
    const brief = await t.app.register(request({ contacts: ['<sip:b@h>;expires=5'] }));
    expect(statusOf(brief)).toBe(423);
    expect(brief.head).toContain('\r\nMin-Expires: 60\r\n');
    expect(t.bindings.rows.size).toBe(0);
  });

  it('MUST answer a query without writing', async () => {
    const t = setUp();
    await t.app.register(request());
    const answer = await t.app.register(request({ contacts: [], cseq: 2 }));
    expect(answer.head).toContain('Contact: <sip:bob@192.0.2.4:5066>;expires=3600');
    expect(t.bindings.rows.get(BOB)?.version).toBe(1);
  });
});

describe('RegistrarApp: the store', () => {
  it('MUST start again from what another registrar wrote', async () => {
    const t = setUp();
    await t.app.register(request({ contacts: ['<sip:one@h>'] }));
    const theirs = t.bindings.rows.get(BOB)?.bindings ?? [];
    t.bindings.rows.delete(BOB);
    t.bindings.intruders = [() => t.bindings.bump(BOB, theirs), () => t.bindings.bump(BOB)];
    const answer = await t.app.register(request({ contacts: ['<sip:two@h>'], callId: 'c2' }));
    expect(statusOf(answer)).toBe(200);
    expect(t.bindings.rows.get(BOB)?.bindings.map((binding) => binding.contact)).toEqual([
      'sip:one@h',
      'sip:two@h',
    ]);
    expect(t.app.stats.conflicts).toBe(2);
  });

  it('MUST give up with 500 and Retry-After after 16 lost attempts', async () => {
    const t = setUp();
    t.bindings.intruders = Array.from({ length: 16 }, () => () => t.bindings.bump(BOB));
    const answer = await t.app.register(request());
    expect(statusOf(answer)).toBe(500);
    expect(answer.head).toMatch(/\r\nRetry-After: [1-5]\r\n/);
    expect(t.bindings.reads).toBe(16);
    expect(statusOf(await t.app.register(request()))).toBe(200);
  });

  it.each(['STORE_UNAVAILABLE', 'STORE_TIMEOUT'] as const)(
    'MUST answer 503 with Retry-After on %s',
    async (code) => {
      for (const mode of ['open', 'closed'] as const) {
        const t = setUp({ mode, provisioned: [BOB] });
        t.bindings.fault = code;
        const answer = await t.app.register(request());
        expect(statusOf(answer)).toBe(503);
        expect(answer.head).toMatch(/\r\nRetry-After: [1-5]\r\n/);
        expect(t.app.stats.storeFailures).toBe(1);
        t.bindings.fault = undefined;
        expect(statusOf(await t.app.register(request()))).toBe(200);
      }
    },
  );

  it('MUST process REGISTERs of one AoR in the order in which they came (RFC 3261 §10.3)', async () => {
    const t = setUp();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => t.app.register(request({ cseq: i + 1 }))),
    );
    expect(answers.map(statusOf)).toEqual(answers.map(() => 200));
    expect(t.bindings.rows.get(BOB)).toMatchObject({ version: 40, bindings: [{ cseq: 40 }] });
    expect(t.app.stats.conflicts).toBe(0);
  });

  it('MUST answer 503 when too many REGISTERs of one AoR wait', async () => {
    const t = setUp();
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, i) => t.app.register(request({ cseq: i + 1 }))),
    );
    expect(answers.filter((answer) => statusOf(answer) === 200)).toHaveLength(65);
    expect(answers.filter((answer) => statusOf(answer) === 503)).toHaveLength(15);
    expect(t.app.stats.queueRefusals).toBe(15);
  });

  it('MUST let a bug through', async () => {
    const t = setUp();
    t.bindings.intruders = [
      () => {
        throw new TypeError('bug');
      },
    ];
    await expect(t.app.register(request())).rejects.toThrow('bug');
  });
});

describe('RegistrarApp: waking the mailbox (design §4 rules 4 and 5)', () => {
  const dueAt = (atMs: number) => [partitionOf(BOB, 64), BOB, atMs, 'earliest'];

  it('MUST make the AoR due before the 200, and append a registered record after it', async () => {
    const t = setUp();
    t.bindings.mail.set(BOB, 3);
    const gate = Promise.withResolvers<void>();
    t.onSchedule(() => gate.promise);
    let answered = false;
    const answer = t.app.register(request()).then((message) => {
      answered = true;
      return message;
    });
    await settle();
    // A second ahead: the poll of the due set does not overtake the 200.
    expect(t.scheduled).toEqual([dueAt(NOW + 1_000)]);
    expect(answered).toBe(false);
    gate.resolve();
    expect(statusOf(await answer)).toBe(200);
    await settle();
    expect(t.appended).toEqual([]);
    t.timers.advance(20);
    await settle();
    expect(t.appended).toEqual([
      {
        type: 'registered',
        aor: BOB,
        deliveryId: '',
        receivedAtMs: NOW,
        expiresAtMs: 0,
        flags: 0,
        head: '',
        body: new Uint8Array(0),
      },
    ]);
    expect(t.scheduled).toHaveLength(1);
    expect(t.app.stats).toMatchObject({ wakeUps: 1, wakeUpsByDue: 0, wakeUpsLost: 0 });
    expect(t.timers.size).toBe(0);
  });

  it('MUST append what is armed when it stops, and wait for it', async () => {
    const t = setUp();
    t.bindings.mail.set(BOB, 1);
    await t.app.register(request());
    const gate = Promise.withResolvers<void>();
    t.onAppend(() => gate.promise);
    let drained = false;
    const drain = t.app.drain().then(() => {
      drained = true;
    });
    await settle();
    expect(t.appended).toHaveLength(1);
    expect(drained).toBe(false);
    gate.resolve();
    await drain;
    expect(t.timers.size).toBe(0);
  });

  it.each(['LOG_UNAVAILABLE', 'LOG_TIMEOUT'] as const)(
    'MUST leave it to the due set on %s: REGISTER does not depend on the log',
    async (code) => {
      const t = setUp();
      t.bindings.mail.set(BOB, 1);
      t.onAppend(away(code));
      expect(statusOf(await t.app.register(request()))).toBe(200);
      await t.app.drain();
      expect(t.scheduled).toEqual([dueAt(NOW + 1_000)]);
      expect(t.app.stats).toMatchObject({ wakeUps: 0, wakeUpsByDue: 1, wakeUpsLost: 0 });
    },
  );

  it('MUST answer 200 when neither due set nor log takes it, try the due set again, and count it', async () => {
    const t = setUp();
    t.bindings.mail.set(BOB, 1);
    t.onAppend(away('LOG_UNAVAILABLE'));
    t.onSchedule(away('STORE_UNAVAILABLE'));
    expect(statusOf(await t.app.register(request()))).toBe(200);
    await t.app.drain();
    expect(t.scheduled).toEqual([dueAt(NOW + 1_000), dueAt(NOW)]);
    expect(t.app.stats.wakeUpsLost).toBe(1);
  });

  it('MUST NOT hold the 200 back for more than a second, and MUST finish the work after it', async () => {
    const t = setUp();
    t.bindings.mail.set(BOB, 1);
    const gate = Promise.withResolvers<void>();
    t.onSchedule(() => gate.promise);
    t.onAppend(away('LOG_UNAVAILABLE'));
    let answered = false;
    const answer = t.app.register(request()).then((message) => {
      answered = true;
      return message;
    });
    await settle();
    t.timers.advance(990);
    await settle();
    expect(answered).toBe(false);
    t.timers.advance(1_000);
    expect(statusOf(await answer)).toBe(200);
    let drained = false;
    const drain = t.app.drain().then(() => {
      drained = true;
    });
    await settle();
    expect(t.appended).toHaveLength(1);
    expect(drained).toBe(false);
    gate.resolve();
    await drain;
    expect(t.app.stats.wakeUpsByDue).toBe(1);
    expect(t.timers.size).toBe(0);
  });

  it('MUST NOT let a slow store hold back the next REGISTER of the AoR', async () => {
    const t = setUp();
    t.bindings.mail.set(BOB, 1);
    const gate = Promise.withResolvers<void>();
    t.onSchedule(() => gate.promise);
    const first = t.app.register(request());
    const second = t.app.register(request({ cseq: 2 }));
    await settle();
    expect(t.bindings.rows.get(BOB)?.version).toBe(2);
    gate.resolve();
    expect([statusOf(await first), statusOf(await second)]).toEqual([200, 200]);
  });

  it('MUST NOT publish for an empty mailbox, a query or a refusal', async () => {
    const t = setUp();
    await t.app.register(request());
    t.bindings.mail.set(BOB, 1);
    await t.app.register(request({ contacts: [] }));
    await t.app.register(request({ cseq: 1 }));
    await t.app.drain();
    expect(t.appended).toEqual([]);
    expect(t.scheduled).toEqual([]);
  });
});
