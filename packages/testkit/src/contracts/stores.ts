import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BindingStore,
  type CredentialStore,
  type DueStore,
  encodeMail,
  type MailEntry,
  type RecipientStore,
  type SubscriberStore,
} from '@hermod/contracts';
import type { Binding } from '@hermod/sip';
import { bufferCodec } from '@hermod/transport';

/** What the contract runs on: one adapter, opened on real storage. */
export type StoresUnderTest = {
  readonly recipients: RecipientStore;
  readonly bindings: BindingStore;
  readonly subscribers: SubscriberStore;
  readonly credentials: CredentialStore;
  readonly due: DueStore;
  /** Keeps every following write from becoming durable until the returned function is called. */
  holdDurability(): Promise<() => Promise<void>>;
  /** Puts bytes where a message is stored, past the adapter. */
  damageMail(aor: string, entry: MailEntry, bytes: Uint8Array): Promise<void>;
};

/** One clause of the contract: a name in RFC 2119 words and a check that throws an AssertionError. */
export type StoreClause = {
  readonly name: string;
  readonly check: (stores: StoresUnderTest) => Promise<void>;
};

const NOW_MS = 1_790_000_000_000;
const HOUR_MS = 3_600_000;

const aorOf = (name: string): string => `sip:${name}.${randomBytes(6).toString('hex')}@example.com`;

const idOf = (text: string): string => text.padEnd(22, '_');

function binding(name: string, change: Partial<Binding> = {}): Binding {
  return {
    key: `<urn:uuid:${name}>;1`,
    contact: `sip:${name}@192.0.2.7:5070;transport=tcp`,
    params: ';+sip.instance="<urn:uuid:1>";reg-id=1',
    q: 1000,
    callId: `${name}@host`,
    cseq: 7,
    expiresAtMs: NOW_MS + HOUR_MS,
    path: [`sip:edge1.${name}@192.0.2.1:5064;transport=tcp;lr;ob`, 'sip:p2.example.com;lr'],
    flowToken: `edge1.${name}`,
    flowBound: true,
    refusesMessage: false,
    // More digits than Redis' scripts write of a number.
    gruuSinceMs: 1_795_348_800_123,
    ...change,
  };
}

function mail(aor: string, id: string, order: number, body = 'hello'): MailEntry {
  const head =
    `MESSAGE ${aor} SIP/2.0\r\nFrom: "Bj\u00f6rn \u0080" <sip:a@example.com>;tag=1\r\n` +
    `Call-ID: ${id}\r\n\r\n`;
  return {
    order,
    record: {
      type: 'message',
      aor,
      deliveryId: idOf(id),
      receivedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + HOUR_MS,
      flags: 2,
      head,
      body: new Uint8Array(Buffer.from(body, 'latin1')),
    },
  };
}

const anyVersion = { seenVersion: undefined, maxEntries: 0, nowMs: NOW_MS } as const;

async function idsOf(stores: StoresUnderTest, aor: string): Promise<string[]> {
  const entries = await stores.recipients.readMail(aor, -1, 1000);
  return entries.map((entry) => entry.record.deliveryId.replaceAll('_', ''));
}

/** Bodies compared by their bytes, in whatever they come. */
const plainBody = ({ order, record }: MailEntry) => {
  return { order, record: { ...record, body: [...record.body] } };
};

/** Resolves true when `promise` has not settled after `ms`. */
async function isPendingAfter(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  );
  return Promise.race([settled, delay(ms, true)]);
}

const clauses: StoreClause[] = [];
function must(name: string, check: StoreClause['check']): void {
  clauses.push({ name, check });
}

must('MUST answer version 0, no bindings and no ledger for an unknown AoR', async (stores) => {
  const aor = aorOf('nobody');
  assert.deepEqual(await stores.recipients.read(aor, idOf('x'), NOW_MS), {
    version: 0,
    bindings: [],
    mailboxCount: 0,
    provisioned: false,
    ledgerStatus: 0,
  });
  assert.deepEqual(await stores.bindings.readBindings(aor), { version: 0, bindings: [] });
  assert.deepEqual(await stores.recipients.readMail(aor, -1, 10), []);
});

must('MUST return bindings exactly as written, and bump the version by one', async (stores) => {
  const aor = aorOf('alice');
  const plain = binding('b', {
    key: 'sip:b@192.0.2.7:5070;transport=tcp',
    path: [],
    flowToken: '',
    flowBound: false,
    q: 250,
  });
  const latin = binding('v', { key: 'v', params: ';x="\u00fc\u20ac"' });
  const written = [binding('a'), plain, latin];
  const first = await stores.bindings.compareAndSet(aor, 0, written);
  assert.deepEqual(first, { kind: 'written', version: 1, mailboxCount: 0 });
  const byKey = (a: Binding, b: Binding): number => (a.key < b.key ? -1 : 1);
  const { version, bindings } = await stores.bindings.readBindings(aor);
  assert.equal(version, 1);
  assert.deepEqual([...bindings].sort(byKey), [...written].sort(byKey));
  const state = await stores.recipients.read(aor, idOf('x'), NOW_MS);
  // A store in the same process may also answer at once, and then the same.
  const now = stores.recipients.readNow?.(aor, idOf('x'), NOW_MS);
  if (now !== undefined) assert.deepEqual(now, state);
  assert.deepEqual([...state.bindings].sort(byKey), [...written].sort(byKey));
  assert.equal(state.version, 1);
});

must('MUST NOT write bindings when the version has moved', async (stores) => {
  const aor = aorOf('conflict');
  await stores.bindings.compareAndSet(aor, 0, [binding('a')]);
  assert.deepEqual(await stores.bindings.compareAndSet(aor, 0, [binding('b')]), {
    kind: 'conflict',
  });
  assert.deepEqual(await stores.bindings.compareAndSet(aor, 2, []), { kind: 'conflict' });
  assert.deepEqual((await stores.bindings.readBindings(aor)).bindings, [binding('a')]);
});

must('MUST let exactly one of many concurrent writers of a version win', async (stores) => {
  const aor = aorOf('race');
  const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
  const results = await Promise.all(
    names.map((name) => stores.bindings.compareAndSet(aor, 0, [binding(name)])),
  );
  const winners = names.filter((_, i) => results[i]?.kind === 'written');
  assert.equal(winners.length, 1);
  const { version, bindings } = await stores.bindings.readBindings(aor);
  assert.equal(version, 1);
  assert.equal(bindings[0]?.callId, `${winners[0]}@host`);
});

must('MUST keep the version when the last binding goes', async (stores) => {
  const aor = aorOf('gone');
  await stores.bindings.compareAndSet(aor, 0, [binding('a')]);
  const removed = await stores.bindings.compareAndSet(aor, 1, []);
  assert.deepEqual(removed, { kind: 'written', version: 2, mailboxCount: 0 });
  assert.deepEqual(await stores.bindings.readBindings(aor), { version: 2, bindings: [] });
});

must('MUST show expired bindings to the registrar only', async (stores) => {
  const aor = aorOf('expired');
  const both = [binding('old', { expiresAtMs: NOW_MS }), binding('new')];
  await stores.bindings.compareAndSet(aor, 0, both);
  const { bindings } = await stores.recipients.read(aor, idOf('x'), NOW_MS);
  assert.deepEqual(bindings, [binding('new')]);
  assert.equal((await stores.bindings.readBindings(aor)).bindings.length, 2);
});

must('MUST return stored mail in log order, byte for byte', async (stores) => {
  const aor = aorOf('mail');
  const entries = [
    mail(aor, 'm3', 30, '\u0000\u00ff\r\n\r\n'),
    mail(aor, 'm1', 10),
    mail(aor, 'm2', 20, ''),
  ];
  for (const entry of entries) await stores.recipients.appendMail(aor, entry, anyVersion);
  const read = await stores.recipients.readMail(aor, -1, 10);
  const expected = [entries[1], entries[2], entries[0]];
  assert.deepEqual(
    read.map((entry) => ({ ...entry, record: { ...entry.record, body: [...entry.record.body] } })),
    expected.map((entry) => ({
      ...entry,
      record: { ...entry?.record, body: [...(entry?.record.body ?? [])] },
    })),
  );
});

must('MUST read mail in pages by order', async (stores) => {
  const aor = aorOf('pages');
  for (let i = 0; i < 5; i += 1) {
    await stores.recipients.appendMail(aor, mail(aor, `p${i}`, i), anyVersion);
  }
  const first = await stores.recipients.readMail(aor, -1, 2);
  assert.deepEqual(
    first.map((entry) => entry.order),
    [0, 1],
  );
  const next = await stores.recipients.readMail(aor, 1, 2);
  assert.deepEqual(
    next.map((entry) => entry.order),
    [2, 3],
  );
  assert.deepEqual((await stores.recipients.readMail(aor, 3, 2)).length, 1);
  assert.deepEqual(await stores.recipients.readMail(aor, 4, 2), []);
});

must('MUST store a delivery id once, whatever its order (idempotent)', async (stores) => {
  const aor = aorOf('twice');
  const stored = await stores.recipients.appendMail(aor, mail(aor, 'm', 5), anyVersion);
  assert.deepEqual(stored, { kind: 'stored', count: 1 });
  const again = await Promise.all([
    stores.recipients.appendMail(aor, mail(aor, 'm', 5), anyVersion),
    stores.recipients.appendMail(aor, mail(aor, 'm', 9), anyVersion),
  ]);
  for (const result of again) assert.deepEqual(result, { kind: 'stored', count: 1 });
  assert.deepEqual(
    (await stores.recipients.readMail(aor, -1, 9)).map((e) => e.order),
    [5],
  );
});

must('MUST NOT take a message again that has left the mailbox', async (stores) => {
  const aor = aorOf('ended');
  await stores.recipients.appendMail(aor, mail(aor, 'm', 5), anyVersion);
  await stores.recipients.removeMail(aor, [{ deliveryId: idOf('m'), status: 200 }]);
  // What a dropped connection delivers late, or a repeat after a time-out.
  const late = await stores.recipients.appendMail(aor, mail(aor, 'm', 5), anyVersion);
  assert.equal(late.kind, 'ended');
  assert.equal(late.kind === 'ended' ? late.state.ledgerStatus : 0, 200);
  assert.deepEqual(await idsOf(stores, aor), []);
  assert.equal((await stores.recipients.read(aor, idOf('m'), NOW_MS)).ledgerStatus, 200);
});

must(
  'MUST store nothing and show the new bindings when the AoR registered meanwhile (rule 5)',
  async (stores) => {
    const aor = aorOf('moved');
    const { version } = await stores.recipients.read(aor, idOf('m'), NOW_MS);
    await stores.bindings.compareAndSet(aor, version, [
      binding('a'),
      binding('b', { expiresAtMs: NOW_MS - 1 }),
    ]);
    const options = { seenVersion: version, maxEntries: 0, nowMs: NOW_MS };
    const result = await stores.recipients.appendMail(aor, mail(aor, 'm', 1), options);
    assert.deepEqual(result, {
      kind: 'moved',
      state: {
        version: 1,
        bindings: [binding('a')],
        mailboxCount: 0,
        provisioned: false,
        ledgerStatus: 0,
      },
    });
    assert.deepEqual(await idsOf(stores, aor), []);
    const retried = await stores.recipients.appendMail(aor, mail(aor, 'm', 1), {
      ...options,
      seenVersion: 1,
    });
    assert.deepEqual(retried, { kind: 'stored', count: 1 });
    // Stored already: a repeat is not sent round again.
    assert.equal(
      (await stores.recipients.appendMail(aor, mail(aor, 'm', 1), options)).kind,
      'stored',
    );
  },
);

must(
  'MUST tell a REGISTER about mail that came before it, or the mail about the REGISTER (rule 5)',
  async (stores) => {
    for (let round = 0; round < 20; round += 1) {
      const aor = aorOf('wakeup');
      const options = { seenVersion: 0, maxEntries: 0, nowMs: NOW_MS };
      const [appended, written] = await Promise.all([
        stores.recipients.appendMail(aor, mail(aor, 'm', 1), options),
        stores.bindings.compareAndSet(aor, 0, [binding('a')]),
      ]);
      assert.equal(written.kind, 'written');
      const seen = written.kind === 'written' ? written.mailboxCount : -1;
      assert.equal(seen, appended.kind === 'moved' ? 0 : 1);
    }
  },
);

must('MUST bound the mailbox, but not for an accepted message nor for a repeat', async (stores) => {
  const aor = aorOf('full');
  const options = { seenVersion: undefined, maxEntries: 2, nowMs: NOW_MS };
  const results = await Promise.all(
    ['a', 'b', 'c'].map((id, i) => stores.recipients.appendMail(aor, mail(aor, id, i), options)),
  );
  assert.deepEqual(results.map((result) => result.kind).sort(), ['full', 'stored', 'stored']);
  const kept = await idsOf(stores, aor);
  const repeat = await stores.recipients.appendMail(aor, mail(aor, kept[0] ?? '', 0), options);
  assert.equal(repeat.kind, 'stored');
  const accepted = await stores.recipients.appendMail(aor, mail(aor, 'late', 9), anyVersion);
  assert.deepEqual(accepted, { kind: 'stored', count: 3 });
});

must(
  'MUST bound what one sender has in a mailbox, but not an accepted message nor a repeat, and others not at all',
  async (stores) => {
    const aor = aorOf('flooded');
    const append = (id: string, order: number, sender: string, maxEntries = 2) =>
      stores.recipients.appendMail(aor, mail(aor, id, order), {
        ...anyVersion,
        perSender: { sender: idOf(sender), maxEntries },
      });
    const results = await Promise.all(['a', 'b', 'c'].map((id, i) => append(id, i, 'mallory')));
    assert.deepEqual(results.map((result) => result.kind).sort(), ['full', 'stored', 'stored']);
    const [kept = ''] = await idsOf(stores, aor);
    assert.equal((await append(kept, 0, 'mallory')).kind, 'stored');
    assert.deepEqual(await append('d', 3, 'alice'), { kind: 'stored', count: 3 });
    const nobodys = await stores.recipients.appendMail(aor, mail(aor, 'e', 4), anyVersion);
    assert.deepEqual(nobodys, { kind: 'stored', count: 4 });
    assert.deepEqual(await append('f', 5, 'mallory', 0), { kind: 'stored', count: 5 });
    assert.equal((await append('g', 6, 'mallory', 3)).kind, 'full');
    // What has left the mailbox counts no more, however often that is said.
    const finished = [kept, 'f', 'e', kept].map((id) => ({ deliveryId: idOf(id), status: 200 }));
    await stores.recipients.removeMail(aor, finished);
    assert.equal(await stores.recipients.removeMail(aor, finished), 2);
    assert.equal((await append('h', 7, 'mallory')).kind, 'stored');
    assert.equal((await append('i', 8, 'mallory')).kind, 'full');
    assert.equal((await append('j', 9, 'alice')).kind, 'stored');
    assert.equal((await append('k', 10, 'alice')).kind, 'full');
    const stored = await stores.recipients.readMail(aor, 2, 1);
    assert.deepEqual(stored.map(plainBody), [mail(aor, 'd', 3)].map(plainBody));
  },
);

must(
  'MUST show bytes that are no message as one without a head, in its place, and let it be removed',
  async (stores) => {
    const aor = aorOf('damaged');
    const entries = ['a', 'b', 'c', 'd'].map((id, i) => mail(aor, id, i));
    const perSender = { sender: idOf('mallory'), maxEntries: 4 };
    for (const entry of entries) {
      await stores.recipients.appendMail(aor, entry, { ...anyVersion, perSender });
    }
    const [first, second, third, fourth] = entries;
    assert.ok(first && second && third && fourth);
    const bytes = Uint8Array.of(0, 0xff, 13, 10);
    await stores.damageMail(aor, second, bytes);
    // Another message of the same mailbox, whole: under this name it would never leave.
    const wrong = encodeMail(first, bufferCodec);
    await stores.damageMail(aor, third, wrong);
    const none = { receivedAtMs: 0, expiresAtMs: 0, flags: 0, head: '' } as const;
    const damaged = (of: MailEntry, body: Uint8Array): MailEntry => {
      const { type, deliveryId } = of.record;
      return { order: of.order, record: { type, aor, deliveryId, ...none, body } };
    };
    const read = await stores.recipients.readMail(aor, -1, 9);
    const shown = [first, damaged(second, bytes), damaged(third, wrong), fourth];
    assert.deepEqual(read.map(plainBody), shown.map(plainBody));
    const finished = [second, third].map(({ record }) => {
      return { deliveryId: record.deliveryId, status: 500 };
    });
    assert.equal(await stores.recipients.removeMail(aor, finished), 2);
    assert.deepEqual(await idsOf(stores, aor), ['a', 'd']);
    assert.equal((await stores.recipients.read(aor, idOf('b'), NOW_MS)).ledgerStatus, 500);
    // Whom they counted for was lost with them, until the mailbox is empty.
    const rest = [first, fourth].map(({ record }) => {
      return { deliveryId: record.deliveryId, status: 200 };
    });
    assert.equal(await stores.recipients.removeMail(aor, rest), 0);
    const one = { ...anyVersion, perSender: { ...perSender, maxEntries: 1 } };
    const again = await stores.recipients.appendMail(aor, mail(aor, 'e', 9), one);
    assert.deepEqual(again, { kind: 'stored', count: 1 });
  },
);

must('MUST keep a ledger: 202 while stored, then the final status', async (stores) => {
  const aor = aorOf('ledger');
  const status = async (id: string): Promise<number> =>
    (await stores.recipients.read(aor, idOf(id), NOW_MS)).ledgerStatus;
  await stores.recipients.appendMail(aor, mail(aor, 'm', 1), anyVersion);
  await stores.recipients.appendMail(aor, mail(aor, 'n', 2), anyVersion);
  assert.equal(await status('m'), 202);
  const finished = [
    { deliveryId: idOf('m'), status: 200 },
    { deliveryId: idOf('unknown'), status: 480 },
  ];
  assert.equal(await stores.recipients.removeMail(aor, finished), 1);
  assert.equal(await status('m'), 200);
  assert.equal(await status('n'), 202);
  assert.equal(await status('unknown'), 0);
  await stores.recipients.recordStatus(aor, idOf('o'), 486);
  assert.equal(await status('o'), 486);
  assert.deepEqual(await idsOf(stores, aor), ['n']);
  assert.equal((await stores.recipients.read(aor, idOf('m'), NOW_MS)).mailboxCount, 1);
});

must('MUST remove mail once, and the count MUST follow', async (stores) => {
  const aor = aorOf('remove');
  for (let i = 0; i < 4; i += 1) {
    await stores.recipients.appendMail(aor, mail(aor, `m${i}`, i), anyVersion);
  }
  const finished = [0, 2].map((i) => ({ deliveryId: idOf(`m${i}`), status: 200 }));
  assert.equal(await stores.recipients.removeMail(aor, finished), 2);
  assert.equal(await stores.recipients.removeMail(aor, finished), 2);
  assert.equal(await stores.recipients.removeMail(aor, []), 2);
  assert.deepEqual(await idsOf(stores, aor), ['m1', 'm3']);
});

must('MUST remove a binding only on its own flow token, without a new version', async (stores) => {
  const aor = aorOf('flow');
  await stores.bindings.compareAndSet(aor, 0, [binding('a'), binding('b')]);
  const { key } = binding('a');
  assert.equal(await stores.recipients.removeBinding(aor, key, 'edge1.other'), false);
  assert.equal(await stores.recipients.removeBinding(aor, 'nobody', 'edge1.a'), false);
  assert.equal(await stores.recipients.removeBinding(aor, key, 'edge1.a'), true);
  assert.equal(await stores.recipients.removeBinding(aor, key, 'edge1.a'), false);
  assert.deepEqual(await stores.bindings.readBindings(aor), {
    version: 1,
    bindings: [binding('b')],
  });
});

must('MUST mark a binding as refusing MESSAGE until it registers again', async (stores) => {
  const aor = aorOf('refuses');
  const contact = {
    key: 'sip:x@192.0.2.9',
    contact: 'sip:x@192.0.2.9',
    path: [],
    flowToken: '',
    flowBound: false,
  };
  await stores.bindings.compareAndSet(aor, 0, [binding('a', contact)]);
  assert.equal(await stores.recipients.refuseMessage(aor, contact.key, 'edge1.a'), false);
  assert.equal(await stores.recipients.refuseMessage(aor, contact.key, ''), true);
  assert.equal(await stores.recipients.refuseMessage(aor, contact.key, ''), true);
  const { version, bindings } = await stores.recipients.read(aor, idOf('x'), NOW_MS);
  assert.equal(version, 1);
  assert.deepEqual(bindings, [binding('a', { ...contact, refusesMessage: true })]);
  await stores.bindings.compareAndSet(aor, 1, [binding('a', contact)]);
  assert.equal((await stores.bindings.readBindings(aor)).bindings[0]?.refusesMessage, false);
});

must('MUST provision, list in pages and remove subscribers', async (stores) => {
  const names = ['a', 'b', 'c'].map(aorOf).sort();
  for (const name of names) assert.equal(await stores.subscribers.addSubscriber(name), true);
  const [first = '', second = '', third = ''] = names;
  assert.equal(await stores.subscribers.addSubscriber(first), false);
  assert.equal(await stores.subscribers.isProvisioned(first), true);
  assert.equal((await stores.recipients.read(first, idOf('x'), NOW_MS)).provisioned, true);
  const listed: string[] = [];
  for (let page = await stores.subscribers.listSubscribers('', 2); page.length > 0; ) {
    listed.push(...page);
    page = await stores.subscribers.listSubscribers(page.at(-1) ?? '', 2);
  }
  assert.deepEqual(
    listed.filter((name) => names.includes(name)),
    names,
  );
  assert.equal(new Set(listed).size, listed.length);
  assert.equal(await stores.subscribers.removeSubscriber(second), true);
  assert.equal(await stores.subscribers.removeSubscriber(second), false);
  assert.equal(await stores.subscribers.isProvisioned(second), false);
  assert.deepEqual(await stores.subscribers.listSubscribers(first, 1), [third]);
});

must(
  'MUST return due AoRs earliest first and keep them until replaced or cleared',
  async (stores) => {
    const partition = 1000 + randomBytes(3).readUIntBE(0, 3);
    const [a, b, c] = [aorOf('a'), aorOf('b'), aorOf('c')];
    await stores.due.schedule(partition, a, NOW_MS + 20, 'replace');
    await stores.due.schedule(partition, b, NOW_MS + 10, 'replace');
    await stores.due.schedule(partition, c, NOW_MS + 99, 'replace');
    await stores.due.schedule(partition + 1, c, NOW_MS, 'replace');
    const expected = [
      { aor: b, atMs: NOW_MS + 10 },
      { aor: a, atMs: NOW_MS + 20 },
    ];
    assert.deepEqual(await stores.due.due(partition, NOW_MS + 20, 10), expected);
    assert.deepEqual(await stores.due.due(partition, NOW_MS + 20, 1), expected.slice(0, 1));
    await stores.due.schedule(partition, b, NOW_MS + 50, 'earliest');
    assert.deepEqual(await stores.due.due(partition, NOW_MS + 20, 10), expected);
    await stores.due.schedule(partition, b, NOW_MS + 50, 'replace');
    await stores.due.schedule(partition, a, NOW_MS + 5, 'earliest');
    assert.deepEqual(await stores.due.due(partition, NOW_MS + 20, 10), [
      { aor: a, atMs: NOW_MS + 5 },
    ]);
    await stores.due.clear(partition, a);
    await stores.due.clear(partition, a);
    assert.deepEqual(await stores.due.due(partition, NOW_MS + 20, 10), []);
    assert.deepEqual(await stores.due.due(partition, NOW_MS + 99, 10), [
      { aor: b, atMs: NOW_MS + 50 },
      { aor: c, atMs: NOW_MS + 99 },
    ]);
  },
);

must('MUST count the AoRs of a partition, each once, whenever they are due', async (stores) => {
  const partition = 1000 + randomBytes(3).readUIntBE(0, 3);
  const [a, b] = [aorOf('a'), aorOf('b')];
  const before = await stores.due.size(partition);
  await stores.due.schedule(partition, a, NOW_MS, 'replace');
  await stores.due.schedule(partition, b, NOW_MS + 1e12, 'replace');
  await stores.due.schedule(partition, b, NOW_MS + 9, 'earliest');
  assert.equal(await stores.due.size(partition), before + 2);
  const all = await stores.due.due(partition, Number.POSITIVE_INFINITY, 10);
  assert.deepEqual(all, [
    { aor: a, atMs: NOW_MS },
    { aor: b, atMs: NOW_MS + 9 },
  ]);
  await stores.due.clear(partition, a);
  assert.equal(await stores.due.size(partition), before + 1);
});

must('MUST keep one small text per partition', async (stores) => {
  const partition = 1000 + randomBytes(3).readUIntBE(0, 3);
  assert.equal(await stores.due.readMark(partition), '');
  await stores.due.writeMark(partition, '17:3 \u00e9');
  assert.equal(await stores.due.readMark(partition), '17:3 \u00e9');
  await stores.due.writeMark(partition, '');
  assert.equal(await stores.due.readMark(partition), '');
});

must(
  'MUST keep a credential until it is replaced or removed, whatever else becomes of the AoR',
  async (stores) => {
    const { credentials, subscribers } = stores;
    const [aor, other] = [aorOf('cred'), aorOf('cred2')];
    assert.equal(await credentials.readCredential(aor), undefined);
    const sha = 'a1'.repeat(32);
    const first = {
      byUser: { 'SHA-512-256': sha, MD5: 'b2'.repeat(16) },
      byAddress: { MD5: 'c3'.repeat(16) },
    };
    await credentials.writeCredential(aor, first);
    await credentials.writeCredential(other, { byUser: {}, byAddress: { MD5: 'e5'.repeat(16) } });
    assert.deepEqual(await credentials.readCredential(aor), first);
    await subscribers.addSubscriber(aor);
    await stores.bindings.compareAndSet(aor, 0, [binding('a')]);
    await subscribers.removeSubscriber(aor);
    const second = { byUser: { 'SHA-256': sha }, byAddress: {} };
    await credentials.writeCredential(aor, second);
    assert.deepEqual(await credentials.readCredential(aor), second);
    assert.equal(await credentials.removeCredential(aor), true);
    assert.equal(await credentials.removeCredential(aor), false);
    assert.equal(await credentials.readCredential(aor), undefined);
    assert.equal((await credentials.readCredential(other))?.byAddress.MD5, 'e5'.repeat(16));
    assert.equal((await stores.recipients.read(aor, idOf('x'), NOW_MS)).version, 1);
  },
);

must('MUST take an AoR of any length and any character', async (stores) => {
  const tail = `${'x'.repeat(9000)}`;
  for (const aor of [`${aorOf('long')}${tail}1`, `${aorOf('odd')}{}\u00ff%00 "`]) {
    await stores.bindings.compareAndSet(aor, 0, [binding('a')]);
    await stores.subscribers.addSubscriber(aor);
    await stores.recipients.appendMail(aor, mail(aor, 'm', 1), anyVersion);
    const partition = 1000 + randomBytes(3).readUIntBE(0, 3);
    await stores.due.schedule(partition, aor, NOW_MS, 'replace');
    assert.deepEqual(await stores.due.due(partition, NOW_MS, 2), [{ aor, atMs: NOW_MS }]);
    const state = await stores.recipients.read(aor, idOf('m'), NOW_MS);
    assert.deepEqual([state.version, state.mailboxCount, state.ledgerStatus], [1, 1, 202]);
    const other = await stores.recipients.read(`${aor}2`, idOf('m'), NOW_MS);
    assert.deepEqual([other.version, other.mailboxCount, other.ledgerStatus], [0, 0, 0]);
    assert.equal((await stores.recipients.readMail(aor, -1, 2))[0]?.record.aor, aor);
    assert.equal(await stores.subscribers.removeSubscriber(aor), true);
  }
});

must(
  'MUST NOT resolve a mailbox write, removal or schedule before it is durable (rules 1 and 6)',
  async (stores) => {
    const aor = aorOf('durable');
    const partition = 1000 + randomBytes(3).readUIntBE(0, 3);
    await stores.recipients.appendMail(aor, mail(aor, 'old', 1), anyVersion);
    const release = await stores.holdDurability();
    const writes = [
      stores.recipients.appendMail(aor, mail(aor, 'new', 2), anyVersion),
      stores.recipients.removeMail(aor, [{ deliveryId: idOf('old'), status: 200 }]),
      stores.due.schedule(partition, aor, NOW_MS, 'earliest'),
    ];
    // Held writes may also fail in the end: what they must not do is succeed.
    const pending = await Promise.all(writes.map((write) => isPendingAfter(write, 150)));
    await release();
    assert.deepEqual(pending, [true, true, true]);
    await Promise.allSettled(writes);
    await stores.recipients.appendMail(aor, mail(aor, 'new', 2), anyVersion);
    await stores.recipients.removeMail(aor, [{ deliveryId: idOf('old'), status: 200 }]);
    assert.deepEqual(await idsOf(stores, aor), ['new']);
  },
);

must(
  'MUST NOT resolve a change of users or of their passwords before it is durable',
  async (stores) => {
    const { subscribers, credentials } = stores;
    const [added, gone] = [aorOf('added'), aorOf('gone')];
    const credential = { byUser: { MD5: 'a1'.repeat(16) }, byAddress: {} };
    await subscribers.addSubscriber(gone);
    await credentials.writeCredential(gone, credential);
    const change = (): Promise<unknown>[] => [
      subscribers.addSubscriber(added),
      subscribers.removeSubscriber(gone),
      credentials.writeCredential(added, credential),
      credentials.removeCredential(gone),
    ];
    const release = await stores.holdDurability();
    const held = change();
    const pending = await Promise.all(held.map((write) => isPendingAfter(write, 150)));
    await release();
    assert.deepEqual(pending, [true, true, true, true]);
    await Promise.allSettled(held);
    await Promise.all(change());
    assert.deepEqual(
      await Promise.all([added, gone].map((aor) => subscribers.isProvisioned(aor))),
      [true, false],
    );
    assert.deepEqual(await credentials.readCredential(added), credential);
    assert.equal(await credentials.readCredential(gone), undefined);
  },
);

must('MUST read its own writes under concurrency', async (stores) => {
  const aors = Array.from({ length: 200 }, (_, i) => aorOf(`c${i}`));
  await Promise.all(
    aors.map(async (aor) => {
      await stores.recipients.appendMail(aor, mail(aor, 'm', 1), anyVersion);
      const stored = await stores.recipients.read(aor, idOf('m'), NOW_MS);
      assert.deepEqual([stored.mailboxCount, stored.ledgerStatus], [1, 202]);
      await stores.recipients.removeMail(aor, [{ deliveryId: idOf('m'), status: 200 }]);
      const removed = await stores.recipients.read(aor, idOf('m'), NOW_MS);
      assert.deepEqual([removed.mailboxCount, removed.ledgerStatus], [0, 200]);
      await stores.recipients.recordStatus(aor, idOf('m'), 486);
      assert.equal((await stores.recipients.read(aor, idOf('m'), NOW_MS)).ledgerStatus, 486);
    }),
  );
});

must('MUST answer a probe', async (stores) => {
  await stores.recipients.probe();
});

/** The contract of RecipientStore, BindingStore, SubscriberStore, CredentialStore and DueStore, clause by clause: run all of them on every adapter.
 *  Clauses use AoRs of their own, so that they may share one server and run in any order. */
export const STORE_CLAUSES: readonly StoreClause[] = clauses;
